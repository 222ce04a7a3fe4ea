/* SPDX-License-Identifier: Apache-2.0 */
/* Passwords in normal form, and how often one is tried. */
#include "apr_fixture.h"

#include <string.h>

#include <apr_strings.h>

#include "credential/issue.h"
#include "password/password.h"

#define COMPOSED "p\xc3\xa4ssw\xc3\xb6rd"
#define DECOMPOSED "pa\xcc\x88sswo\xcc\x88rd"
/* Half of each, as when a user types on two keyboards. */
#define MIXED "p\xc3\xa4sswo\xcc\x88rd"

static const acct_password_params_t params = { 8, 1, 1 };
static acct_service_t service = { .params = &params };
static apr_pool_t *pool;
static int tried;               /* how often anything was verified */

/* In front of the library's: counts, and does it. */
acct_password_verdict_e __wrap_acct_password_verify(const char *stored,
                                                    const char *password,
                                                    apr_pool_t *p);
acct_password_verdict_e __real_acct_password_verify(const char *stored,
                                                    const char *password,
                                                    apr_pool_t *p);

acct_password_verdict_e __wrap_acct_password_verify(const char *stored,
                                                    const char *password,
                                                    apr_pool_t *p)
{
    tried += strncmp(stored, "$argon2id$", 10) == 0;
    return __real_acct_password_verify(stored, password, p);
}

static int begin(void **state)
{
    return begin_apr(state) || apr_pool_create(&pool, NULL) != APR_SUCCESS
        || acct_password_dummy(service.params, &service.dummy, pool)
           != APR_SUCCESS;
}

static int end(void **state)
{
    apr_pool_destroy(pool);
    return end_apr(state);
}

static const char *hash_of(const char *password)
{
    const char *hash = NULL;

    assert_int_equal(acct_password_hash(service.params, password, &hash,
                                        pool), APR_SUCCESS);
    return hash;
}

/* A hash of the very bytes, as other software makes it. */
static const char *hash_of_bytes(const char *salt_hash)
{
    return apr_pstrcat(pool, "$argon2id$v=19$m=8,t=1,p=1$", salt_hash, NULL);
}

static acct_hash_t sign_in(const char *stored, const char *password)
{
    acct_hash_t hash = {
        .service = &service, .password = password, .stored = stored,
        .dummy = service.dummy, .verdict = ACCT_PASSWORD_FAILED, .pool = pool
    };

    tried = 0;
    acct_do_verify(&hash);
    return hash;
}

static void the_normal_form_is_nfc(void **state)
{
    const char *const plain = "plain", *const broken = "\xff";

    (void)state;
    assert_string_equal(acct_password_normal(DECOMPOSED, pool), COMPOSED);
    assert_string_equal(acct_password_normal(MIXED, pool), COMPOSED);
    assert_ptr_equal(acct_password_normal(plain, pool), plain);
    assert_ptr_equal(acct_password_normal(broken, pool), broken);
    /* compatibility forms and blanks are other passwords */
    assert_string_equal(acct_password_normal("\xef\xbd\x81 \xc2\xa0", pool),
                        "\xef\xbd\x81 \xc2\xa0");
}

static void spellings_of_one_password_match_each_others_hashes(void **state)
{
    static const char *const spellings[] = { COMPOSED, DECOMPOSED, MIXED };
    int i, j;

    (void)state;
    for (i = 0; i < 3; i++) {
        const char *stored = hash_of(spellings[i]);

        for (j = 0; j < 3; j++) {
            acct_hash_t hash = sign_in(stored, spellings[j]);

            assert_int_equal(hash.verdict, ACCT_PASSWORD_MATCH);
            assert_null(hash.hash);
            assert_int_equal(tried, 1);
        }
    }
}

/* By libargon2's own encoder. */
static void a_hash_of_the_bytes_as_sent_matches_and_is_replaced(void **state)
{
    const char *stored = hash_of_bytes(
        "c2FsdHNhbHRzYWx0c2FsdA$hjYLPXMfqvqpA126nkMP83EFbMTPEBmwt91bZA2qHMI");
    acct_hash_t hash = sign_in(stored, DECOMPOSED);

    (void)state;
    assert_int_equal(hash.verdict, ACCT_PASSWORD_MATCH);
    assert_int_equal(tried, 2);
    assert_non_null(hash.hash);
    assert_int_equal(sign_in(hash.hash, COMPOSED).verdict,
                     ACCT_PASSWORD_MATCH);
    assert_int_equal(sign_in(stored, COMPOSED).verdict,
                     ACCT_PASSWORD_MISMATCH);
}

/* A wrong password takes as long whether the name exists or not, and
 * whether or not its hash can be verified. */
static void an_unknown_name_is_tried_as_often_as_a_known_one(void **state)
{
    static const struct {
        const char *password;
        int times;
    } cases[] = { { "plain", 1 }, { COMPOSED, 1 }, { DECOMPOSED, 2 } };
    const char *stored = hash_of("another");
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(sign_in(stored, cases[i].password).verdict,
                         ACCT_PASSWORD_MISMATCH);
        assert_int_equal(tried, cases[i].times);
        assert_int_equal(sign_in(NULL, cases[i].password).verdict,
                         ACCT_PASSWORD_MISMATCH);
        assert_int_equal(tried, cases[i].times);
        assert_int_equal(sign_in("!", cases[i].password).verdict,
                         ACCT_PASSWORD_MISMATCH);
        assert_int_equal(tried, cases[i].times);
    }
}

/* U+1D160 is four bytes, and twelve in NFC. */
static void the_limit_counts_what_was_sent(void **state)
{
    char text[ACCT_PASSWORD_MAX + 8] = "";
    const char *hash = NULL;
    int i;

    (void)state;
    for (i = 0; i < ACCT_PASSWORD_MAX / 4; i++) {
        strcat(text, "\xf0\x9d\x85\xa0");
    }
    assert_int_equal(strlen(acct_password_normal(text, pool)),
                     ACCT_PASSWORD_NORMAL_MAX);
    assert_int_equal(sign_in(hash_of(text), text).verdict,
                     ACCT_PASSWORD_MATCH);
    strcat(text, "x");
    assert_int_equal(acct_password_hash(service.params, text, &hash, pool),
                     APR_EINVAL);
}

static void the_minimum_counts_characters_of_the_normal_form(void **state)
{
    static const acct_password_rules_t rules = { .min_length = 8 };

    (void)state;
    assert_int_equal(acct_password_judge(&rules, DECOMPOSED, NULL, NULL,
                                         pool), 0);
    assert_int_equal(acct_password_judge(
        &rules, "a\xcc\x88" "a\xcc\x88" "a\xcc\x88" "a\xcc\x88", NULL, NULL,
        pool), ACCT_PROBLEM_BIT(ACCT_PROBLEM_TOO_SHORT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_normal_form_is_nfc),
        cmocka_unit_test(spellings_of_one_password_match_each_others_hashes),
        cmocka_unit_test(a_hash_of_the_bytes_as_sent_matches_and_is_replaced),
        cmocka_unit_test(an_unknown_name_is_tried_as_often_as_a_known_one),
        cmocka_unit_test(the_limit_counts_what_was_sent),
        cmocka_unit_test(the_minimum_counts_characters_of_the_normal_form)
    };

    return cmocka_run_group_tests_name("password normal form", tests, begin,
                                       end);
}
