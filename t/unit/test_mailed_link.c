/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is done by a mailed link: by which links it is done, once, and what a
 * client is told of one that is not good.
 */
#include "account_fixture.h"

#include "credential/mailed_link.h"
#include "base/uid.h"
#include "dialect/mailing.h"
#include "mail/link_text.h"

static acct_dialect_mails_t mails;

static world_t *world_of(void **state)
{
    world_t *world = *state;

    memset(&mails, 0, sizeof(mails));
    world->dialect.mails = &mails;
    world->route.fields.count = 0;
    return world;
}

/* A link that was mailed to an account's address.
 * @return its text */
static const char *mail_link(world_t *world, apr_int64_t account,
                             const char *purpose, const char *address)
{
    char digest[ACCT_DIGEST_HEX + 1];
    apr_time_t now = apr_time_now();
    acct_link_t link = {
        .digest = digest, .account_id = account, .purpose = purpose,
        .address_key = address, .created_at = now,
        .expires_at = now + 3600 * SECOND
    };
    const char *text;

    assert_int_equal(acct_link_text_make(&text, digest, now, world->pool),
                     APR_SUCCESS);
    assert_int_equal(acct_store_link_insert(world->db, &link, world->pool),
                     APR_SUCCESS);
    return text;
}

static acct_result_t *call_by(world_t *world,
                              void (*operation)(const acct_call_t *),
                              apr_int64_t uid, const char *text)
{
    world->form.value[ACCT_ROLE_LINK_UID] =
        acct_uid_write(mails.uid, uid, world->pool);
    world->form.value[ACCT_ROLE_LINK_TOKEN] = text;
    world->form.value[ACCT_ROLE_PASSWORD] = OTHER_PASSWORD;
    world->form.value[ACCT_ROLE_USERNAME] = "other";
    return call_with(world, operation, NULL, NULL);
}

static void assert_refused(const acct_result_t *result, acct_role_e role,
                           acct_problem_e problem)
{
    const acct_field_problem_t *only;

    assert_int_equal(result->outcome, ACCT_INVALID);
    assert_int_equal(result->problems->nelts, 1);
    only = &APR_ARRAY_IDX(result->problems, 0, acct_field_problem_t);
    assert_int_equal(only->field->role, role);
    assert_int_equal(only->problem, problem);
}

static void assert_wrong(const acct_result_t *result)
{
    assert_refused(result, ACCT_ROLE_LINK_TOKEN, ACCT_PROBLEM_WRONG);
}

/* ---- a reset of the password ---- */

static void a_reset_ends_all_tokens_and_all_links(void **state)
{
    world_t *world = world_of(state);
    apr_int64_t ann = add_account(world, "ann", "ann@x.org");
    const char *token = token_of(world, "ann"), *link;

    mail_link(world, ann, ACCT_LINK_USERNAME_RESET, "ann@x.org");
    link = mail_link(world, ann, ACCT_LINK_PASSWORD_RESET, "ann@x.org");
    assert_int_equal(call_by(world, acct_password_reset, ann, link)->outcome,
                     ACCT_OK);
    assert_false(is_alive(world, token));
    assert_int_equal(count(world, "link"), 0);
    assert_int_equal(sign_in_as(world, "ann", OTHER_PASSWORD)->outcome,
                     ACCT_OK);
    assert_wrong(call_by(world, acct_password_reset, ann, link));
}

static void a_reset_proves_the_address_it_was_mailed_to(void **state)
{
    world_t *world = world_of(state);
    apr_int64_t ann = add_account(world, "ann", "ann@x.org");

    assert_int_equal(count(world, "account WHERE email_verified_at > 0"), 0);
    call_by(world, acct_password_reset, ann,
            mail_link(world, ann, ACCT_LINK_PASSWORD_RESET, "ann@x.org"));
    assert_int_equal(count(world, "account WHERE email_verified_at > 0"), 1);
}

/* ---- links that are not good ---- */

static void sign_in(world_t *world)
{
    token_of(world, "ann");
}

static void change_password(world_t *world)
{
    change(world, apr_psprintf(world->pool, "UPDATE account SET "
                               "password_changed_at = %" APR_INT64_T_FMT,
                               apr_time_now() + 1));
}

static void change_address(world_t *world)
{
    change(world, "UPDATE account SET email = 'new@x.org', "
           "email_key = 'new@x.org'");
}

static void block(world_t *world)
{
    change(world, "UPDATE account SET is_active = 0");
}

static void let_time_pass(world_t *world)
{
    change(world, "UPDATE link SET expires_at = 1");
}

static void what_happens_after_the_mail_ends_a_reset(void **state)
{
    static change_fn *const ends[] = {
        sign_in, change_password, change_address, block, let_time_pass
    };
    world_t *world = world_of(state);
    apr_int64_t ann = add_account(world, "ann", "ann@x.org");

    for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
        const char *link;

        change(world, "UPDATE account SET email = 'ann@x.org', email_key = "
               "'ann@x.org', is_active = 1, password_changed_at = 0, "
               "last_login = 0");
        change(world, "DELETE FROM link");
        link = mail_link(world, ann, ACCT_LINK_PASSWORD_RESET, "ann@x.org");
        assert_int_equal(call_by(world, acct_link_check, ann, link)->outcome,
                         ACCT_OK);
        ends[i](world);
        assert_wrong(call_by(world, acct_password_reset, ann, link));
    }
}

static void what_happens_while_it_is_hashed_ends_it_too(void **state)
{
    world_t *world = world_of(state);
    apr_int64_t ann = add_account(world, "ann", "ann@x.org");
    const char *link = mail_link(world, ann, ACCT_LINK_PASSWORD_RESET,
                                 "ann@x.org");

    world->while_hashing = block;
    assert_wrong(call_by(world, acct_password_reset, ann, link));
    world->while_hashing = NULL;
    change(world, "UPDATE account SET is_active = 1");
    assert_int_equal(sign_in_as(world, "ann", PASSWORD)->outcome, ACCT_OK);
}

static void a_link_is_good_for_what_it_was_mailed_for_alone(void **state)
{
    world_t *world = world_of(state);
    apr_int64_t ann = add_account(world, "ann", "ann@x.org");

    assert_wrong(call_by(world, acct_password_reset, ann,
                         mail_link(world, ann, ACCT_LINK_ACTIVATION,
                                   "ann@x.org")));
    assert_wrong(call_by(world, acct_password_reset, ann,
                         mail_link(world, ann, ACCT_LINK_USERNAME_RESET,
                                   "ann@x.org")));
    assert_wrong(call_by(world, acct_activate, ann,
                         mail_link(world, ann, ACCT_LINK_PASSWORD_RESET,
                                   "ann@x.org")));
}

static void another_accounts_uid_makes_a_link_wrong_and_none_is_unknown(
    void **state)
{
    world_t *world = world_of(state);
    apr_int64_t ann = add_account(world, "ann", "ann@x.org");
    apr_int64_t bob = add_account(world, "bob", "bob@x.org");
    const char *link = mail_link(world, ann, ACCT_LINK_PASSWORD_RESET,
                                 "ann@x.org");

    assert_wrong(call_by(world, acct_password_reset, bob, link));
    assert_refused(call_by(world, acct_password_reset, 999, link),
                   ACCT_ROLE_LINK_UID, ACCT_PROBLEM_UNKNOWN);
    assert_int_equal(call_by(world, acct_password_reset, ann, link)->outcome,
                     ACCT_OK);
}

static void no_link_at_all_is_a_wrong_one(void **state)
{
    world_t *world = world_of(state);
    apr_int64_t ann = add_account(world, "ann", "ann@x.org");

    assert_wrong(call_by(world, acct_link_check, ann, NULL));
    assert_wrong(call_by(world, acct_password_reset, ann, NULL));
    assert_wrong(call_by(world, acct_activate, ann, NULL));
}

static void a_check_spends_nothing(void **state)
{
    world_t *world = world_of(state);
    apr_int64_t ann = add_account(world, "ann", "ann@x.org");
    const char *link = mail_link(world, ann, ACCT_LINK_PASSWORD_RESET,
                                 "ann@x.org");

    for (int i = 0; i < 3; i++) {
        assert_int_equal(call_by(world, acct_link_check, ann, link)->outcome,
                         ACCT_OK);
    }
    assert_int_equal(call_by(world, acct_password_reset, ann, link)->outcome,
                     ACCT_OK);
}

/* ---- activation, and addresses ---- */

static void a_blocked_account_is_not_activated(void **state)
{
    world_t *world = world_of(state);
    apr_int64_t ann = add_account(world, "ann", "ann@x.org");
    const char *link = mail_link(world, ann, ACCT_LINK_ACTIVATION,
                                 "ann@x.org");

    change(world, apr_psprintf(world->pool, "UPDATE account SET is_active = "
                               "0, pending_until = %" APR_INT64_T_FMT,
                               apr_time_now() + 3600 * SECOND));
    assert_int_equal(call_by(world, acct_activate, ann, link)->outcome,
                     ACCT_OK);
    assert_int_equal(call_by(world, acct_activate, ann, link)->outcome,
                     ACCT_LINK_SPENT);
    block(world);
    assert_wrong(call_by(world, acct_activate, ann, link));
    assert_int_equal(count(world, "account WHERE is_active = 1"), 0);
}

static void a_link_that_activated_is_none_after_the_first_sign_in(
    void **state)
{
    world_t *world = world_of(state);
    apr_int64_t ann = add_account(world, "ann", "ann@x.org");
    const char *link = mail_link(world, ann, ACCT_LINK_ACTIVATION,
                                 "ann@x.org");

    assert_int_equal(call_by(world, acct_activate, ann, link)->outcome,
                     ACCT_LINK_SPENT);
    sign_in(world);
    assert_wrong(call_by(world, acct_activate, ann, link));
}

static void a_pending_address_moves_when_it_is_proved(void **state)
{
    world_t *world = world_of(state);
    apr_int64_t ann = add_account(world, "ann", "ann@x.org");
    const char *link = mail_link(world, ann, ACCT_LINK_VERIFY_EMAIL,
                                 "new@x.org");

    assert_wrong(call_by(world, acct_activate, ann, link));
    change(world, "UPDATE account SET email_pending = 'new@x.org', "
           "email_pending_key = 'new@x.org'");
    assert_int_equal(call_by(world, acct_activate, ann, link)->outcome,
                     ACCT_OK);
    assert_int_equal(count(world, "account WHERE email = 'new@x.org' AND "
                           "email_verified_at > 0 AND email_pending IS NULL"),
                     1);
    assert_wrong(call_by(world, acct_activate, ann, link));
}

/* Ann's, with new@x.org still to be proved. */
static const char *link_for_new(world_t *world, apr_int64_t *ann)
{
    *ann = add_account(world, "ann", "ann@x.org");
    change(world, "UPDATE account SET email_pending = 'new@x.org', "
           "email_pending_key = 'new@x.org'");
    return mail_link(world, *ann, ACCT_LINK_VERIFY_EMAIL, "new@x.org");
}

static void an_address_that_another_account_proved_first_stays_its_own(
    void **state)
{
    world_t *world = world_of(state);
    apr_int64_t ann;
    const char *link = link_for_new(world, &ann);

    add_account(world, "bob", "new@x.org");
    change(world, "UPDATE account SET email_verified_at = 1 "
           "WHERE username = 'bob'");
    assert_wrong(call_by(world, acct_activate, ann, link));
    assert_int_equal(count(world, "account WHERE username = 'ann' AND "
                           "email = 'ann@x.org'"), 1);
}

static void an_address_that_another_account_never_proved_goes_to_the_prover(
    void **state)
{
    world_t *world = world_of(state);
    apr_int64_t ann;
    const char *link = link_for_new(world, &ann);

    add_account(world, "bob", "new@x.org");
    assert_int_equal(call_by(world, acct_activate, ann, link)->outcome,
                     ACCT_OK);
    assert_int_equal(count(world, "account WHERE username = 'ann' AND "
                           "email = 'new@x.org'"), 1);
    assert_int_equal(count(world, "account WHERE username = 'bob' AND "
                           "email = 'new@x.org'"), 0);
}

/* ---- a username ---- */

static void a_username_is_reset_and_no_token_ends(void **state)
{
    world_t *world = world_of(state);
    apr_int64_t ann = add_account(world, "ann", "ann@x.org");
    const char *token = token_of(world, "ann");
    const char *link = mail_link(world, ann, ACCT_LINK_USERNAME_RESET,
                                 "ann@x.org");

    assert_int_equal(call_by(world, acct_username_reset, ann, link)->outcome,
                     ACCT_OK);
    assert_true(is_alive(world, token));
    assert_int_equal(count(world, "account WHERE username = 'other'"), 1);
    assert_int_equal(count(world, "revocation"), 1);
    assert_wrong(call_by(world, acct_username_reset, ann, link));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(a_reset_ends_all_tokens_and_all_links),
        WORLD(a_reset_proves_the_address_it_was_mailed_to),
        WORLD(what_happens_after_the_mail_ends_a_reset),
        WORLD(what_happens_while_it_is_hashed_ends_it_too),
        WORLD(a_link_is_good_for_what_it_was_mailed_for_alone),
        WORLD(another_accounts_uid_makes_a_link_wrong_and_none_is_unknown),
        WORLD(no_link_at_all_is_a_wrong_one),
        WORLD(a_check_spends_nothing),
        WORLD(a_blocked_account_is_not_activated),
        WORLD(a_link_that_activated_is_none_after_the_first_sign_in),
        WORLD(a_pending_address_moves_when_it_is_proved),
        WORLD(an_address_that_another_account_proved_first_stays_its_own),
        WORLD(an_address_that_another_account_never_proved_goes_to_the_prover),
        WORLD(a_username_is_reset_and_no_token_ends)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
