/* SPDX-License-Identifier: Apache-2.0 */
#include "db_fixture.h"

#include <time.h>

#include "purge.h"
#include "store.h"

#define DIGEST_A \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define DIGEST_B \
    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define DIGEST_C \
    "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define ID_A "0123456789abcdef0123456789abcdea"
#define ID_B "0123456789abcdef0123456789abcdeb"
#define ID_C "0123456789abcdef0123456789abcdec"
#define MISSING_ID 424242

static int store_setup(void **state)
{
    fixture_t *f;
    acct_db_t *db;

    fixture_setup(state);
    f = *state;
    db = fixture_open(f, NULL, 0);
    if (acct_store_create_schema(db, fixture_schema_sql(f), f->pool)
        != APR_SUCCESS) {
        fprintf(stderr, "%s\n", acct_db_error(db));
        return -1;
    }
    acct_db_close(db);
    return 0;
}

static acct_db_t *open_store(fixture_t *f)
{
    int count;
    const acct_statement_t *s = acct_store_statements(f->config.driver,
                                                      &count);

    return fixture_open(f, s, count);
}

static acct_account_t person(const char *username, const char *email)
{
    acct_account_t a = {
        .username = username, .username_key = username,
        .email = email, .email_key = email,
        .first_name = "", .last_name = "", .password = "hash",
        .is_active = 1, .created_at = 1700000000000001
    };

    return a;
}

static apr_int64_t add_person(fixture_t *f, acct_db_t *db,
                              const char *username, const char *email)
{
    acct_account_t a = person(username, email);

    if (acct_store_account_insert(db, &a, f->pool) != APR_SUCCESS) {
        fail_msg("%s: %s", username ? username : email, acct_db_error(db));
    }
    assert_true(a.id > 0);
    return a.id;
}

static void assert_taken(fixture_t *f, acct_db_t *db, const char *username,
                         const char *email)
{
    acct_account_t a = person(username, email);

    assert_int_equal(acct_store_account_insert(db, &a, f->pool),
                     APR_EEXIST);
    assert_int_equal(a.id, 0);
}

static acct_token_t token(const char *id, apr_int64_t account,
                          const char *digest, const char *sealed)
{
    acct_token_t t = {
        .id = id, .account_id = account, .digest = digest,
        .sealed = sealed, .label = "accounts", .created_at = 1,
        .expires_at = 2, .last_used = 3
    };

    return t;
}

static apr_status_t add_token(fixture_t *f, acct_db_t *db, const char *id,
                              apr_int64_t account, const char *digest,
                              const char *sealed)
{
    acct_token_t t = token(id, account, digest, sealed);

    return acct_store_token_insert(db, &t, f->pool);
}

/* the schema */

static void assert_schema(fixture_t *f, acct_schema_e want,
                          int want_version, const char *want_detail)
{
    acct_db_t *db = fixture_open(f, NULL, 0);
    acct_schema_e found = ACCT_SCHEMA_CURRENT;
    const char *detail = "unset";
    int version = -1;

    assert_int_equal(acct_store_check_schema(db, &found, &version, &detail,
                                             f->pool), APR_SUCCESS);
    assert_int_equal(found, want);
    assert_int_equal(version, want_version);
    if (want_detail) {
        assert_non_null(detail);
        assert_string_equal(detail, want_detail);
    }
    else {
        assert_null(detail);
    }
    acct_db_close(db);
}

static void change_schema(fixture_t *f, const char *sql)
{
    acct_db_t *db = fixture_open(f, NULL, 0);

    fixture_exec(f, db, sql);
    acct_db_close(db);
}

static void an_empty_file_has_no_schema(void **state)
{
    assert_schema(*state, ACCT_SCHEMA_MISSING, 0, NULL);
}

static void a_database_of_something_else_has_no_schema(void **state)
{
    change_schema(*state, "CREATE TABLE person (name TEXT)");
    assert_schema(*state, ACCT_SCHEMA_MISSING, 0, NULL);
}

static void the_schema_as_it_is_made_is_current(void **state)
{
    assert_schema(*state, ACCT_SCHEMA_CURRENT, ACCT_SCHEMA_VERSION, NULL);
}

static void another_version_is_older_or_newer(void **state)
{
    fixture_t *f = *state;

    /* a newer one may have other tables */
    change_schema(f, "UPDATE meta SET value = '99' "
                     "WHERE name = 'schema_version'");
    change_schema(f, "DROP TABLE revocation");
    assert_schema(f, ACCT_SCHEMA_NEWER, 99, NULL);
    change_schema(f, "UPDATE meta SET value = '1' "
                     "WHERE name = 'schema_version'");
    assert_schema(f, ACCT_SCHEMA_OLDER, 1, NULL);
}

static void a_version_that_makes_no_sense_is_damage(void **state)
{
    fixture_t *f = *state;

    change_schema(f, "UPDATE meta SET value = 'x1' "
                     "WHERE name = 'schema_version'");
    assert_schema(f, ACCT_SCHEMA_DAMAGED, 0, "meta has no schema_version");
    change_schema(f, "UPDATE meta SET value = '99999999999999999999' "
                     "WHERE name = 'schema_version'");
    assert_schema(f, ACCT_SCHEMA_DAMAGED, 0, "meta has no schema_version");
    change_schema(f, "DELETE FROM meta");
    assert_schema(f, ACCT_SCHEMA_DAMAGED, 0, "meta has no schema_version");
}

static void a_missing_table_is_damage(void **state)
{
    fixture_t *f = *state;

    change_schema(f, "DROP TABLE revocation");
    assert_schema(f, ACCT_SCHEMA_DAMAGED, ACCT_SCHEMA_VERSION,
                  "the table revocation is missing");
    change_schema(f, "DROP TABLE meta");
    assert_schema(f, ACCT_SCHEMA_DAMAGED, 0, "the table meta is missing");
}

static void a_missing_unique_index_is_damage(void **state)
{
    static const struct { const char *drop, *back, *detail; } t[] = {
        { "DROP INDEX account_username_key",
          "CREATE UNIQUE INDEX account_username_key "
          "ON account (username_key)", "account.username_key" },
        { "DROP INDEX account_email_key",
          "CREATE UNIQUE INDEX account_email_key ON account (email_key)",
          "account.email_key" },
        { "DROP INDEX token_digest",
          "CREATE UNIQUE INDEX token_digest ON token (digest)",
          "token.digest" },
        { "DROP INDEX token_reusable",
          "CREATE UNIQUE INDEX token_reusable ON token (account_id) "
          "WHERE sealed IS NOT NULL", "token.account_id where" }
    };
    fixture_t *f = *state;

    for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
        change_schema(f, t[i].drop);
        assert_schema(f, ACCT_SCHEMA_DAMAGED, ACCT_SCHEMA_VERSION,
                      apr_psprintf(f->pool, "the unique index on %s is "
                                   "missing", t[i].detail));
        change_schema(f, t[i].back);
        assert_schema(f, ACCT_SCHEMA_CURRENT, ACCT_SCHEMA_VERSION, NULL);
    }
}

static void an_index_that_is_no_longer_unique_is_damage(void **state)
{
    fixture_t *f = *state;

    change_schema(f, "DROP INDEX token_digest");
    change_schema(f, "CREATE INDEX token_digest ON token (digest)");
    assert_schema(f, ACCT_SCHEMA_DAMAGED, ACCT_SCHEMA_VERSION,
                  "the unique index on token.digest is missing");
}

static void a_schema_is_not_made_twice(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);

    add_person(f, db, "anna", NULL);
    assert_int_not_equal(acct_store_create_schema(db, fixture_schema_sql(f),
                                                  f->pool), APR_SUCCESS);
    assert_non_null(strstr(acct_db_error(db), "already exists"));
    assert_false(acct_db_is_broken(db));
    acct_db_close(db);
    assert_schema(f, ACCT_SCHEMA_CURRENT, ACCT_SCHEMA_VERSION, NULL);
}

static void a_schema_that_fails_half_way_leaves_nothing(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = fixture_open(f, NULL, 0);

    assert_int_not_equal(
        acct_store_create_schema(db, "CREATE TABLE meta (a);\n"
                                     "-- a remark;\n"
                                     "NONSENSE;\n", f->pool), APR_SUCCESS);
    acct_db_close(db);
    assert_schema(f, ACCT_SCHEMA_MISSING, 0, NULL);
}

static void statements_end_at_a_line_that_ends_in_a_semicolon(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = fixture_open(f, NULL, 0);

    assert_int_equal(
        acct_store_create_schema(db, "-- first; a remark;\n\n  \r\n"
                                     "CREATE TABLE t (a TEXT);  \r\n"
                                     "INSERT INTO t\n"
                                     "  VALUES ('a; b\n-- not a remark');\n"
                                     "INSERT INTO t VALUES ('last')\n\n",
                                 f->pool), APR_SUCCESS);
    assert_string_equal(fixture_cell(f, db, "SELECT count(*) FROM t"), "2");
    assert_string_equal(fixture_cell(f, db, "SELECT a FROM t"),
                        "a; b\n-- not a remark");
    acct_db_close(db);
}

static void the_tables_refuse_what_makes_no_sense(void **state)
{
    static const char *const bad[] = {
        "INSERT INTO account (password, created_at) VALUES ('h', 1)",
        "INSERT INTO account (username, password, created_at) "
        "VALUES ('a', 'h', 1)",
        "INSERT INTO account (username, username_key, password, created_at)"
        " VALUES ('a', 'a', '', 1)",
        "INSERT INTO account (username, username_key, password, created_at)"
        " VALUES ('a', '', 'h', 1)",
        "INSERT INTO account (username, username_key, password, created_at)"
        " VALUES ('a', 'a', 'h', 'today')",
        "INSERT INTO account (username, username_key, password, created_at,"
        " is_active) VALUES ('a', 'a', 'h', 1, 2)",
        "INSERT INTO token (id, account_id, digest, created_at) VALUES "
        "('" ID_A "', 1, 'short', 1)",
        "INSERT INTO token (id, account_id, digest, created_at) VALUES "
        "('" ID_A "', 1, upper('" DIGEST_A "'), 1)",
        "INSERT INTO token (id, account_id, digest, created_at) VALUES "
        "('short', 1, '" DIGEST_A "', 1)",
        "INSERT INTO token (id, account_id, digest, created_at) VALUES "
        "('" ID_A "', 424242, '" DIGEST_A "', 1)"
    };
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);

    assert_int_equal(add_person(f, db, "first", NULL), 1);
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        if (acct_db_exec(db, bad[i], f->pool) == APR_SUCCESS) {
            fail_msg("taken: %s", bad[i]);
        }
        if (!strstr(acct_db_error(db), "constraint")
            && !strstr(acct_db_error(db), "refused a value")) {
            fail_msg("%s: %s", bad[i], acct_db_error(db));
        }
    }
    acct_db_close(db);
}

static void meta_is_written_and_read(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    const char *value = "";

    assert_int_equal(acct_store_meta_get(db, "key_id", &value, f->pool),
                     APR_NOTFOUND);
    assert_null(value);
    assert_int_equal(acct_store_meta_set(db, "key_id", "one", f->pool),
                     APR_SUCCESS);
    assert_int_equal(acct_store_meta_set(db, "key_id", "two", f->pool),
                     APR_SUCCESS);
    assert_int_equal(acct_store_meta_get(db, "key_id", &value, f->pool),
                     APR_SUCCESS);
    assert_string_equal(value, "two");
    assert_int_equal(acct_store_meta_get(db, "created_at", &value, f->pool),
                     APR_SUCCESS);
    assert_true(apr_atoi64(value) > 1600000000000000);
    acct_db_close(db);
}

/* accounts */

static void an_account_comes_back_as_it_went_in(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    acct_account_t in = {
        .id = 99, .username = "Änna", .username_key = "änna",
        .email = "Anna@Example.ORG", .email_key = "anna@example.org",
        .first_name = "Anna", .last_name = "O'Hara", .password = "$h$1",
        .is_active = 0, .is_staff = 1, .created_at = 1700000000123456,
        .last_login = 1800000000654321
    };
    acct_account_t out[3];

    assert_int_equal(acct_store_account_insert(db, &in, f->pool),
                     APR_SUCCESS);
    assert_int_equal(in.id, 1);
    assert_int_equal(acct_store_account_by_id(db, in.id, &out[0], f->pool),
                     APR_SUCCESS);
    assert_int_equal(acct_store_account_by_username(db, "änna", &out[1],
                                                    f->pool), APR_SUCCESS);
    assert_int_equal(acct_store_account_by_email(db, "anna@example.org",
                                                 &out[2], f->pool),
                     APR_SUCCESS);
    acct_db_close(db);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(out[i].id, in.id);
        assert_string_equal(out[i].username, in.username);
        assert_string_equal(out[i].username_key, in.username_key);
        assert_string_equal(out[i].email, in.email);
        assert_string_equal(out[i].email_key, in.email_key);
        assert_string_equal(out[i].first_name, in.first_name);
        assert_string_equal(out[i].last_name, in.last_name);
        assert_string_equal(out[i].password, in.password);
        assert_int_equal(out[i].is_active, 0);
        assert_int_equal(out[i].is_staff, 1);
        assert_int_equal(out[i].created_at, in.created_at);
        assert_int_equal(out[i].last_login, in.last_login);
    }
}

static void an_account_may_have_a_name_or_an_address_alone(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    acct_account_t a;

    add_person(f, db, "anna", NULL);
    add_person(f, db, "bert", NULL);
    add_person(f, db, NULL, "c@x.org");
    add_person(f, db, NULL, "d@x.org");
    assert_int_equal(acct_store_account_by_username(db, "bert", &a,
                                                    f->pool), APR_SUCCESS);
    assert_null(a.email);
    assert_null(a.email_key);
    assert_int_equal(acct_store_account_by_email(db, "c@x.org", &a,
                                                 f->pool), APR_SUCCESS);
    assert_null(a.username);
    acct_db_close(db);
}

static void an_account_nobody_has_is_not_found(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    acct_account_t a;

    add_person(f, db, "anna", "a@x.org");
    assert_int_equal(acct_store_account_by_id(db, MISSING_ID, &a, f->pool),
                     APR_NOTFOUND);
    assert_int_equal(acct_store_account_by_username(db, "a@x.org", &a,
                                                    f->pool), APR_NOTFOUND);
    assert_int_equal(acct_store_account_by_username(db, "ANNA", &a,
                                                    f->pool), APR_NOTFOUND);
    assert_int_equal(acct_store_account_by_email(db, "anna", &a, f->pool),
                     APR_NOTFOUND);
    assert_int_equal(acct_store_account_by_email(db, NULL, &a, f->pool),
                     APR_NOTFOUND);
    assert_int_equal(a.id, 0);
    acct_db_close(db);
}

static void a_name_or_address_of_another_is_taken(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);

    add_person(f, db, "anna", "a@x.org");
    assert_taken(f, db, "anna", NULL);
    assert_taken(f, db, "anna", "b@x.org");
    assert_taken(f, db, "bert", "a@x.org");
    assert_taken(f, db, NULL, "a@x.org");
    assert_string_equal(fixture_cell(f, db,
                                     "SELECT count(*) FROM account"), "1");
    assert_false(acct_db_is_broken(db));
    acct_db_close(db);
}

static void a_name_that_is_anothers_address_is_taken(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);

    add_person(f, db, "anna", "a@x.org");
    add_person(f, db, "b@x.org", NULL);
    assert_taken(f, db, "a@x.org", NULL);
    assert_taken(f, db, NULL, "b@x.org");
    assert_taken(f, db, NULL, "anna");
    /* one's own address for a name is no clash */
    add_person(f, db, "c@x.org", "c@x.org");
    acct_db_close(db);
}

static void of_two_accounts_racing_for_one_name_one_gets_it(void **state)
{
    fixture_t *f = *state;
    acct_db_t *one = open_store(f);
    acct_db_t *two = open_store(f);
    int name, address;

    /* both have looked, both may go on */
    assert_int_equal(acct_store_taken(one, "anna", NULL, &name, &address,
                                      f->pool), APR_SUCCESS);
    assert_false(name);
    assert_int_equal(acct_store_taken(two, "anna", NULL, &name, &address,
                                      f->pool), APR_SUCCESS);
    assert_false(name);
    assert_int_equal(acct_db_begin(one, f->pool), APR_SUCCESS);
    add_person(f, one, "anna", NULL);
    assert_int_equal(acct_db_commit(one, f->pool), APR_SUCCESS);
    assert_int_equal(acct_db_begin(two, f->pool), APR_SUCCESS);
    assert_taken(f, two, "anna", NULL);
    acct_db_rollback(two, f->pool);
    assert_false(acct_db_is_broken(two));
    acct_db_close(one);
    acct_db_close(two);
}

static void taken_says_which_of_the_two(void **state)
{
    static const struct {
        const char *username, *email;
        int username_taken, email_taken;
    } t[] = {
        { "anna", "a@x.org", 1, 1 }, { "anna", "b@x.org", 1, 0 },
        { "bert", "a@x.org", 0, 1 }, { "bert", "b@x.org", 0, 0 },
        { "a@x.org", NULL, 1, 0 }, { NULL, "anna", 0, 1 },
        { "anna", NULL, 1, 0 }, { NULL, "a@x.org", 0, 1 },
        { NULL, NULL, 0, 0 }
    };
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);

    add_person(f, db, "anna", "a@x.org");
    for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
        int username = -1, email = -1;

        assert_int_equal(acct_store_taken(db, t[i].username, t[i].email,
                                          &username, &email, f->pool),
                         APR_SUCCESS);
        assert_int_equal(username, t[i].username_taken);
        assert_int_equal(email, t[i].email_taken);
    }
    acct_db_close(db);
}

static void accounts_are_listed_by_id_in_portions(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_array_header_t *list;

    assert_int_equal(acct_store_account_list(db, 0, 10, &list, f->pool),
                     APR_SUCCESS);
    assert_int_equal(list->nelts, 0);
    add_person(f, db, "carl", NULL);
    add_person(f, db, "anna", NULL);
    add_person(f, db, "bert", NULL);
    assert_int_equal(acct_store_account_list(db, 0, 2, &list, f->pool),
                     APR_SUCCESS);
    assert_int_equal(list->nelts, 2);
    assert_string_equal(APR_ARRAY_IDX(list, 0, acct_account_t).username,
                        "carl");
    assert_string_equal(APR_ARRAY_IDX(list, 1, acct_account_t).username,
                        "anna");
    assert_int_equal(acct_store_account_list(db, 2, 2, &list, f->pool),
                     APR_SUCCESS);
    assert_int_equal(list->nelts, 1);
    assert_string_equal(APR_ARRAY_IDX(list, 0, acct_account_t).password,
                        "hash");
    acct_db_close(db);
}

static void an_account_is_blocked_and_unblocked(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t id = add_person(f, db, "anna", NULL);
    acct_account_t a;

    for (int active = 0; active <= 1; active++) {
        assert_int_equal(acct_store_account_set_active(db, id, active,
                                                       f->pool),
                         APR_SUCCESS);
        assert_int_equal(acct_store_account_by_id(db, id, &a, f->pool),
                         APR_SUCCESS);
        assert_int_equal(a.is_active, active);
    }
    assert_int_equal(acct_store_account_set_active(db, MISSING_ID, 1,
                                                   f->pool), APR_NOTFOUND);
    acct_db_close(db);
}

static void a_password_is_replaced_only_if_it_is_the_expected_one(
    void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t id = add_person(f, db, "anna", NULL);
    apr_int64_t bert = add_person(f, db, "bert", NULL);
    acct_account_t a;

    assert_int_equal(acct_store_account_set_password(db, id, "hash", "two",
                                                     f->pool), APR_SUCCESS);
    assert_int_equal(acct_store_account_set_password(db, id, "hash", "bad",
                                                     f->pool),
                     APR_NOTFOUND);
    assert_int_equal(acct_store_account_by_id(db, id, &a, f->pool),
                     APR_SUCCESS);
    assert_string_equal(a.password, "two");
    assert_int_equal(acct_store_account_set_password(db, id, NULL, "three",
                                                     f->pool), APR_SUCCESS);
    assert_int_equal(acct_store_account_by_id(db, id, &a, f->pool),
                     APR_SUCCESS);
    assert_string_equal(a.password, "three");
    assert_int_equal(acct_store_account_by_id(db, bert, &a, f->pool),
                     APR_SUCCESS);
    assert_string_equal(a.password, "hash");
    assert_int_equal(acct_store_account_set_password(db, MISSING_ID, NULL,
                                                     "four", f->pool),
                     APR_NOTFOUND);
    acct_db_close(db);
}

static void the_last_login_is_noted(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t id = add_person(f, db, "anna", NULL);
    acct_account_t a;

    assert_int_equal(acct_store_account_set_last_login(
                         db, id, 1700000000999999, f->pool), APR_SUCCESS);
    assert_int_equal(acct_store_account_by_id(db, id, &a, f->pool),
                     APR_SUCCESS);
    assert_int_equal(a.last_login, 1700000000999999);
    assert_int_equal(acct_store_account_set_last_login(
                         db, MISSING_ID, 1, f->pool), APR_NOTFOUND);
    acct_db_close(db);
}

static void deleting_an_account_deletes_its_tokens_alone(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t anna = add_person(f, db, "anna", NULL);
    apr_int64_t bert = add_person(f, db, "bert", NULL);
    acct_account_t a;
    acct_token_t t;

    assert_int_equal(add_token(f, db, ID_A, anna, DIGEST_A, NULL), 0);
    assert_int_equal(add_token(f, db, ID_B, bert, DIGEST_B, NULL), 0);
    assert_int_equal(acct_store_account_delete(db, anna, f->pool),
                     APR_SUCCESS);
    assert_int_equal(acct_store_account_delete(db, anna, f->pool),
                     APR_NOTFOUND);
    assert_int_equal(acct_store_account_by_id(db, anna, &a, f->pool),
                     APR_NOTFOUND);
    assert_int_equal(acct_store_token_find(db, DIGEST_A, &t, &a, f->pool),
                     APR_NOTFOUND);
    assert_int_equal(acct_store_token_find(db, DIGEST_B, &t, &a, f->pool),
                     APR_SUCCESS);
    assert_string_equal(fixture_cell(f, db, "SELECT count(*) FROM token"),
                        "1");
    acct_db_close(db);
}

static void an_id_is_never_used_again_after_delete(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t first = add_person(f, db, "anna", NULL);

    assert_int_equal(acct_store_account_delete(db, first, f->pool),
                     APR_SUCCESS);
    assert_int_equal(add_person(f, db, "anna", NULL), first + 1);
    acct_db_close(db);
}

static void a_row_that_makes_no_sense_is_an_error(void **state)
{
    /* what the look-up of a token reads, then what it does not */
    static const char *const damage[] = {
        "UPDATE account SET username = NULL, email = NULL",
        "UPDATE account SET is_active = 2",
        "UPDATE account SET is_active = 'yes'",
        "UPDATE account SET username_key = NULL",
        "UPDATE account SET created_at = -1",
        "UPDATE account SET last_login = 1.5",
        "UPDATE account SET last_login = x''"
    };
    fixture_t *f = *state;
    acct_db_t *db;
    apr_int64_t id;
    acct_account_t a;
    acct_token_t t;

    if (f->schema) {
        skip();                 /* its columns have types */
    }
    db = open_store(f);
    id = add_person(f, db, "anna", "a@x.org");
    assert_int_equal(add_token(f, db, ID_A, id, DIGEST_A, NULL), 0);
    fixture_exec(f, db, "PRAGMA ignore_check_constraints = ON");
    for (size_t i = 0; i < sizeof(damage) / sizeof(*damage); i++) {
        fixture_exec(f, db, "SAVEPOINT s");
        fixture_exec(f, db, damage[i]);
        if (i < 3) {
            assert_int_equal(acct_store_token_find(db, DIGEST_A, &t, &a,
                                                   f->pool), APR_EGENERAL);
            assert_int_equal(a.id, 0);
            assert_null(t.id);
        }
        assert_int_equal(acct_store_account_by_email(db, "a@x.org", &a,
                                                     f->pool),
                         APR_EGENERAL);
        fixture_exec(f, db, "ROLLBACK TO s");
    }
    fixture_exec(f, db, "UPDATE account SET password = ''");
    assert_int_equal(acct_store_account_by_id(db, id, &a, f->pool),
                     APR_EGENERAL);
    acct_db_close(db);
}

/* tokens */

static void a_token_is_found_with_its_account(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t id = add_person(f, db, "anna", "a@x.org");
    acct_account_t a;
    acct_token_t t;

    assert_int_equal(add_token(f, db, ID_A, id, DIGEST_A, "sealed"), 0);
    assert_int_equal(add_token(f, db, ID_B, id, DIGEST_B, NULL), 0);
    assert_int_equal(acct_store_token_find(db, DIGEST_A, &t, &a, f->pool),
                     APR_SUCCESS);
    acct_db_close(db);
    assert_string_equal(t.id, ID_A);
    assert_string_equal(t.digest, DIGEST_A);
    assert_int_equal(t.account_id, id);
    assert_int_equal(t.expires_at, 2);
    assert_null(t.sealed);
    assert_int_equal(a.id, id);
    assert_string_equal(a.username, "anna");
    assert_string_equal(a.email, "a@x.org");
    assert_int_equal(a.is_active, 1);
    assert_int_equal(a.is_staff, 0);
    assert_null(a.password);
}

static void a_token_nobody_has_is_not_found(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t id = add_person(f, db, "anna", NULL);
    acct_account_t a;
    acct_token_t t;

    assert_int_equal(add_token(f, db, ID_A, id, DIGEST_A, NULL), 0);
    assert_int_equal(acct_store_token_find(db, DIGEST_B, &t, &a, f->pool),
                     APR_NOTFOUND);
    assert_int_equal(acct_store_token_find(db, "short", &t, &a, f->pool),
                     APR_EINVAL);
    assert_int_equal(acct_store_token_find(db, NULL, &t, &a, f->pool),
                     APR_EINVAL);
    assert_null(t.id);
    assert_int_equal(a.id, 0);
    acct_db_close(db);
}

static void a_token_whose_account_is_gone_is_not_found(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t id = add_person(f, db, "anna", NULL);
    acct_account_t a;
    acct_token_t t;

    assert_int_equal(add_token(f, db, ID_A, id, DIGEST_A, NULL), 0);
    /* as a tool would that does not mind foreign keys */
    fixture_exec(f, db, f->schema ? "ALTER TABLE token DROP CONSTRAINT "
                                    "token_account_id_fkey"
                                  : "PRAGMA foreign_keys = OFF");
    fixture_exec(f, db, "DELETE FROM account");
    assert_int_equal(acct_store_token_find(db, DIGEST_A, &t, &a, f->pool),
                     APR_NOTFOUND);
    acct_db_close(db);
}

static void a_token_of_nobody_is_an_error(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);

    assert_int_equal(add_token(f, db, ID_A, MISSING_ID, DIGEST_A, NULL),
                     APR_EGENERAL);
    assert_non_null(strstr(acct_db_error(db),
                           f->schema ? "violates foreign key constraint"
                                     : "FOREIGN KEY constraint failed"));
    acct_db_close(db);
}

static void a_digest_and_an_id_are_there_once(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t anna = add_person(f, db, "anna", NULL);
    apr_int64_t bert = add_person(f, db, "bert", NULL);

    assert_int_equal(add_token(f, db, ID_A, anna, DIGEST_A, NULL), 0);
    assert_int_equal(add_token(f, db, ID_B, bert, DIGEST_A, NULL),
                     APR_EEXIST);
    assert_int_equal(add_token(f, db, ID_A, bert, DIGEST_B, NULL),
                     APR_EEXIST);
    acct_db_close(db);
}

static void an_account_has_at_most_one_reusable_token(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t anna = add_person(f, db, "anna", NULL);
    apr_int64_t bert = add_person(f, db, "bert", NULL);
    acct_token_t t;

    assert_int_equal(acct_store_token_reusable(db, anna, &t, f->pool),
                     APR_NOTFOUND);
    assert_int_equal(add_token(f, db, ID_A, anna, DIGEST_A, NULL), 0);
    assert_int_equal(acct_store_token_reusable(db, anna, &t, f->pool),
                     APR_NOTFOUND);
    assert_int_equal(add_token(f, db, ID_B, anna, DIGEST_B, "sealed-b"), 0);
    assert_int_equal(add_token(f, db, ID_C, anna, DIGEST_C, "sealed-c"),
                     APR_EEXIST);
    assert_int_equal(add_token(f, db, ID_C, bert, DIGEST_C, "sealed-c"), 0);
    assert_int_equal(acct_store_token_reusable(db, anna, &t, f->pool),
                     APR_SUCCESS);
    assert_string_equal(t.id, ID_B);
    assert_string_equal(t.sealed, "sealed-b");
    assert_string_equal(t.digest, DIGEST_B);
    acct_db_close(db);
}

static void tokens_are_listed_newest_first(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t anna = add_person(f, db, "anna", NULL);
    apr_int64_t bert = add_person(f, db, "bert", NULL);
    acct_token_t t = token(ID_A, anna, DIGEST_A, NULL);
    apr_array_header_t *list;

    t.created_at = 10;
    assert_int_equal(acct_store_token_insert(db, &t, f->pool), 0);
    t = token(ID_B, anna, DIGEST_B, "sealed");
    t.created_at = 20;
    t.label = NULL;
    assert_int_equal(acct_store_token_insert(db, &t, f->pool), 0);
    assert_int_equal(add_token(f, db, ID_C, bert, DIGEST_C, NULL), 0);
    assert_int_equal(acct_store_token_list(db, anna, &list, f->pool),
                     APR_SUCCESS);
    assert_int_equal(list->nelts, 2);
    t = APR_ARRAY_IDX(list, 0, acct_token_t);
    assert_string_equal(t.id, ID_B);
    assert_string_equal(t.label, "");
    assert_string_equal(t.sealed, "sealed");
    t = APR_ARRAY_IDX(list, 1, acct_token_t);
    assert_string_equal(t.id, ID_A);
    assert_null(t.sealed);
    assert_int_equal(acct_store_token_list(db, MISSING_ID, &list, f->pool),
                     APR_SUCCESS);
    assert_int_equal(list->nelts, 0);
    acct_db_close(db);
}

static void tokens_are_deleted_by_id_by_kind_and_all(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t anna = add_person(f, db, "anna", NULL);
    apr_int64_t bert = add_person(f, db, "bert", NULL);
    int changed = -1;

    assert_int_equal(add_token(f, db, ID_A, anna, DIGEST_A, NULL), 0);
    assert_int_equal(add_token(f, db, ID_B, anna, DIGEST_B, "sealed"), 0);
    assert_int_equal(add_token(f, db, ID_C, bert, DIGEST_C, "sealed"), 0);
    assert_int_equal(acct_store_token_delete_reusable(db, anna, &changed,
                                                      f->pool), 0);
    assert_int_equal(changed, 1);
    assert_int_equal(acct_store_token_delete(db, ID_B, &changed, f->pool),
                     0);
    assert_int_equal(changed, 0);
    assert_int_equal(acct_store_token_delete(db, ID_A, &changed, f->pool),
                     0);
    assert_int_equal(changed, 1);
    assert_int_equal(add_token(f, db, ID_A, anna, DIGEST_A, NULL), 0);
    assert_int_equal(add_token(f, db, ID_B, anna, DIGEST_B, "sealed"), 0);
    assert_int_equal(acct_store_token_delete_all(db, anna, &changed,
                                                 f->pool), 0);
    assert_int_equal(changed, 2);
    assert_int_equal(acct_store_token_delete_all(db, anna, NULL, f->pool),
                     0);
    assert_string_equal(fixture_cell(f, db, "SELECT id FROM token"), ID_C);
    acct_db_close(db);
}

static const char *ids_left(fixture_t *f, acct_db_t *db)
{
    acct_rows_t rows;
    const char *all = "";

    assert_int_equal(acct_db_query(db, "SELECT substr(id, 1, 2) FROM token "
                                   "ORDER BY id", &rows, f->pool), 0);
    for (int i = 0; i < rows.count; i++) {
        all = apr_pstrcat(f->pool, all, i ? " " : "", rows.cell[i][0], NULL);
    }
    return all;
}

/* A token whose id and digest begin with a number. */
static void add_numbered(fixture_t *f, acct_db_t *db, apr_int64_t account,
                         int number, apr_time_t created, apr_time_t expires,
                         const char *sealed)
{
    acct_token_t t = token(apr_psprintf(f->pool, "%02d%030d", number, 0),
                           account,
                           apr_psprintf(f->pool, "%02d%062d", number, 0),
                           sealed);

    t.created_at = created;
    t.expires_at = expires;
    assert_int_equal(acct_store_token_insert(db, &t, f->pool), 0);
}

static void the_oldest_live_tokens_make_room(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t anna = add_person(f, db, "anna", NULL);
    apr_int64_t bert = add_person(f, db, "bert", NULL);
    int changed = -1;

    add_numbered(f, db, anna, 10, 100, 0, "sealed");
    add_numbered(f, db, anna, 11, 110, 1000, NULL);     /* expired */
    add_numbered(f, db, anna, 15, 150, 0, NULL);
    add_numbered(f, db, anna, 14, 140, 1001, NULL);
    add_numbered(f, db, anna, 13, 130, 2000, NULL);
    add_numbered(f, db, anna, 12, 120, 0, NULL);
    add_numbered(f, db, bert, 20, 50, 0, NULL);
    assert_int_equal(acct_store_token_delete_oldest(db, anna, 1000, 4,
                                                    &changed, f->pool), 0);
    assert_int_equal(changed, 0);
    assert_int_equal(acct_store_token_delete_oldest(db, anna, 1000, 3,
                                                    &changed, f->pool), 0);
    assert_int_equal(changed, 1);
    assert_string_equal(ids_left(f, db), "10 11 13 14 15 20");
    assert_int_equal(acct_store_token_delete_oldest(db, anna, 1000, 1,
                                                    &changed, f->pool), 0);
    assert_int_equal(changed, 2);
    assert_string_equal(ids_left(f, db), "10 11 15 20");
    assert_int_equal(acct_store_token_delete_oldest(db, anna, 1000, 0,
                                                    &changed, f->pool), 0);
    assert_int_equal(changed, 1);
    assert_string_equal(ids_left(f, db), "10 11 20");
    acct_db_close(db);
}

static void add_revocation(fixture_t *f, acct_db_t *db, apr_int64_t account)
{
    assert_int_equal(acct_store_revocation_insert(db, account, f->pool), 0);
}

/* What the rows are measured by: on a server its own clock. */
static apr_time_t time_of(fixture_t *f, acct_db_t *db)
{
    return f->schema
        ? apr_atoi64(fixture_cell(f, db, "SELECT CAST(extract(epoch FROM "
                                  "clock_timestamp()) * 1000000 AS "
                                  "BIGINT)"))
        : apr_time_now();
}

#define DAY apr_time_from_sec(86400)

static void a_clock_that_is_ahead_does_not_make_a_purge_early(void **state)
{
    fixture_t *f = *state;
    apr_time_t minute = apr_time_from_sec(60);
    acct_purged_t purged;
    apr_int64_t anna;
    apr_time_t now;
    acct_db_t *db;

    if (!f->schema) {
        skip();         /* one machine has one clock */
    }
    db = open_store(f);
    anna = add_person(f, db, "anna", NULL);
    now = time_of(f, db);
    add_numbered(f, db, anna, 10, 1, now + minute, NULL);
    add_numbered(f, db, anna, 11, 1, now - ACCT_PURGE_EXPIRED_KEPT + minute,
                 NULL);
    add_numbered(f, db, anna, 12, 1, now - ACCT_PURGE_EXPIRED_KEPT - 1,
                 NULL);
    fixture_exec(f, db, apr_psprintf(f->pool,
        "INSERT INTO revocation (account_id, revoked_at) "
        "VALUES (1, %" APR_TIME_T_FMT "), (2, %" APR_TIME_T_FMT "), "
        "(3, %" APR_TIME_T_FMT ")", now - ACCT_PURGE_REVOCATIONS_KEPT - 1,
        now - ACCT_PURGE_REVOCATIONS_KEPT + minute, now));
    assert_int_equal(acct_purge(db, now + 2 * DAY, &purged, f->pool), 0);
    assert_int_equal(purged.tokens, 1);
    assert_int_equal(purged.revocations, 1);
    assert_string_equal(ids_left(f, db), "10 11");
    assert_string_equal(fixture_cell(f, db, "SELECT string_agg(account_id "
                                     "|| '', ' ' ORDER BY id) "
                                     "FROM revocation"), "2 3");
    acct_db_close(db);
}

static void a_clock_that_is_behind_makes_a_purge_late(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t anna = add_person(f, db, "anna", NULL);
    apr_time_t now = time_of(f, db);
    acct_purged_t purged;

    add_numbered(f, db, anna, 10, 1, now - DAY, NULL);
    add_numbered(f, db, anna, 11, 1, now - 3 * DAY, NULL);
    assert_int_equal(acct_purge(db, now - 2 * DAY, &purged, f->pool), 0);
    assert_int_equal(purged.tokens, 1);
    assert_string_equal(ids_left(f, db), "10");
    acct_db_close(db);
}

static void a_purge_takes_a_batch_of_what_is_long_over(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t anna = add_person(f, db, "anna", NULL);
    apr_time_t now = ACCT_PURGE_REVOCATIONS_KEPT + 1000;
    apr_time_t expired = now - ACCT_PURGE_EXPIRED_KEPT;
    acct_purged_t purged;
    int i;

    add_numbered(f, db, anna, 10, 1, 0, NULL);
    add_numbered(f, db, anna, 11, 1, expired, NULL);
    add_numbered(f, db, anna, 12, 1, expired - 1, NULL);
    assert_int_equal(acct_purge(db, now, &purged, f->pool), 0);
    assert_int_equal(purged.tokens, 1);
    assert_int_equal(purged.more, 0);
    assert_string_equal(ids_left(f, db), "10 11");
    for (i = 0; i < ACCT_PURGE_BATCH + 2; i++) {
        add_revocation(f, db, anna);
    }
    fixture_exec(f, db, "UPDATE revocation SET revoked_at = 999");
    assert_int_equal(acct_purge(db, now, &purged, f->pool), 0);
    assert_int_equal(purged.revocations, ACCT_PURGE_BATCH);
    assert_int_equal(purged.more, 1);
    assert_int_equal(acct_purge(db, now, &purged, f->pool), 0);
    assert_int_equal(purged.revocations, 1);
    assert_int_equal(purged.more, 0);
    assert_string_equal(fixture_cell(f, db, "SELECT id FROM revocation"),
                        apr_itoa(f->pool, ACCT_PURGE_BATCH + 2));
    acct_db_close(db);
}

static void revocations_are_numbered_and_outlive_the_account(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t id = add_person(f, db, "anna", NULL);

    add_revocation(f, db, id);
    assert_int_equal(acct_store_account_delete(db, id, f->pool), 0);
    add_revocation(f, db, id);
    assert_string_equal(
        fixture_cell(f, db, f->schema
                     ? "SELECT string_agg(id || ':' || account_id, ',' "
                       "ORDER BY id) FROM revocation"
                     : "SELECT group_concat(id || ':' || account_id) "
                       "FROM revocation"),
        "1:1,2:1");
    acct_db_close(db);
}

/* By how much the clock of this program is ahead. */
static apr_interval_time_t clock_ahead;

/* In place of apr's, for the code under test too. */
apr_time_t apr_time_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return apr_time_from_sec(now.tv_sec) + now.tv_nsec / 1000 + clock_ahead;
}

static void a_revocation_is_as_old_as_the_database_says(void **state)
{
    static const int days[] = { 0, -2, 2 };
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    acct_purged_t purged;

    for (size_t i = 0; i < sizeof(days) / sizeof(*days); i++) {
        apr_time_t before;
        apr_time_t at;

        clock_ahead = days[i] * DAY;
        before = time_of(f, db);
        add_revocation(f, db, 1);
        at = apr_atoi64(fixture_cell(f, db, "SELECT revoked_at FROM "
                                     "revocation ORDER BY id DESC"));
        assert_true(at >= before && at <= time_of(f, db));
        clock_ahead = 0;
        if (f->schema) {
            assert_int_equal(acct_purge(db, apr_time_now(), &purged,
                                        f->pool), 0);
            assert_int_equal(purged.revocations, 0);
        }
    }
    acct_db_close(db);
}

/* What a reading tells: "missed", or the accounts. */
static const char *told(fixture_t *f, acct_db_t *db, acct_mark_t *mark,
                        int limit)
{
    apr_array_header_t *list;
    const char *text = "";
    int missed;

    assert_int_equal(acct_store_revocation_read(db, mark, limit, &list,
                                                &missed, f->pool), 0);
    if (missed) {
        assert_int_equal(list->nelts, 0);
        return "missed";
    }
    for (int i = 0; i < list->nelts; i++) {
        text = apr_psprintf(f->pool, "%s %d", text, (int)APR_ARRAY_IDX(
            list, i, acct_revocation_t).account_id);
    }
    return text;
}

static void revocations_are_read_once(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    acct_mark_t mark;

    add_revocation(f, db, 1);
    acct_mark_at(&mark, -1, 0);
    assert_string_equal(told(f, db, &mark, 10), "missed");
    assert_string_equal(told(f, db, &mark, 10), "");
    add_revocation(f, db, 7);
    add_revocation(f, db, 8);
    assert_string_equal(told(f, db, &mark, 10), " 7 8");
    assert_string_equal(told(f, db, &mark, 10), "");
    add_revocation(f, db, 7);
    assert_string_equal(told(f, db, &mark, 10), " 7");
    acct_db_close(db);
}

static void another_reads_on_from_two_numbers(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    acct_mark_t mark;
    acct_mark_t other;

    acct_mark_at(&mark, -1, 0);
    assert_string_equal(told(f, db, &mark, 10), "missed");
    acct_mark_at(&other, mark.number, mark.origin);
    add_revocation(f, db, 7);
    assert_string_equal(told(f, db, &other, 10), " 7");
    assert_string_equal(told(f, db, &mark, 10), " 7");
    acct_db_close(db);
}

static void too_many_revocations_are_told_as_missed(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    acct_mark_t mark;

    acct_mark_at(&mark, -1, 0);
    assert_string_equal(told(f, db, &mark, 4), "missed");
    for (int i = 1; i <= 5; i++) {
        add_revocation(f, db, i);
    }
    assert_string_equal(told(f, db, &mark, 4), "missed");
    assert_string_equal(told(f, db, &mark, 4), "");
    add_revocation(f, db, 7);
    assert_string_equal(told(f, db, &mark, 4), " 7");
    acct_db_close(db);
}

/* A file whose past is another: restored in place, or emptied. */
static void numbers_that_went_back_are_told_as_missed(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    acct_mark_t mark;

    acct_mark_at(&mark, -1, 0);
    add_revocation(f, db, 1);
    add_revocation(f, db, 2);
    assert_string_equal(told(f, db, &mark, 10), "missed");
    if (f->schema) {
        acct_mark_at(&mark, mark.number + 1000000, mark.origin);
    }
    else {
        change_schema(f, "DELETE FROM revocation WHERE id > 1");
    }
    assert_string_equal(told(f, db, &mark, 10), "missed");
    assert_string_equal(told(f, db, &mark, 10), "");
    add_revocation(f, db, 7);
    assert_string_equal(told(f, db, &mark, 10), " 7");
    acct_db_close(db);
}

static void another_origin_is_told_as_missed(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db;
    acct_mark_t mark;

    if (!f->schema) {
        skip();
    }
    db = open_store(f);
    acct_mark_at(&mark, -1, 0);
    assert_string_equal(told(f, db, &mark, 10), "missed");
    mark.origin--;
    assert_string_equal(told(f, db, &mark, 10), "missed");
    assert_string_equal(told(f, db, &mark, 10), "");
    acct_db_close(db);
}

/* A statement with something in place of its arguments. */
static const char *explained(fixture_t *f, const acct_statement_t *s)
{
    const char *explain = f->schema ? "EXPLAIN " : "EXPLAIN QUERY PLAN ";
    char *plain = apr_pstrcat(f->pool, explain, s->sql, NULL);

    for (char *p; (p = strstr(plain, "%lld")) != NULL; ) {
        memcpy(p, f->schema ? " 7  " : "?   ", 4);
    }
    for (char *p; (p = strstr(plain, "%s")) != NULL; ) {
        memcpy(p, f->schema ? "''" : "? ", 2);
    }
    return plain;
}

static int is_scan(fixture_t *f, const char *detail)
{
    return f->schema ? strstr(detail, "Seq Scan") != NULL
        : strncmp(detail, "SCAN ", 5) == 0
          && strcmp(detail, "SCAN CONSTANT ROW") != 0;
}

static void every_look_up_uses_an_index(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    int count, looked = 0;
    const acct_statement_t *s = acct_store_statements(f->config.driver,
                                                      &count);

    if (f->schema) {
        fixture_exec(f, db, "SET enable_seqscan = off");
    }
    for (int i = 0; i < count; i++) {
        acct_rows_t rows;

        if (s[i].driver && strcmp(s[i].driver, f->config.driver) != 0) {
            continue;
        }
        if (acct_db_query(db, explained(f, &s[i]), &rows, f->pool)
            != APR_SUCCESS) {
            fail_msg("%s: %s", s[i].label, acct_db_error(db));
        }
        for (int j = 0; j < rows.count; j++) {
            const char *detail = rows.cell[j][f->schema ? 0 : 3];

            looked++;
            if (is_scan(f, detail)) {
                fail_msg("%s: %s", s[i].label, detail);
            }
        }
    }
    assert_true(looked > 15);
    acct_db_close(db);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, store_setup, fixture_teardown)
#define TEST_EMPTY(name) \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_EMPTY(an_empty_file_has_no_schema),
        TEST_EMPTY(a_database_of_something_else_has_no_schema),
        TEST(the_schema_as_it_is_made_is_current),
        TEST(another_version_is_older_or_newer),
        TEST(a_version_that_makes_no_sense_is_damage),
        TEST(a_missing_table_is_damage),
        TEST(a_missing_unique_index_is_damage),
        TEST(an_index_that_is_no_longer_unique_is_damage),
        TEST(a_schema_is_not_made_twice),
        TEST_EMPTY(a_schema_that_fails_half_way_leaves_nothing),
        TEST_EMPTY(statements_end_at_a_line_that_ends_in_a_semicolon),
        TEST(the_tables_refuse_what_makes_no_sense),
        TEST(meta_is_written_and_read),
        TEST(an_account_comes_back_as_it_went_in),
        TEST(an_account_may_have_a_name_or_an_address_alone),
        TEST(an_account_nobody_has_is_not_found),
        TEST(a_name_or_address_of_another_is_taken),
        TEST(a_name_that_is_anothers_address_is_taken),
        TEST(of_two_accounts_racing_for_one_name_one_gets_it),
        TEST(taken_says_which_of_the_two),
        TEST(accounts_are_listed_by_id_in_portions),
        TEST(an_account_is_blocked_and_unblocked),
        TEST(a_password_is_replaced_only_if_it_is_the_expected_one),
        TEST(the_last_login_is_noted),
        TEST(deleting_an_account_deletes_its_tokens_alone),
        TEST(an_id_is_never_used_again_after_delete),
        TEST(a_row_that_makes_no_sense_is_an_error),
        TEST(a_token_is_found_with_its_account),
        TEST(a_token_nobody_has_is_not_found),
        TEST(a_token_whose_account_is_gone_is_not_found),
        TEST(a_token_of_nobody_is_an_error),
        TEST(a_digest_and_an_id_are_there_once),
        TEST(an_account_has_at_most_one_reusable_token),
        TEST(tokens_are_listed_newest_first),
        TEST(tokens_are_deleted_by_id_by_kind_and_all),
        TEST(the_oldest_live_tokens_make_room),
        TEST(a_purge_takes_a_batch_of_what_is_long_over),
        TEST(a_clock_that_is_ahead_does_not_make_a_purge_early),
        TEST(a_clock_that_is_behind_makes_a_purge_late),
        TEST(revocations_are_numbered_and_outlive_the_account),
        TEST(a_revocation_is_as_old_as_the_database_says),
        TEST(revocations_are_read_once),
        TEST(another_reads_on_from_two_numbers),
        TEST(too_many_revocations_are_told_as_missed),
        TEST(numbers_that_went_back_are_told_as_missed),
        TEST(another_origin_is_told_as_missed),
        TEST(every_look_up_uses_an_index)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
