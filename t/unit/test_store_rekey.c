/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of names and addresses are made anew, whatever they were. */
#include "store_fixture.h"

#include "store/rekey.h"

#define DAEMIN "d\xc3\xb6m\xc3\xa4in.com"
#define ENCODED "xn--dmin-moa0i.com"

/* An account as an older version has stored it. */
static apr_int64_t add_old(fixture_t *f, acct_db_t *db, const char *name,
                           const char *name_key, const char *email,
                           const char *email_key, apr_time_t created)
{
    acct_account_t a = person(name, email);

    a.username_key = name_key;
    a.email_key = email_key;
    a.created_at = created;
    if (acct_store_account_insert(db, &a, f->pool) != APR_SUCCESS) {
        fail_msg("%s", acct_db_error(db));
    }
    return a.id;
}

static apr_int64_t add_mail(fixture_t *f, acct_db_t *db, const char *email,
                            const char *key, apr_time_t created)
{
    return add_old(f, db, NULL, NULL, email, key, created);
}

static acct_rekey_t plan(fixture_t *f)
{
    acct_db_t *db = fixture_open(f, NULL, 0);
    acct_rekey_t rekey;

    assert_int_equal(acct_store_rekey_plan(db, &rekey, f->pool),
                     APR_SUCCESS);
    acct_db_close(db);
    return rekey;
}

static apr_status_t plan_and_apply(acct_db_t *db, void *baton,
                                   apr_pool_t *pool)
{
    acct_rekey_t *rekey = baton;
    apr_status_t status = acct_store_rekey_plan(db, rekey, pool);

    return status != APR_SUCCESS ? status
        : acct_store_rekey_apply(db, rekey, pool);
}

static acct_rekey_t apply(fixture_t *f)
{
    acct_db_t *db = fixture_open(f, NULL, 0);
    acct_rekey_t rekey;

    if (acct_db_transact(db, plan_and_apply, &rekey, f->pool)
        != APR_SUCCESS) {
        fail_msg("%s", acct_db_error(db));
    }
    acct_db_close(db);
    return rekey;
}

/* "name|name_key|email|email_key", with "-" for NULL. */
static void assert_account(fixture_t *f, apr_int64_t id, const char *wanted)
{
    acct_db_t *db = open_store(f);
    acct_account_t a;

    assert_int_equal(acct_store_account_by_id(db, id, &a, f->pool), 0);
    acct_db_close(db);
    assert_string_equal(apr_pstrcat(
        f->pool, a.username ? a.username : "-", "|",
        a.username_key ? a.username_key : "-", "|", a.email ? a.email : "-",
        "|", a.email_key ? a.email_key : "-", NULL), wanted);
}

static acct_claim_t claim(const acct_rekey_t *rekey, int clash, int i)
{
    return *APR_ARRAY_IDX(APR_ARRAY_IDX(rekey->clashes, clash,
                                        acct_clash_t *)->claims, i,
                          acct_claim_t *);
}

static void a_plan_names_what_changes_and_changes_nothing(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t id = add_mail(f, db, "A@" DAEMIN, "a@" DAEMIN, 1);
    acct_rekey_t rekey;

    add_old(f, db, "Ann", "ann", "ann@x.io", "ann@x.io", 2);
    acct_db_close(db);
    rekey = plan(f);
    assert_int_equal(rekey.changes->nelts, 1);
    assert_int_equal(rekey.clashes->nelts, 0);
    assert_int_equal(APR_ARRAY_IDX(rekey.changes, 0,
                                   acct_claim_t *)->account, id);
    assert_string_equal(APR_ARRAY_IDX(rekey.changes, 0, acct_claim_t *)->key,
                        "a@" ENCODED);
    assert_account(f, id, "-|-|A@" DAEMIN "|a@" DAEMIN);
}

static void addresses_and_names_that_are_spelled_like_one_get_their_key(
    void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t id = add_old(f, db, "A@" DAEMIN, "a@" DAEMIN, "b@" DAEMIN,
                             "b@" DAEMIN, 1);

    acct_db_close(db);
    apply(f);
    assert_account(f, id, "A@" DAEMIN "|a@" ENCODED "|b@" DAEMIN "|b@"
                   ENCODED);
    assert_int_equal(plan(f).changes->nelts, 0);
}

static void more_accounts_than_a_page_are_seen(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    acct_rekey_t rekey;

    fixture_exec(f, db, f->schema
        ? "INSERT INTO account (email, email_key, password, created_at) "
          "SELECT 'a' || n || '@" DAEMIN "', 'a' || n || '@" DAEMIN "', "
          "'h', 1 FROM generate_series(1, 2001) AS s (n)"
        : "INSERT INTO account (email, email_key, password, created_at) "
          "WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s "
          "WHERE n < 2001) SELECT 'a' || n || '@" DAEMIN "', 'a' || n || '@"
          DAEMIN "', 'h', 1 FROM s");
    /* the last of them clashes with the first */
    add_mail(f, db, "a1@" ENCODED, "a1@" ENCODED, 2);
    acct_db_close(db);
    rekey = apply(f);
    assert_int_equal(rekey.changes->nelts, 2001);
    assert_int_equal(rekey.clashes->nelts, 1);
    assert_account(f, 2001, "-|-|a2001@" DAEMIN "|a2001@" ENCODED);
    assert_account(f, 2002, "#2002|#2002|-|-");
}

/* By when it was made, not by its id: imported accounts have later ids. */
static void the_oldest_keeps_an_address(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t young = add_mail(f, db, "a@" DAEMIN, "a@" DAEMIN, 9);
    apr_int64_t named = add_old(f, db, "Bob", "bob", "A@\xc3\x9f.de",
                                "a@ss.de", 5);
    apr_int64_t old = add_mail(f, db, "a@" ENCODED, "a@" ENCODED, 2);
    acct_rekey_t rekey;

    acct_db_close(db);
    rekey = apply(f);
    assert_int_equal(rekey.clashes->nelts, 1);
    assert_int_equal(claim(&rekey, 0, 0).account, old);
    assert_false(claim(&rekey, 0, 0).is_lost);
    assert_int_equal(claim(&rekey, 0, 1).account, young);
    assert_true(claim(&rekey, 0, 1).is_lost);
    assert_account(f, old, "-|-|a@" ENCODED "|a@" ENCODED);
    assert_account(f, young, "#1|#1|-|-");
    assert_account(f, named, "Bob|bob|A@\xc3\x9f.de|a@xn--zca.de");
}

static void who_loses_the_address_keeps_the_name(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t old = add_mail(f, db, "a@" ENCODED, "a@" ENCODED, 1);
    apr_int64_t young = add_old(f, db, "Ann", "ann", "a@" DAEMIN,
                                "a@" DAEMIN, 1);

    acct_db_close(db);
    apply(f);
    assert_account(f, old, "-|-|a@" ENCODED "|a@" ENCODED);
    assert_account(f, young, "Ann|ann|-|-");
}

static void a_name_that_is_an_older_address_is_shown_and_found_by_its_id(
    void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t old = add_mail(f, db, "q@" DAEMIN, "q@" DAEMIN, 1);
    apr_int64_t young = add_old(f, db, "q@" ENCODED, "q@" ENCODED, NULL,
                                NULL, 2);
    acct_rekey_t rekey;

    acct_db_close(db);
    rekey = apply(f);
    assert_int_equal(rekey.clashes->nelts, 1);
    assert_account(f, old, "-|-|q@" DAEMIN "|q@" ENCODED);
    assert_account(f, young, "q@" ENCODED "|#2|-|-");
}

static void an_address_that_is_an_older_name_is_lost(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t old = add_old(f, db, "q@" ENCODED, "q@" ENCODED, NULL, NULL,
                              1);
    apr_int64_t young = add_old(f, db, "bob", "bob", "q@" DAEMIN,
                                "q@" DAEMIN, 2);

    acct_db_close(db);
    apply(f);
    assert_account(f, old, "q@" ENCODED "|q@" ENCODED "|-|-");
    assert_account(f, young, "bob|bob|-|-");
}

static void ones_own_name_may_be_ones_own_address(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t id = add_old(f, db, "q@" ENCODED, "q@" ENCODED, "q@" DAEMIN,
                             "q@" DAEMIN, 1);
    acct_rekey_t rekey;

    acct_db_close(db);
    rekey = apply(f);
    assert_int_equal(rekey.clashes->nelts, 0);
    assert_account(f, id, "q@" ENCODED "|q@" ENCODED "|q@" DAEMIN "|q@"
                   ENCODED);
}

/* The first gets the key of the second, the second another. */
static void a_key_goes_from_one_account_to_another(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t one = add_mail(f, db, "a@strasse.de", "elsewhere", 1);
    apr_int64_t other = add_mail(f, db, "a@stra\xc3\x9f" "e.de",
                                 "a@strasse.de", 2);
    acct_rekey_t rekey;

    acct_db_close(db);
    rekey = apply(f);
    assert_int_equal(rekey.clashes->nelts, 0);
    assert_account(f, one, "-|-|a@strasse.de|a@strasse.de");
    assert_account(f, other,
                   "-|-|a@stra\xc3\x9f" "e.de|a@xn--strae-oqa.de");
}

/* Else it would go on to write keys as it makes them. On a server its
 * connections are ended instead. */
static void a_file_s_older_server_writes_nothing_afterwards(void **state)
{
    fixture_t *f = *state;
    acct_db_t *server, *command;
    acct_account_t a = person("ann", NULL), b = person("bob", NULL);

    if (f->schema) {
        skip_because("a server ends connections instead");
    }
    server = open_store(f);
    fixture_exec(f, server, "UPDATE meta SET value = '2' "
                 "WHERE name = 'schema_version'");
    acct_db_guard(server, "SELECT value FROM meta WHERE name = "
                  "'schema_version'", "2");
    assert_int_equal(acct_store_account_insert(server, &a, f->pool), 0);

    command = fixture_open(f, NULL, 0);
    assert_int_equal(acct_store_create_schema(
        command, fixture_text(f, "upgrade-3-sqlite3.sql"), f->pool), 0);
    acct_db_close(command);

    assert_int_not_equal(acct_store_account_insert(server, &b, f->pool), 0);
    assert_true(acct_db_is_broken(server));
    assert_string_equal(acct_db_error(server),
                        "the schema is another one now");
    acct_db_close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_plan_names_what_changes_and_changes_nothing),
        TEST(addresses_and_names_that_are_spelled_like_one_get_their_key),
        TEST(more_accounts_than_a_page_are_seen),
        TEST(the_oldest_keeps_an_address),
        TEST(who_loses_the_address_keeps_the_name),
        TEST(a_name_that_is_an_older_address_is_shown_and_found_by_its_id),
        TEST(an_address_that_is_an_older_name_is_lost),
        TEST(ones_own_name_may_be_ones_own_address),
        TEST(a_key_goes_from_one_account_to_another),
        TEST(a_file_s_older_server_writes_nothing_afterwards)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
