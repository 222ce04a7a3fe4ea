/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which account a token has: by the database, and by what is believed without
 * it. And the current account.
 */
#include "account_fixture.h"

static const char *begin(world_t *world)
{
    add_account(world, "ann", "ann@example.com");
    return token_of(world, "ann");
}

/* ---- by the database ---- */

static void a_live_token_is_its_accounts(void **state)
{
    world_t *world = *state;
    const char *token = begin(world);
    acct_identity_t identity;

    assert_int_equal(authenticate(world, token, &identity), ACCT_OK);
    assert_string_equal(identity.account.username, "ann");
    assert_string_equal(identity.account.email, "ann@example.com");
    assert_int_equal(identity.token.account_id, identity.account.id);
    assert_string_equal(identity.token.id,
                        ask(world, "SELECT id FROM token"));
}

static void what_is_no_live_token_is_invalid_all_alike(void **state)
{
    static const char *const changes[] = {
        "UPDATE token SET expires_at = 1",
        "UPDATE account SET is_active = 0; "
        "UPDATE token SET expires_at = 1",
        "DELETE FROM token",
        "DELETE FROM account"
    };
    world_t *world = *state;
    const char *token = begin(world);
    acct_identity_t identity;

    for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
        change(world, changes[i]);
        assert_int_equal(authenticate(world, token, &identity),
                         ACCT_INVALID_TOKEN);
        if (i < 2) {
            change(world, "UPDATE token SET expires_at = 0");
            change(world, "UPDATE account SET is_active = 1");
            assert_int_equal(authenticate(world, token, &identity), ACCT_OK);
        }
    }
}

static void a_database_that_is_away_says_nothing_about_a_token(void **state)
{
    world_t *world = *state;
    const char *token = begin(world);
    acct_identity_t identity;

    world->fails_at = 1;
    assert_int_equal(authenticate(world, token, &identity),
                     ACCT_UNAVAILABLE);
    assert_int_equal(authenticate(world, "garbage", &identity),
                     ACCT_UNAVAILABLE);
}

/* ---- by what is believed ---- */

static void what_was_looked_up_is_believed_without_asking(void **state)
{
    world_t *world = *state;
    acct_identity_t identity;
    const char *token;

    with_cache(world);
    token = begin(world);
    assert_int_equal(authenticate(world, token, &identity), ACCT_OK);
    assert_int_equal(world->units, 1);
    world->fails_at = 1;
    assert_int_equal(authenticate(world, token, &identity), ACCT_OK);
    assert_int_equal(world->units, 0);
    assert_string_equal(identity.account.username, "ann");
    assert_string_equal(identity.account.email, "ann@example.com");
    assert_int_equal(strlen(identity.token.id), ACCT_TOKEN_ID_HEX);
}

static void what_is_no_token_is_never_remembered(void **state)
{
    world_t *world = *state;
    acct_identity_t identity;

    with_cache(world);
    begin(world);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(authenticate(world, "garbage", &identity),
                         ACCT_INVALID_TOKEN);
        assert_int_equal(world->units, 1);
    }
}

static void nothing_is_believed_once_the_feed_is_old(void **state)
{
    world_t *world = *state;
    acct_identity_t identity;
    const char *token;

    with_cache(world);
    token = begin(world);
    authenticate(world, token, &identity);
    world->service.revocation_bound = 0;
    assert_int_equal(authenticate(world, token, &identity), ACCT_OK);
    assert_int_equal(world->units, 1);
    world->fails_at = 1;
    assert_int_equal(authenticate(world, token, &identity),
                     ACCT_UNAVAILABLE);
}

static void what_was_revoked_elsewhere_is_asked_for_again(void **state)
{
    world_t *world = *state;
    acct_identity_t identity;
    const char *token;

    with_cache(world);
    token = begin(world);
    authenticate(world, token, &identity);
    change(world, "UPDATE account SET is_active = 0");
    assert_int_equal(authenticate(world, token, &identity), ACCT_OK);
    acct_cache_raise(&world->cache, CACHE_DATABASE, identity.account.id);
    assert_int_equal(authenticate(world, token, &identity),
                     ACCT_BLOCKED_TOKEN);
}

static void end_the_token(world_t *world)
{
    change(world, "DELETE FROM token");
    acct_cache_raise(&world->cache, CACHE_DATABASE,
                     atol(ask(world, "SELECT id FROM account")));
}

/* The answer was on its way when the token ended: it may be given, not
 * kept. */
static void an_answer_that_was_overtaken_is_not_remembered(void **state)
{
    world_t *world = *state;
    acct_identity_t identity;
    const char *token;

    with_cache(world);
    token = begin(world);
    world->after_unit = end_the_token;
    assert_int_equal(authenticate(world, token, &identity), ACCT_OK);
    assert_int_equal(authenticate(world, token, &identity),
                     ACCT_INVALID_TOKEN);
    assert_int_equal(world->units, 1);
}

static void garbage_is_refused_unseen_where_all_tokens_have_the_check(
    void **state)
{
    world_t *world = *state;
    acct_identity_t identity;
    const char *token;

    with_cache(world);
    token = begin(world);
    acct_cache_feed_checked(&world->cache, world->service.cache_feed,
                            world->service.key->check.id, acct_ticks());
    assert_int_equal(authenticate(world, "garbage", &identity),
                     ACCT_INVALID_TOKEN);
    assert_int_equal(world->units, 0);
    assert_int_equal(authenticate(world, token, &identity), ACCT_OK);
}

static void another_keys_check_does_not_refuse_anything_unseen(void **state)
{
    world_t *world = *state;
    acct_identity_t identity;

    with_cache(world);
    begin(world);
    acct_cache_feed_checked(&world->cache, world->service.cache_feed,
                            world_key(world, 2)->check.id, acct_ticks());
    assert_int_equal(authenticate(world, "garbage", &identity),
                     ACCT_INVALID_TOKEN);
    assert_int_equal(world->units, 1);
}

/* ---- tokens that live by their use ---- */

static void a_use_that_is_not_written_yet_lets_a_token_live(void **state)
{
    world_t *world = *state;
    acct_identity_t identity;
    const char *token;

    with_cache(world);
    world->dialect.policy.sliding = DAY;
    token = begin(world);
    assert_int_equal(authenticate(world, token, &identity), ACCT_OK);
    change(world, "UPDATE token SET expires_at = 1");
    acct_cache_raise_all(&world->cache);
    assert_int_equal(authenticate(world, token, &identity), ACCT_OK);
    assert_true(identity.token.expires_at > apr_time_now());
}

static void without_a_use_it_has_expired(void **state)
{
    world_t *world = *state;
    acct_identity_t identity;
    const char *token;

    with_cache(world);
    world->dialect.policy.sliding = DAY;
    token = begin(world);
    change(world, "UPDATE token SET expires_at = 1");
    assert_int_equal(authenticate(world, token, &identity),
                     ACCT_INVALID_TOKEN);
}

/* ---- the current account ---- */

static void the_current_account_is_as_it_is_now(void **state)
{
    world_t *world = *state;
    const char *token = begin(world);
    acct_identity_t identity;
    acct_result_t *result;

    authenticate(world, token, &identity);
    change(world, "UPDATE account SET first_name = 'Ann'");
    result = call_with(world, acct_current, &identity, token);
    assert_int_equal(result->outcome, ACCT_OK);
    assert_string_equal(result->account->first_name, "Ann");
    assert_string_equal(result->token, token);
}

static void an_account_that_is_gone_has_no_token(void **state)
{
    world_t *world = *state;
    const char *token = begin(world);
    acct_identity_t identity;

    authenticate(world, token, &identity);
    world->fails_at = 1;
    assert_unavailable(call_with(world, acct_current, &identity, token),
                       ACCT_RETRY_DATABASE);
    world->fails_at = 0;
    change(world, "DELETE FROM account");
    assert_int_equal(call_with(world, acct_current, &identity,
                               token)->outcome, ACCT_INVALID_TOKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(a_live_token_is_its_accounts),
        WORLD(what_is_no_live_token_is_invalid_all_alike),
        WORLD(a_database_that_is_away_says_nothing_about_a_token),
        WORLD(what_was_looked_up_is_believed_without_asking),
        WORLD(what_is_no_token_is_never_remembered),
        WORLD(nothing_is_believed_once_the_feed_is_old),
        WORLD(what_was_revoked_elsewhere_is_asked_for_again),
        WORLD(an_answer_that_was_overtaken_is_not_remembered),
        WORLD(garbage_is_refused_unseen_where_all_tokens_have_the_check),
        WORLD(another_keys_check_does_not_refuse_anything_unseen),
        WORLD(a_use_that_is_not_written_yet_lets_a_token_live),
        WORLD(without_a_use_it_has_expired),
        WORLD(the_current_account_is_as_it_is_now),
        WORLD(an_account_that_is_gone_has_no_token)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
