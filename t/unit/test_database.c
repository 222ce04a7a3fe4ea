/* SPDX-License-Identifier: Apache-2.0 */
#include "db_fixture.h"

#include <apr_thread_proc.h>
#include <apr_time.h>

enum { ADD, GET, ALL, CHANGE, NSTATEMENTS };

static const acct_statement_t statements[NSTATEMENTS] = {
    [ADD] = { "add", "INSERT INTO note (text, number) VALUES (%s, %lld) "
                     "ON CONFLICT DO NOTHING", NULL },
    [GET] = { "get", "SELECT text, number FROM note WHERE text = %s",
              NULL },
    [ALL] = { "all", "SELECT text, number FROM note ORDER BY id",
              NULL },
    [CHANGE] = { "change", "UPDATE note SET number = %lld "
                           "WHERE text = %s", NULL }
};

#define TABLE \
    "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT UNIQUE, " \
    "number INTEGER CHECK (number <> 13))"

/* A second connection without statements, which makes the table. */
static acct_db_t *open_other(fixture_t *f)
{
    acct_db_t *other = fixture_open(f, NULL, 0);

    fixture_exec(f, other, TABLE);
    return other;
}

static apr_status_t add(fixture_t *f, acct_db_t *db, const char *text,
                        apr_int64_t number, int *changed)
{
    const acct_arg_t args[] = { ACCT_TEXT(text), ACCT_INT(number) };

    return acct_db_run(db, ADD, args, 2, changed, f->pool);
}

static apr_status_t get(fixture_t *f, acct_db_t *db, const char *text,
                        acct_rows_t *rows)
{
    const acct_arg_t args[] = { ACCT_TEXT(text) };

    return acct_db_select(db, GET, args, 1, rows, f->pool);
}

static void assert_adds(fixture_t *f, acct_db_t *db, const char *text)
{
    int changed = -1;

    if (add(f, db, text, 1, &changed) != APR_SUCCESS) {
        fail_msg("adding %s: %s", text, acct_db_error(db));
    }
    assert_int_equal(changed, 1);
}

static const char *open_error(fixture_t *f, const char *path)
{
    acct_db_config_t config = f->config;
    const char *error = NULL;
    acct_db_t *db = (acct_db_t *)&config;

    config.params = path;
    assert_int_not_equal(acct_db_open(&db, &config, NULL, 0, f->pool,
                                      &error), APR_SUCCESS);
    assert_null(db);
    assert_non_null(error);
    return error;
}

/* opening */

static void a_missing_file_is_an_error_and_is_not_created(void **state)
{
    fixture_t *f = *state;
    struct stat info;

    assert_int_equal(unlink(f->path), 0);
    assert_non_null(strstr(open_error(f, f->path), "No such file"));
    assert_int_equal(stat(f->path, &info), -1);
}

static void a_folder_is_not_a_database(void **state)
{
    fixture_t *f = *state;

    assert_string_equal(open_error(f, f->dir), "not a plain file");
}

static void a_file_that_is_not_a_database_is_an_error(void **state)
{
    fixture_t *f = *state;

    fixture_write(f->path, "Dear diary, this is not a database, but it "
                  "is longer than the header of one would have to be. "
                  "Truly, it is quite long.");
    assert_string_equal(open_error(f, f->path), "file is not a database");
}

static void a_name_that_sqlite_finds_special_is_a_file_name(void **state)
{
    fixture_t *f = *state;

    open_error(f, ":memory:");
    open_error(f, "file::memory:");
    open_error(f, "");
}

static void a_path_with_every_special_character_opens(void **state)
{
    fixture_t *f = *state;
    const char *path = apr_pstrcat(f->pool, f->dir, "/a?b#c%20d &=é.db",
                                   NULL);
    acct_db_t *db;

    fixture_write(path, "");
    f->config.params = path;
    db = fixture_open(f, NULL, 0);
    fixture_exec(f, db, TABLE);
    assert_string_equal(fixture_cell(f, db, "SELECT file FROM "
                                     "pragma_database_list()"), path);
    acct_db_close(db);
}

static void a_relative_path_is_taken_from_the_working_folder(void **state)
{
    fixture_t *f = *state;
    char before[4096];
    acct_db_t *db;

    assert_non_null(getcwd(before, sizeof(before)));
    assert_int_equal(chdir(f->dir), 0);
    f->config.params = "accounts.db";
    db = fixture_open(f, NULL, 0);
    assert_int_equal(chdir(before), 0);
    acct_db_close(db);
}

static void an_unknown_driver_is_an_error(void **state)
{
    fixture_t *f = *state;
    const char *error = NULL;
    acct_db_t *db;

    assert_int_not_equal(acct_db_init(f->pool, "oracle", &error),
                         APR_SUCCESS);
    assert_non_null(strstr(error, "oracle"));
    assert_int_not_equal(acct_db_init(f->pool, NULL, &error), APR_SUCCESS);
    f->config.driver = "oracle";
    assert_int_not_equal(acct_db_open(&db, &f->config, NULL, 0, f->pool,
                                      &error), APR_SUCCESS);
}

static void the_driver_says_its_name(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = fixture_open(f, NULL, 0);

    assert_string_equal(acct_db_driver(db), "sqlite3");
    acct_db_close(db);
}

static void a_connection_is_wal_full_and_minds_foreign_keys(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = fixture_open(f, NULL, 0);

    assert_string_equal(fixture_cell(f, db, "PRAGMA journal_mode"), "wal");
    assert_string_equal(fixture_cell(f, db, "PRAGMA synchronous"), "2");
    assert_string_equal(fixture_cell(f, db, "PRAGMA foreign_keys"), "1");
    assert_string_equal(fixture_cell(f, db, "PRAGMA busy_timeout"), "0");
    acct_db_close(db);
}

static void synchronous_can_be_normal_and_nothing_else(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db;

    f->config.synchronous = "normal";
    db = fixture_open(f, NULL, 0);
    assert_string_equal(fixture_cell(f, db, "PRAGMA synchronous"), "1");
    acct_db_close(db);
    f->config.synchronous = "OFF";
    assert_non_null(strstr(open_error(f, f->path), "synchronous"));
}

static void a_copy_that_lost_wal_gets_it_back(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_other(f);

    fixture_exec(f, db, "PRAGMA synchronous = FULL");
    assert_string_equal(fixture_cell(f, db, "PRAGMA journal_mode = DELETE"),
                        "delete");
    acct_db_close(db);
    db = fixture_open(f, statements, NSTATEMENTS);
    assert_string_equal(fixture_cell(f, db, "PRAGMA journal_mode"), "wal");
    assert_adds(f, db, "a");
    acct_db_close(db);
}

static void a_statement_that_cannot_be_prepared_is_named(void **state)
{
    fixture_t *f = *state;
    const char *error = NULL;
    acct_db_t *db;

    assert_int_not_equal(acct_db_open(&db, &f->config, statements,
                                      NSTATEMENTS, f->pool, &error),
                         APR_SUCCESS);
    assert_string_equal(error, "statement add: no such table: note");
}

static void closing_nothing_is_fine(void **state)
{
    (void)state;
    acct_db_close(NULL);
}

/* running */

static void values_come_back_as_they_went_in(void **state)
{
    fixture_t *f = *state;
    acct_db_t *other = open_other(f);
    acct_db_t *db = fixture_open(f, statements, NSTATEMENTS);
    static const struct { const char *text; apr_int64_t number; } in[] = {
        { "plain", 0 },
        { "", -1 },
        { "it's \"quoted\"; DROP TABLE note; --", APR_INT64_MAX },
        { "100 %s %lld %", APR_INT64_MIN },
        { "Grüße, 世界 \xf0\x9f\x8c\x8d", 1700000000123456 },
        { NULL, 7 }
    };
    const int count = (int)(sizeof(in) / sizeof(*in));
    acct_rows_t rows;

    for (int i = 0; i < count; i++) {
        assert_int_equal(add(f, db, in[i].text, in[i].number, NULL),
                         APR_SUCCESS);
    }
    assert_int_equal(acct_db_select(db, ALL, NULL, 0, &rows, f->pool),
                     APR_SUCCESS);
    acct_db_close(db);
    acct_db_close(other);

    /* the rows outlive the connection */
    assert_int_equal(rows.count, count);
    assert_int_equal(rows.columns, 2);
    for (int i = 0; i < count; i++) {
        if (in[i].text) {
            assert_string_equal(rows.cell[i][0], in[i].text);
        }
        else {
            assert_null(rows.cell[i][0]);
        }
        assert_int_equal(apr_atoi64(rows.cell[i][1]), in[i].number);
    }
}

static void a_number_is_bound_as_a_number(void **state)
{
    static const acct_statement_t type[] = {
        { "type", "SELECT typeof(%lld), typeof(%s), typeof(%s)", NULL }
    };
    fixture_t *f = *state;
    acct_db_t *db = fixture_open(f, type, 1);
    const acct_arg_t args[] = { ACCT_INT(1), ACCT_TEXT("1"),
                                ACCT_TEXT(NULL) };
    acct_rows_t rows;

    assert_int_equal(acct_db_select(db, 0, args, 3, &rows, f->pool),
                     APR_SUCCESS);
    assert_string_equal(rows.cell[0][0], "integer");
    assert_string_equal(rows.cell[0][1], "text");
    assert_string_equal(rows.cell[0][2], "null");
    acct_db_close(db);
}

static void a_select_that_matches_nothing_has_no_rows(void **state)
{
    fixture_t *f = *state;
    acct_db_t *other = open_other(f);
    acct_db_t *db = fixture_open(f, statements, NSTATEMENTS);
    acct_rows_t rows;

    assert_int_equal(get(f, db, "nobody", &rows), APR_SUCCESS);
    assert_int_equal(rows.count, 0);
    acct_db_close(db);
    acct_db_close(other);
}

static void changed_counts_the_rows_of_this_statement(void **state)
{
    fixture_t *f = *state;
    acct_db_t *other = open_other(f);
    acct_db_t *db = fixture_open(f, statements, NSTATEMENTS);
    acct_arg_t args[] = { ACCT_INT(5), ACCT_TEXT("a") };
    int changed = -1;

    assert_adds(f, db, "a");
    assert_int_equal(add(f, db, "a", 2, &changed), APR_SUCCESS);
    assert_int_equal(changed, 0);       /* a conflict, not the 1 before */
    assert_int_equal(acct_db_run(db, CHANGE, args, 2, &changed, f->pool),
                     APR_SUCCESS);
    assert_int_equal(changed, 1);
    args[1].text = "nobody";
    assert_int_equal(acct_db_run(db, CHANGE, args, 2, &changed, f->pool),
                     APR_SUCCESS);
    assert_int_equal(changed, 0);
    acct_db_close(db);
    acct_db_close(other);
}

static void a_wrong_number_of_arguments_is_refused(void **state)
{
    fixture_t *f = *state;
    acct_db_t *other = open_other(f);
    acct_db_t *db = fixture_open(f, statements, NSTATEMENTS);
    const acct_arg_t args[] = { ACCT_TEXT("a"), ACCT_INT(1), ACCT_INT(2) };

    assert_int_equal(acct_db_run(db, ADD, args, 1, NULL, f->pool),
                     APR_EINVAL);
    assert_int_equal(acct_db_run(db, ADD, args, 3, NULL, f->pool),
                     APR_EINVAL);
    assert_int_equal(acct_db_run(db, NSTATEMENTS, args, 2, NULL, f->pool),
                     APR_EINVAL);
    assert_int_equal(acct_db_run(db, -1, args, 2, NULL, f->pool),
                     APR_EINVAL);
    assert_adds(f, db, "a");
    acct_db_close(db);
    acct_db_close(other);
}

static void a_wrong_text_fails_and_the_connection_goes_on(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = fixture_open(f, NULL, 0);
    acct_rows_t rows;

    assert_int_not_equal(acct_db_exec(db, "NONSENSE", f->pool),
                         APR_SUCCESS);
    assert_non_null(strstr(acct_db_error(db), "syntax error"));
    assert_int_not_equal(acct_db_query(db, "SELECT 1 FROM nowhere", &rows,
                                       f->pool), APR_SUCCESS);
    assert_string_equal(acct_db_error(db), "no such table: nowhere");
    assert_int_equal(rows.count, 0);
    assert_string_equal(fixture_cell(f, db, "SELECT 1"), "1");
    assert_string_equal(acct_db_error(db), "");
    assert_false(acct_db_is_broken(db));
    acct_db_close(db);
}

/* healing */

static void
a_statement_killed_by_anothers_create_index_is_prepared_again(void **state)
{
    fixture_t *f = *state;
    acct_db_t *other = open_other(f);
    acct_db_t *db = fixture_open(f, statements, NSTATEMENTS);
    acct_rows_t rows;

    assert_adds(f, db, "a");
    fixture_exec(f, other, "CREATE INDEX note_number ON note (number)");
    assert_adds(f, db, "b");
    assert_adds(f, db, "c");
    /* one that had not run when the first was healed */
    assert_int_equal(get(f, db, "b", &rows), APR_SUCCESS);
    assert_int_equal(rows.count, 1);
    assert_string_equal(acct_db_error(db), "");
    assert_false(acct_db_is_broken(db));
    acct_db_close(db);
    acct_db_close(other);
}

static void analyze_and_vacuum_are_survived_too(void **state)
{
    fixture_t *f = *state;
    acct_db_t *other = open_other(f);
    acct_db_t *db = fixture_open(f, statements, NSTATEMENTS);
    acct_rows_t rows;

    assert_adds(f, db, "a");
    fixture_exec(f, other, "ANALYZE");
    assert_adds(f, db, "b");
    assert_int_equal(get(f, db, "b", &rows), APR_SUCCESS);
    fixture_exec(f, other, "VACUUM");
    assert_int_equal(get(f, db, "a", &rows), APR_SUCCESS);
    assert_int_equal(rows.count, 1);
    assert_adds(f, db, "c");
    assert_false(acct_db_is_broken(db));
    acct_db_close(db);
    acct_db_close(other);
}

static void a_killed_statement_is_healed_inside_a_transaction_too(
    void **state)
{
    fixture_t *f = *state;
    acct_db_t *other = open_other(f);
    acct_db_t *db = fixture_open(f, statements, NSTATEMENTS);
    acct_rows_t rows;

    assert_adds(f, db, "a");
    assert_int_equal(get(f, db, "a", &rows), APR_SUCCESS);
    fixture_exec(f, other, "CREATE INDEX note_number ON note (number)");
    assert_int_equal(acct_db_begin(db, f->pool), APR_SUCCESS);
    assert_adds(f, db, "b");
    assert_int_equal(get(f, db, "b", &rows), APR_SUCCESS);
    assert_int_equal(rows.count, 1);
    assert_adds(f, db, "c");
    assert_int_equal(acct_db_commit(db, f->pool), APR_SUCCESS);
    assert_string_equal(fixture_cell(f, other,
                                     "SELECT count(*) FROM note"), "3");
    assert_false(acct_db_is_broken(db));
    acct_db_close(db);
    acct_db_close(other);
}

/* This pragma makes every statement of its connection expire, without any
 * text of an error. */
static void a_statement_that_expired_is_healed_inside_a_transaction_too(
    void **state)
{
    fixture_t *f = *state;
    acct_db_t *other = open_other(f);
    acct_db_t *db = fixture_open(f, statements, NSTATEMENTS);

    assert_adds(f, db, "a");
    fixture_exec(f, db, "PRAGMA foreign_keys = OFF");
    assert_int_equal(acct_db_begin(db, f->pool), APR_SUCCESS);
    assert_adds(f, db, "b");
    assert_int_equal(acct_db_commit(db, f->pool), APR_SUCCESS);
    assert_false(acct_db_is_broken(db));
    acct_db_close(db);
    acct_db_close(other);
}

static void a_connection_that_was_healed_often_is_given_up(void **state)
{
    fixture_t *f = *state;
    acct_db_t *other = open_other(f);
    acct_db_t *db = fixture_open(f, statements, NSTATEMENTS);
    int times = 0;

    while (!acct_db_is_broken(db) && times < 40) {
        fixture_exec(f, other, "CREATE INDEX note_number ON note (number)");
        fixture_exec(f, other, "DROP INDEX note_number");
        assert_adds(f, db, apr_itoa(f->pool, ++times));
    }
    assert_int_equal(times, 16);
    acct_db_close(db);
    acct_db_close(other);
}

static void a_statement_that_cannot_be_healed_breaks_the_connection(
    void **state)
{
    fixture_t *f = *state;
    acct_db_t *other = open_other(f);
    acct_db_t *db = fixture_open(f, statements, NSTATEMENTS);
    acct_rows_t rows;

    assert_adds(f, db, "a");
    fixture_exec(f, other, "DROP TABLE note");
    assert_int_not_equal(get(f, db, "a", &rows), APR_SUCCESS);
    assert_string_equal(acct_db_error(db), "no such table: note");
    assert_int_equal(rows.count, 0);
    assert_true(acct_db_is_broken(db));
    acct_db_close(db);
    acct_db_close(other);
}

static void a_constraint_does_not_break_the_connection(void **state)
{
    fixture_t *f = *state;
    acct_db_t *other = open_other(f);
    acct_db_t *db = fixture_open(f, statements, NSTATEMENTS);
    int changed = -1;

    for (int i = 0; i < 20; i++) {
        assert_int_not_equal(add(f, db, "secret-value", 13, &changed),
                             APR_SUCCESS);
        assert_int_equal(changed, 0);
    }
    assert_non_null(strstr(acct_db_error(db), "constraint failed"));
    assert_null(strstr(acct_db_error(db), "secret-value"));
    assert_false(acct_db_is_broken(db));
    assert_adds(f, db, "a");
    acct_db_close(db);
    acct_db_close(other);
}

/* transactions */

static void what_was_committed_is_there_and_rolled_back_is_not(void **state)
{
    fixture_t *f = *state;
    acct_db_t *other = open_other(f);
    acct_db_t *db = fixture_open(f, statements, NSTATEMENTS);

    assert_int_equal(acct_db_begin(db, f->pool), APR_SUCCESS);
    assert_adds(f, db, "a");
    assert_string_equal(fixture_cell(f, other,
                                     "SELECT count(*) FROM note"), "0");
    assert_int_equal(acct_db_commit(db, f->pool), APR_SUCCESS);
    assert_int_equal(acct_db_begin(db, f->pool), APR_SUCCESS);
    assert_adds(f, db, "b");
    acct_db_rollback(db, f->pool);
    assert_string_equal(fixture_cell(f, other,
                                     "SELECT group_concat(text) FROM note"),
                        "a");
    assert_false(acct_db_is_broken(db));
    acct_db_close(db);
    acct_db_close(other);
}

static void a_transaction_left_open_counts_as_broken(void **state)
{
    fixture_t *f = *state;
    acct_db_t *other = open_other(f);
    acct_db_t *db = fixture_open(f, statements, NSTATEMENTS);

    assert_int_equal(acct_db_begin(db, f->pool), APR_SUCCESS);
    assert_true(acct_db_is_broken(db));
    assert_int_equal(acct_db_begin(db, f->pool), APR_EINVAL);
    assert_adds(f, db, "a");
    acct_db_close(db);
    assert_string_equal(fixture_cell(f, other,
                                     "SELECT count(*) FROM note"), "0");
    acct_db_close(other);
}

static void without_a_transaction_commit_fails_and_rollback_is_fine(
    void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = fixture_open(f, NULL, 0);

    assert_int_equal(acct_db_commit(db, f->pool), APR_EINVAL);
    acct_db_rollback(db, f->pool);
    assert_false(acct_db_is_broken(db));
    acct_db_close(db);
}

static void after_a_failure_nothing_of_the_transaction_is_kept(void **state)
{
    fixture_t *f = *state;
    acct_db_t *other = open_other(f);
    acct_db_t *db = fixture_open(f, statements, NSTATEMENTS);
    acct_rows_t rows;

    assert_int_equal(acct_db_begin(db, f->pool), APR_SUCCESS);
    assert_adds(f, db, "a");
    assert_int_not_equal(add(f, db, "b", 13, NULL), APR_SUCCESS);
    assert_int_not_equal(add(f, db, "c", 1, NULL), APR_SUCCESS);
    assert_int_not_equal(get(f, db, "a", &rows), APR_SUCCESS);
    assert_int_not_equal(acct_db_exec(db, "DELETE FROM note", f->pool),
                         APR_SUCCESS);
    assert_int_equal(acct_db_commit(db, f->pool), APR_EGENERAL);
    assert_non_null(strstr(acct_db_error(db), "constraint failed"));
    assert_string_equal(fixture_cell(f, other,
                                     "SELECT count(*) FROM note"), "0");
    assert_false(acct_db_is_broken(db));
    assert_adds(f, db, "d");
    acct_db_close(db);
    acct_db_close(other);
}

static void a_commit_that_may_have_happened_says_so(void **state)
{
    fixture_t *f = *state;
    acct_db_t *other = open_other(f);
    acct_db_t *db = fixture_open(f, statements, NSTATEMENTS);

    assert_int_equal(acct_db_begin(db, f->pool), APR_SUCCESS);
    assert_adds(f, db, "a");
    /* behind its back: neither COMMIT nor ROLLBACK finds a transaction */
    fixture_exec(f, db, "COMMIT");
    assert_int_equal(acct_db_commit(db, f->pool), ACCT_COMMIT_UNKNOWN);
    assert_true(acct_db_is_broken(db));
    assert_int_not_equal(add(f, db, "b", 1, NULL), APR_SUCCESS);
    acct_db_close(db);
    acct_db_close(other);
}

/* trouble */

static void a_locked_database_fails_in_bounded_time_and_works_afterwards(
    void **state)
{
    fixture_t *f = *state;
    acct_db_t *other = open_other(f);
    acct_db_t *db = fixture_open(f, statements, NSTATEMENTS);
    acct_rows_t rows;
    apr_time_t start;

    assert_adds(f, db, "a");
    fixture_exec(f, other, "BEGIN EXCLUSIVE");
    start = apr_time_now();
    assert_int_equal(acct_db_begin(db, f->pool), APR_EGENERAL);
    assert_string_equal(acct_db_error(db), "database is locked");
    assert_int_equal(add(f, db, "b", 1, NULL), APR_EGENERAL);
    assert_string_equal(acct_db_error(db), "database is locked");
    assert_true(apr_time_now() - start < apr_time_from_sec(5));
    /* who only reads does not wait, nor does who opens */
    start = apr_time_now();
    assert_int_equal(get(f, db, "a", &rows), APR_SUCCESS);
    acct_db_close(fixture_open(f, statements, NSTATEMENTS));
    assert_true(apr_time_now() - start < apr_time_from_msec(500));
    fixture_exec(f, other, "ROLLBACK");
    assert_false(acct_db_is_broken(db));
    assert_int_equal(acct_db_begin(db, f->pool), APR_SUCCESS);
    assert_adds(f, db, "b");
    assert_int_equal(acct_db_commit(db, f->pool), APR_SUCCESS);
    acct_db_close(db);
    acct_db_close(other);
}

static void a_full_database_is_an_error_and_recovers(void **state)
{
    fixture_t *f = *state;
    acct_db_t *other = open_other(f);
    acct_db_t *db = fixture_open(f, statements, NSTATEMENTS);
    char *big = apr_pcalloc(f->pool, 100001);
    acct_rows_t rows;
    int changed;

    memset(big, 'x', 100000);
    assert_adds(f, db, "a");
    fixture_cell(f, db, "PRAGMA max_page_count = 4");
    assert_int_equal(acct_db_begin(db, f->pool), APR_SUCCESS);
    assert_adds(f, db, "b");
    assert_int_equal(add(f, db, big, 1, &changed), APR_EGENERAL);
    assert_string_equal(acct_db_error(db), "database or disk is full");
    assert_int_equal(acct_db_commit(db, f->pool), APR_EGENERAL);
    assert_string_equal(acct_db_error(db), "database or disk is full");
    assert_string_equal(fixture_cell(f, other,
                                     "SELECT count(*) FROM note"), "1");
    if (acct_db_is_broken(db)) {
        acct_db_close(db);
        db = fixture_open(f, statements, NSTATEMENTS);
    }
    else {
        fixture_cell(f, db, "PRAGMA max_page_count = 100000");
    }
    assert_int_equal(add(f, db, big, 1, &changed), APR_SUCCESS);
    assert_int_equal(get(f, db, big, &rows), APR_SUCCESS);
    assert_int_equal(rows.count, 1);
    acct_db_close(db);
    acct_db_close(other);
}

/* Root may write to any file, so it steps down for a moment. */
static void a_read_only_file_is_an_error(void **state)
{
    fixture_t *f = *state;
    acct_db_t *other = open_other(f);
    acct_db_t *db = NULL;
    const char *error = NULL;
    char text[256] = "";
    apr_status_t rv;
    int root = geteuid() == 0;

    acct_db_close(other);
    assert_int_equal(chmod(f->dir, 0555), 0);
    assert_int_equal(chmod(f->path, 0444), 0);
    assert_int_equal(root ? seteuid(65534) : 0, 0);
    rv = acct_db_open(&db, &f->config, statements, NSTATEMENTS, f->pool,
                      &error);
    if (rv == APR_SUCCESS) {
        rv = add(f, db, "a", 1, NULL);
        apr_cpystrn(text, acct_db_error(db), sizeof(text));
        acct_db_close(db);
    }
    else {
        apr_cpystrn(text, error, sizeof(text));
    }
    assert_int_equal(root ? seteuid(0) : 0, 0);
    assert_int_equal(chmod(f->dir, 0755), 0);
    assert_int_not_equal(rv, APR_SUCCESS);
    if (!strstr(text, "readonly") && !strstr(text, "unable to open")) {
        fail_msg("the error is: %s", text);
    }
}

static void an_error_of_many_lines_is_cut_after_the_first(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = fixture_open(f, NULL, 0);

    assert_int_not_equal(acct_db_exec(db, "SELECT \"a\nb\" FROM nowhere",
                                      f->pool), APR_SUCCESS);
    assert_null(strchr(acct_db_error(db), '\n'));
    assert_int_not_equal(acct_db_exec(db, "SELECT 1 FROM \"a\nvalue\"",
                                      f->pool), APR_SUCCESS);
    assert_string_equal(acct_db_error(db), "no such table: a");
    acct_db_close(db);
}

static void *APR_THREAD_FUNC close_it(apr_thread_t *thread, void *db)
{
    acct_db_close(db);
    apr_thread_exit(thread, APR_SUCCESS);
    return NULL;
}

static void a_connection_may_be_closed_in_another_thread(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_other(f);
    apr_thread_t *thread;
    apr_status_t rv;

    assert_int_equal(apr_thread_create(&thread, NULL, close_it, db,
                                       f->pool), APR_SUCCESS);
    assert_int_equal(apr_thread_join(&rv, thread), APR_SUCCESS);
    assert_int_equal(rv, APR_SUCCESS);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_missing_file_is_an_error_and_is_not_created),
        TEST(a_folder_is_not_a_database),
        TEST(a_file_that_is_not_a_database_is_an_error),
        TEST(a_name_that_sqlite_finds_special_is_a_file_name),
        TEST(a_path_with_every_special_character_opens),
        TEST(a_relative_path_is_taken_from_the_working_folder),
        TEST(an_unknown_driver_is_an_error),
        TEST(the_driver_says_its_name),
        TEST(a_connection_is_wal_full_and_minds_foreign_keys),
        TEST(synchronous_can_be_normal_and_nothing_else),
        TEST(a_copy_that_lost_wal_gets_it_back),
        TEST(a_statement_that_cannot_be_prepared_is_named),
        TEST(closing_nothing_is_fine),
        TEST(values_come_back_as_they_went_in),
        TEST(a_number_is_bound_as_a_number),
        TEST(a_select_that_matches_nothing_has_no_rows),
        TEST(changed_counts_the_rows_of_this_statement),
        TEST(a_wrong_number_of_arguments_is_refused),
        TEST(a_wrong_text_fails_and_the_connection_goes_on),
        TEST(a_statement_killed_by_anothers_create_index_is_prepared_again),
        TEST(analyze_and_vacuum_are_survived_too),
        TEST(a_killed_statement_is_healed_inside_a_transaction_too),
        TEST(a_statement_that_expired_is_healed_inside_a_transaction_too),
        TEST(a_connection_that_was_healed_often_is_given_up),
        TEST(a_statement_that_cannot_be_healed_breaks_the_connection),
        TEST(a_constraint_does_not_break_the_connection),
        TEST(what_was_committed_is_there_and_rolled_back_is_not),
        TEST(a_transaction_left_open_counts_as_broken),
        TEST(without_a_transaction_commit_fails_and_rollback_is_fine),
        TEST(after_a_failure_nothing_of_the_transaction_is_kept),
        TEST(a_commit_that_may_have_happened_says_so),
        TEST(a_locked_database_fails_in_bounded_time_and_works_afterwards),
        TEST(a_full_database_is_an_error_and_recovers),
        TEST(a_read_only_file_is_an_error),
        TEST(an_error_of_many_lines_is_cut_after_the_first),
        TEST(a_connection_may_be_closed_in_another_thread)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
