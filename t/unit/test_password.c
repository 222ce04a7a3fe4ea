/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hashes of passwords: made, verified, bounded, made anew; parameters.
 */
#include "password_fixture.h"

/* ------------------------------------------------------ hash and verify */

static void a_password_matches_its_own_hash_alone(void **state)
{
    const char *hash = hash_of("password123");

    (void)state;
    assert_int_equal(acct_password_verify(hash, "password123", pool),
                     ACCT_PASSWORD_MATCH);
    assert_int_equal(acct_password_verify(hash, "password124", pool),
                     ACCT_PASSWORD_MISMATCH);
    assert_int_equal(acct_password_verify(hash, "password123 ", pool),
                     ACCT_PASSWORD_MISMATCH);
    assert_int_equal(acct_password_verify(hash, "Password123", pool),
                     ACCT_PASSWORD_MISMATCH);
    assert_int_equal(acct_password_verify(hash, "", pool),
                     ACCT_PASSWORD_MISMATCH);
    assert_int_equal(acct_password_verify(hash, NULL, pool),
                     ACCT_PASSWORD_MISMATCH);
}

static void a_hash_is_a_phc_string_with_a_fresh_salt(void **state)
{
    const char *one = hash_of("password123"), *other = hash_of("password123");

    (void)state;
    assert_int_equal(strncmp(one, "$argon2id$v=19$m=64,t=1,p=1$", 28), 0);
    assert_int_equal(strlen(one), 28 + 22 + 1 + 43);
    assert_string_not_equal(one, other);
}

static void the_default_is_owasps_first_choice(void **state)
{
    const acct_password_params_t params = ACCT_PASSWORD_DEFAULT;
    const char *hash;

    (void)state;
    assert_int_equal(acct_password_hash(&params, "x", &hash, pool),
                     APR_SUCCESS);
    assert_int_equal(strncmp(hash, "$argon2id$v=19$m=19456,t=2,p=1$", 31),
                     0);
    assert_int_equal(acct_password_verify(hash, "x", pool),
                     ACCT_PASSWORD_MATCH);
}

static void hashes_made_elsewhere_are_verified(void **state)
{
    static const char *const hashes[] = {
        ID_HASH, ID_P4, I_HASH, I_V10, I_NO_V
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(hashes); i++) {
        assert_int_equal(acct_password_verify(hashes[i], "password123",
                                              pool), ACCT_PASSWORD_MATCH);
        assert_int_equal(acct_password_verify(hashes[i], "password12", pool),
                         ACCT_PASSWORD_MISMATCH);
    }
}

static void passwords_have_up_to_1024_bytes(void **state)
{
    const char *most = repeat('x', ACCT_PASSWORD_MAX);
    const char *over = repeat('x', ACCT_PASSWORD_MAX + 1);
    const char *hash = hash_of(most), *none = NULL;

    (void)state;
    assert_int_equal(acct_password_verify(hash, most, pool),
                     ACCT_PASSWORD_MATCH);
    assert_int_equal(acct_password_verify(hash, over, pool),
                     ACCT_PASSWORD_MISMATCH);
    assert_int_equal(acct_password_hash(&small, over, &none, pool),
                     APR_EINVAL);
    assert_null(none);
}

static void a_row_that_is_no_hash_is_never_a_match(void **state)
{
    const char *const rows[] = {
        NULL, "", "x", "!", "!x", "*", "*0", "*1", "$", "$$", "password123",
        "$argon2id", "$argon2id$", "$argon2id$v=19", "$argon2id$v=19$",
        "$argon2$v=19$m=64,t=1,p=1$" SALT "$" HASH,
        "$ARGON2ID$v=19$m=64,t=1,p=1$" SALT "$" HASH,
        "argon2id$v=19$m=64,t=1,p=1$" SALT "$" HASH,
        "$argon2id$v=18$m=64,t=1,p=1$" SALT "$" HASH,
        "$argon2id$v=$m=64,t=1,p=1$" SALT "$" HASH,
        "$argon2id$v=19$m=,t=1,p=1$" SALT "$" HASH,
        "$argon2id$v=19$m=064,t=1,p=1$" SALT "$" HASH,
        "$argon2id$v=19$m=-64,t=1,p=1$" SALT "$" HASH,
        "$argon2id$v=19$m=+64,t=1,p=1$" SALT "$" HASH,
        "$argon2id$v=19$m= 64,t=1,p=1$" SALT "$" HASH,
        "$argon2id$v=19$m=64,t=1$" SALT "$" HASH,
        "$argon2id$v=19$t=1,m=64,p=1$" SALT "$" HASH,
        "$argon2id$v=19$m=64,t=1,p=1,q=1$" SALT "$" HASH,
        "$argon2id$v=19$m=64,t=1,p=1$" SALT,
        "$argon2id$v=19$m=64,t=1,p=1$" SALT "$",
        "$argon2id$v=19$m=64,t=1,p=1$$" HASH,
        "$argon2id$v=19$m=64,t=1,p=1$c2FsdA$" HASH,
        "$argon2id$v=19$m=64,t=1,p=1$" SALT "$QUJD",
        "$argon2id$v=19$m=64,t=1,p=1$" SALT "$" HASH "=",
        "$argon2id$v=19$m=64,t=1,p=1$" SALT "$" HASH "$",
        "$argon2id$v=19$m=64,t=1,p=1$" SALT "$" HASH " ",
        "$argon2id$v=19$m=64,t=1,p=1$" SALT "$AAAA AAAA",
        "$argon2id$v=19$m=64,t=1,p=1$" SALT "$" HASH HASH HASH,
        "$argon2id$v=19$m=64,t=1,p=1$" SALT SALT SALT SALT "$" HASH,
        /* bits left over that are not zero */
        "$argon2id$v=19$m=64,t=1,p=1$" SALT
        "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB",
        repeat('x', 10240),
        apr_pstrcat(pool, "$argon2id$", repeat('1', 10240), NULL),
        apr_pstrcat(pool, "$argon2id$v=19$m=64,t=1,p=1$",
                    repeat('A', 10240), "$" HASH, NULL),
        apr_pstrcat(pool, "$argon2id$v=19$m=", repeat('9', 10240), NULL)
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        if (acct_password_verify(rows[i], "password123", pool)
            != ACCT_PASSWORD_UNUSABLE) {
            fail_msg("%.80s should be unusable", rows[i]);
        }
        assert_int_equal(acct_password_needs_rehash(&small, rows[i]), 1);
    }
}

static void a_row_that_asks_for_too_much_gets_no_work(void **state)
{
    static const char *const costs[] = {
        "m=4294967295,t=1,p=1", "m=4294967296,t=1,p=1",
        "m=18446744073709551680,t=1,p=1", "m=1048577,t=1,p=1",
        "m=4194304,t=100,p=1", "m=64,t=11,p=1", "m=64,t=4294967295,p=1",
        "m=64,t=4294967297,p=1", "m=1024,t=1,p=17", "m=64,t=1,p=4294967295",
        "m=64,t=1,p=16777216", "m=64,t=0,p=1", "m=64,t=1,p=0",
        "m=0,t=1,p=1", "m=7,t=1,p=1", "m=31,t=1,p=4"
    };
    apr_time_t began = apr_time_now();
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(costs); i++) {
        if (acct_password_verify(apr_pstrcat(pool, "$argon2id$v=19$",
                                             costs[i], "$" SALT "$" HASH,
                                             NULL), "x", pool)
            != ACCT_PASSWORD_UNUSABLE) {
            fail_msg("%s should be unusable", costs[i]);
        }
    }
    assert_true(apr_time_now() - began < apr_time_from_msec(500));
}

static void without_memory_nothing_is_known(void **state)
{
    const acct_password_params_t large = { 1048576, 1, 1 };
    const char *hash, *none = NULL;
    struct rlimit old, tight;

    (void)state;
    assert_int_equal(acct_password_dummy(&large, &hash, pool), APR_SUCCESS);
    assert_int_equal(getrlimit(RLIMIT_AS, &old), 0);
    tight = old;
    tight.rlim_cur = 768UL * 1024 * 1024;
    assert_int_equal(setrlimit(RLIMIT_AS, &tight), 0);
    assert_int_equal(acct_password_verify(hash, "x", pool),
                     ACCT_PASSWORD_FAILED);
    assert_int_equal(acct_password_hash(&large, "x", &none, pool),
                     APR_ENOMEM);
    assert_int_equal(setrlimit(RLIMIT_AS, &old), 0);
    assert_null(none);
}

/* ---------------------------------------------------- rehash and dummy */

static void a_hash_of_the_same_kind_needs_no_new_one(void **state)
{
    (void)state;
    assert_int_equal(acct_password_needs_rehash(&small, hash_of("x")), 0);
}

static void a_hash_of_another_kind_needs_a_new_one(void **state)
{
    static const acct_password_params_t others[] = {
        { 65, 1, 1 }, { 64, 2, 1 }, { 64, 1, 2 }, { 19456, 2, 1 }
    };
    static const char *const hashes[] = {
        NULL, "", "!", I_HASH,
        "$argon2i$v=19$m=64,t=1,p=1$" SALT "$" HASH,
        "$argon2id$v=16$m=64,t=1,p=1$" SALT "$" HASH,
        "$argon2id$m=64,t=1,p=1$" SALT "$" HASH,
        "$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAA$" HASH,
        "$argon2id$v=19$m=64,t=1,p=1$" SALT "$AAAAAAAAAAAAAAAAAAAAAA"
    };
    const char *hash = hash_of("x");
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(others); i++) {
        assert_int_equal(acct_password_needs_rehash(&others[i], hash), 1);
    }
    for (i = 0; i < COUNT(hashes); i++) {
        assert_int_equal(acct_password_needs_rehash(&small, hashes[i]), 1);
    }
    assert_int_equal(acct_password_needs_rehash(
        &small, "$argon2id$v=19$m=64,t=1,p=1$" SALT "$" HASH), 0);
}

static void the_dummy_costs_the_same_and_matches_nothing(void **state)
{
    static const char *const tries[] = { "", "x", "password123" };
    const acct_password_params_t params = { 1024, 3, 2 };
    const char *dummy, *again;
    size_t i;

    (void)state;
    assert_int_equal(acct_password_dummy(&params, &dummy, pool),
                     APR_SUCCESS);
    assert_int_equal(acct_password_dummy(&params, &again, pool),
                     APR_SUCCESS);
    assert_string_equal(dummy, again);
    assert_int_equal(acct_password_needs_rehash(&params, dummy), 0);
    for (i = 0; i < COUNT(tries); i++) {
        assert_int_equal(acct_password_verify(dummy, tries[i], pool),
                         ACCT_PASSWORD_MISMATCH);
    }
}

static void parameters_out_of_bounds_make_no_hash(void **state)
{
    static const acct_password_params_t bad[] = {
        { 0, 0, 0 }, { 7, 1, 1 }, { 1048577, 1, 1 }, { 64, 0, 1 },
        { 64, 11, 1 }, { 64, 1, 0 }, { 1024, 1, 17 }, { 64, 1, 9 },
        { 4294967295U, 1, 1 }, { 64, 1, 0x20000001U }
    };
    const char *hash = NULL;
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(bad); i++) {
        assert_int_equal(acct_password_hash(&bad[i], "x", &hash, pool),
                         APR_EINVAL);
        assert_int_equal(acct_password_dummy(&bad[i], &hash, pool),
                         APR_EINVAL);
        assert_null(hash);
    }
}

/* ----------------------------------------------------------- parameters */

static void parameters_are_read_as_an_operator_writes_them(void **state)
{
    static const char *const all[] = {
        "argon2id", "p=4", "m=65536", "t=3", NULL
    };
    static const char *const none[] = { "argon2id", NULL };
    acct_password_params_t params;
    const char *error = NULL;

    (void)state;
    assert_int_equal(acct_password_params_parse(all, &params, pool, &error),
                     APR_SUCCESS);
    assert_int_equal(params.memory_kib, 65536);
    assert_int_equal(params.passes, 3);
    assert_int_equal(params.lanes, 4);
    assert_int_equal(acct_password_params_parse(none, &params, pool, &error),
                     APR_SUCCESS);
    assert_int_equal(params.memory_kib, 19456);
    assert_int_equal(params.passes, 2);
    assert_int_equal(params.lanes, 1);
    assert_null(error);
}

static void wrong_parameters_are_answered_with_what_to_write(void **state)
{
    static const char *const wrong[][4] = {
        { NULL }, { "" }, { "bcrypt" }, { "m=19456" }, { "Argon2id" },
        { "argon2id", "m" }, { "argon2id", "m=" }, { "argon2id", "m=x" },
        { "argon2id", "" }, { "argon2id", "=" }, { "argon2id", "q=1" },
        { "argon2id", "m=-1" }, { "argon2id", "m=1 " },
        { "argon2id", "m=1e3" }, { "argon2id", "m=4294967296" },
        { "argon2id", "m=64", "m=64" }, { "argon2id", "t=0" },
        { "argon2id", "t=11" }, { "argon2id", "p=17" },
        { "argon2id", "m=7" }, { "argon2id", "m=8", "p=2" },
        { "argon2id", "m=1048577" }
    };
    acct_password_params_t params = { 1, 2, 3 };
    const char *error;
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(wrong); i++) {
        error = NULL;
        assert_int_equal(acct_password_params_parse(wrong[i], &params, pool,
                                                    &error), APR_EINVAL);
        assert_non_null(error);
        assert_non_null(strstr(error, "argon2id m=19456 t=2 p=1"));
        assert_int_equal(params.memory_kib, 1);     /* untouched */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_password_matches_its_own_hash_alone),
        cmocka_unit_test(a_hash_is_a_phc_string_with_a_fresh_salt),
        cmocka_unit_test(the_default_is_owasps_first_choice),
        cmocka_unit_test(hashes_made_elsewhere_are_verified),
        cmocka_unit_test(passwords_have_up_to_1024_bytes),
        cmocka_unit_test(a_row_that_is_no_hash_is_never_a_match),
        cmocka_unit_test(a_row_that_asks_for_too_much_gets_no_work),
        cmocka_unit_test(without_memory_nothing_is_known),
        cmocka_unit_test(a_hash_of_the_same_kind_needs_no_new_one),
        cmocka_unit_test(a_hash_of_another_kind_needs_a_new_one),
        cmocka_unit_test(the_dummy_costs_the_same_and_matches_nothing),
        cmocka_unit_test(parameters_out_of_bounds_make_no_hash),
        cmocka_unit_test(parameters_are_read_as_an_operator_writes_them),
        cmocka_unit_test(wrong_parameters_are_answered_with_what_to_write)
    };

    return cmocka_run_group_tests_name("password", tests, start, stop);
}
