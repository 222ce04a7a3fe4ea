/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One-time codes as RFC 6238 has them, secrets as applications read them, and
 * recovery codes.
 */
#include "apr_fixture.h"

#include <string.h>

#include <apr_strings.h>

#include "token/totp.h"

static apr_pool_t *pool;

static const acct_totp_secret_t rfc = { "12345678901234567890" };

static void codes_are_those_of_the_standard(void **state)
{
    /* RFC 6238, appendix B, SHA-1: the last six of eight digits */
    static const struct {
        apr_int64_t seconds;
        const char *code;
    } t[] = {
        { 59, "287082" }, { 1111111109, "081804" }, { 1111111111, "050471" },
        { 1234567890, "005924" }, { 2000000000, "279037" },
        { APR_INT64_C(20000000000), "353130" }
    };
    char code[ACCT_TOTP_DIGITS + 1];

    (void)state;
    for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
        apr_int64_t step = acct_totp_step(apr_time_from_sec(t[i].seconds));

        assert_int_equal(acct_totp_code(&rfc, step, code), APR_SUCCESS);
        assert_string_equal(code, t[i].code);
    }
}

static void a_code_is_good_one_step_before_and_behind_its_own(void **state)
{
    const apr_time_t now = apr_time_from_sec(1111111111);
    const apr_int64_t own = acct_totp_step(now);
    char code[ACCT_TOTP_DIGITS + 1];
    apr_int64_t step;

    (void)state;
    for (int off = -3; off <= 3; off++) {
        apr_status_t expected = off >= -1 && off <= 1 ? APR_SUCCESS
                                                      : APR_NOTFOUND;

        assert_int_equal(acct_totp_code(&rfc, own + off, code), APR_SUCCESS);
        assert_int_equal(acct_totp_verify(&rfc, code, now, 0, &step),
                         expected);
        if (expected == APR_SUCCESS) {
            assert_int_equal(step, own + off);
        }
    }
}

static void a_step_whose_code_was_accepted_is_over(void **state)
{
    const apr_time_t now = apr_time_from_sec(1111111111);
    const apr_int64_t own = acct_totp_step(now);
    apr_int64_t step;

    (void)state;
    assert_int_equal(acct_totp_verify(&rfc, "050471", now, own - 1, &step),
                     APR_SUCCESS);
    assert_int_equal(acct_totp_verify(&rfc, "050471", now, own, &step),
                     APR_NOTFOUND);
    assert_int_equal(acct_totp_verify(&rfc, "050471", now, own + 1, &step),
                     APR_NOTFOUND);
}

static void blanks_in_a_code_do_not_count_and_nothing_else_is_one(
    void **state)
{
    static const char *const wrong[] = {
        "", "05047", "0504711", "05047a", "05047\t1", "-50471", "+050471",
        "\xd9\xa0" "50471"
    };
    const apr_time_t now = apr_time_from_sec(1111111111);
    apr_int64_t step;

    (void)state;
    assert_int_equal(acct_totp_verify(&rfc, " 050 471 ", now, 0, &step),
                     APR_SUCCESS);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        assert_int_equal(acct_totp_verify(&rfc, wrong[i], now, 0, &step),
                         APR_NOTFOUND);
        assert_false(acct_totp_is_code(wrong[i]));
    }
}

static void a_secret_is_shown_in_base32(void **state)
{
    (void)state;
    assert_string_equal(acct_totp_secret_text(&rfc, pool),
                        "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
}

static void the_address_for_applications_is_percent_encoded(void **state)
{
    (void)state;
    assert_string_equal(acct_totp_uri(&rfc, "My Site", "ann+b@example.com",
                                      pool),
                        "otpauth://totp/My%20Site:ann%2Bb%40example.com"
                        "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
                        "&issuer=My%20Site");
    /* a colon parts the two names, encoded or not */
    assert_string_equal(acct_totp_uri(&rfc, "Shop: Inn", "ann", pool),
                        "otpauth://totp/Shop%20Inn:ann"
                        "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
                        "&issuer=Shop%20Inn");
}

static void a_secret_is_opened_for_its_account_alone(void **state)
{
    const acct_key_t key = { .bytes = "key", .id = "0123456789abcdef" };
    acct_totp_secret_t made, opened;
    const char *sealed, *token;

    (void)state;
    assert_int_equal(acct_totp_secret_make(&made), APR_SUCCESS);
    assert_int_equal(acct_totp_seal(&key, 7, &made, &sealed, pool),
                     APR_SUCCESS);
    assert_null(strstr(sealed, acct_totp_secret_text(&made, pool)));
    assert_int_equal(acct_totp_unseal(&key, 7, sealed, &opened, pool),
                     APR_SUCCESS);
    assert_memory_equal(made.bytes, opened.bytes, sizeof(made.bytes));
    assert_int_not_equal(acct_totp_unseal(&key, 8, sealed, &opened, pool),
                         APR_SUCCESS);
    assert_int_equal(acct_token_seal(&key, 7, "a token", &token, pool),
                     APR_SUCCESS);
    assert_int_equal(acct_totp_unseal(&key, 7, token, &opened, pool),
                     APR_EGENERAL);
}

static void a_recovery_code_is_read_without_regard_to_how_it_is_typed(
    void **state)
{
    char made[ACCT_DIGEST_HEX + 1], read[ACCT_DIGEST_HEX + 1];
    const char *code;
    char *typed;

    (void)state;
    assert_int_equal(acct_recovery_code_make(&code, made, pool), APR_SUCCESS);
    assert_int_equal(strlen(code), ACCT_RECOVERY_CODE_TEXT);
    assert_int_equal(acct_recovery_code_digest(code, read), APR_SUCCESS);
    assert_string_equal(read, made);
    typed = apr_pstrdup(pool, code);
    for (char *c = typed; *c != '\0'; c++) {
        *c = *c == '-' ? ' ' : (char)(*c >= 'a' ? *c - 32 : *c);
    }
    assert_int_equal(acct_recovery_code_digest(typed, read), APR_SUCCESS);
    assert_string_equal(read, made);
    assert_int_equal(acct_recovery_code_digest(code + 1, read), APR_EINVAL);
    assert_int_equal(acct_recovery_code_digest(apr_pstrcat(pool, code, "0",
                                                           NULL), read),
                     APR_EINVAL);
    assert_int_equal(acct_recovery_code_digest("iiii-iiii-iiii-iiii", read),
                     APR_EINVAL);
}

static int begin(void **state)
{
    return begin_apr(state)
        || apr_pool_create(&pool, NULL) != APR_SUCCESS;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_those_of_the_standard),
        cmocka_unit_test(a_code_is_good_one_step_before_and_behind_its_own),
        cmocka_unit_test(a_step_whose_code_was_accepted_is_over),
        cmocka_unit_test(
            blanks_in_a_code_do_not_count_and_nothing_else_is_one),
        cmocka_unit_test(a_secret_is_shown_in_base32),
        cmocka_unit_test(the_address_for_applications_is_percent_encoded),
        cmocka_unit_test(a_secret_is_opened_for_its_account_alone),
        cmocka_unit_test(
            a_recovery_code_is_read_without_regard_to_how_it_is_typed)
    };

    return cmocka_run_group_tests(tests, begin, end_apr);
}
