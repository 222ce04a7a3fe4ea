/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which token a sign-in gives: the policies many and reuse, how long it
 * lives, and which older ones go where an account may have so many.
 */
#include "account_fixture.h"

static world_t *world_of(void **state, acct_policy_e kind)
{
    world_t *world = *state;

    add_account(world, "ann", NULL);
    world->dialect.policy.kind = kind;
    return world;
}

/* ---- the policy many ---- */

static void under_many_each_sign_in_makes_a_token(void **state)
{
    world_t *world = world_of(state, ACCT_POLICY_MANY);
    const char *first = token_of(world, "ann");
    const char *second = token_of(world, "ann");

    assert_string_not_equal(first, second);
    assert_true(is_alive(world, first));
    assert_true(is_alive(world, second));
    assert_int_equal(count(world, "token WHERE sealed IS NULL"), 2);
    assert_int_equal(count(world, "token WHERE label = 'spoken'"), 2);
}

static void the_policy_says_how_long_the_text_is(void **state)
{
    world_t *world = world_of(state, ACCT_POLICY_MANY);

    for (int bytes = 16; bytes <= 64; bytes += 12) {
        world->dialect.policy.bytes = bytes;
        assert_int_equal(strlen(token_of(world, "ann")), 2 * bytes);
    }
}

static void the_policy_says_how_long_a_token_lives(void **state)
{
    static const struct {
        apr_interval_time_t lifetime, sliding, expires, ends;
    } t[] = {
        { 0, 0, 0, 0 },
        { 30 * DAY, 0, 30 * DAY, 30 * DAY },
        { 0, DAY, DAY, 0 },
        { 30 * DAY, DAY, DAY, 30 * DAY }
    };
    world_t *world = world_of(state, ACCT_POLICY_MANY);

    for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
        acct_result_t *result;
        apr_time_t made;

        change(world, "DELETE FROM token");
        world->dialect.policy.lifetime = t[i].lifetime;
        world->dialect.policy.sliding = t[i].sliding;
        result = sign_in_as(world, "ann", PASSWORD);
        made = token_time(world, "created_at");
        assert_int_equal(token_time(world, "coalesce(expires_at, 0)"),
                         t[i].expires ? made + t[i].expires : 0);
        assert_int_equal(token_time(world, "coalesce(ends_at, 0)"),
                         t[i].ends ? made + t[i].ends : 0);
        assert_int_equal(token_time(world, "coalesce(sliding, 0)"),
                         t[i].sliding);
        assert_int_equal(result->token_expires,
                         t[i].expires ? made + t[i].expires : 0);
    }
}

static void a_token_has_the_check_of_the_servers_key(void **state)
{
    world_t *world = world_of(state, ACCT_POLICY_MANY);

    assert_true(acct_token_check_holds(&world->service.key->check,
                                       token_of(world, "ann")));
    assert_false(acct_token_check_holds(&world_key(world, 2)->check,
                                        token_of(world, "ann")));
}

static void a_server_without_any_key_issues_tokens(void **state)
{
    world_t *world = world_of(state, ACCT_POLICY_MANY);

    world->service.key = NULL;
    assert_true(is_alive(world, token_of(world, "ann")));
}

static void a_server_whose_key_is_away_issues_none(void **state)
{
    world_t *world = world_of(state, ACCT_POLICY_MANY);

    world->service.key = NULL;
    world->service.key_is_away = 1;
    assert_unavailable(sign_in_as(world, "ann", PASSWORD),
                       ACCT_RETRY_DATABASE);
    assert_int_equal(count(world, "token"), 0);
    assert_non_null(strstr(world->log, "without its key file"));
}

/* ---- the policy reuse ---- */

static void under_reuse_a_second_sign_in_gets_the_same_token(void **state)
{
    world_t *world = world_of(state, ACCT_POLICY_REUSE);
    const char *first = token_of(world, "ann");

    assert_string_equal(token_of(world, "ann"), first);
    assert_int_equal(count(world, "token"), 1);
    assert_null(strstr(ask(world, "SELECT sealed FROM token"), first));
}

static void under_reuse_each_account_has_its_own(void **state)
{
    world_t *world = world_of(state, ACCT_POLICY_REUSE);

    add_account(world, "bob", NULL);
    assert_string_not_equal(token_of(world, "ann"), token_of(world, "bob"));
    assert_string_equal(token_of(world, "bob"), token_of(world, "bob"));
}

static void a_dialect_that_reuses_leaves_the_tokens_of_others(void **state)
{
    world_t *world = world_of(state, ACCT_POLICY_MANY);
    const char *many = token_of(world, "ann");

    world->dialect.policy.kind = ACCT_POLICY_REUSE;
    assert_string_not_equal(token_of(world, "ann"), many);
    assert_true(is_alive(world, many));
}

static void a_reusable_token_that_has_expired_is_ended_and_another_made(
    void **state)
{
    world_t *world = world_of(state, ACCT_POLICY_REUSE);
    const char *old = token_of(world, "ann");
    const char *new;

    change(world, "UPDATE token SET expires_at = 1");
    new = token_of(world, "ann");
    assert_string_not_equal(new, old);
    assert_false(is_alive(world, old));
    assert_true(is_alive(world, new));
    assert_int_equal(count(world, "revocation"), 1);
    assert_non_null(strstr(world->log, "session_expired"));
}

static void a_token_sealed_under_another_key_is_not_replaced(void **state)
{
    world_t *world = world_of(state, ACCT_POLICY_REUSE);
    const char *old = token_of(world, "ann");

    world->service.key = world_key(world, 2);
    assert_unavailable(sign_in_as(world, "ann", PASSWORD),
                       ACCT_RETRY_DATABASE);
    assert_true(is_alive(world, old));
    assert_int_equal(count(world, "token"), 1);
    assert_non_null(strstr(world->log, "another key"));
}

static void a_sealed_token_that_is_not_the_rows_is_not_handed_out(
    void **state)
{
    world_t *world = world_of(state, ACCT_POLICY_REUSE);

    token_of(world, "ann");
    change(world, "UPDATE token SET digest = '" DIGEST_A "'");
    assert_unavailable(sign_in_as(world, "ann", PASSWORD),
                       ACCT_RETRY_DATABASE);
}

static void a_sealed_token_of_another_account_is_not_handed_out(void **state)
{
    world_t *world = world_of(state, ACCT_POLICY_REUSE);

    token_of(world, "ann");
    add_account(world, "bob", NULL);
    change(world, "UPDATE token SET account_id = "
                  "(SELECT id FROM account WHERE username = 'bob')");
    assert_unavailable(sign_in_as(world, "bob", PASSWORD),
                       ACCT_RETRY_DATABASE);
}

static void without_a_key_nothing_can_be_reused(void **state)
{
    world_t *world = world_of(state, ACCT_POLICY_REUSE);

    world->service.key = NULL;
    assert_unavailable(sign_in_as(world, "ann", PASSWORD),
                       ACCT_RETRY_DATABASE);
    assert_int_equal(count(world, "token"), 0);
}

/* ---- how many an account may have ---- */

/* Tokens that were made one after the other, from long ago on. */
static void sign_in_times(world_t *world, int times, const char **token)
{
    for (int i = 0; i < times; i++) {
        token[i] = token_of(world, "ann");
        change(world, apr_psprintf(world->pool, "UPDATE token SET "
                                   "created_at = %d WHERE id = (SELECT id "
                                   "FROM token ORDER BY created_at DESC "
                                   "LIMIT 1)", 100 + i));
    }
}

static const char *alive(world_t *world, const char **token, int times)
{
    char *text = apr_pcalloc(world->pool, (apr_size_t)times + 1);

    for (int i = 0; i < times; i++) {
        text[i] = is_alive(world, token[i]) ? '1' : '0';
    }
    return text;
}

static void the_oldest_go_where_there_would_be_too_many(void **state)
{
    world_t *world = world_of(state, ACCT_POLICY_MANY);
    const char *token[6];

    sign_in_times(world, 3, token);
    assert_int_equal(count(world, "revocation"), 0);
    world->service.max_tokens = 3;
    token[3] = token_of(world, "ann");
    assert_string_equal(alive(world, token, 4), "0111");
    assert_int_equal(count(world, "revocation"), 1);
    world->service.max_tokens = 2;
    token[4] = token_of(world, "ann");
    assert_string_equal(alive(world, token, 5), "00011");
    world->service.max_tokens = 1;
    token[5] = token_of(world, "ann");
    assert_string_equal(alive(world, token, 6), "000001");
    assert_non_null(strstr(world->log, "1 older token ended"));
    assert_non_null(strstr(world->log, "2 older tokens ended"));
}

static void the_token_that_is_issued_never_goes_whatever_clocks_say(
    void **state)
{
    world_t *world = world_of(state, ACCT_POLICY_MANY);
    const char *old = token_of(world, "ann");

    change(world, apr_psprintf(world->pool, "UPDATE token SET created_at = "
                               "%" APR_TIME_T_FMT, apr_time_now() + DAY));
    world->service.max_tokens = 1;
    assert_true(is_alive(world, token_of(world, "ann")));
    assert_false(is_alive(world, old));
}

static void tokens_that_have_expired_do_not_count(void **state)
{
    world_t *world = world_of(state, ACCT_POLICY_MANY);
    const char *token[3];

    sign_in_times(world, 2, token);
    change(world, "UPDATE token SET expires_at = 1 WHERE created_at = 101");
    world->service.max_tokens = 2;
    token[2] = token_of(world, "ann");
    assert_string_equal(alive(world, token, 3), "111");
    assert_int_equal(count(world, "revocation"), 0);
}

static void the_reusable_token_neither_counts_nor_goes(void **state)
{
    world_t *world = world_of(state, ACCT_POLICY_REUSE);
    const char *reusable = token_of(world, "ann"), *first, *second;

    change(world, "UPDATE token SET created_at = 1");
    world->dialect.policy.kind = ACCT_POLICY_MANY;
    world->service.max_tokens = 1;
    first = token_of(world, "ann");
    second = token_of(world, "ann");
    assert_true(is_alive(world, reusable));
    assert_false(is_alive(world, first));
    assert_true(is_alive(world, second));
}

static void a_sign_in_that_reuses_ends_no_tokens(void **state)
{
    world_t *world = world_of(state, ACCT_POLICY_MANY);
    const char *token[2];

    sign_in_times(world, 2, token);
    world->dialect.policy.kind = ACCT_POLICY_REUSE;
    world->service.max_tokens = 1;
    token_of(world, "ann");
    assert_string_equal(alive(world, token, 2), "11");
}

static void other_accounts_tokens_do_not_count(void **state)
{
    world_t *world = world_of(state, ACCT_POLICY_MANY);
    const char *other;

    add_account(world, "bob", NULL);
    other = token_of(world, "bob");
    world->service.max_tokens = 1;
    token_of(world, "ann");
    assert_true(is_alive(world, other));
}

static void without_a_bound_there_may_be_any_number(void **state)
{
    world_t *world = world_of(state, ACCT_POLICY_MANY);

    for (int i = 0; i < 20; i++) {
        token_of(world, "ann");
    }
    assert_int_equal(count(world, "token"), 20);
}

static void what_went_is_no_longer_believed_here(void **state)
{
    world_t *world = world_of(state, ACCT_POLICY_MANY);
    acct_identity_t identity;
    const char *old;

    with_cache(world);
    old = token_of(world, "ann");
    assert_int_equal(authenticate(world, old, &identity), ACCT_OK);
    world->service.max_tokens = 1;
    token_of(world, "ann");
    assert_int_equal(authenticate(world, old, &identity),
                     ACCT_INVALID_TOKEN);
}

static void what_could_not_be_noted_as_revoked_stays(void **state)
{
    world_t *world = world_of(state, ACCT_POLICY_MANY);
    const char *old = token_of(world, "ann");

    world->service.max_tokens = 1;
    world->before_unit = lose_revocations;
    world->unit_changed = 2;
    assert_unavailable(sign_in_as(world, "ann", PASSWORD),
                       ACCT_RETRY_DATABASE);
    find_again(world, "revocation");
    assert_true(is_alive(world, old));
    assert_int_equal(count(world, "token"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(under_many_each_sign_in_makes_a_token),
        WORLD(the_policy_says_how_long_the_text_is),
        WORLD(the_policy_says_how_long_a_token_lives),
        WORLD(a_token_has_the_check_of_the_servers_key),
        WORLD(a_server_without_any_key_issues_tokens),
        WORLD(a_server_whose_key_is_away_issues_none),
        WORLD(under_reuse_a_second_sign_in_gets_the_same_token),
        WORLD(under_reuse_each_account_has_its_own),
        WORLD(a_dialect_that_reuses_leaves_the_tokens_of_others),
        WORLD(a_reusable_token_that_has_expired_is_ended_and_another_made),
        WORLD(a_token_sealed_under_another_key_is_not_replaced),
        WORLD(a_sealed_token_that_is_not_the_rows_is_not_handed_out),
        WORLD(a_sealed_token_of_another_account_is_not_handed_out),
        WORLD(without_a_key_nothing_can_be_reused),
        WORLD(the_oldest_go_where_there_would_be_too_many),
        WORLD(the_token_that_is_issued_never_goes_whatever_clocks_say),
        WORLD(tokens_that_have_expired_do_not_count),
        WORLD(the_reusable_token_neither_counts_nor_goes),
        WORLD(a_sign_in_that_reuses_ends_no_tokens),
        WORLD(other_accounts_tokens_do_not_count),
        WORLD(without_a_bound_there_may_be_any_number),
        WORLD(what_went_is_no_longer_believed_here),
        WORLD(what_could_not_be_noted_as_revoked_stays)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
