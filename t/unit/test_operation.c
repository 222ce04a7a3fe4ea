/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "cmocka_header.h"

#include "account/operations.h"

static const acct_operation_t *named(const char *name)
{
    const acct_operation_t *found = acct_operation_find(&acct_operations,
                                                        name);

    assert_non_null(found);
    assert_string_equal(found->name, name);
    return found;
}

/* Where outcomes end: every one listed for an operation, and no other. */
static void assert_can(const acct_operation_t *operation,
                       const acct_outcome_e *can, int count)
{
    for (int i = 0; i < ACCT_OUTCOME__COUNT; i++) {
        int listed = 0;

        for (int j = 0; j < count; j++) {
            listed = listed || (int)can[j] == i;
        }
        if (acct_operation_can(operation, (acct_outcome_e)i) != listed) {
            fail_msg("%s and %s", operation->name,
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
    ACCT_TOKEN_ABSENT, ACCT_TOKEN_SPACES, ACCT_TOKEN_CHARACTERS, \
    ACCT_INVALID_TOKEN, ACCT_BLOCKED_TOKEN
#define COUNT(list) ((int)(sizeof(list) / sizeof(*(list))))

static void a_name_nobody_has_is_not_found(void **state)
{
    (void)state;
    assert_null(acct_operation_find(&acct_operations, ""));
    assert_null(acct_operation_find(&acct_operations, "LOGIN"));
    assert_null(acct_operation_find(&acct_operations, "logi"));
    assert_null(acct_operation_find(&acct_operations, NULL));
}

static void names_differ_and_each_row_can_be_run(void **state)
{
    (void)state;
    for (int i = 0; i < acct_operations.count; i++) {
        const acct_operation_t *row = acct_operations.row[i];

        assert_ptr_equal(named(row->name), row);
        assert_non_null(row->run);
    }
}

static void who_reads_fields_says_which_and_what_it_needs(void **state)
{
    (void)state;
    for (int i = 0; i < acct_operations.count; i++) {
        const acct_operation_t *row = acct_operations.row[i];

        assert_int_equal(row->reads_fields, row->roles != 0);
        assert_true(row->reads_fields || row->needs == NULL);
        assert_true(row->reads_fields || !row->stores_fields);
        for (const acct_need_t *need = row->needs;
             need != NULL && need->roles != 0; need++) {
            assert_int_equal(need->roles & ~row->roles, 0);
            assert_non_null(strchr(need->lack, ';'));
        }
    }
}

static void logout_logout_all_and_current_need_a_token(void **state)
{
    (void)state;
    assert_int_equal(named("register")->token, ACCT_TOKEN_IGNORED);
    assert_int_equal(named("login")->token, ACCT_TOKEN_IGNORED);
    assert_int_equal(named("logout")->token, ACCT_TOKEN_NEEDED);
    assert_int_equal(named("logout_all")->token, ACCT_TOKEN_NEEDED);
    assert_int_equal(named("current")->token, ACCT_TOKEN_NEEDED);
}

static void register_ends_in_these_outcomes_alone(void **state)
{
    static const acct_outcome_e can[] = { GENERAL, OF_FIELDS };

    (void)state;
    assert_can(named("register"), can, COUNT(can));
}

static void login_ends_in_these_outcomes_alone(void **state)
{
    static const acct_outcome_e can[] = {
        GENERAL, OF_FIELDS, ACCT_WRONG_CREDENTIALS, ACCT_BLOCKED,
        ACCT_PENDING, ACCT_UNVERIFIED, ACCT_SECOND_FACTOR_REQUIRED,
        ACCT_IDENTIFIER_ABSENT, ACCT_TOO_MANY_TOKENS,
        ACCT_NOT_AUTHENTICATED, ACCT_BASIC_ABSENT, ACCT_BASIC_SPACES
    };

    (void)state;
    assert_can(named("login"), can, COUNT(can));
}

static void what_needs_a_token_ends_in_these_outcomes_alone(void **state)
{
    static const acct_outcome_e can[] = {
        GENERAL, OF_TOKENS, ACCT_NOT_AUTHENTICATED, ACCT_NOT_OWNER
    };

    (void)state;
    assert_can(named("logout"), can, COUNT(can));
    assert_can(named("logout_all"), can, COUNT(can));
    assert_can(named("current"), can, COUNT(can));
}

static void only_a_login_takes_basic_and_then_it_has_both_roles(void **state)
{
    static const uint32_t both = ACCT_ROLE_BIT(ACCT_ROLE_IDENTIFIER)
        | ACCT_ROLE_BIT(ACCT_ROLE_PASSWORD);

    (void)state;
    for (int i = 0; i < acct_operations.count; i++) {
        const acct_operation_t *row = acct_operations.row[i];

        assert_int_equal(row->takes_basic, strcmp(row->name, "login") == 0);
        assert_true(!row->takes_basic || (row->roles & both) == both);
        assert_true(!row->takes_basic || row->token == ACCT_TOKEN_IGNORED);
    }
}

static void only_a_logout_may_do_without_its_token(void **state)
{
    (void)state;
    for (int i = 0; i < acct_operations.count; i++) {
        const acct_operation_t *row = acct_operations.row[i];

        assert_int_equal(row->may_lack_token,
                         strcmp(row->name, "logout") == 0);
        assert_true(!row->may_lack_token
                    || row->token == ACCT_TOKEN_NEEDED);
    }
}

/* Reads fields for a request with a token, and for one without. */
static void a_token_and_fields_go_together(void **state)
{
    static const acct_operation_t both = {
        .name = "both", .token = ACCT_TOKEN_NEEDED, .reads_fields = 1
    };
    static const acct_operation_t either = {
        .name = "either", .token = ACCT_TOKEN_OPTIONAL, .reads_fields = 1
    };
    static const acct_outcome_e both_can[] = {
        GENERAL, OF_FIELDS, OF_TOKENS, ACCT_NOT_AUTHENTICATED,
        ACCT_NOT_OWNER
    };
    static const acct_outcome_e either_can[] = {
        GENERAL, OF_FIELDS, OF_TOKENS
    };

    (void)state;
    assert_can(&both, both_can, COUNT(both_can));
    assert_can(&either, either_can, COUNT(either_can));
}

static void an_outcome_out_of_range_cannot_come(void **state)
{
    (void)state;
    assert_false(acct_operation_can(named("login"), ACCT_OUTCOME__COUNT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_nobody_has_is_not_found),
        cmocka_unit_test(names_differ_and_each_row_can_be_run),
        cmocka_unit_test(who_reads_fields_says_which_and_what_it_needs),
        cmocka_unit_test(logout_logout_all_and_current_need_a_token),
        cmocka_unit_test(register_ends_in_these_outcomes_alone),
        cmocka_unit_test(login_ends_in_these_outcomes_alone),
        cmocka_unit_test(what_needs_a_token_ends_in_these_outcomes_alone),
        cmocka_unit_test(only_a_login_takes_basic_and_then_it_has_both_roles),
        cmocka_unit_test(only_a_logout_may_do_without_its_token),
        cmocka_unit_test(a_token_and_fields_go_together),
        cmocka_unit_test(an_outcome_out_of_range_cannot_come)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
