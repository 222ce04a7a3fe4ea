/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "cmocka_header.h"

#include "base/outcome.h"

#define COUNT(list) ((int)(sizeof(list) / sizeof(*(list))))

static void every_name_is_found_again(void **state)
{
    (void)state;
    for (int i = 0; i < ACCT_OUTCOME__COUNT; i++) {
        const char *name = acct_outcome_name((acct_outcome_e)i);

        assert_int_equal(acct_outcome_find(name), i);
    }
    for (int i = 0; i < ACCT_ROLE__COUNT; i++) {
        assert_int_equal(acct_role_find(acct_role_name((acct_role_e)i)), i);
    }
    for (int i = 0; i < ACCT_PROBLEM__COUNT; i++) {
        const char *name = acct_problem_name((acct_problem_e)i);

        assert_int_equal(acct_problem_find(name), i);
    }
}

static void a_name_nobody_has_is_not_found(void **state)
{
    static const char *const names[] = { "", "OK", "ok ", "nothing", NULL };

    (void)state;
    for (int i = 0; i < COUNT(names); i++) {
        assert_int_equal(acct_outcome_find(names[i]), -1);
        assert_int_equal(acct_role_find(names[i]), -1);
        assert_int_equal(acct_problem_find(names[i]), -1);
    }
}

static void a_number_out_of_range_has_no_name(void **state)
{
    (void)state;
    assert_null(acct_outcome_name(ACCT_OUTCOME__COUNT));
    assert_null(acct_role_name(ACCT_ROLE__COUNT));
    assert_null(acct_problem_name(ACCT_PROBLEM__COUNT));
}

static void names_are_spelled_as_dialects_spell_them(void **state)
{
    (void)state;
    assert_string_equal(acct_outcome_name(ACCT_WRONG_CREDENTIALS),
                        "wrong_credentials");
    assert_string_equal(acct_outcome_name(ACCT_METHOD_NOT_ALLOWED),
                        "method_not_allowed");
    assert_string_equal(acct_role_name(ACCT_ROLE_PASSWORD_AGAIN),
                        "password_again");
    assert_string_equal(acct_problem_name(ACCT_PROBLEM_NULL_CHARACTERS),
                        "null_characters");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_is_found_again),
        cmocka_unit_test(a_name_nobody_has_is_not_found),
        cmocka_unit_test(a_number_out_of_range_has_no_name),
        cmocka_unit_test(names_are_spelled_as_dialects_spell_them)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
