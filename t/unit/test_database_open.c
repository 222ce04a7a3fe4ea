/* SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>

#include <apr_dbd.h>

#include "note_fixture.h"

/* The file that goes as sqlite is about to open it; NULL: none. */
static const char *going;

/* In the place of apr-util's, which it calls. */
apr_status_t apr_dbd_open_ex(const apr_dbd_driver_t *driver, apr_pool_t *pool,
                             const char *params, apr_dbd_t **handle,
                             const char **error)
{
    apr_status_t (*real)(const apr_dbd_driver_t *, apr_pool_t *, const char *,
                         apr_dbd_t **, const char **);

    *(void **)&real = dlsym(RTLD_NEXT, "apr_dbd_open_ex");
    assert_non_null(real);
    if (going != NULL) {
        assert_int_equal(unlink(going), 0);
        going = NULL;
    }
    return real(driver, pool, params, handle, error);
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

static void a_missing_file_is_an_error_and_is_not_created(void **state)
{
    fixture_t *f = *state;
    struct stat info;

    assert_int_equal(unlink(f->path), 0);
    assert_non_null(strstr(open_error(f, f->path), "No such file"));
    assert_int_equal(stat(f->path, &info), -1);
}

static void a_file_that_goes_at_that_moment_is_not_made_again(void **state)
{
    fixture_t *f = *state;
    struct stat info;

    going = f->path;
    open_error(f, f->path);
    assert_null(going);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_missing_file_is_an_error_and_is_not_created),
        TEST(a_file_that_goes_at_that_moment_is_not_made_again),
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
        TEST(closing_nothing_is_fine)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
