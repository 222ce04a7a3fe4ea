/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing out, here and everywhere: what ends, what stays, what other servers
 * are told, and what happens when another request was faster.
 */
#include "account_fixture.h"

static world_t *world_of(void **state)
{
    world_t *world = *state;

    add_account(world, "ann", NULL);
    return world;
}

/* ---- what ends ---- */

static void a_sign_out_ends_the_presented_token_alone(void **state)
{
    world_t *world = world_of(state);
    const char *token = token_of(world, "ann");
    const char *other = token_of(world, "ann");
    acct_result_t *result = sign_out(world, acct_logout, token);

    assert_int_equal(result->outcome, ACCT_OK);
    assert_string_equal(result->account->username, "ann");
    assert_false(is_alive(world, token));
    assert_true(is_alive(world, other));
    assert_int_equal(count(world, "revocation WHERE account_id = "
                           "(SELECT id FROM account)"), 1);
}

static void under_reuse_it_ends_the_reusable_token_as_well(void **state)
{
    world_t *world = world_of(state);
    const char *many = token_of(world, "ann"), *other, *reusable;

    other = token_of(world, "ann");
    world->dialect.policy.kind = ACCT_POLICY_REUSE;
    reusable = token_of(world, "ann");
    assert_int_equal(sign_out(world, acct_logout, many)->outcome, ACCT_OK);
    assert_false(is_alive(world, many));
    assert_false(is_alive(world, reusable));
    assert_true(is_alive(world, other));
    assert_string_not_equal(token_of(world, "ann"), reusable);
}

static void everywhere_ends_all_tokens_of_the_account_and_no_others(
    void **state)
{
    world_t *world = world_of(state);
    const char *ann[3], *bob;

    add_account(world, "bob", NULL);
    bob = token_of(world, "bob");
    ann[0] = token_of(world, "ann");
    ann[1] = token_of(world, "ann");
    world->dialect.policy.kind = ACCT_POLICY_REUSE;
    ann[2] = token_of(world, "ann");
    assert_int_equal(sign_out(world, acct_logout_all, ann[0])->outcome,
                     ACCT_OK);
    for (int i = 0; i < 3; i++) {
        assert_false(is_alive(world, ann[i]));
    }
    assert_true(is_alive(world, bob));
}

static void what_ended_is_no_longer_believed_here(void **state)
{
    world_t *world = world_of(state);
    acct_identity_t identity;
    const char *token;

    with_cache(world);
    token = token_of(world, "ann");
    assert_int_equal(authenticate(world, token, &identity), ACCT_OK);
    assert_int_equal(authenticate(world, token, &identity), ACCT_OK);
    assert_int_equal(world->units, 0);
    sign_out(world, acct_logout, token);
    assert_int_equal(authenticate(world, token, &identity),
                     ACCT_INVALID_TOKEN);
}

/* ---- between the look at the token and its end ---- */

static void end_tokens(world_t *world)
{
    change(world, "DELETE FROM token");
}

static void delete_account(world_t *world)
{
    change(world, "DELETE FROM account");
}

/* Signs out while what is changed before it can. */
static acct_result_t *sign_out_while(world_t *world, change_fn *changes,
                                     void (*operation)(const acct_call_t *))
{
    const char *token = token_of(world, "ann");
    acct_identity_t identity;

    assert_int_equal(authenticate(world, token, &identity), ACCT_OK);
    world->before_unit = changes;
    world->unit_changed = 1;
    return call_with(world, operation, &identity, token);
}

static void a_token_that_another_request_ended_is_none(void **state)
{
    world_t *world = world_of(state);

    assert_int_equal(sign_out_while(world, end_tokens, acct_logout)->outcome,
                     ACCT_INVALID_TOKEN);
    assert_int_equal(sign_out_while(world, end_tokens,
                                    acct_logout_all)->outcome,
                     ACCT_INVALID_TOKEN);
    assert_int_equal(count(world, "revocation"), 0);
}

static void everywhere_with_an_ended_token_ends_no_others(void **state)
{
    world_t *world = world_of(state);
    const char *token = token_of(world, "ann"), *other;
    acct_identity_t identity;

    assert_int_equal(authenticate(world, token, &identity), ACCT_OK);
    change(world, "DELETE FROM token");
    other = token_of(world, "ann");
    assert_int_equal(call_with(world, acct_logout_all, &identity,
                               token)->outcome, ACCT_INVALID_TOKEN);
    assert_true(is_alive(world, other));
}

static void a_token_whose_account_was_deleted_is_none(void **state)
{
    world_t *world = world_of(state);

    assert_int_equal(sign_out_while(world, delete_account,
                                    acct_logout)->outcome,
                     ACCT_INVALID_TOKEN);
}

/* ---- what cannot be done now ---- */

static void a_database_that_is_away_leaves_the_token(void **state)
{
    static void (*const operation[])(const acct_call_t *) = {
        acct_logout, acct_logout_all
    };
    world_t *world = world_of(state);
    const char *token = token_of(world, "ann");
    acct_identity_t identity;

    assert_int_equal(authenticate(world, token, &identity), ACCT_OK);
    for (int i = 0; i < 2; i++) {
        world->fails_at = 1;
        assert_unavailable(call_with(world, operation[i], &identity, token),
                           ACCT_RETRY_DATABASE);
        assert_true(is_alive(world, token));
    }
}

static void a_sign_out_that_others_cannot_be_told_of_is_none(void **state)
{
    world_t *world = world_of(state);

    assert_unavailable(sign_out_while(world, lose_revocations, acct_logout),
                       ACCT_RETRY_DATABASE);
    find_again(world, "revocation");
    assert_int_equal(count(world, "token"), 1);
}

static void where_it_may_be_done_nothing_is_believed_any_more(void **state)
{
    world_t *world = world_of(state);
    const char *token;
    acct_identity_t identity;

    with_cache(world);
    token = token_of(world, "ann");
    assert_int_equal(authenticate(world, token, &identity), ACCT_OK);
    world->fails_at = 1;
    call_with(world, acct_logout, &identity, token);
    world->fails_at = 0;
    assert_int_equal(authenticate(world, token, &identity), ACCT_OK);
    assert_int_equal(world->units, 1);
}

static void no_password_is_hashed(void **state)
{
    world_t *world = world_of(state);
    const char *token = token_of(world, "ann");

    world->gate = APR_TIMEUP;
    assert_int_equal(sign_out(world, acct_logout, token)->outcome, ACCT_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(a_sign_out_ends_the_presented_token_alone),
        WORLD(under_reuse_it_ends_the_reusable_token_as_well),
        WORLD(everywhere_ends_all_tokens_of_the_account_and_no_others),
        WORLD(what_ended_is_no_longer_believed_here),
        WORLD(a_token_that_another_request_ended_is_none),
        WORLD(everywhere_with_an_ended_token_ends_no_others),
        WORLD(a_token_whose_account_was_deleted_is_none),
        WORLD(a_database_that_is_away_leaves_the_token),
        WORLD(a_sign_out_that_others_cannot_be_told_of_is_none),
        WORLD(where_it_may_be_done_nothing_is_believed_any_more),
        WORLD(no_password_is_hashed)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
