/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "cmocka_header.h"

#include "base/outcome.h"

/* Where outcomes end: every one listed for an operation, and no other. */
static void assert_can(acct_op_e op, const acct_outcome_e *can, int count)
{
    for (int i = 0; i < ACCT_OUTCOME__COUNT; i++) {
        int listed = 0;

        for (int j = 0; j < count; j++) {
            listed = listed || (int)can[j] == i;
        }
        if (acct_op_can(op, (acct_outcome_e)i) != listed) {
            fail_msg("%s and %s", acct_op_name(op),
                     acct_outcome_name((acct_outcome_e)i));
        }
    }
}

#define GENERAL \
    ACCT_OK, ACCT_TLS_REQUIRED, ACCT_METHOD_NOT_ALLOWED, ACCT_OPTIONS, \
    ACCT_TOO_LARGE, ACCT_THROTTLED, ACCT_UNAVAILABLE, ACCT_ERROR
#define OF_FIELDS \
    ACCT_UNSUPPORTED_MEDIA_TYPE, ACCT_UNSUPPORTED_ENCODING, \
    ACCT_PARSE_ERROR, ACCT_NOT_AN_OBJECT, ACCT_NO_DATA, ACCT_INVALID
#define OF_TOKENS \
    ACCT_NOT_AUTHENTICATED, ACCT_TOKEN_ABSENT, ACCT_TOKEN_SPACES, \
    ACCT_TOKEN_CHARACTERS, ACCT_INVALID_TOKEN, ACCT_NOT_OWNER
#define COUNT(list) ((int)(sizeof(list) / sizeof(*(list))))

static void every_name_is_found_again(void **state)
{
    (void)state;
    for (int i = 0; i < ACCT_OP__COUNT; i++) {
        assert_int_equal(acct_op_find(acct_op_name((acct_op_e)i)), i);
    }
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
        assert_int_equal(acct_op_find(names[i]), -1);
        assert_int_equal(acct_outcome_find(names[i]), -1);
        assert_int_equal(acct_role_find(names[i]), -1);
        assert_int_equal(acct_problem_find(names[i]), -1);
    }
}

static void a_number_out_of_range_has_no_name(void **state)
{
    (void)state;
    assert_null(acct_op_name(ACCT_OP__COUNT));
    assert_null(acct_outcome_name(ACCT_OUTCOME__COUNT));
    assert_null(acct_role_name(ACCT_ROLE__COUNT));
    assert_null(acct_problem_name(ACCT_PROBLEM__COUNT));
    assert_false(acct_op_can(ACCT_OP__COUNT, ACCT_OK));
    assert_false(acct_op_can(ACCT_OP_LOGIN, ACCT_OUTCOME__COUNT));
    assert_false(acct_op_needs_token(ACCT_OP__COUNT));
}

static void names_are_spelled_as_dialects_spell_them(void **state)
{
    (void)state;
    assert_string_equal(acct_op_name(ACCT_OP_LOGOUT_ALL), "logout_all");
    assert_string_equal(acct_outcome_name(ACCT_WRONG_CREDENTIALS),
                        "wrong_credentials");
    assert_string_equal(acct_outcome_name(ACCT_METHOD_NOT_ALLOWED),
                        "method_not_allowed");
    assert_string_equal(acct_role_name(ACCT_ROLE_PASSWORD_AGAIN),
                        "password_again");
    assert_string_equal(acct_problem_name(ACCT_PROBLEM_NULL_CHARACTERS),
                        "null_characters");
}

static void logout_logout_all_and_current_need_a_token(void **state)
{
    (void)state;
    assert_false(acct_op_needs_token(ACCT_OP_REGISTER));
    assert_false(acct_op_needs_token(ACCT_OP_LOGIN));
    assert_true(acct_op_needs_token(ACCT_OP_LOGOUT));
    assert_true(acct_op_needs_token(ACCT_OP_LOGOUT_ALL));
    assert_true(acct_op_needs_token(ACCT_OP_CURRENT));
}

static void register_ends_in_these_outcomes_alone(void **state)
{
    static const acct_outcome_e can[] = { GENERAL, OF_FIELDS };

    (void)state;
    assert_can(ACCT_OP_REGISTER, can, COUNT(can));
}

static void login_ends_in_these_outcomes_alone(void **state)
{
    static const acct_outcome_e can[] = {
        GENERAL, OF_FIELDS, ACCT_WRONG_CREDENTIALS, ACCT_BLOCKED
    };

    (void)state;
    assert_can(ACCT_OP_LOGIN, can, COUNT(can));
}

static void what_needs_a_token_ends_in_these_outcomes_alone(void **state)
{
    static const acct_outcome_e can[] = { GENERAL, OF_TOKENS };

    (void)state;
    assert_can(ACCT_OP_LOGOUT, can, COUNT(can));
    assert_can(ACCT_OP_LOGOUT_ALL, can, COUNT(can));
    assert_can(ACCT_OP_CURRENT, can, COUNT(can));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_is_found_again),
        cmocka_unit_test(a_name_nobody_has_is_not_found),
        cmocka_unit_test(a_number_out_of_range_has_no_name),
        cmocka_unit_test(names_are_spelled_as_dialects_spell_them),
        cmocka_unit_test(logout_logout_all_and_current_need_a_token),
        cmocka_unit_test(register_ends_in_these_outcomes_alone),
        cmocka_unit_test(login_ends_in_these_outcomes_alone),
        cmocka_unit_test(what_needs_a_token_ends_in_these_outcomes_alone)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
