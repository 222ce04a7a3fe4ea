/* SPDX-License-Identifier: Apache-2.0 */
/* What an operator does to accounts, by the command. */
#include "account_fixture.h"

#include <apr_hash.h>

#include "admin/admin.h"
#include "password/password.h"
#include "text/identifier.h"

/* What was told of the last change. */
static struct {
    int events;
    acct_event_t event;
} told;

static void note_event(void *context, const acct_event_t *event)
{
    (void)context;
    told.events++;
    told.event = *event;
}

static int begin(void **state)
{
    world_t *world;
    int rv = world_setup(state);

    world = *state;
    memset(&told, 0, sizeof(told));
    world->service.event = note_event;
    return rv;
}

#define ADMIN(name) \
    cmocka_unit_test_setup_teardown(name, begin, world_teardown)

/* So often a character, and what is behind. */
static const char *many(world_t *world, int count, const char *one,
                        const char *end)
{
    const char *text = end;

    while (count-- > 0) {
        text = apr_pstrcat(world->pool, one, text, NULL);
    }
    return text;
}

static apr_status_t add(world_t *world, acct_account_t *account,
                        const char *password, const char **problem)
{
    *problem = NULL;
    return acct_account_add(&world->service, account, password, problem,
                            world->pool);
}

/* Refused for that reason, and nothing was made or told. */
static void assert_refused(world_t *world, acct_account_t account,
                           const char *password, const char *why)
{
    const char *problem;

    assert_int_equal(add(world, &account, password, &problem), APR_EINVAL);
    assert_string_equal(problem, why);
    assert_int_equal(count(world, "account"), 0);
    assert_int_equal(told.events, 0);
}

/* --------------------------------------------------------------- accounts */

static void an_account_is_made_that_signs_in(void **state)
{
    world_t *world = *state;
    acct_account_t account = {
        .username = "  Ann ", .email = " Ann@Example.org ",
        .first_name = " Ann ", .last_name = NULL
    };
    const char *problem;

    assert_int_equal(add(world, &account, PASSWORD, &problem), APR_SUCCESS);
    assert_null(problem);
    assert_true(account.id > 0);
    assert_string_equal(ask(world, "SELECT email FROM account"),
                        "Ann@Example.org");
    assert_string_equal(ask(world, "SELECT first_name FROM account"), "Ann");
    assert_string_equal(ask(world, "SELECT last_name FROM account"), "");
    assert_int_equal(told.events, 1);
    assert_int_equal(told.event.kind, ACCT_EVENT_ACCOUNT_ADDED);
    assert_int_equal(told.event.outcome, ACCT_OK);
    assert_int_equal(told.event.account, account.id);
    (void)token_of(world, "ann@example.org");
}

static void an_account_has_a_username_or_an_address(void **state)
{
    world_t *world = *state;
    acct_account_t nobody = { 0 };

    memset(&nobody, 0, sizeof(nobody));
    assert_refused(world, nobody, PASSWORD,
                   "an account needs a username or an email address");
}

static void a_username_is_as_at_sign_up(void **state)
{
    world_t *world = *state;
    static const char *const names[] = { "a b", "", "a\x01", "\xff", "a/b" };
    acct_account_t account = { .username = NULL };

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        account.username = names[i];
        assert_refused(world, account, PASSWORD, "the username may hold only "
                       "letters, digits and @ . + - _");
    }
    account.username = many(world, ACCT_USERNAME_MAX + 1, "a", "");
    assert_refused(world, account, PASSWORD,
                   "the username is longer than 150 characters");
}

static void an_address_is_as_at_sign_up(void **state)
{
    world_t *world = *state;
    static const char *const no[] = { "ann", "ann@", "@example.org", "a@b@c",
                                      "ann@exa mple.org" };
    acct_account_t account = { .username = "ann" };

    for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++) {
        account.email = no[i];
        assert_refused(world, account, PASSWORD, "this is no email address");
    }
    account.email = many(world, ACCT_EMAIL_MAX, "a", "@example.org");
    assert_refused(world, account, PASSWORD,
                   "the email address is longer than 254 characters");
}

static void names_are_text_of_bounded_length(void **state)
{
    world_t *world = *state;
    acct_account_t account = { .username = "ann", .first_name = "\xff" };
    const char *problem;

    assert_refused(world, account, PASSWORD, "a name is not UTF-8");
    account.first_name = "";
    account.last_name = "\xc3";
    assert_refused(world, account, PASSWORD, "a name is not UTF-8");
    account.last_name = many(world, ACCT_NAME_MAX + 1, "\xc3\xa4", "");
    assert_refused(world, account, PASSWORD,
                   "a name is longer than 150 characters");
    account.last_name = "";
    account.first_name = many(world, ACCT_NAME_MAX + 1, "a", "");
    assert_refused(world, account, PASSWORD,
                   "a name is longer than 150 characters");
    account.first_name = many(world, ACCT_NAME_MAX, "\xc3\xa4", "");
    assert_int_equal(add(world, &account, PASSWORD, &problem), APR_SUCCESS);
}

static void what_is_taken_is_named(void **state)
{
    world_t *world = *state;
    acct_account_t both = { .username = "ann", .email = "ann@example.org" };
    acct_account_t name = { .username = "ANN", .email = "bob@example.org" };
    acct_account_t mail = { .username = "bob", .email = "Ann@example.org" };
    acct_account_t again = both;
    const char *problem;

    assert_int_equal(add(world, &both, PASSWORD, &problem), APR_SUCCESS);
    assert_true(APR_STATUS_IS_EEXIST(add(world, &name, PASSWORD, &problem)));
    assert_string_equal(problem, "the username is taken, or held (see "
                        "acctauth user release)");
    assert_true(APR_STATUS_IS_EEXIST(add(world, &mail, PASSWORD, &problem)));
    assert_string_equal(problem, "the email address is taken, or held (see "
                        "acctauth user release)");
    assert_true(APR_STATUS_IS_EEXIST(add(world, &again, PASSWORD,
                                         &problem)));
    assert_string_equal(problem, "the username or email address is taken, "
                        "or held (see acctauth user release)");
    assert_int_equal(count(world, "account"), 1);
    assert_int_equal(told.events, 1);
}

/* -------------------------------------------------------------- passwords */

static void a_password_is_what_a_client_can_send(void **state)
{
    world_t *world = *state;
    static const char *const controls[] = {
        "a\tb", "a\n", "\x7f", "a\xc2\x85" "b", "\xc2\x9f"
    };
    acct_account_t account = { .username = "ann" };
    const char *problem;

    assert_refused(world, account, "", "the password is empty");
    assert_refused(world, account, "\xff\xfe", "the password is not UTF-8, "
                   "so no client could send it");
    assert_refused(world, account,
                   many(world, ACCT_PASSWORD_MAX + 1, "a", ""),
                   "the password is longer than 1024 bytes");
    for (size_t i = 0; i < sizeof(controls) / sizeof(*controls); i++) {
        assert_refused(world, account, controls[i], "the password holds a "
                       "control character (a line end, a tab, a key that "
                       "was meant for the terminal)");
    }
    /* U+00A0 and U+00C2 are none */
    assert_int_equal(add(world, &account, "\xc2\xa0\xc3\x82 long enough",
                         &problem), APR_SUCCESS);
}

static void the_rules_of_new_passwords_hold_for_an_operator(void **state)
{
    world_t *world = *state;
    acct_password_rules_t rules;
    acct_account_t account = { .username = "annabella" };

    memset(&rules, 0, sizeof(rules));
    rules.min_length = 12;
    rules.not_similar = 1;
    world->service.rules = &rules;
    assert_refused(world, account, "brief", "the password is too short");
    assert_refused(world, account, "annabella1234", "the password is too "
                   "similar to the name or address");
    rules.block_list = apr_hash_make(world->pool);
    apr_hash_set(rules.block_list, "123456789012", APR_HASH_KEY_STRING, "");
    assert_refused(world, account, "123456789012",
                   "the password is too common");
}

static void a_password_that_is_set_ends_all_tokens(void **state)
{
    world_t *world = *state;
    apr_int64_t id = add_account(world, "ann", NULL);
    const char *token = token_of(world, "ann");
    acct_account_t account;
    const char *problem = NULL;

    assert_int_equal(acct_account_find(&world->service, "ann", &account,
                                       world->pool), APR_SUCCESS);
    assert_int_equal(acct_account_set_password(&world->service, &account, "",
                                               &problem, world->pool),
                     APR_EINVAL);
    assert_string_equal(problem, "the password is empty");
    assert_true(is_alive(world, token));
    assert_int_equal(acct_account_set_password(&world->service, &account,
                                               OTHER_PASSWORD, &problem,
                                               world->pool), APR_SUCCESS);
    assert_false(is_alive(world, token));
    assert_int_equal(count(world, "revocation"), 1);
    assert_int_equal(told.event.kind, ACCT_EVENT_PASSWORD_SET);
    assert_int_equal(told.event.account, id);
    assert_int_equal(told.event.tokens, 1);
    assert_int_equal(sign_in_as(world, "ann", PASSWORD)->outcome,
                     ACCT_WRONG_CREDENTIALS);
    assert_int_equal(sign_in_as(world, "ann", OTHER_PASSWORD)->outcome,
                     ACCT_OK);
}

/* ---------------------------------------------------------------- finding */

static void an_account_is_found_by_number_name_or_address(void **state)
{
    world_t *world = *state;
    apr_int64_t id = add_account(world, "ann", "ann@example.org");
    const char *names[] = {
        apr_psprintf(world->pool, "#%" APR_INT64_T_FMT, id), "ann", " ANN ",
        "ann@example.org", " Ann@example.org "
    };
    static const char *const others[] = {
        "#0", "#", "#x", "#1x", "#99999999999999999999", "bob",
        "bob@example.org", "\xff"
    };
    acct_account_t account;

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        memset(&account, 0, sizeof(account));
        assert_int_equal(acct_account_find(&world->service, names[i],
                                           &account, world->pool),
                         APR_SUCCESS);
        assert_int_equal(account.id, id);
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
        assert_true(APR_STATUS_IS_NOTFOUND(
            acct_account_find(&world->service, others[i], &account,
                              world->pool)));
    }
}

/* ---------------------------------------------------------------- changes */

static void a_blocked_accounts_tokens_end_and_it_comes_back_without(
    void **state)
{
    world_t *world = *state;
    apr_int64_t id = add_account(world, "ann", NULL);
    const char *token = token_of(world, "ann");

    assert_int_equal(acct_account_set_blocked(&world->service, id, 1,
                                              world->pool), APR_SUCCESS);
    assert_int_equal(told.event.kind, ACCT_EVENT_ACCOUNT_BLOCKED);
    assert_int_equal(told.event.tokens, 1);
    assert_false(is_alive(world, token));
    assert_int_equal(sign_in_as(world, "ann", PASSWORD)->outcome,
                     ACCT_BLOCKED);
    assert_int_equal(acct_account_set_blocked(&world->service, id, 0,
                                              world->pool), APR_SUCCESS);
    assert_int_equal(told.event.kind, ACCT_EVENT_ACCOUNT_UNBLOCKED);
    assert_int_equal(count(world, "revocation"), 1);
    (void)token_of(world, "ann");
}

static void a_change_of_nobody_is_not_found_and_not_told(void **state)
{
    world_t *world = *state;
    acct_account_t nobody = { .id = MISSING_ID };
    const char *problem;
    int ended = 7;

    assert_true(APR_STATUS_IS_NOTFOUND(acct_account_set_blocked(
        &world->service, MISSING_ID, 1, world->pool)));
    assert_true(APR_STATUS_IS_NOTFOUND(acct_account_delete(
        &world->service, MISSING_ID, world->pool)));
    assert_true(APR_STATUS_IS_NOTFOUND(acct_account_revoke(
        &world->service, MISSING_ID, NULL, &ended, world->pool)));
    assert_int_equal(ended, 0);
    assert_true(APR_STATUS_IS_NOTFOUND(acct_account_set_password(
        &world->service, &nobody, PASSWORD, &problem, world->pool)));
    assert_int_equal(told.events, 0);
    assert_int_equal(count(world, "revocation"), 0);
}

static void a_change_that_cannot_be_noted_is_not_made(void **state)
{
    world_t *world = *state;
    apr_int64_t id = add_account(world, "ann", NULL);
    const char *token = token_of(world, "ann");

    told.events = 0;            /* of the token */
    lose_revocations(world);
    assert_int_not_equal(acct_account_set_blocked(&world->service, id, 1,
                                                  world->pool),
                         APR_SUCCESS);
    assert_int_not_equal(acct_account_delete(&world->service, id,
                                             world->pool), APR_SUCCESS);
    find_again(world, "revocation");
    assert_true(is_alive(world, token));
    assert_int_equal(count(world, "account WHERE is_active = 1"), 1);
    assert_int_equal(told.events, 0);
}

static void an_account_goes_with_its_tokens(void **state)
{
    world_t *world = *state;
    apr_int64_t id = add_account(world, "ann", NULL);

    (void)token_of(world, "ann");
    assert_int_equal(acct_account_delete(&world->service, id, world->pool),
                     APR_SUCCESS);
    assert_int_equal(count(world, "account"), 0);
    assert_int_equal(count(world, "token"), 0);
    assert_int_equal(told.event.kind, ACCT_EVENT_ACCOUNT_DELETED);
}

/* ---------------------------------------------------------------- revoking */

static void one_token_is_ended_for_its_own_account_alone(void **state)
{
    world_t *world = *state;
    apr_int64_t ann = add_account(world, "ann", NULL);
    apr_int64_t bob = add_account(world, "bob", NULL);
    acct_result_t *result = sign_in_as(world, "ann", PASSWORD);
    int ended = 7;

    assert_true(APR_STATUS_IS_NOTFOUND(acct_account_revoke(
        &world->service, bob, result->token_id, &ended, world->pool)));
    assert_int_equal(ended, 0);
    assert_true(is_alive(world, result->token));
    assert_int_equal(acct_account_revoke(&world->service, ann,
                                         result->token_id, NULL,
                                         world->pool), APR_SUCCESS);
    assert_false(is_alive(world, result->token));
    assert_int_equal(told.event.kind, ACCT_EVENT_TOKEN_REVOKED);
    assert_string_equal(told.event.token, result->token_id);
}

static void everyones_tokens_are_ended_and_counted(void **state)
{
    world_t *world = *state;
    apr_int64_t tokens = 0, accounts = 0;

    add_account(world, "ann", NULL);
    add_account(world, "bob", NULL);
    (void)token_of(world, "ann");
    (void)token_of(world, "ann");
    (void)token_of(world, "bob");
    assert_int_equal(acct_account_revoke_everyone(&world->service, &tokens,
                                                  &accounts, world->pool),
                     APR_SUCCESS);
    assert_int_equal(tokens, 3);
    assert_int_equal(accounts, 2);
    assert_int_equal(count(world, "token"), 0);
    assert_int_equal(told.event.tokens, 3);
    assert_int_equal(told.event.account, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ADMIN(an_account_is_made_that_signs_in),
        ADMIN(an_account_has_a_username_or_an_address),
        ADMIN(a_username_is_as_at_sign_up),
        ADMIN(an_address_is_as_at_sign_up),
        ADMIN(names_are_text_of_bounded_length),
        ADMIN(what_is_taken_is_named),
        ADMIN(a_password_is_what_a_client_can_send),
        ADMIN(the_rules_of_new_passwords_hold_for_an_operator),
        ADMIN(a_password_that_is_set_ends_all_tokens),
        ADMIN(an_account_is_found_by_number_name_or_address),
        ADMIN(a_blocked_accounts_tokens_end_and_it_comes_back_without),
        ADMIN(a_change_of_nobody_is_not_found_and_not_told),
        ADMIN(a_change_that_cannot_be_noted_is_not_made),
        ADMIN(an_account_goes_with_its_tokens),
        ADMIN(one_token_is_ended_for_its_own_account_alone),
        ADMIN(everyones_tokens_are_ended_and_counted)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
