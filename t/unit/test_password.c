/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cmocka_header.h"
#include <apr_general.h>
#include <apr_strings.h>
#include <apr_time.h>

#include "password/password.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Made by libargon2's own encoder, with as many threads as lanes. */
#define ID_HASH \
    "$argon2id$v=19$m=256,t=2,p=1$" \
    "c2FsdHNhbHRzYWx0c2FsdA$NBAAm7uwhjSB48qYxD+uSepIdj40CTVA4wFUxY4InXU"
#define ID_P4 \
    "$argon2id$v=19$m=256,t=2,p=4$" \
    "c2FsdHNhbHRzYWx0c2FsdA$MSNRWgUqxASZ449/Sby/Z2mO5Yvqcea0RnKKXbqru1Y"
#define I_HASH \
    "$argon2i$v=19$m=256,t=3,p=1$" \
    "c2FsdHNhbHRzYWx0c2FsdA$atmMoST2Pu8M/F+aovVrZh79eKPEx6iiG/1YBJn4d8w"
#define I_V10 \
    "$argon2i$v=16$m=256,t=3,p=1$" \
    "c2FsdHNhbHRzYWx0c2FsdA$CWRfcfuXus/rio2ajd6dx2nbCB3ykjZM4fQ1XkK2VOA"
#define I_NO_V \
    "$argon2i$m=256,t=3,p=1$" \
    "c2FsdHNhbHRzYWx0c2FsdA$CWRfcfuXus/rio2ajd6dx2nbCB3ykjZM4fQ1XkK2VOA"
#define SALT "c2FsdHNhbHRzYWx0c2FsdA"
#define HASH "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static const acct_password_params_t small = { 64, 1, 1 };
static apr_pool_t *pool;
static char folder[] = "/tmp/acct-test-password-XXXXXX";

static int start(void **state)
{
    (void)state;
    if (apr_initialize() != APR_SUCCESS || mkdtemp(folder) == NULL) {
        return -1;
    }
    return apr_pool_create(&pool, NULL) == APR_SUCCESS ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    apr_pool_destroy(pool);
    apr_terminate();
    return rmdir(folder);
}

static const char *repeat(char c, size_t times)
{
    char *text = apr_palloc(pool, times + 1);

    memset(text, c, times);
    text[times] = '\0';
    return text;
}

static const char *hash_of(const char *password)
{
    const char *hash = NULL;

    assert_int_equal(acct_password_hash(&small, password, &hash, pool),
                     APR_SUCCESS);
    return hash;
}

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

/* ---------------------------------------------------------------- rules */

static const char *make_list(const char *content)
{
    const char *path = apr_pstrcat(pool, folder, "/list", NULL);
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(content, 1, strlen(content), file),
                     strlen(content));
    assert_int_equal(fclose(file), 0);
    return path;
}

static const char *const own[] = {
    "BigBird", "john.smith@example.org", "Jo", "", NULL
};

/* The one rule that a password breaks; ACCT_PROBLEM__COUNT: none. */
static acct_problem_e judge(const acct_password_rules_t *rules,
                            const char *password)
{
    uint32_t problems = acct_password_judge(rules, password, own, NULL,
                                            pool);
    int i;

    for (i = 0; i < ACCT_PROBLEM__COUNT; i++) {
        if (problems == ACCT_PROBLEM_BIT(i)) {
            return (acct_problem_e)i;
        }
    }
    assert_int_equal(problems, 0);
    return ACCT_PROBLEM__COUNT;
}

static void without_rules_everything_passes(void **state)
{
    const acct_password_rules_t rules = { 0, NULL, 0, 0 };

    (void)state;
    assert_int_equal(judge(&rules, ""), ACCT_PROBLEM__COUNT);
    assert_int_equal(judge(&rules, "bigbird"), ACCT_PROBLEM__COUNT);
    assert_int_equal(judge(NULL, "x"), ACCT_PROBLEM__COUNT);
}

static void the_minimum_counts_characters_not_bytes(void **state)
{
    const acct_password_rules_t rules = { 4, NULL, 0, 0 };

    (void)state;
    assert_int_equal(judge(&rules, "abc"), ACCT_PROBLEM_TOO_SHORT);
    assert_int_equal(judge(&rules, "abcd"), ACCT_PROBLEM__COUNT);
    assert_int_equal(judge(&rules, "\xf0\x9f\x99\x82"),
                     ACCT_PROBLEM_TOO_SHORT);
    assert_int_equal(judge(&rules, "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"),
                     ACCT_PROBLEM__COUNT);
    assert_int_equal(judge(&rules, "\xff\xff\xff\xff"),
                     ACCT_PROBLEM_TOO_SHORT);
}

static void blocked_passwords_are_refused_in_any_case(void **state)
{
    acct_password_rules_t rules = { 0, NULL, 0, 0 };
    const char *error = NULL;
    const char *path = make_list("password1\n#hash\r\nQwErTy\n\n"
                                 "STRASSE\nlast");

    (void)state;
    assert_int_equal(acct_password_block_list_read(path, &rules.block_list,
                                                   pool, &error),
                     APR_SUCCESS);
    assert_int_equal(apr_hash_count(rules.block_list), 5);
    assert_int_equal(judge(&rules, "password1"), ACCT_PROBLEM_TOO_COMMON);
    assert_int_equal(judge(&rules, "PASSWORD1"), ACCT_PROBLEM_TOO_COMMON);
    assert_int_equal(judge(&rules, "#hash"), ACCT_PROBLEM_TOO_COMMON);
    assert_int_equal(judge(&rules, "qwerty"), ACCT_PROBLEM_TOO_COMMON);
    assert_int_equal(judge(&rules, "stra\xc3\x9f" "e"),
                     ACCT_PROBLEM_TOO_COMMON);
    assert_int_equal(judge(&rules, "last"), ACCT_PROBLEM_TOO_COMMON);
    assert_int_equal(judge(&rules, "password"), ACCT_PROBLEM__COUNT);
    assert_int_equal(judge(&rules, "password1 "), ACCT_PROBLEM__COUNT);
    assert_int_equal(judge(&rules, ""), ACCT_PROBLEM__COUNT);
    assert_int_equal(unlink(path), 0);
}

static void a_bad_block_list_is_named_with_its_line(void **state)
{
    apr_hash_t *list = NULL;
    const char *error = NULL;
    const char *path = make_list("good\nb\xe9" "ton\n");

    (void)state;
    assert_int_equal(acct_password_block_list_read(path, &list, pool,
                                                   &error), APR_EINVAL);
    assert_non_null(strstr(error, path));
    assert_non_null(strstr(error, "line 2"));
    assert_non_null(strstr(error, "UTF-8"));
    path = make_list(apr_pstrcat(pool, "a\nb\n", repeat('x', 5000), NULL));
    assert_int_equal(acct_password_block_list_read(path, &list, pool,
                                                   &error), APR_EINVAL);
    assert_non_null(strstr(error, "line 3"));
    assert_int_equal(unlink(path), 0);
    assert_true(APR_STATUS_IS_ENOENT(
        acct_password_block_list_read(path, &list, pool, &error)));
    assert_non_null(strstr(error, path));
    /* to open it would wait until another process writes */
    path = apr_pstrcat(pool, path, ".fifo", NULL);
    assert_int_equal(mkfifo(path, 0600), 0);
    alarm(10);
    assert_int_equal(acct_password_block_list_read(path, &list, pool,
                                                   &error), APR_EINVAL);
    alarm(0);
    assert_non_null(strstr(error, "is no file"));
    assert_int_equal(unlink(path), 0);
    assert_null(list);
}

static void passwords_like_the_accounts_own_values_are_refused(void **state)
{
    static const char *const similar[] = {
        "BigBird", "BIGBIRD", "bigbird99", "xxBigBirdxx", "bigb",
        "\xef\xbd\x82igbird", "john.smith@example.org", "JohnSmith!smith",
        "john.smith", "smith", "john2000", "jo", "JO", "example"
    };
    static const char *const other[] = {
        "correct horse", "big", "joke", "drib", "org", "example2"
    };
    const acct_password_rules_t rules = { 0, NULL, 1, 0 };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(similar); i++) {
        if (judge(&rules, similar[i]) != ACCT_PROBLEM_TOO_SIMILAR) {
            fail_msg("%s should be too similar", similar[i]);
        }
    }
    for (i = 0; i < COUNT(other); i++) {
        if (judge(&rules, other[i]) != ACCT_PROBLEM__COUNT) {
            fail_msg("%s should pass", other[i]);
        }
    }
    assert_int_equal(acct_password_judge(&rules, "bigbird", NULL, NULL,
                                         pool), 0);
}

static void what_it_is_like_is_told(void **state)
{
    static const char *const like[][2] = {
        { "bigbird", "0" }, { "john.smith", "1" }, { "jo", "2" },
        { "bigbird john.smith", "0" }
    };
    const acct_password_rules_t rules = { 0, NULL, 1, 0 };
    size_t i;
    int which;

    (void)state;
    for (i = 0; i < COUNT(like); i++) {
        which = -1;
        assert_int_equal(acct_password_judge(&rules, like[i][0], own, &which,
                                             pool),
                         ACCT_PROBLEM_BIT(ACCT_PROBLEM_TOO_SIMILAR));
        assert_int_equal(which, atoi(like[i][1]));
    }
}

static void digits_alone_are_of_any_script(void **state)
{
    const acct_password_rules_t rules = { 0, NULL, 0, 1 };

    (void)state;
    assert_int_equal(judge(&rules, "8273645190"), ACCT_PROBLEM_TOO_NUMERIC);
    assert_int_equal(judge(&rules, "\xd9\xa1\xd9\xa2\xef\xbc\x93"),
                     ACCT_PROBLEM_TOO_NUMERIC);
    assert_int_equal(judge(&rules, "827 364"), ACCT_PROBLEM__COUNT);
    assert_int_equal(judge(&rules, "-1"), ACCT_PROBLEM__COUNT);
    assert_int_equal(judge(&rules, "1e5"), ACCT_PROBLEM__COUNT);
    assert_int_equal(judge(&rules, "12\xff"), ACCT_PROBLEM__COUNT);
    assert_int_equal(judge(&rules, ""), ACCT_PROBLEM__COUNT);
}

static void all_that_is_wrong_is_told(void **state)
{
    acct_password_rules_t rules = { 8, NULL, 1, 1 };
    const char *error = NULL, *path = make_list("bigbird1\nbigb\n12345\n");
    static const char *const numbers[] = { "12345678", NULL };

    (void)state;
    assert_int_equal(acct_password_block_list_read(path, &rules.block_list,
                                                   pool, &error),
                     APR_SUCCESS);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(judge(&rules, "bigbird2"), ACCT_PROBLEM_TOO_SIMILAR);
    assert_int_equal(acct_password_judge(&rules, "bigbird1", own, NULL, pool),
                     ACCT_PROBLEM_BIT(ACCT_PROBLEM_TOO_COMMON)
                     | ACCT_PROBLEM_BIT(ACCT_PROBLEM_TOO_SIMILAR));
    assert_int_equal(acct_password_judge(&rules, "12345", numbers, NULL,
                                         pool),
                     ACCT_PROBLEM_BIT(ACCT_PROBLEM_TOO_SHORT)
                     | ACCT_PROBLEM_BIT(ACCT_PROBLEM_TOO_COMMON)
                     | ACCT_PROBLEM_BIT(ACCT_PROBLEM_TOO_SIMILAR)
                     | ACCT_PROBLEM_BIT(ACCT_PROBLEM_TOO_NUMERIC));
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
        cmocka_unit_test(wrong_parameters_are_answered_with_what_to_write),
        cmocka_unit_test(without_rules_everything_passes),
        cmocka_unit_test(the_minimum_counts_characters_not_bytes),
        cmocka_unit_test(blocked_passwords_are_refused_in_any_case),
        cmocka_unit_test(a_bad_block_list_is_named_with_its_line),
        cmocka_unit_test(passwords_like_the_accounts_own_values_are_refused),
        cmocka_unit_test(what_it_is_like_is_told),
        cmocka_unit_test(digits_alone_are_of_any_script),
        cmocka_unit_test(all_that_is_wrong_is_told)
    };

    return cmocka_run_group_tests_name("password", tests, start, stop);
}
