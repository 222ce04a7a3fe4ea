/* SPDX-License-Identifier: Apache-2.0 */
/* The account's own tokens: the list of them, what they are called, ending
 * one of them, and all that is stored. */
#include "account_fixture.h"

#include "tables/tables.h"

static world_t *world_of(void **state)
{
    world_t *world = *state;

    add_account(world, "ann", NULL);
    add_account(world, "bob", NULL);
    return world;
}

typedef void operation_fn(const acct_call_t *call);

/* With the identity that a token has now, and @a id in the path; NULL: the
 * path names none. */
static acct_result_t *run_as(world_t *world, operation_fn *run,
                             const char *token, const char *id)
{
    acct_identity_t identity;

    assert_int_equal(authenticate(world, token, &identity), ACCT_OK);
    world->route.names_token = id != NULL;
    world->path_token = id;
    return call_with(world, run, &identity, token);
}

static const char *id_of(world_t *world, const char *token)
{
    acct_identity_t identity;

    assert_int_equal(authenticate(world, token, &identity), ACCT_OK);
    return identity.token.id;
}

static const acct_token_t *item(const acct_result_t *result, int i)
{
    assert_true(result->tokens != NULL && i < result->tokens->nelts);
    return &APR_ARRAY_IDX(result->tokens, i, acct_token_t);
}

/* ---- the list ---- */

static void the_list_has_the_accounts_own_newest_first(void **state)
{
    world_t *world = world_of(state);
    const char *first = token_of(world, "ann");
    const char *second = token_of(world, "ann");
    const acct_result_t *result;

    token_of(world, "bob");
    change(world, "UPDATE token SET created_at = created_at - 5000000 "
           "WHERE id <> (SELECT id FROM token ORDER BY created_at DESC "
           "LIMIT 1)");
    change(world, apr_pstrcat(world->pool, "UPDATE token SET created_at = "
                              "created_at - 9000000 WHERE id = '",
                              id_of(world, first), "'", NULL));
    result = run_as(world, acct_tokens, first, NULL);
    assert_int_equal(result->outcome, ACCT_OK);
    assert_int_equal(result->tokens->nelts, 2);
    assert_string_equal(item(result, 0)->id, id_of(world, second));
    assert_string_equal(item(result, 1)->id, id_of(world, first));
    assert_string_equal(result->token_id, id_of(world, first));
    assert_string_equal(result->account->username, "ann");
}

static void what_has_expired_is_not_listed(void **state)
{
    world_t *world = world_of(state);
    const char *token = token_of(world, "ann");
    const char *other = id_of(world, token_of(world, "ann"));

    change(world, apr_pstrcat(world->pool, "UPDATE token SET expires_at = "
                              "created_at + 1 WHERE id = '", other, "'",
                              NULL));
    assert_int_equal(run_as(world, acct_tokens, token, NULL)->tokens->nelts,
                     1);
}

static void at_most_a_hundred_are_listed(void **state)
{
    world_t *world = world_of(state);
    const char *token = token_of(world, "ann");
    int i;

    for (i = 0; i < 130; i++) {
        change(world, apr_psprintf(world->pool, "INSERT INTO token (id, "
            "account_id, digest, label, created_at, expires_at, last_used, "
            "ends_at, sliding, network) SELECT '%032x', account_id, '%064x', "
            "'', created_at + %d, 0, 0, 0, 0, '' FROM token WHERE id = '%s'",
            i + 1, i + 1, i + 1, id_of(world, token)));
    }
    /* The newest thirty are over, so the next hundred are told. */
    change(world, "UPDATE token SET expires_at = created_at WHERE id IN "
           "(SELECT id FROM token ORDER BY created_at DESC LIMIT 30)");
    assert_int_equal(run_as(world, acct_tokens, token, NULL)->tokens->nelts,
                     100);
    assert_int_equal(run_as(world, acct_export, token, NULL)->tokens->nelts,
                     131);
}

/* ---- what they are called ---- */

static void a_token_is_called_what_the_client_sends(void **state)
{
    world_t *world = world_of(state);
    const char *token = token_of(world, "ann");
    const char *other = token_of(world, "ann");
    const acct_result_t *result;

    world->form.value[ACCT_ROLE_LABEL] = "My telephone";
    result = run_as(world, acct_token_rename, token, id_of(world, other));
    assert_int_equal(result->outcome, ACCT_OK);
    assert_string_equal(result->token_read->label, "My telephone");
    assert_string_equal(result->token_read->id, id_of(world, other));
    assert_true(is_alive(world, other));
    assert_int_equal(count(world, "revocation"), 0);
    world->form.value[ACCT_ROLE_LABEL] = "This one";
    result = run_as(world, acct_token_rename, token, NULL);
    assert_string_equal(result->token_read->id, id_of(world, token));
}

/* ---- ending one ---- */

static void one_token_ends_and_the_others_live(void **state)
{
    world_t *world = world_of(state);
    const char *token, *other, *third;
    acct_identity_t identity;

    with_cache(world);
    token = token_of(world, "ann");
    other = token_of(world, "ann");
    third = token_of(world, "ann");
    assert_int_equal(authenticate(world, other, &identity), ACCT_OK);
    assert_int_equal(run_as(world, acct_token_revoke, token,
                            identity.token.id)->outcome, ACCT_OK);
    assert_int_equal(authenticate(world, other, &identity),
                     ACCT_INVALID_TOKEN);
    assert_true(is_alive(world, token));
    assert_true(is_alive(world, third));
    assert_int_equal(count(world, "revocation"), 1);
}

static void ending_the_presented_one_is_a_sign_out(void **state)
{
    world_t *world = world_of(state);
    const char *named = token_of(world, "ann");
    const char *unnamed = token_of(world, "ann");

    assert_int_equal(run_as(world, acct_token_revoke, named,
                            id_of(world, named))->outcome, ACCT_OK);
    assert_false(is_alive(world, named));
    assert_int_equal(run_as(world, acct_token_revoke, unnamed,
                            NULL)->outcome, ACCT_OK);
    assert_false(is_alive(world, unnamed));
}

static void anothers_token_is_not_found_as_one_that_is_none(void **state)
{
    static const char *const none[] = {
        "0123456789abcdef0123456789abcdef", "", "x", "\xff\xfe", "' OR 1=1",
        "0123456789ABCDEF0123456789ABCDEF", "0123456789abcdef0123456789abcdef0"
    };
    world_t *world = world_of(state);
    const char *token = token_of(world, "ann");
    const char *bob = token_of(world, "bob");
    int i;

    world->form.value[ACCT_ROLE_LABEL] = "mine";
    assert_int_equal(run_as(world, acct_token_revoke, token,
                            id_of(world, bob))->outcome,
                     ACCT_TOKEN_NOT_FOUND);
    assert_int_equal(run_as(world, acct_token_rename, token,
                            id_of(world, bob))->outcome,
                     ACCT_TOKEN_NOT_FOUND);
    for (i = 0; i < (int)(sizeof(none) / sizeof(*none)); i++) {
        assert_int_equal(run_as(world, acct_token_revoke, token,
                                none[i])->outcome, ACCT_TOKEN_NOT_FOUND);
        assert_int_equal(run_as(world, acct_token_rename, token,
                                none[i])->outcome, ACCT_TOKEN_NOT_FOUND);
    }
    assert_true(is_alive(world, bob));
    assert_int_equal(count(world, "revocation"), 0);
}

/* ---- what goes wrong ---- */

static void a_token_that_was_ended_meanwhile_does_nothing(void **state)
{
    world_t *world = world_of(state);
    const char *token = token_of(world, "ann");
    const char *other = token_of(world, "ann");
    acct_identity_t identity;

    assert_int_equal(authenticate(world, token, &identity), ACCT_OK);
    world->route.names_token = 1;
    world->path_token = id_of(world, other);
    change(world, apr_pstrcat(world->pool, "DELETE FROM token WHERE id = '",
                              identity.token.id, "'", NULL));
    assert_int_equal(call_with(world, acct_token_revoke, &identity,
                               token)->outcome, ACCT_INVALID_TOKEN);
    assert_true(is_alive(world, other));
}

static void without_a_database_nothing_is_known(void **state)
{
    static operation_fn *const all[] = {
        acct_tokens, acct_token_rename, acct_token_revoke, acct_export
    };
    world_t *world = world_of(state);
    const char *token = token_of(world, "ann");
    const char *other = id_of(world, token_of(world, "ann"));
    acct_identity_t identity;
    int i;

    assert_int_equal(authenticate(world, token, &identity), ACCT_OK);
    world->route.names_token = 1;
    world->path_token = other;
    for (i = 0; i < (int)(sizeof(all) / sizeof(*all)); i++) {
        world->units = 0;
        world->fails_at = 1;
        assert_unavailable(call_with(world, all[i], &identity, token), 5);
    }
}

/* ---- all that is stored ---- */

/* Keyed digests. */
#define NETWORK "0123456789abcdef0123456789abcdef"
#define OTHER "fedcba9876543210fedcba9876543210"

static void an_export_has_the_rows_of_every_table(void **state)
{
    world_t *world = world_of(state);
    const char *token = token_of(world, "ann");
    const acct_result_t *result;
    int i;

    change(world, "INSERT INTO known_network (account_id, network, seen_at) "
           "VALUES (1, '" NETWORK "', 5), (2, '" NETWORK "', 6)");
    change(world, "INSERT INTO link (digest, account_id, purpose, "
           "address_key, created_at, expires_at) VALUES "
           "('" NETWORK NETWORK "', 1, 'password-reset', 'ann@example.org', 1, 2), "
           "('" NETWORK OTHER "', 2, 'password-reset', 'bob@example.org', 1, 2)");
    change(world, "INSERT INTO name_hold (name_key, account_id, until) "
           "VALUES ('anna', 1, 9), ('rob', 2, 9)");
    result = run_as(world, acct_export, token, NULL);
    assert_int_equal(result->outcome, ACCT_OK);
    assert_int_equal(result->tokens->nelts, 1);
    for (i = 0; i < ACCT_STORED__COUNT; i++) {
        assert_int_equal(result->stored[i]->nelts,
                         i == ACCT_STORED_MAILS ? 0 : 1);
    }
    assert_string_equal(APR_ARRAY_IDX(result->stored[ACCT_STORED_NETWORKS],
                                      0, acct_stored_t).text, "");
    assert_int_equal(APR_ARRAY_IDX(result->stored[ACCT_STORED_NETWORKS],
                                   0, acct_stored_t).at, 5);
    assert_string_equal(APR_ARRAY_IDX(result->stored[ACCT_STORED_LINKS],
                                      0, acct_stored_t).kind,
                        "password-reset");
    assert_int_equal(APR_ARRAY_IDX(result->stored[ACCT_STORED_NAMES],
                                   0, acct_stored_t).until, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(the_list_has_the_accounts_own_newest_first),
        WORLD(what_has_expired_is_not_listed),
        WORLD(at_most_a_hundred_are_listed),
        WORLD(a_token_is_called_what_the_client_sends),
        WORLD(one_token_ends_and_the_others_live),
        WORLD(ending_the_presented_one_is_a_sign_out),
        WORLD(anothers_token_is_not_found_as_one_that_is_none),
        WORLD(a_token_that_was_ended_meanwhile_does_nothing),
        WORLD(without_a_database_nothing_is_known),
        WORLD(an_export_has_the_rows_of_every_table)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
