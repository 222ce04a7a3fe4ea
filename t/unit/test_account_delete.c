/* SPDX-License-Identifier: Apache-2.0 */
/* Deleting one's own account: what goes, and what asks for the password. */
#include "account_fixture.h"

static world_t *world_of(void **state)
{
    world_t *world = *state;

    add_account(world, "ann", NULL);
    add_account(world, "bob", NULL);
    return world;
}

static acct_result_t *delete_as(world_t *world, const char *token,
                                const char *current)
{
    acct_identity_t identity;

    assert_int_equal(authenticate(world, token, &identity), ACCT_OK);
    world->form.value[ACCT_ROLE_CURRENT_PASSWORD] = current;
    return call_with(world, acct_delete, &identity, token);
}

static void the_account_and_its_tokens_go_and_no_others(void **state)
{
    world_t *world = world_of(state);
    const char *ann = token_of(world, "ann"), *bob = token_of(world, "bob");

    assert_int_equal(delete_as(world, ann, PASSWORD)->outcome, ACCT_OK);
    assert_int_equal(count(world, "account WHERE username = 'ann'"), 0);
    assert_false(is_alive(world, ann));
    assert_true(is_alive(world, bob));
    assert_int_equal(count(world, "revocation"), 1);
}

static void its_tokens_are_no_longer_believed_here(void **state)
{
    world_t *world = world_of(state);
    acct_identity_t identity;
    const char *token;

    with_cache(world);
    token = token_of(world, "ann");
    assert_int_equal(authenticate(world, token, &identity), ACCT_OK);
    delete_as(world, token, PASSWORD);
    assert_int_equal(authenticate(world, token, &identity),
                     ACCT_INVALID_TOKEN);
}

static void a_wrong_password_deletes_nothing(void **state)
{
    world_t *world = world_of(state);
    const char *ann = token_of(world, "ann");

    assert_int_equal(delete_as(world, ann, "wrong")->outcome, ACCT_INVALID);
    assert_true(is_alive(world, ann));
    assert_int_equal(count(world, "account"), 2);
}

static void a_password_that_was_not_sent_where_it_must_be_deletes_nothing(
    void **state)
{
    world_t *world = world_of(state);
    const char *ann = token_of(world, "ann");

    world->result = acct_result_make(ACCT_INVALID, world->pool);
    acct_result_add_problem(world->result,
                            &world_fields[ACCT_ROLE_CURRENT_PASSWORD],
                            ACCT_PROBLEM_REQUIRED, 0, world->pool);
    assert_int_equal(delete_as(world, ann, NULL)->outcome, ACCT_INVALID);
    assert_int_equal(count(world, "account"), 2);
}

static void a_route_without_the_field_asks_for_none(void **state)
{
    world_t *world = world_of(state);

    world->form.field[ACCT_ROLE_CURRENT_PASSWORD] = NULL;
    assert_int_equal(delete_as(world, token_of(world, "ann"), NULL)->outcome,
                     ACCT_OK);
    assert_int_equal(world->hashed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(the_account_and_its_tokens_go_and_no_others),
        WORLD(its_tokens_are_no_longer_believed_here),
        WORLD(a_wrong_password_deletes_nothing),
        WORLD(a_password_that_was_not_sent_where_it_must_be_deletes_nothing),
        WORLD(a_route_without_the_field_asks_for_none)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
