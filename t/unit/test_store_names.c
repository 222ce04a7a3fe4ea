/* SPDX-License-Identifier: Apache-2.0 */
/* Names that are taken, held and given free; accounts that are pending. */
#include "store_fixture.h"

#include "tables/links.h"
#include "tables/name_holds.h"
#include "tables/purge.h"
#include "text/identifier.h"

#define SOON (apr_time_now() + apr_time_from_sec(3600))
#define LATELY (apr_time_now() - apr_time_from_sec(60))

/* In a transaction, which a name that is taken rolls back. */
static apr_status_t sign_up(fixture_t *f, acct_db_t *db,
                            const char *username, const char *email,
                            apr_time_t pending_until, apr_int64_t *id)
{
    acct_account_t a = person(username, email);
    apr_status_t rv;

    a.pending_until = pending_until;
    assert_int_equal(acct_db_begin(db, f->pool), APR_SUCCESS);
    rv = acct_store_account_insert(db, &a, f->pool);
    if (rv == APR_SUCCESS) {
        assert_int_equal(acct_db_commit(db, f->pool), APR_SUCCESS);
    }
    else {
        acct_db_rollback(db, f->pool);
    }
    if (id) {
        *id = a.id;
    }
    return rv;
}

static void assert_taken(fixture_t *f, acct_db_t *db, const char *username,
                         const char *email, int name, int address)
{
    acct_account_t wanted = person(username, email);
    int names[2];

    assert_int_equal(acct_store_taken(db, &wanted, &names[0], &names[1],
                                      f->pool), APR_SUCCESS);
    assert_int_equal(names[0], name);
    assert_int_equal(names[1], address);
}

static acct_state_e state_of(fixture_t *f, acct_db_t *db, apr_int64_t id)
{
    acct_account_t a;

    assert_int_equal(acct_store_account_by_id(db, id, &a, f->pool),
                     APR_SUCCESS);
    return acct_account_state(&a);
}

static void an_account_is_pending_until_it_is_activated_or_blocked(
    void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t id;

    assert_int_equal(sign_up(f, db, "anna", NULL, SOON, &id), APR_SUCCESS);
    assert_int_equal(state_of(f, db, id), ACCT_STATE_PENDING);
    assert_int_equal(acct_store_account_activate(db, id, f->pool),
                     APR_SUCCESS);
    assert_int_equal(state_of(f, db, id), ACCT_STATE_ACTIVE);
    assert_int_equal(acct_store_account_activate(db, id, f->pool),
                     APR_NOTFOUND);
    assert_int_equal(acct_store_account_set_active(db, id, 0, f->pool),
                     APR_SUCCESS);
    assert_int_equal(state_of(f, db, id), ACCT_STATE_BLOCKED);
    assert_int_equal(acct_store_account_activate(db, id, f->pool),
                     APR_NOTFOUND);
    assert_int_equal(sign_up(f, db, "bert", NULL, SOON, &id), APR_SUCCESS);
    assert_int_equal(acct_store_account_set_active(db, id, 0, f->pool),
                     APR_SUCCESS);
    assert_int_equal(state_of(f, db, id), ACCT_STATE_BLOCKED);
    acct_db_close(db);
}

static void an_active_account_that_is_pending_cannot_be_written(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t id = add_person(f, db, "anna", NULL);

    assert_int_not_equal(acct_db_exec(db, apr_psprintf(
        f->pool, "UPDATE account SET pending_until = 5 WHERE id = %"
        APR_INT64_T_FMT, id), f->pool), APR_SUCCESS);
    acct_db_close(db);
}

static void names_of_a_pending_account_are_taken_until_its_time_is_over(
    void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t first, second;

    assert_int_equal(sign_up(f, db, "anna", "a@x.org", SOON, &first),
                     APR_SUCCESS);
    assert_taken(f, db, "anna", "a@x.org", 1, 1);
    assert_int_equal(sign_up(f, db, "anna", NULL, 0, NULL), APR_EEXIST);
    fixture_exec(f, db, apr_psprintf(f->pool, "UPDATE account SET "
                                     "pending_until = %" APR_INT64_T_FMT,
                                     LATELY));
    assert_taken(f, db, "anna", "a@x.org", 0, 0);
    assert_int_equal(acct_store_account_activate(db, first, f->pool),
                     APR_SUCCESS);
    assert_int_equal(sign_up(f, db, "anna", NULL, 0, NULL), APR_EEXIST);
    fixture_exec(f, db, apr_psprintf(f->pool, "UPDATE account SET "
                                     "is_active = 0, pending_until = %"
                                     APR_INT64_T_FMT, LATELY));
    assert_int_equal(sign_up(f, db, "anna", "b@x.org", 0, &second),
                     APR_SUCCESS);
    assert_true(second > first);
    assert_int_equal(sign_up(f, db, "bert", "a@x.org", 0, NULL),
                     APR_SUCCESS);
    acct_db_close(db);
}

static void a_name_that_is_held_is_another_accounts_to_have_afterwards(
    void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    acct_name_hold_t hold;
    int changed;

    assert_int_equal(acct_store_name_hold_set(db, "anna", 7, SOON, f->pool),
                     APR_SUCCESS);
    assert_int_equal(acct_store_name_hold_set(db, "b@x.org", 7, SOON,
                                              f->pool), APR_SUCCESS);
    assert_int_equal(acct_store_name_hold_set(db, "over", 7, LATELY,
                                              f->pool), APR_SUCCESS);
    assert_taken(f, db, "anna", "b@x.org", 1, 1);
    assert_taken(f, db, "b@x.org", "c@x.org", 1, 0);
    assert_int_equal(sign_up(f, db, "anna", NULL, 0, NULL), APR_EEXIST);
    assert_int_equal(sign_up(f, db, NULL, "b@x.org", 0, NULL), APR_EEXIST);
    assert_int_equal(sign_up(f, db, "b@x.org", NULL, 0, NULL), APR_EEXIST);
    assert_int_equal(sign_up(f, db, "over", NULL, 0, NULL), APR_SUCCESS);
    assert_string_equal(fixture_cell(f, db, "SELECT count(*) FROM account"),
                        "1");
    assert_int_equal(acct_store_name_hold_find(db, "anna", NULL, 0,
                                               apr_time_now(), &hold,
                                               f->pool), APR_SUCCESS);
    assert_int_equal(hold.account_id, 7);
    assert_int_equal(acct_store_name_hold_find(db, "anna", NULL, 7,
                                               apr_time_now(), &hold,
                                               f->pool), APR_NOTFOUND);
    assert_int_equal(acct_store_name_hold_delete(db, "anna", &changed,
                                                 f->pool), APR_SUCCESS);
    assert_int_equal(changed, 1);
    assert_int_equal(sign_up(f, db, "anna", NULL, 0, NULL), APR_SUCCESS);
    acct_db_close(db);
}

/* The one who signs up waits at the index for the end of the transaction that
 * deletes, and had asked before it for what is held. */
static void a_name_is_not_to_be_had_while_it_is_being_given_up(void **state)
{
    fixture_t *f = *state;
    acct_db_t *one = open_store(f);
    acct_db_t *two = open_store(f);
    acct_account_t late = person("anna", NULL);
    apr_int64_t id = add_person(f, one, "anna", NULL);

    if (!f->schema) {
        skip_because("a file has one writer");
    }
    assert_int_equal(acct_db_begin(two, f->pool), APR_SUCCESS);
    assert_int_equal(acct_store_name_hold_find(two, "anna", NULL, 0,
                                               apr_time_now(),
                                               &(acct_name_hold_t){ 0 },
                                               f->pool), APR_NOTFOUND);
    assert_int_equal(acct_db_begin(one, f->pool), APR_SUCCESS);
    assert_int_equal(acct_store_name_hold_set(one, "anna", id, SOON,
                                              f->pool), APR_SUCCESS);
    assert_int_equal(acct_store_account_delete(one, id, f->pool),
                     APR_SUCCESS);
    assert_int_equal(acct_db_commit(one, f->pool), APR_SUCCESS);
    assert_int_equal(acct_store_account_insert(two, &late, f->pool),
                     APR_EEXIST);
    acct_db_rollback(two, f->pool);
    acct_db_close(one);
    acct_db_close(two);
}

static void an_account_is_given_a_name_that_no_other_has(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t id = add_person(f, db, "anna", "a@x.org");
    acct_account_t a;

    add_person(f, db, "bert", "b@x.org");
    assert_int_equal(acct_store_name_hold_set(db, "held", 99, SOON,
                                              f->pool), APR_SUCCESS);
    assert_int_equal(acct_store_name_hold_set(db, "mine", id, SOON,
                                              f->pool), APR_SUCCESS);
    for (const char *const *name = (const char *const[]){
             "bert", "b@x.org", "held", NULL }; *name; name++) {
        assert_int_equal(acct_db_begin(db, f->pool), APR_SUCCESS);
        assert_int_equal(acct_store_account_set_username(db, id, *name,
                                                         *name, f->pool),
                         APR_EEXIST);
        acct_db_rollback(db, f->pool);
        assert_false(acct_db_is_broken(db));
    }
    assert_int_equal(acct_store_account_set_username(db, id, "Mine", "mine",
                                                     f->pool), APR_SUCCESS);
    assert_int_equal(acct_store_account_set_username(db, id, "Mine", "mine",
                                                     f->pool), APR_SUCCESS);
    assert_int_equal(acct_store_account_set_email(db, id, "b@x.org",
                                                  "b@x.org", 0, f->pool),
                     APR_EEXIST);
    assert_int_equal(acct_store_account_set_email(db, id, "C@x.org",
                                                  "c@x.org", 5, f->pool),
                     APR_SUCCESS);
    assert_int_equal(acct_store_account_by_username(db, "mine", &a,
                                                    f->pool), APR_SUCCESS);
    assert_string_equal(a.username, "Mine");
    assert_string_equal(a.email, "C@x.org");
    assert_int_equal(a.email_verified_at, 5);
    acct_db_close(db);
}

static void an_address_is_verified_only_while_the_account_has_it(
    void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t id = add_person(f, db, "anna", "a@x.org");
    acct_account_t a;

    assert_int_equal(acct_store_account_set_verified(db, id, "a@x.org", 9,
                                                     f->pool), APR_SUCCESS);
    assert_int_equal(acct_store_account_set_email_pending(
        db, id, "B@x.org", "b@x.org", f->pool), APR_SUCCESS);
    assert_int_equal(acct_store_account_by_id(db, id, &a, f->pool),
                     APR_SUCCESS);
    assert_int_equal(a.email_verified_at, 9);
    assert_string_equal(a.email_pending_key, "b@x.org");
    assert_int_equal(acct_store_account_set_email(db, id, "B@x.org",
                                                  "b@x.org", 0, f->pool),
                     APR_SUCCESS);
    assert_int_equal(acct_store_account_set_verified(db, id, "a@x.org", 9,
                                                     f->pool), APR_NOTFOUND);
    assert_int_equal(acct_store_account_by_id(db, id, &a, f->pool),
                     APR_SUCCESS);
    assert_int_equal(a.email_verified_at, 0);
    assert_null(a.email_pending);
    acct_db_close(db);
}

static void what_is_over_is_purged(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    const apr_time_t past = apr_time_now() - 2 * ACCT_PURGE_EXPIRED_KEPT;
    acct_link_t link = {
        .digest = DIGEST_A, .account_id = add_person(f, db, "anna", NULL),
        .purpose = "reset", .created_at = 1, .expires_at = past
    };
    acct_purged_t purged;
    int is_due;

    assert_int_equal(acct_purge_is_due(db, apr_time_now(), &is_due, f->pool),
                     APR_SUCCESS);
    assert_int_equal(is_due, f->schema != NULL);
    assert_int_equal(acct_store_link_insert(db, &link, f->pool), 0);
    link.digest = DIGEST_B;
    link.expires_at = SOON;
    assert_int_equal(acct_store_link_insert(db, &link, f->pool), 0);
    assert_int_equal(acct_store_name_hold_set(db, "past", 7, past, f->pool),
                     0);
    assert_int_equal(acct_store_name_hold_set(db, "held", 7, SOON, f->pool),
                     0);
    assert_int_equal(sign_up(f, db, "gone", NULL, past, NULL), 0);
    assert_int_equal(sign_up(f, db, "soon", NULL, SOON, NULL), 0);
    fixture_exec(f, db, "INSERT INTO mail (kind, site, created_at, next_at, "
                 "expires_at) VALUES ('activation', 'gone', 1, 1, 2)");
    fixture_exec(f, db, "INSERT INTO mail (kind, site, created_at, next_at, "
                 "expires_at) VALUES ('activation', 'here', 1, 1, "
                 "9000000000000000)");
    fixture_exec(f, db, "INSERT INTO mail_count (key, hour, n) "
                 "VALUES ('x', 5, 1)");
    assert_int_equal(acct_purge_is_due(db, apr_time_now(), &is_due, f->pool),
                     APR_SUCCESS);
    assert_true(is_due);
    assert_int_equal(acct_purge(db, apr_time_now(), &purged, f->pool), 0);
    assert_int_equal(purged.links, 1);
    assert_int_equal(purged.holds, 1);
    assert_int_equal(purged.pending, 1);
    assert_int_equal(purged.mail_counts, 1);
    assert_int_equal(purged.mails, 1);
    assert_string_equal(fixture_cell(f, db, "SELECT site FROM mail"), "here");
    assert_string_equal(fixture_cell(f, db, "SELECT count(*) FROM account"),
                        "2");
    assert_int_equal(acct_purge(db, apr_time_now(), &purged, f->pool), 0);
    assert_int_equal(purged.links + purged.holds + purged.pending
                     + purged.mail_counts, 0);
    acct_db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_account_is_pending_until_it_is_activated_or_blocked),
        TEST(an_active_account_that_is_pending_cannot_be_written),
        TEST(names_of_a_pending_account_are_taken_until_its_time_is_over),
        TEST(a_name_that_is_held_is_another_accounts_to_have_afterwards),
        TEST(a_name_is_not_to_be_had_while_it_is_being_given_up),
        TEST(an_account_is_given_a_name_that_no_other_has),
        TEST(an_address_is_verified_only_while_the_account_has_it),
        TEST(what_is_over_is_purged)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
