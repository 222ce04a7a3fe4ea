/* SPDX-License-Identifier: Apache-2.0 */
/* A file that is locked, full or read-only, and what else goes wrong. */
#include "note_fixture.h"

#include <apr_thread_proc.h>
#include <apr_time.h>

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
    /* a connection that only reads does not wait, nor does an opening */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_locked_database_fails_in_bounded_time_and_works_afterwards),
        TEST(a_full_database_is_an_error_and_recovers),
        TEST(a_read_only_file_is_an_error),
        TEST(an_error_of_many_lines_is_cut_after_the_first),
        TEST(a_connection_may_be_closed_in_another_thread)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
