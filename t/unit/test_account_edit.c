/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changing one's name and address: what changes, what stays until it is
 * proved, and what a look at others' names costs. With the password and
 * without.
 */
#include "account_fixture.h"

#include "dialect/mailing.h"
#include "limit/limit.h"
#include "mail/site.h"

#define BYTES ((size_t)65536)

static acct_dialect_mails_t mails;
static struct {
    acct_counters_t counters;
    acct_limits_t limits;
    acct_client_t client;
} site;

static world_t *world_of(void **state)
{
    world_t *world = *state;

    memset(&mails, 0, sizeof(mails));
    world->dialect.mails = &mails;
    world->form.field[ACCT_ROLE_CURRENT_PASSWORD] = NULL;
    add_account(world, "ann", "ann@x.org");
    return world;
}

/* Three looks at names for a network, and no other limit. */
static void limit_looks(world_t *world)
{
    memset(&site, 0, sizeof(site));
    assert_int_equal(acct_counters_format(&site.counters,
                                          apr_pcalloc(world->pool, BYTES),
                                          BYTES), APR_SUCCESS);
    site.limits.counters = &site.counters;
    site.limits.database = 1;
    site.limits.has_key = 1;
    site.limits.numbers.budget[ACCT_BUDGET_NAMES] =
        (acct_budget_t){ 3, 3600 * SECOND };
    assert_int_equal(acct_network_parse("192.0.2.7", &site.client.network),
                     APR_SUCCESS);
    world->service.limits = &site.limits;
    world->service.client = &site.client;
}

static void put(world_t *world, acct_role_e role, const char *value)
{
    world->form.value[role] = value;
    world->form.sent |= ACCT_ROLE_BIT(role);
}

/* With what was sent, and nothing else. */
static acct_result_t *run_as(world_t *world, const char *token,
                             void (*operation)(const acct_call_t *))
{
    acct_identity_t identity;
    acct_form_t form = world->form;
    acct_result_t *result;

    assert_int_equal(authenticate(world, token, &identity), ACCT_OK);
    result = call_with(world, operation, &identity, token);
    memset(form.value, 0, sizeof(form.value));
    form.sent = 0;
    world->form = form;
    return result;
}

static const char *signed_in(world_t *world)
{
    const char *token = token_of(world, "ann");

    memset(world->form.value, 0, sizeof(world->form.value));
    return token;
}

static void what_is_not_sent_stays(void **state)
{
    world_t *world = world_of(state);
    const char *token = signed_in(world);

    put(world, ACCT_ROLE_FIRST_NAME, "Ann");
    assert_int_equal(run_as(world, token, acct_edit)->outcome, ACCT_OK);
    put(world, ACCT_ROLE_LAST_NAME, "Other");
    assert_int_equal(run_as(world, token, acct_edit)->outcome, ACCT_OK);
    assert_int_equal(count(world, "account WHERE username = 'ann' AND "
                           "email = 'ann@x.org' AND first_name = 'Ann' AND "
                           "last_name = 'Other'"), 1);
}

static void an_unproved_address_is_replaced_at_once(void **state)
{
    world_t *world = world_of(state);
    const char *token = signed_in(world);

    put(world, ACCT_ROLE_EMAIL, "new@x.org");
    assert_int_equal(run_as(world, token, acct_edit)->outcome, ACCT_OK);
    assert_int_equal(count(world, "account WHERE email = 'new@x.org' AND "
                           "email_pending IS NULL"), 1);
}

static void a_proved_address_stays_until_the_new_one_is(void **state)
{
    world_t *world = world_of(state);
    const char *token = signed_in(world);
    acct_result_t *result;

    change(world, "UPDATE account SET email_verified_at = 1");
    put(world, ACCT_ROLE_EMAIL, "new@x.org");
    result = run_as(world, token, acct_edit);
    assert_string_equal(result->account->email, "ann@x.org");
    assert_string_equal(result->account->email_pending, "new@x.org");
    assert_int_equal(count(world, "account WHERE email = 'ann@x.org' AND "
                           "email_verified_at = 1 AND "
                           "email_pending = 'new@x.org'"), 1);
    put(world, ACCT_ROLE_EMAIL, "ann@x.org");
    run_as(world, token, acct_edit);
    assert_int_equal(count(world, "account WHERE email_verified_at = 1 AND "
                           "email_pending IS NULL"), 1);
}

static void the_only_name_of_an_account_cannot_be_taken_away(void **state)
{
    world_t *world = world_of(state);
    const char *token = signed_in(world);

    change(world, "UPDATE account SET username = NULL, username_key = NULL");
    put(world, ACCT_ROLE_EMAIL, NULL);
    assert_int_equal(run_as(world, token, acct_edit)->outcome, ACCT_INVALID);
    assert_int_equal(count(world, "account WHERE email = 'ann@x.org'"), 1);
}

static void looks_at_others_names_are_counted(void **state)
{
    world_t *world = world_of(state);
    const char *token;

    add_account(world, "bob", "bob@x.org");
    token = signed_in(world);
    limit_looks(world);
    put(world, ACCT_ROLE_USERNAME, "bob");
    assert_int_equal(run_as(world, token, acct_edit)->outcome, ACCT_INVALID);
    put(world, ACCT_ROLE_EMAIL, "bob@x.org");
    assert_int_equal(run_as(world, token, acct_edit)->outcome, ACCT_INVALID);
    put(world, ACCT_ROLE_USERNAME, "bob");
    assert_int_equal(run_as(world, token, acct_username_change)->outcome,
                     ACCT_INVALID);
    put(world, ACCT_ROLE_USERNAME, "bob");
    assert_int_equal(run_as(world, token, acct_username_change)->outcome,
                     ACCT_THROTTLED);
    put(world, ACCT_ROLE_USERNAME, "bob");
    assert_int_equal(run_as(world, token, acct_edit)->outcome,
                     ACCT_THROTTLED);
}

static void ones_own_name_costs_no_look(void **state)
{
    world_t *world = world_of(state);
    const char *token = signed_in(world);

    limit_looks(world);
    for (int i = 0; i < 5; i++) {
        put(world, ACCT_ROLE_USERNAME, "Ann");
        put(world, ACCT_ROLE_EMAIL, "ann@x.org");
        assert_int_equal(run_as(world, token, acct_edit)->outcome, ACCT_OK);
    }
    assert_int_equal(count(world, "account WHERE username = 'Ann'"), 1);
}

static void mails_to_addresses_that_a_client_names_are_counted(void **state)
{
    world_t *world = world_of(state);
    const char *token = signed_in(world);
    acct_mail_site_t mail = {
        .name = "localhost", .transport = ACCT_TRANSPORT_SPOOL,
        .templates = acct_mail_templates_make("en", world->pool)
    };

    limit_looks(world);
    site.limits.numbers.budget[ACCT_BUDGET_NAMES].count = 0;
    site.limits.numbers.budget[ACCT_BUDGET_MAILS] =
        (acct_budget_t){ 1, 3600 * SECOND };
    world->service.mail = &mail;
    put(world, ACCT_ROLE_EMAIL, "victim@x.org");
    assert_int_equal(run_as(world, token, acct_edit)->outcome, ACCT_OK);
    assert_int_equal(count(world, "mail"), 0);
    mails.kind[ACCT_MAIL_VERIFY_EMAIL].is_named = 1;
    put(world, ACCT_ROLE_EMAIL, "other@x.org");
    assert_int_equal(run_as(world, token, acct_edit)->outcome, ACCT_OK);
    assert_int_equal(count(world, "mail WHERE address = 'other@x.org'"), 1);
    put(world, ACCT_ROLE_EMAIL, "third@x.org");
    assert_int_equal(run_as(world, token, acct_edit)->outcome,
                     ACCT_THROTTLED);
    assert_int_equal(count(world, "mail"), 1);
    assert_int_equal(count(world, "account WHERE email = 'third@x.org'"), 0);
}

/* ---- the address, by the password ---- */

static acct_result_t *move_to(world_t *world, const char *token,
                              const char *email, const char *password)
{
    put(world, ACCT_ROLE_EMAIL, email);
    put(world, ACCT_ROLE_CURRENT_PASSWORD, password);
    world->form.field[ACCT_ROLE_CURRENT_PASSWORD] = password != NULL
        ? &world_fields[ACCT_ROLE_CURRENT_PASSWORD] : NULL;
    return run_as(world, token, acct_email_change);
}

static void where_nothing_is_mailed_the_password_moves_an_address_at_once(
    void **state)
{
    world_t *world = world_of(state);
    const char *token = signed_in(world);

    change(world, "UPDATE account SET email_verified_at = 1");
    assert_int_equal(move_to(world, token, "new@x.org", "wrong")->outcome,
                     ACCT_INVALID);
    assert_int_equal(count(world, "account WHERE email = 'ann@x.org'"), 1);
    assert_int_equal(move_to(world, token, "new@x.org", PASSWORD)->outcome,
                     ACCT_OK);
    assert_int_equal(count(world, "account WHERE email = 'new@x.org' AND "
                           "email_verified_at = 0 AND "
                           "email_pending IS NULL"), 1);
    assert_int_equal(count(world, "revocation"), 1);
    assert_true(is_alive(world, token));
}

static void without_a_password_a_proved_address_stays(void **state)
{
    world_t *world = world_of(state);
    const char *token = signed_in(world);

    change(world, "UPDATE account SET email_verified_at = 1");
    assert_int_equal(move_to(world, token, "new@x.org", NULL)->outcome,
                     ACCT_OK);
    assert_int_equal(count(world, "account WHERE email = 'ann@x.org' AND "
                           "email_pending = 'new@x.org'"), 1);
}

static void where_it_can_be_proved_an_address_is_first(void **state)
{
    world_t *world = world_of(state);
    const char *token = signed_in(world);
    acct_mail_site_t mail = {
        .name = "localhost", .transport = ACCT_TRANSPORT_SPOOL,
        .templates = acct_mail_templates_make("en", world->pool)
    };
    acct_result_t *result;

    world->service.mail = &mail;
    mails.kind[ACCT_MAIL_VERIFY_EMAIL].is_named = 1;
    mails.kind[ACCT_MAIL_EMAIL_CHANGED].is_named = 1;
    result = move_to(world, token, "new@x.org", PASSWORD);
    assert_int_equal(result->outcome, ACCT_OK);
    assert_string_equal(result->account->email, "ann@x.org");
    assert_string_equal(result->account->email_pending, "new@x.org");
    assert_int_equal(count(world, "mail WHERE kind = 'verify-email' AND "
                           "address = 'new@x.org'"), 1);
    assert_int_equal(count(world, "mail WHERE kind = 'email-changed' AND "
                           "address = 'ann@x.org'"), 1);

    /* one's own again: nothing is pending, and nobody is told */
    assert_int_equal(move_to(world, token, "Ann@x.org", PASSWORD)->outcome,
                     ACCT_OK);
    assert_int_equal(count(world, "account WHERE email = 'Ann@x.org' AND "
                           "email_pending IS NULL"), 1);
    assert_int_equal(count(world, "mail"), 2);
}

static void anothers_address_is_taken(void **state)
{
    world_t *world = world_of(state);
    const char *token;

    add_account(world, "bob", "bob@x.org");
    token = signed_in(world);
    assert_int_equal(move_to(world, token, "BOB@x.org", PASSWORD)->outcome,
                     ACCT_INVALID);
    assert_int_equal(count(world, "account WHERE email = 'ann@x.org'"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(what_is_not_sent_stays),
        WORLD(an_unproved_address_is_replaced_at_once),
        WORLD(a_proved_address_stays_until_the_new_one_is),
        WORLD(the_only_name_of_an_account_cannot_be_taken_away),
        WORLD(looks_at_others_names_are_counted),
        WORLD(ones_own_name_costs_no_look),
        WORLD(mails_to_addresses_that_a_client_names_are_counted),
        WORLD(where_nothing_is_mailed_the_password_moves_an_address_at_once),
        WORLD(without_a_password_a_proved_address_stays),
        WORLD(where_it_can_be_proved_an_address_is_first),
        WORLD(anothers_address_is_taken)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
