/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules that a new password is judged by.
 */
#include "password_fixture.h"

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
