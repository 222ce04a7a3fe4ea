/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "cmocka_header.h"
#include <apr_general.h>
#include <apr_siphash.h>
#include <apr_strings.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "token/check.h"

#define KEY_ID "0123456789abcdef"
#define RANDOM_32 "000102030405060708090a0b0c0d0e0f"
/* Computed by t/lib/TokenCheck.pm for the key 00 01 02 ... 1f. */
#define TOKEN_40 RANDOM_32 "798c629b"
#define AB_28 "abababababababababababababababababababababababababababab"
#define TOKEN_64 AB_28 "26915048"

static apr_pool_t *pool;
static acct_token_check_t check;

static void derive(acct_token_check_t *made, unsigned char first)
{
    unsigned char key[32];
    size_t i;

    for (i = 0; i < sizeof(key); i++) {
        key[i] = (unsigned char)i;
    }
    key[0] = first;
    assert_int_equal(acct_token_check_derive(made, key, sizeof(key), KEY_ID),
                     APR_SUCCESS);
}

static int start(void **state)
{
    (void)state;
    if (apr_initialize() != APR_SUCCESS
        || apr_pool_create(&pool, NULL) != APR_SUCCESS) {
        return -1;
    }
    derive(&check, 0);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    apr_pool_destroy(pool);
    apr_terminate();
    return 0;
}

static const char *mint(const acct_token_check_t *with, int bytes,
                        int expect_checked)
{
    const char *text = NULL;
    int checked = -1;

    assert_int_equal(acct_token_check_mint(with, bytes, &text, &checked,
                                           pool), APR_SUCCESS);
    assert_int_equal(checked, expect_checked);
    assert_int_equal(strlen(text), bytes * 2);
    assert_int_equal(strspn(text, "0123456789abcdef"), bytes * 2);
    return text;
}

/* The vector of the paper's appendix A. */
static void siphash_is_siphash(void **state)
{
    unsigned char key[16];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(key); i++) {
        key[i] = (unsigned char)i;
    }
    assert_true(apr_siphash24(key, 15, key)
                == UINT64_C(0xa129ca6149be45e5));
}

/* RFC 5869 by hand: extract without salt, one block of expand. */
static void the_key_is_derived_by_hkdf(void **state)
{
    static const char label[] = "acctauth token check v1\001";
    unsigned char key[32], zeros[32] = { 0 }, prk[32], okm[32];
    unsigned int size;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(key); i++) {
        key[i] = (unsigned char)i;
    }
    HMAC(EVP_sha256(), zeros, sizeof(zeros), key, sizeof(key), prk, &size);
    HMAC(EVP_sha256(), prk, sizeof(prk), (const unsigned char *)label,
         sizeof(label) - 1, okm, &size);
    assert_memory_equal(check.key, okm, sizeof(check.key));
    assert_true(check.id == UINT64_C(0x0123456789abcdef));
}

static void known_tokens_pass(void **state)
{
    (void)state;
    assert_true(acct_token_check_holds(&check, TOKEN_40));
    assert_true(acct_token_check_holds(&check, TOKEN_64));
}

static void what_is_minted_passes(void **state)
{
    int bytes;

    (void)state;
    for (bytes = 20; bytes <= 64; bytes++) {
        assert_true(acct_token_check_holds(&check, mint(&check, bytes, 1)));
    }
}

/* 128 bits are what a token may never have less of. */
static void short_tokens_have_no_check(void **state)
{
    int bytes;

    (void)state;
    for (bytes = 16; bytes < 20; bytes++) {
        assert_false(acct_token_check_holds(&check, mint(&check, bytes, 0)));
    }
}

static void without_a_key_there_is_no_check(void **state)
{
    acct_token_check_t none = { { 0 }, 0 };

    (void)state;
    assert_false(acct_token_check_holds(&check, mint(NULL, 20, 0)));
    mint(&none, 20, 0);
}

static void wrong_sizes_are_not_minted(void **state)
{
    static const int sizes[] = { -1, 0, 15, 65, 1000 };
    const char *text = NULL;
    int checked;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        assert_int_equal(acct_token_check_mint(&check, sizes[i], &text,
                                               &checked, pool), APR_EINVAL);
        assert_null(text);
    }
}

static void any_other_bit_is_seen(void **state)
{
    static const char *const tokens[] = { TOKEN_40, TOKEN_64 };
    size_t which, i;
    int bit;

    (void)state;
    for (which = 0; which < 2; which++) {
        char *text = apr_pstrdup(pool, tokens[which]);

        for (i = 0; text[i] != '\0'; i++) {
            for (bit = 0; bit < 8; bit++) {
                text[i] = (char)(text[i] ^ 1 << bit);
                assert_false(acct_token_check_holds(&check, text));
                text[i] = (char)(text[i] ^ 1 << bit);
            }
        }
        assert_true(acct_token_check_holds(&check, text));
    }
}

static void cut_and_longer_ones_are_seen(void **state)
{
    char text[200];
    size_t length;

    (void)state;
    for (length = 0; length < 40; length++) {
        apr_cpystrn(text, TOKEN_40, length + 1);
        assert_false(acct_token_check_holds(&check, text));
        assert_false(acct_token_check_holds(&check, &TOKEN_40[40 - length]));
    }
    strcpy(text, TOKEN_40);
    while (strlen(text) < 190) {
        strcat(text, "0");
        assert_false(acct_token_check_holds(&check, text));
    }
    memset(text, '\xff', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_false(acct_token_check_holds(&check, text));
    assert_false(acct_token_check_holds(&check, ""));
}

static void another_key_makes_another_check(void **state)
{
    acct_token_check_t other;

    (void)state;
    derive(&other, 1);
    assert_false(acct_token_check_holds(&other, TOKEN_40));
    assert_false(acct_token_check_holds(&check, mint(&other, 20, 1)));
}

static void an_id_is_16_lower_case_digits(void **state)
{
    (void)state;
    assert_true(acct_token_check_id("00000000000000ff") == 255);
    assert_true(acct_token_check_id("") == 0);
    assert_true(acct_token_check_id("0123456789ABCDEF") == 0);
    assert_true(acct_token_check_id("0123456789abcde") == 0);
    assert_true(acct_token_check_id("0123456789abcdef0") == 0);
}

/* A random text passes once in 2^32: among these none. */
static void random_digits_do_not_pass(void **state)
{
    apr_pool_t *scratch;
    int i;

    (void)state;
    apr_pool_create(&scratch, pool);
    for (i = 0; i < 20000; i++) {
        const char *text;
        int checked;

        apr_pool_clear(scratch);
        acct_token_check_mint(NULL, i % 2 ? 20 : 32, &text, &checked,
                              scratch);
        assert_false(acct_token_check_holds(&check, text));
    }
    apr_pool_destroy(scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(siphash_is_siphash),
        cmocka_unit_test(the_key_is_derived_by_hkdf),
        cmocka_unit_test(known_tokens_pass),
        cmocka_unit_test(what_is_minted_passes),
        cmocka_unit_test(short_tokens_have_no_check),
        cmocka_unit_test(without_a_key_there_is_no_check),
        cmocka_unit_test(wrong_sizes_are_not_minted),
        cmocka_unit_test(any_other_bit_is_seen),
        cmocka_unit_test(cut_and_longer_ones_are_seen),
        cmocka_unit_test(another_key_makes_another_check),
        cmocka_unit_test(an_id_is_16_lower_case_digits),
        cmocka_unit_test(random_digits_do_not_pass)
    };

    return cmocka_run_group_tests_name("token_check", tests, start, stop);
}
