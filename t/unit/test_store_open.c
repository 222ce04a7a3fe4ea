/* SPDX-License-Identifier: Apache-2.0 */
/* A store that cannot be opened says what is the matter, and what to type. */
#include "store_fixture.h"

#include <sys/wait.h>

#include "store/schema.h"

#define SOMEBODY 54321          /* a user that need not exist */

/* What opening says; the test fails where it is opened. */
static const char *refusal(fixture_t *f)
{
    const char *error = NULL;
    acct_db_t *db = NULL;
    apr_status_t status = acct_store_open(&db, &f->config, f->pool, &error);

    if (status == APR_SUCCESS) {
        fail_msg("it was opened");
    }
    assert_null(db);
    assert_non_null(error);
    return error;
}

static void assert_refusal(fixture_t *f, const char *format)
{
    const char *name = acct_db_describe(&f->config);

    assert_string_equal(refusal(f), apr_psprintf(f->pool, format, name, name,
                                                 name, name));
}

static void assert_opens(fixture_t *f)
{
    const char *error = NULL;
    acct_db_t *db;

    if (acct_store_open(&db, &f->config, f->pool, &error) != APR_SUCCESS) {
        fail_msg("%s", error);
    }
    acct_db_close(db);
}

static void on_files_alone(const fixture_t *f)
{
    if (f->schema) {
        skip_because("a server has no files of its clients'");
    }
}

/* ----------------------------------------------------------------- tables */

static void what_init_made_is_opened(void **state)
{
    assert_opens(*state);
}

static void a_file_without_tables_is_moved_away_and_made_anew(void **state)
{
    fixture_t *f = *state;

    on_files_alone(f);
    fixture_write(f->path, "");
    assert_refusal(f, "the database %s has no account tables; make one that "
                   "has with: mv %s %s.old && acctauth init -d sqlite3 -p %s "
                   "--key KEYFILE");
}

static void the_command_that_the_caller_knows_is_told(void **state)
{
    fixture_t *f = *state;

    on_files_alone(f);
    fixture_write(f->path, "");
    f->config.remake = "make it";
    assert_refusal(f, "the database %s has no account tables; make one that "
                   "has with: mv %s %s.old && make it");
}

static void a_server_without_tables_gets_them_where_it_is(void **state)
{
    fixture_t *f = *state;

    if (!f->schema) {
        skip_because("a file is moved away");
    }
    fixture_on_server(f, apr_psprintf(f->pool, "DROP SCHEMA %s CASCADE",
                                      f->schema));
    fixture_on_server(f, apr_psprintf(f->pool, "CREATE SCHEMA %s",
                                      f->schema));
    assert_non_null(strstr(refusal(f), " has no account tables; make one "
                           "that has with: acctauth init -d pgsql -p "
                           "CONNECTION --key KEYFILE"));
}

static void an_older_schema_is_upgraded_by_a_command(void **state)
{
    fixture_t *f = *state;
    const char *said;

    change_schema(f, "UPDATE meta SET value = '1' WHERE name = "
                  "'schema_version'");
    said = refusal(f);
    assert_non_null(strstr(said, " has schema version 1, this version needs "
                           APR_STRINGIFY(ACCT_SCHEMA_VERSION) "; bring it "
                           "there with: acctauth upgrade -d "));
}

static void a_newer_schema_wants_the_newer_module(void **state)
{
    fixture_t *f = *state;

    change_schema(f, "UPDATE meta SET value = '999' WHERE name = "
                  "'schema_version'");
    assert_non_null(strstr(refusal(f), " has schema version 999, made by a "
                           "newer mod_acctauth; this one knows "
                           APR_STRINGIFY(ACCT_SCHEMA_VERSION)
                           ": install the newer one"));
}

static void damage_is_told_by_what_is_missing(void **state)
{
    fixture_t *f = *state;

    change_schema(f, "DROP TABLE limited");
    assert_non_null(strstr(refusal(f), " is damaged: the table limited is "
                           "missing; restore it from a backup"));
}

static void a_table_with_other_columns_takes_no_statement(void **state)
{
    fixture_t *f = *state;

    change_schema(f, "ALTER TABLE limited RENAME COLUMN budget TO other");
    assert_non_null(strstr(refusal(f), " does not take a statement: "));
}

static void a_schema_that_is_known_is_not_looked_at_again(void **state)
{
    fixture_t *f = *state;

    f->config.schemas = apr_pcalloc(f->pool, sizeof(acct_schemas_t));
    assert_opens(f);
    assert_opens(f);
    change_schema(f, "UPDATE meta SET value = '999' WHERE name = "
                  "'schema_version'");
    assert_non_null(strstr(refusal(f), " has schema version 999"));
}

/* ------------------------------------------------- version, of one opened */

static void a_version_that_changes_is_seen_by_a_connection(void **state)
{
    fixture_t *f = *state;
    const char *error = NULL;
    acct_db_t *db = open_store(f);

    assert_int_equal(acct_store_check_version(db, &f->config, f->pool,
                                              &error), APR_SUCCESS);
    change_schema(f, "UPDATE meta SET value = '999' WHERE name = "
                  "'schema_version'");
    assert_int_equal(acct_store_check_version(db, &f->config, f->pool,
                                              &error), APR_EMISMATCH);
    assert_non_null(strstr(error, " has schema version 999"));
    change_schema(f, "DROP TABLE meta");
    assert_int_not_equal(acct_store_check_version(db, &f->config, f->pool,
                                                  &error), APR_SUCCESS);
    assert_non_null(strstr(error, " cannot be read: "));
    acct_db_close(db);
}

/* ------------------------------------------------------------------- file */

static void a_file_that_is_away_is_put_back_or_made(void **state)
{
    fixture_t *f = *state;

    on_files_alone(f);
    assert_int_equal(unlink(f->path), 0);
    assert_non_null(strstr(refusal(f), "; put it back, or make a new one "
                           "with: acctauth init -d sqlite3 -p "));
    assert_int_not_equal(access(f->path, F_OK), 0);
}

static void a_file_of_something_else_is_told_as_such(void **state)
{
    fixture_t *f = *state;
    char *text = apr_palloc(f->pool, 8193);

    on_files_alone(f);
    memset(text, 'x', 8192);
    text[8192] = '\0';
    fixture_write(f->path, text);
    assert_non_null(strstr(refusal(f), "; restore it from a backup, or name "
                           "the file that acctauth init made"));
}

/* By another user, root being let into everything; by its end. */
static void assert_somebody_is_told(fixture_t *f, const char *end)
{
    pid_t child = fork();
    int status;

    assert_true(child >= 0);
    if (child == 0) {
        const char *error = "";
        acct_db_t *db;

        if (geteuid() == 0 && (setgid(SOMEBODY) != 0
                               || setuid(SOMEBODY) != 0)) {
            _exit(2);
        }
        if (acct_store_open(&db, &f->config, f->pool, &error)
            == APR_SUCCESS) {
            _exit(3);
        }
        if (strstr(error, end) == NULL) {
            fprintf(stderr, "%s\n", error);
            _exit(1);
        }
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void a_file_that_is_closed_to_the_user_is_told_with_the_user(
    void **state)
{
    fixture_t *f = *state;

    on_files_alone(f);
    if (geteuid() != 0) {
        skip_because("only root can become another");
    }
    assert_int_equal(chmod(f->dir, 0755), 0);
    assert_int_equal(chmod(f->path, 0600), 0);
    assert_somebody_is_told(f, " cannot be opened: the user with the id "
                            "54321 may not read and write it");
    assert_int_equal(chmod(f->path, 0666), 0);
    assert_somebody_is_told(f, "the user with the id 54321 may not make "
                            "files in ");
}

static void a_folder_that_is_closed_to_the_user_is_told_with_a_remedy(
    void **state)
{
    fixture_t *f = *state;

    on_files_alone(f);
    if (geteuid() != 0) {
        skip_because("only root can become another");
    }
    assert_int_equal(chmod(f->dir, 0700), 0);
    assert_somebody_is_told(f, " cannot be opened: Permission denied; the "
                            "user that httpd's children run as must be able "
                            "to read and write it, and to make files beside "
                            "it");
}

static void a_server_that_is_away_is_told_in_its_librarys_words(void **state)
{
    fixture_t *f = *state;

    if (!f->schema) {
        skip_because("a file is not reached");
    }
    f->config.params = "host=/nowhere dbname=x";
    f->config.name = "x on /nowhere";
    assert_non_null(strstr(refusal(f), "the database x on /nowhere cannot "
                           "be reached: "));
}

/* ------------------------------------------------------------------ cause */

static void sqlites_words_are_kept_where_no_cause_is_found(void **state)
{
    fixture_t *f = *state;

    on_files_alone(f);
    assert_string_equal(acct_store_cause(&f->config, "disk I/O error",
                                         f->pool), "disk I/O error");
    assert_string_equal(acct_store_cause(&f->config, "database or disk is "
                                         "full", f->pool),
                        "no space left on the device");
    assert_string_equal(acct_store_cause(&f->config, "no such table: x",
                                         f->pool), "no such table: x");
    assert_int_equal(unlink(f->path), 0);
    assert_string_equal(acct_store_cause(&f->config, "disk I/O error",
                                         f->pool),
                        "No such file or directory");
}

/* ---------------------------------------------------------- configuration */

static void what_is_no_database_is_refused_before_anything_is_opened(
    void **state)
{
    fixture_t *f = *state;
    acct_db_config_t config = { .driver = "oracle", .params = "x" };
    const char *error = NULL;
    acct_db_t *db;

    assert_int_equal(acct_db_open(&db, &config, NULL, 0, f->pool, &error),
                     APR_EINVAL);
    assert_string_equal(error, "unknown database driver");
    assert_int_equal(acct_db_resolve(&config, f->pool, &error), APR_EINVAL);
    assert_string_equal(error, "unknown database driver");
    config.driver = "sqlite3";
    config.params = "";
    assert_int_equal(acct_db_open(&db, &config, NULL, 0, f->pool, &error),
                     APR_EINVAL);
    assert_string_equal(error, "nothing to connect to");
    config.params = NULL;
    assert_int_equal(acct_db_resolve(&config, f->pool, &error), APR_EINVAL);
    assert_string_equal(error, "nothing to connect to");
    assert_null(db);
}

static void a_driver_that_is_not_loaded_is_told(void **state)
{
    fixture_t *f = *state;
    acct_db_config_t config = { .driver = f->schema ? "sqlite3" : "pgsql",
                                .params = "/nowhere/x" };
    const char *error = NULL;
    acct_db_t *db;

    assert_int_not_equal(acct_db_open(&db, &config, NULL, 0, f->pool,
                                      &error), APR_SUCCESS);
    assert_null(db);
    assert_non_null(error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_init_made_is_opened),
        TEST(a_file_without_tables_is_moved_away_and_made_anew),
        TEST(the_command_that_the_caller_knows_is_told),
        TEST(a_server_without_tables_gets_them_where_it_is),
        TEST(an_older_schema_is_upgraded_by_a_command),
        TEST(a_newer_schema_wants_the_newer_module),
        TEST(damage_is_told_by_what_is_missing),
        TEST(a_table_with_other_columns_takes_no_statement),
        TEST(a_schema_that_is_known_is_not_looked_at_again),
        TEST(a_version_that_changes_is_seen_by_a_connection),
        TEST(a_file_that_is_away_is_put_back_or_made),
        TEST(a_file_of_something_else_is_told_as_such),
        TEST(a_file_that_is_closed_to_the_user_is_told_with_the_user),
        TEST(a_folder_that_is_closed_to_the_user_is_told_with_a_remedy),
        TEST(a_server_that_is_away_is_told_in_its_librarys_words),
        TEST(sqlites_words_are_kept_where_no_cause_is_found),
        TEST(what_is_no_database_is_refused_before_anything_is_opened),
        TEST(a_driver_that_is_not_loaded_is_told)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
