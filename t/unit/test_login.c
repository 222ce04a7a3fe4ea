/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing in: what is believed, what is written, and what happens to it in
 * between. Which token comes of it is for test_issue.c.
 */
#include "account_fixture.h"

#define NOT_CANONICAL "ann\x01"     /* a control character is in no name */

static void nothing_is_written(world_t *world)
{
    assert_int_equal(count(world, "token"), 0);
    assert_int_equal(count(world, "account WHERE last_login IS NOT NULL "
                           "AND last_login <> 0"), 0);
}

/* ---- which account it is ---- */

static void the_right_password_gives_the_account_and_a_token(void **state)
{
    world_t *world = *state;
    apr_int64_t id = add_account(world, "ann", "ann@example.com");
    apr_time_t before = apr_time_now();
    acct_result_t *result = sign_in_as(world, "ann", PASSWORD);

    assert_int_equal(result->outcome, ACCT_OK);
    assert_int_equal(result->account->id, id);
    assert_string_equal(result->account->email, "ann@example.com");
    assert_true(result->account->last_login >= before);
    assert_true(is_alive(world, result->token));
    assert_string_equal(ask(world, "SELECT id FROM token"),
                        result->token_id);
    assert_string_equal(ask(world, "SELECT last_login FROM account"),
                        apr_psprintf(world->pool, "%" APR_TIME_T_FMT,
                                     result->account->last_login));
}

static void a_wrong_password_writes_nothing(void **state)
{
    world_t *world = *state;
    acct_result_t *result;

    add_account(world, "ann", NULL);
    result = sign_in_as(world, "ann", OTHER_PASSWORD);
    assert_int_equal(result->outcome, ACCT_WRONG_CREDENTIALS);
    assert_null(result->token);
    assert_null(result->account);
    nothing_is_written(world);
}

static void an_unknown_name_is_told_and_costs_like_a_wrong_password(
    void **state)
{
    static const char *const names[] = { "ann", "bob", NOT_CANONICAL };
    world_t *world = *state;

    add_account(world, "ann", NULL);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        acct_result_t *result = sign_in_as(world, names[i], OTHER_PASSWORD);

        assert_int_equal(result->outcome, ACCT_WRONG_CREDENTIALS);
        assert_int_equal(world->hashed, 1);
        assert_int_equal(world->units, 1);
    }
    nothing_is_written(world);
}

static void an_account_without_a_usable_hash_is_nobodys(void **state)
{
    static const char *const hashes[] = { "'x'", "'!'", "'$1$a$b'" };
    world_t *world = *state;

    add_account(world, "ann", NULL);
    for (size_t i = 0; i < sizeof(hashes) / sizeof(*hashes); i++) {
        change(world, apr_pstrcat(world->pool, "UPDATE account SET "
                                  "password = ", hashes[i], NULL));
        assert_int_equal(sign_in_as(world, "ann", PASSWORD)->outcome,
                         ACCT_WRONG_CREDENTIALS);
        assert_int_equal(world->hashed, 1);
    }
    nothing_is_written(world);
}

static void the_dialect_says_what_an_identifier_may_be(void **state)
{
    static const struct {
        int by_username, by_email;
        const char *who;
        acct_outcome_e outcome;
    } t[] = {
        { 1, 0, "ann", ACCT_OK },
        { 1, 0, "ann@example.com", ACCT_WRONG_CREDENTIALS },
        { 0, 1, "ann", ACCT_WRONG_CREDENTIALS },
        { 0, 1, "ann@EXAMPLE.com", ACCT_OK },
        { 1, 2, "ann", ACCT_OK },
        { 1, 2, "ann@example.com", ACCT_OK },
        { 2, 1, "ANN", ACCT_OK }
    };
    world_t *world = *state;

    add_account(world, "ann", "ann@example.com");
    for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
        world->dialect.by_username = t[i].by_username;
        world->dialect.by_email = t[i].by_email;
        if (sign_in_as(world, t[i].who, PASSWORD)->outcome != t[i].outcome) {
            fail_msg("row %d: %s", (int)i, t[i].who);
        }
    }
}

static void a_field_of_its_own_for_the_address_is_looked_for_alone(
    void **state)
{
    world_t *world = *state;

    add_account(world, "ann", "ann@example.com");
    world->form.value[ACCT_ROLE_EMAIL] = "ann@example.com";
    assert_int_equal(sign_in_as(world, "nobody", PASSWORD)->outcome,
                     ACCT_OK);
    world->form.value[ACCT_ROLE_EMAIL] = "ann";
    assert_int_equal(sign_in_as(world, "ann", PASSWORD)->outcome,
                     ACCT_WRONG_CREDENTIALS);
}

static void a_blocked_account_is_told_after_the_right_password_only(
    void **state)
{
    world_t *world = *state;

    add_account(world, "ann", NULL);
    change(world, "UPDATE account SET is_active = 0");
    assert_int_equal(sign_in_as(world, "ann", OTHER_PASSWORD)->outcome,
                     ACCT_WRONG_CREDENTIALS);
    assert_int_equal(sign_in_as(world, "ann", PASSWORD)->outcome,
                     ACCT_BLOCKED);
    nothing_is_written(world);
}

static void the_dialects_limit_refuses_after_the_right_password_only(
    void **state)
{
    world_t *world = *state;
    acct_result_t *result;

    add_account(world, "ann", NULL);
    add_account(world, "bob", NULL);
    world->dialect.policy.limit = 2;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(sign_in_as(world, "ann", PASSWORD)->outcome,
                         ACCT_OK);
    }
    change(world, "UPDATE account SET last_login = 5");
    assert_int_equal(sign_in_as(world, "ann", OTHER_PASSWORD)->outcome,
                     ACCT_WRONG_CREDENTIALS);
    result = sign_in_as(world, "ann", PASSWORD);
    assert_int_equal(result->outcome, ACCT_TOO_MANY_TOKENS);
    assert_null(result->token);
    assert_int_equal(count(world, "token"), 2);
    assert_int_equal(count(world, "account WHERE last_login = 5"), 2);
    assert_int_equal(sign_in_as(world, "bob", PASSWORD)->outcome, ACCT_OK);
}

static void a_token_that_is_over_leaves_room_under_the_limit(void **state)
{
    world_t *world = *state;

    add_account(world, "ann", NULL);
    world->dialect.policy.limit = 1;
    assert_int_equal(sign_in_as(world, "ann", PASSWORD)->outcome, ACCT_OK);
    change(world, "UPDATE token SET expires_at = 1");
    assert_int_equal(sign_in_as(world, "ann", PASSWORD)->outcome, ACCT_OK);
    assert_int_equal(sign_in_as(world, "ann", PASSWORD)->outcome,
                     ACCT_TOO_MANY_TOKENS);
}

static void neither_name_nor_address_is_told_and_costs_nothing(void **state)
{
    world_t *world = *state;

    add_account(world, "ann", "ann@example.com");
    assert_int_equal(sign_in_as(world, NULL, PASSWORD)->outcome,
                     ACCT_IDENTIFIER_ABSENT);
    assert_int_equal(world->hashed, 0);
    assert_int_equal(world->units, 0);
}

/* Of a form that has no field for one of the two, and of credentials that
 * were none. */
static void nothing_to_look_for_or_to_compare_is_nobodys(void **state)
{
    world_t *world = *state;

    add_account(world, "ann", NULL);
    assert_int_equal(sign_in_as(world, "ann", NULL)->outcome,
                     ACCT_WRONG_CREDENTIALS);
    world->form.field[ACCT_ROLE_EMAIL] = NULL;
    assert_int_equal(sign_in_as(world, NULL, PASSWORD)->outcome,
                     ACCT_WRONG_CREDENTIALS);
    assert_int_equal(world->hashed, 0);
    nothing_is_written(world);
}

static void a_form_with_problems_asks_nobody(void **state)
{
    world_t *world = *state;

    add_account(world, "ann", NULL);
    world->result = acct_result_make(ACCT_INVALID, world->pool);
    assert_int_equal(sign_in_as(world, "ann", PASSWORD)->outcome,
                     ACCT_INVALID);
    assert_int_equal(world->units, 0);
    assert_int_equal(world->hashed, 0);
}

/* ---- between the look and the writing ---- */

static void block(world_t *world)
{
    change(world, "UPDATE account SET is_active = 0");
}

static void an_account_blocked_meanwhile_gets_no_token(void **state)
{
    world_t *world = *state;

    add_account(world, "ann", NULL);
    world->while_hashing = block;
    assert_int_equal(sign_in_as(world, "ann", PASSWORD)->outcome,
                     ACCT_BLOCKED);
    nothing_is_written(world);
}

static void delete_all(world_t *world)
{
    change(world, "DELETE FROM account");
}

static void an_account_deleted_meanwhile_is_looked_for_again(void **state)
{
    world_t *world = *state;

    add_account(world, "ann", NULL);
    world->while_hashing = delete_all;
    assert_int_equal(sign_in_as(world, "ann", PASSWORD)->outcome,
                     ACCT_WRONG_CREDENTIALS);
    assert_int_equal(world->hashed, 2);
    nothing_is_written(world);
}

static void change_password(world_t *world)
{
    set_password(world, OTHER_PASSWORD);
    world->while_hashing = NULL;
}

static void a_password_changed_meanwhile_does_not_let_the_old_one_in(
    void **state)
{
    world_t *world = *state;

    add_account(world, "ann", NULL);
    world->while_hashing = change_password;
    assert_int_equal(sign_in_as(world, "ann", PASSWORD)->outcome,
                     ACCT_WRONG_CREDENTIALS);
    assert_int_equal(world->hashed, 2);
    nothing_is_written(world);
}

static void hash_again(world_t *world)
{
    set_password(world, PASSWORD);
}

static void hash_again_once(world_t *world)
{
    hash_again(world);
    world->while_hashing = NULL;
}

static void a_hash_renewed_meanwhile_is_verified_once_more(void **state)
{
    world_t *world = *state;

    add_account(world, "ann", NULL);
    world->while_hashing = hash_again_once;
    assert_int_equal(sign_in_as(world, "ann", PASSWORD)->outcome, ACCT_OK);
    assert_int_equal(world->hashed, 2);
    assert_int_equal(count(world, "token"), 1);
}

static void a_hash_renewed_at_every_try_is_given_up(void **state)
{
    world_t *world = *state;

    add_account(world, "ann", NULL);
    world->while_hashing = hash_again;
    assert_unavailable(sign_in_as(world, "ann", PASSWORD),
                       ACCT_RETRY_GATE);
    assert_int_equal(world->hashed, ACCT_TRIES);
    nothing_is_written(world);
}

/* ---- hashes ---- */

static void a_hash_of_other_parameters_is_replaced(void **state)
{
    world_t *world = *state;
    const char *old;

    add_account(world, "ann", NULL);
    old = ask(world, "SELECT password FROM account");
    world->params.passes = 2;
    token_of(world, "ann");
    assert_string_not_equal(ask(world, "SELECT password FROM account"), old);
    assert_non_null(strstr(ask(world, "SELECT password FROM account"),
                           "m=8,t=2,p=1"));
    token_of(world, "ann");
}

static void a_hash_of_todays_parameters_stays(void **state)
{
    world_t *world = *state;
    const char *old;

    add_account(world, "ann", NULL);
    old = ask(world, "SELECT password FROM account");
    token_of(world, "ann");
    assert_string_equal(ask(world, "SELECT password FROM account"), old);
}

/* ---- what cannot be known now ---- */

static void a_gate_that_does_not_open_is_told_with_its_time(void **state)
{
    static const apr_status_t says[] = { APR_TIMEUP, APR_EAGAIN };
    world_t *world = *state;

    add_account(world, "ann", NULL);
    for (size_t i = 0; i < sizeof(says) / sizeof(*says); i++) {
        world->gate = says[i];
        assert_unavailable(sign_in_as(world, "ann", PASSWORD),
                           ACCT_RETRY_GATE);
        assert_int_equal(world->hashed, 0);
    }
    nothing_is_written(world);
}

static void a_database_that_fails_at_any_unit_of_work_is_told(void **state)
{
    world_t *world = *state;
    int k;

    add_account(world, "ann", NULL);
    for (k = 1; ; k++) {
        acct_result_t *result;

        world->fails_at = k;
        result = sign_in_as(world, "ann", PASSWORD);
        if (world->units < k) {
            assert_int_equal(result->outcome, ACCT_OK);
            break;
        }
        assert_unavailable(result, ACCT_RETRY_DATABASE);
        nothing_is_written(world);
    }
    assert_int_equal(k, 3);     /* the look, and the writing */
}

static void a_token_that_cannot_be_written_leaves_no_last_login(void **state)
{
    world_t *world = *state;

    add_account(world, "ann", NULL);
    world->before_unit = lose_tokens;
    world->unit_changed = 2;
    assert_unavailable(sign_in_as(world, "ann", PASSWORD),
                       ACCT_RETRY_DATABASE);
    find_again(world, "token");
    nothing_is_written(world);
}

static void a_row_that_makes_no_sense_is_not_a_wrong_password(void **state)
{
    world_t *world = *state;

    if (world->f->schema) {
        skip_because("a server's columns have types");
    }
    add_account(world, "ann", NULL);
    change(world, "PRAGMA ignore_check_constraints = ON");
    change(world, "UPDATE account SET is_active = 'maybe'");
    assert_unavailable(sign_in_as(world, "ann", PASSWORD),
                       ACCT_RETRY_DATABASE);
    assert_int_equal(world->hashed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(the_right_password_gives_the_account_and_a_token),
        WORLD(a_wrong_password_writes_nothing),
        WORLD(an_unknown_name_is_told_and_costs_like_a_wrong_password),
        WORLD(an_account_without_a_usable_hash_is_nobodys),
        WORLD(the_dialect_says_what_an_identifier_may_be),
        WORLD(a_field_of_its_own_for_the_address_is_looked_for_alone),
        WORLD(a_blocked_account_is_told_after_the_right_password_only),
        WORLD(the_dialects_limit_refuses_after_the_right_password_only),
        WORLD(a_token_that_is_over_leaves_room_under_the_limit),
        WORLD(neither_name_nor_address_is_told_and_costs_nothing),
        WORLD(nothing_to_look_for_or_to_compare_is_nobodys),
        WORLD(a_form_with_problems_asks_nobody),
        WORLD(an_account_blocked_meanwhile_gets_no_token),
        WORLD(an_account_deleted_meanwhile_is_looked_for_again),
        WORLD(a_password_changed_meanwhile_does_not_let_the_old_one_in),
        WORLD(a_hash_renewed_meanwhile_is_verified_once_more),
        WORLD(a_hash_renewed_at_every_try_is_given_up),
        WORLD(a_hash_of_other_parameters_is_replaced),
        WORLD(a_hash_of_todays_parameters_stays),
        WORLD(a_gate_that_does_not_open_is_told_with_its_time),
        WORLD(a_database_that_fails_at_any_unit_of_work_is_told),
        WORLD(a_token_that_cannot_be_written_leaves_no_last_login),
        WORLD(a_row_that_makes_no_sense_is_not_a_wrong_password)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
