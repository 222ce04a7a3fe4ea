/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changing one's password: which tokens end, what a wrong current password
 * is, and what happens when something else changed the account meanwhile.
 */
#include "account_fixture.h"

#include "form/stage.h"

static world_t *world_of(void **state)
{
    world_t *world = *state;

    add_account(world, "ann", NULL);
    return world;
}

/* With the identity that a token has now. */
static acct_result_t *change_as(world_t *world, const char *token,
                                const char *current, const char *password)
{
    acct_identity_t identity;

    assert_int_equal(authenticate(world, token, &identity), ACCT_OK);
    world->form.value[ACCT_ROLE_CURRENT_PASSWORD] = current;
    world->form.value[ACCT_ROLE_PASSWORD] = password;
    return call_with(world, acct_password_change, &identity, token);
}

static acct_outcome_e sign_in_with(world_t *world, const char *password)
{
    return sign_in_as(world, "ann", password)->outcome;
}

/* ---- what it does ---- */

static void the_new_password_opens_and_the_old_one_does_not(void **state)
{
    world_t *world = world_of(state);
    acct_result_t *result = change_as(world, token_of(world, "ann"), PASSWORD,
                                      OTHER_PASSWORD);

    assert_int_equal(result->outcome, ACCT_OK);
    assert_string_equal(result->account->username, "ann");
    assert_int_equal(sign_in_with(world, PASSWORD), ACCT_WRONG_CREDENTIALS);
    assert_int_equal(sign_in_with(world, OTHER_PASSWORD), ACCT_OK);
}

static void all_tokens_end_but_the_presented_one(void **state)
{
    world_t *world = world_of(state);
    const char *presented = token_of(world, "ann");
    const char *other = token_of(world, "ann");
    const char *bob;

    add_account(world, "bob", NULL);
    bob = token_of(world, "bob");
    assert_int_equal(change_as(world, presented, PASSWORD,
                               OTHER_PASSWORD)->outcome, ACCT_OK);
    assert_true(is_alive(world, presented));
    assert_false(is_alive(world, other));
    assert_true(is_alive(world, bob));
    assert_int_equal(count(world, "revocation"), 1);
}

static void what_ended_is_no_longer_believed_here(void **state)
{
    world_t *world = world_of(state);
    const char *presented, *other;
    acct_identity_t identity;

    with_cache(world);
    presented = token_of(world, "ann");
    other = token_of(world, "ann");
    assert_int_equal(authenticate(world, other, &identity), ACCT_OK);
    change_as(world, presented, PASSWORD, OTHER_PASSWORD);
    assert_int_equal(authenticate(world, other, &identity),
                     ACCT_INVALID_TOKEN);
    assert_int_equal(authenticate(world, presented, &identity), ACCT_OK);
}

static void a_route_that_does_not_ask_for_the_old_one_needs_none(
    void **state)
{
    world_t *world = world_of(state);
    const char *token = token_of(world, "ann");

    world->form.field[ACCT_ROLE_CURRENT_PASSWORD] = NULL;
    assert_int_equal(change_as(world, token, NULL, OTHER_PASSWORD)->outcome,
                     ACCT_OK);
    assert_int_equal(world->hashed, 1);
    assert_int_equal(sign_in_with(world, OTHER_PASSWORD), ACCT_OK);
}

/* ---- what changes nothing ---- */

static void a_wrong_current_password_is_a_problem_of_its_field(void **state)
{
    world_t *world = world_of(state);
    const char *token = token_of(world, "ann");
    const char *other = token_of(world, "ann");
    acct_result_t *result = change_as(world, token, "wrong", OTHER_PASSWORD);
    const acct_field_problem_t *problem;

    assert_int_equal(result->outcome, ACCT_INVALID);
    assert_int_equal(result->problems->nelts, 1);
    problem = &APR_ARRAY_IDX(result->problems, 0, acct_field_problem_t);
    assert_int_equal(problem->field->role, ACCT_ROLE_CURRENT_PASSWORD);
    assert_int_equal(problem->problem, ACCT_PROBLEM_WRONG);
    assert_true(is_alive(world, other));
    assert_int_equal(sign_in_with(world, PASSWORD), ACCT_OK);
    assert_int_equal(count(world, "revocation"), 0);
}

static void a_form_with_problems_is_compared_all_the_same(void **state)
{
    world_t *world = world_of(state);
    const char *token = token_of(world, "ann");

    world->result = acct_result_make(ACCT_INVALID, world->pool);
    acct_result_add_problem(world->result, &world_fields[ACCT_ROLE_PASSWORD],
                            ACCT_PROBLEM_REQUIRED, 0, world->pool);
    assert_int_equal(change_as(world, token, "wrong", NULL)
                         ->problems->nelts, 2);
    assert_int_equal(sign_in_with(world, PASSWORD), ACCT_OK);
}

static void behind_an_earlier_stages_problem_nothing_is_hashed(void **state)
{
    static const acct_stages_t stages = {
        .turn = { [ACCT_STAGE_FIELDS] = 0, [ACCT_STAGE_CURRENT_PASSWORD] = 1 }
    };
    world_t *world = world_of(state);
    const char *token = token_of(world, "ann");

    world->route.fields.stages = &stages;
    world->result = acct_result_make(ACCT_INVALID, world->pool);
    acct_result_add_problem(world->result, &world_fields[ACCT_ROLE_PASSWORD],
                            ACCT_PROBLEM_REQUIRED, 0, world->pool);
    assert_int_equal(change_as(world, token, "wrong", NULL)->outcome,
                     ACCT_INVALID);
    assert_int_equal(world->hashed, 0);
}

static void without_a_hasher_nothing_is_known(void **state)
{
    world_t *world = world_of(state);
    const char *token = token_of(world, "ann");

    world->gate = APR_TIMEUP;
    assert_unavailable(change_as(world, token, PASSWORD, OTHER_PASSWORD),
                       ACCT_RETRY_GATE);
    world->gate = APR_SUCCESS;
    assert_int_equal(sign_in_with(world, PASSWORD), ACCT_OK);
}

/* ---- what changes while it hashes ---- */

static void end_tokens(world_t *world)
{
    change(world, "DELETE FROM token");
}

static void block_account(world_t *world)
{
    change(world, "UPDATE account SET is_active = 0");
}

static void delete_account(world_t *world)
{
    change(world, "DELETE FROM account");
}

static void change_password(world_t *world)
{
    set_password(world, "someone was faster");
}

static acct_result_t *change_while(world_t *world, change_fn *changes)
{
    const char *token = token_of(world, "ann");
    acct_result_t *result;

    world->while_hashing = changes;
    result = change_as(world, token, PASSWORD, OTHER_PASSWORD);
    world->while_hashing = NULL;
    return result;
}

static void a_token_that_was_ended_meanwhile_changes_nothing(void **state)
{
    world_t *world = world_of(state);

    assert_int_equal(change_while(world, end_tokens)->outcome,
                     ACCT_INVALID_TOKEN);
    assert_int_equal(sign_in_with(world, PASSWORD), ACCT_OK);
}

static void an_account_that_was_blocked_meanwhile_keeps_its_password(
    void **state)
{
    world_t *world = world_of(state);

    assert_int_equal(change_while(world, block_account)->outcome,
                     ACCT_INVALID_TOKEN);
    assert_int_equal(sign_in_with(world, PASSWORD), ACCT_BLOCKED);
}

static void an_account_that_was_deleted_meanwhile_is_gone(void **state)
{
    world_t *world = world_of(state);

    assert_int_equal(change_while(world, delete_account)->outcome,
                     ACCT_INVALID_TOKEN);
}

static void a_password_that_was_changed_meanwhile_is_not_written_over(
    void **state)
{
    world_t *world = world_of(state);

    assert_unavailable(change_while(world, change_password),
                       ACCT_RETRY_GATE);
    assert_int_equal(sign_in_with(world, "someone was faster"), ACCT_OK);
}

static void where_a_token_cannot_be_ended_the_password_stays(void **state)
{
    world_t *world = world_of(state);
    const char *token = token_of(world, "ann");

    world->form.field[ACCT_ROLE_CURRENT_PASSWORD] = NULL;
    world->while_hashing = lose_revocations;
    assert_unavailable(change_as(world, token, NULL, OTHER_PASSWORD),
                       ACCT_RETRY_DATABASE);
    world->while_hashing = NULL;
    find_again(world, "revocation");
    assert_int_equal(sign_in_with(world, PASSWORD), ACCT_OK);
}

/* ---- a route that asks for the password unless the sign-in is young ---- */

static const acct_field_t recent = {
    .name = "current", .role = ACCT_ROLE_CURRENT_PASSWORD, .index = 4,
    .blank = ACCT_BLANK_REFUSED, .recent = 600 * SECOND
};

static acct_result_t *change_without(world_t *world, const char *token)
{
    world->form.field[ACCT_ROLE_CURRENT_PASSWORD] = &recent;
    return change_as(world, token, NULL, OTHER_PASSWORD);
}

static void make_older(world_t *world, const char *what)
{
    change(world, apr_psprintf(world->pool, "UPDATE %s - %" APR_INT64_T_FMT,
                               what, (apr_int64_t)(601 * SECOND)));
}

static void assert_asks_for_password(const acct_result_t *result)
{
    assert_int_equal(result->outcome, ACCT_INVALID);
    assert_int_equal(result->problems->nelts, 1);
    assert_int_equal(APR_ARRAY_IDX(result->problems, 0,
                                   acct_field_problem_t).problem,
                     ACCT_PROBLEM_REQUIRED);
}

static void a_young_sign_in_does_without_the_password(void **state)
{
    world_t *world = world_of(state);

    assert_int_equal(change_without(world, token_of(world, "ann"))->outcome,
                     ACCT_OK);
}

static void an_older_sign_in_asks_for_the_password(void **state)
{
    world_t *world = world_of(state);
    const char *token = token_of(world, "ann");

    make_older(world, "token SET created_at = created_at");
    assert_asks_for_password(change_without(world, token));
    assert_int_equal(sign_in_with(world, PASSWORD), ACCT_OK);
}

static void a_sign_in_with_another_token_makes_none_younger(void **state)
{
    world_t *world = world_of(state);
    const char *token = token_of(world, "ann");

    make_older(world, "token SET created_at = created_at");
    token_of(world, "ann");
    assert_asks_for_password(change_without(world, token));
}

static void a_token_that_is_handed_out_again_is_as_young_as_that(void **state)
{
    world_t *world = world_of(state);
    const char *token;

    world->dialect.policy.kind = ACCT_POLICY_REUSE;
    token = token_of(world, "ann");
    make_older(world, "token SET created_at = created_at");
    assert_string_equal(token_of(world, "ann"), token);
    assert_int_equal(change_without(world, token)->outcome, ACCT_OK);
    make_older(world, "account SET last_login = last_login");
    assert_asks_for_password(change_without(world, token));
}

/* However that came: the form's reader had made a problem of it. */
static void a_password_that_has_to_be_there_and_is_not_changes_nothing(
    void **state)
{
    world_t *world = world_of(state);
    const char *token = token_of(world, "ann");

    assert_asks_for_password(change_as(world, token, NULL, OTHER_PASSWORD));
    assert_int_equal(sign_in_with(world, PASSWORD), ACCT_OK);
}

static void what_stands_in_the_place_of_the_password_is_no_way_around(
    void **state)
{
    world_t *world = world_of(state);
    const char *token = token_of(world, "ann");

    make_older(world, "token SET created_at = created_at");
    world->form.sent |= ACCT_ROLE_BIT(ACCT_ROLE_CURRENT_PASSWORD);
    assert_asks_for_password(change_without(world, token));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(the_new_password_opens_and_the_old_one_does_not),
        WORLD(all_tokens_end_but_the_presented_one),
        WORLD(what_ended_is_no_longer_believed_here),
        WORLD(a_route_that_does_not_ask_for_the_old_one_needs_none),
        WORLD(a_wrong_current_password_is_a_problem_of_its_field),
        WORLD(a_form_with_problems_is_compared_all_the_same),
        WORLD(behind_an_earlier_stages_problem_nothing_is_hashed),
        WORLD(without_a_hasher_nothing_is_known),
        WORLD(where_a_token_cannot_be_ended_the_password_stays),
        WORLD(a_token_that_was_ended_meanwhile_changes_nothing),
        WORLD(an_account_that_was_blocked_meanwhile_keeps_its_password),
        WORLD(an_account_that_was_deleted_meanwhile_is_gone),
        WORLD(a_password_that_was_changed_meanwhile_is_not_written_over),
        WORLD(a_young_sign_in_does_without_the_password),
        WORLD(an_older_sign_in_asks_for_the_password),
        WORLD(a_sign_in_with_another_token_makes_none_younger),
        WORLD(a_token_that_is_handed_out_again_is_as_young_as_that),
        WORLD(a_password_that_has_to_be_there_and_is_not_changes_nothing),
        WORLD(what_stands_in_the_place_of_the_password_is_no_way_around)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
