/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens sealed with the key. */
#include "token_fixture.h"

static void a_sealed_token_opens_again(void **state)
{
    const acct_key_t *key = make_key(1);
    const char *sealed = NULL, *text = NULL;

    (void)state;
    assert_int_equal(acct_token_seal(key, 42, HEX40, &sealed, pool),
                     APR_SUCCESS);
    assert_int_equal(strncmp(sealed, "1:", 2), 0);
    assert_int_equal(strncmp(sealed + 2, key->id, ACCT_KEY_ID_HEX), 0);
    assert_null(strstr(sealed, HEX40));
    assert_int_equal(acct_token_unseal(key, 42, sealed, &text, pool),
                     APR_SUCCESS);
    assert_string_equal(text, HEX40);
}

static void tokens_of_any_length_can_be_sealed(void **state)
{
    const acct_key_t *key = make_key(1);
    char long_text[1026];
    const char *sealed = NULL, *text = NULL;
    size_t length;

    (void)state;
    for (length = 1; length <= 1024; length += length < 70 ? 1 : 53) {
        memset(long_text, 'a', length);
        long_text[length] = '\0';
        assert_int_equal(acct_token_seal(key, 1, long_text, &sealed, pool),
                         APR_SUCCESS);
        assert_int_equal(acct_token_unseal(key, 1, sealed, &text, pool),
                         APR_SUCCESS);
        assert_string_equal(text, long_text);
    }
    memset(long_text, 'a', 1025);
    long_text[1025] = '\0';
    assert_int_equal(acct_token_seal(key, 1, long_text, &sealed, pool),
                     APR_EINVAL);
    assert_int_equal(acct_token_seal(key, 1, "", &sealed, pool), APR_EINVAL);
}

static void a_token_is_never_sealed_twice_alike(void **state)
{
    const acct_key_t *key = make_key(1);
    const char *one, *other;

    (void)state;
    assert_int_equal(acct_token_seal(key, 1, HEX40, &one, pool),
                     APR_SUCCESS);
    assert_int_equal(acct_token_seal(key, 1, HEX40, &other, pool),
                     APR_SUCCESS);
    assert_string_not_equal(one, other);
}

static void a_sealed_token_opens_for_its_account_alone(void **state)
{
    static const apr_int64_t others[] = { 1, 4, 421, -42, 0, APR_INT64_MAX };
    const acct_key_t *key = make_key(1);
    const char *sealed, *text = NULL;
    size_t i;

    (void)state;
    assert_int_equal(acct_token_seal(key, 42, HEX40, &sealed, pool),
                     APR_SUCCESS);
    for (i = 0; i < COUNT(others); i++) {
        assert_int_equal(acct_token_unseal(key, others[i], sealed, &text,
                                           pool), APR_EGENERAL);
        assert_null(text);
    }
}

static void a_sealed_token_opens_under_its_key_alone(void **state)
{
    const acct_key_t *key = make_key(1), *other = make_key(2);
    const char *sealed, *text = NULL;
    acct_key_t same_id = *other;

    (void)state;
    assert_string_not_equal(key->id, other->id);
    assert_int_equal(acct_token_seal(key, 1, HEX40, &sealed, pool),
                     APR_SUCCESS);
    assert_int_equal(acct_token_unseal(other, 1, sealed, &text, pool),
                     APR_EMISMATCH);
    memcpy(same_id.id, key->id, sizeof(same_id.id));
    assert_int_equal(acct_token_unseal(&same_id, 1, sealed, &text, pool),
                     APR_EGENERAL);
    assert_null(text);
}

static void any_change_of_a_sealed_token_is_seen(void **state)
{
    const acct_key_t *key = make_key(1);
    const char *sealed, *text = NULL;
    char *copy;
    size_t i;

    (void)state;
    assert_int_equal(acct_token_seal(key, 1, HEX64, &sealed, pool),
                     APR_SUCCESS);
    for (i = 0; sealed[i] != '\0'; i++) {
        copy = apr_pstrdup(pool, sealed);
        copy[i] = copy[i] == 'A' ? 'B' : 'A';
        assert_int_not_equal(acct_token_unseal(key, 1, copy, &text, pool),
                             APR_SUCCESS);
        copy[i] = '\0';
        assert_int_not_equal(acct_token_unseal(key, 1, copy, &text, pool),
                             APR_SUCCESS);
    }
    assert_null(text);
}

static void a_sealed_token_has_one_form(void **state)
{
    const acct_key_t *key = make_key(1);
    const char *sealed, *text = NULL;
    int as = 0;

    (void)state;
    /* a "=" reads as an "A" where a decoder does not look where it is */
    while (as < 20) {
        assert_int_equal(acct_token_seal(key, 1, HEX40, &sealed, pool),
                         APR_SUCCESS);
        for (size_t i = sizeof("1:0123456789abcdef:") - 1; sealed[i]; i++) {
            char *copy = apr_pstrdup(pool, sealed);

            if (sealed[i] == 'A') {
                copy[i] = '=';
                as++;
                assert_int_equal(acct_token_unseal(key, 1, copy, &text,
                                                   pool), APR_EGENERAL);
            }
        }
    }
    assert_null(text);
}

static void what_is_no_sealed_token_does_not_open(void **state)
{
    const acct_key_t *key = make_key(1);
    const char *const rows[] = {
        NULL, "", "1", "1:", HEX40, "1::", "2:0123456789abcdef:QUJD",
        apr_pstrcat(pool, "1:", key->id, NULL),
        apr_pstrcat(pool, "1:", key->id, ":", NULL),
        apr_pstrcat(pool, "1:", key->id, ":====", NULL),
        apr_pstrcat(pool, "1:", key->id, ":QUJD", NULL),
        apr_pstrcat(pool, "1:", key->id, ":QUJ", NULL),
        apr_pstrcat(pool, "1:", key->id, ": QUJD", NULL),
        apr_pstrcat(pool, "2:", key->id, ":" HEX64, NULL),
        apr_pstrcat(pool, "1:", key->id, ":", apr_psprintf(pool, "%04000d",
                                                           0), NULL)
    };
    const char *text = NULL;
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        assert_int_equal(acct_token_unseal(key, 1, rows[i], &text, pool),
                         APR_EGENERAL);
        assert_null(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sealed_token_opens_again),
        cmocka_unit_test(tokens_of_any_length_can_be_sealed),
        cmocka_unit_test(a_token_is_never_sealed_twice_alike),
        cmocka_unit_test(a_sealed_token_opens_for_its_account_alone),
        cmocka_unit_test(a_sealed_token_opens_under_its_key_alone),
        cmocka_unit_test(any_change_of_a_sealed_token_is_seen),
        cmocka_unit_test(a_sealed_token_has_one_form),
        cmocka_unit_test(what_is_no_sealed_token_does_not_open)
    };

    return cmocka_run_group_tests_name("token seal", tests, start, stop);
}
