/* SPDX-License-Identifier: Apache-2.0 */
/* The tables: made, looked at, and used by way of their indices. */
#include "store_fixture.h"

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
    const char *what;

    if (f->schema) {
        return strstr(detail, "Seq Scan") != NULL;
    }
    if (strncmp(detail, "SCAN ", 5) != 0) {
        return 0;
    }
    what = detail + 5;
    if (strncmp(what, "TABLE ", 6) == 0) {
        what += 6;  /* so said by SQLite before 3.36 */
    }
    /* stretch: numbers that account_sample makes up; what older ones call a
     * subquery, and tell of what it reads besides */
    return strcmp(what, "CONSTANT ROW") != 0 && strcmp(what, "stretch") != 0
        && strncmp(what, "SUBQUERY ", 9) != 0;
}

/* Counts the mails that wait, and stops where they are too many. */
static int is_bounded(const acct_statement_t *statement)
{
    return strcmp(statement->label, "mail_insert") == 0;
}

static void every_look_up_uses_an_index(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    int count, looked = 0;
    const acct_statement_t *s = acct_store_statements(f->config.driver,
                                                      &count, f->pool);

    if (f->schema) {
        fixture_exec(f, db, "SET enable_seqscan = off");
    }
    for (int i = 0; i < count; i++) {
        acct_rows_t rows;

        if (acct_db_query(db, explained(f, &s[i]), &rows, f->pool)
            != APR_SUCCESS) {
            fail_msg("%s: %s", s[i].label, acct_db_error(db));
        }
        for (int j = 0; j < rows.count; j++) {
            const char *detail = rows.cell[j][f->schema ? 0 : 3];

            looked++;
            if (is_scan(f, detail) && !is_bounded(&s[i])) {
                fail_msg("%s: %s", s[i].label, detail);
            }
        }
    }
    assert_true(looked > 15);
    acct_db_close(db);
}

static apr_status_t ready(fixture_t *f, acct_db_t **db,
                          acct_db_config_t *config)
{
    const char *error = NULL;

    *db = NULL;
    return acct_store_open(db, config, f->pool, &error);
}

/* A schema that was found right is known, and no other by it. */
static void a_known_schema_is_told_from_a_damaged_one(void **state)
{
    fixture_t *f = *state;
    acct_schemas_t schemas;
    acct_db_config_t config = f->config;
    const char *value;
    acct_db_t *db;

    memset(&schemas, 0, sizeof(schemas));
    config.schemas = &schemas;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ready(f, &db, &config), APR_SUCCESS);
        assert_int_not_equal(schemas.schema[0], 0);
        assert_int_equal(schemas.schema[1], 0);
        assert_int_equal(acct_store_meta_get(db, "schema_version", &value,
                                             f->pool), APR_SUCCESS);
        acct_db_close(db);
    }
    change_schema(f, "DROP INDEX token_digest");
    assert_int_equal(ready(f, &db, &config), APR_EMISMATCH);
    change_schema(f, "CREATE UNIQUE INDEX token_digest ON token (digest)");
    change_schema(f, "UPDATE meta SET value = '99' "
                     "WHERE name = 'schema_version'");
    assert_int_equal(ready(f, &db, &config), APR_EMISMATCH);
}

/* What is the same but for what a statement needs is looked at anew. */
static void what_a_statement_needs_is_part_of_a_known_schema(void **state)
{
    static const struct {
        int is_servers;
        const char *damage, *repair;
    } t[] = {
        { 0, "ALTER TABLE limited RENAME COLUMN budget TO other",
          "ALTER TABLE limited RENAME COLUMN other TO budget" },
        { 1, "ALTER TABLE name_hold ALTER COLUMN account_id TYPE TEXT",
          "ALTER TABLE name_hold ALTER COLUMN account_id TYPE BIGINT "
          "USING 0" }
    };
    fixture_t *f = *state;
    acct_schemas_t schemas;
    acct_db_config_t config = f->config;
    acct_db_t *db;

    memset(&schemas, 0, sizeof(schemas));
    config.schemas = &schemas;
    assert_int_equal(ready(f, &db, &config), APR_SUCCESS);
    acct_db_close(db);
    for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
        if (t[i].is_servers && !f->schema) {
            continue;
        }
        change_schema(f, t[i].damage);
        assert_int_equal(ready(f, &db, &config), APR_EGENERAL);
        change_schema(f, t[i].repair);
        assert_int_equal(ready(f, &db, &config), APR_SUCCESS);
        acct_db_close(db);
    }
}

/* The version is looked at again before a statement is run that was not
 * prepared when the connection was opened. */
static void a_known_schema_that_changes_later_is_seen(void **state)
{
    fixture_t *f = *state;
    acct_schemas_t schemas;
    acct_db_config_t config = f->config;
    const char *value;
    acct_db_t *db;

    memset(&schemas, 0, sizeof(schemas));
    config.schemas = &schemas;
    assert_int_equal(ready(f, &db, &config), APR_SUCCESS);
    acct_db_close(db);
    assert_int_equal(ready(f, &db, &config), APR_SUCCESS);
    change_schema(f, "UPDATE meta SET value = '99' "
                     "WHERE name = 'schema_version'");
    assert_int_not_equal(acct_store_meta_get(db, "schema_version", &value,
                                             f->pool), APR_SUCCESS);
    assert_true(acct_db_is_broken(db));
    acct_db_close(db);
}

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
        TEST(a_known_schema_is_told_from_a_damaged_one),
        TEST(what_a_statement_needs_is_part_of_a_known_schema),
        TEST(a_known_schema_that_changes_later_is_seen),
        TEST_EMPTY(a_schema_that_fails_half_way_leaves_nothing),
        TEST_EMPTY(statements_end_at_a_line_that_ends_in_a_semicolon),
        TEST(the_tables_refuse_what_makes_no_sense),
        TEST(meta_is_written_and_read),
        TEST(every_look_up_uses_an_index)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
