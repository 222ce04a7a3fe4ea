/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A database in a folder of its own, for the unit tests. Run from the top
 * of the source tree, or with ACCT_SOURCE_DIR naming it.
 *
 * With ACCT_DRIVER=pgsql it is a schema of its own in the database that the
 * connection string ACCT_PGSQL names.
 */
#ifndef ACCT_DB_FIXTURE_H
#define ACCT_DB_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cmocka_header.h"

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_general.h>
#include <apr_strings.h>

#include "database/database.h"

typedef struct fixture_t {
    apr_pool_t *pool;
    char dir[40];
    const char *path;           /* an empty file at first */
    const char *schema;         /* pgsql; NULL: the database is a file */
    acct_db_config_t config;
} fixture_t;

static inline int fixture_is_pgsql(void)
{
    const char *driver = getenv("ACCT_DRIVER");

    return driver && strcmp(driver, "pgsql") == 0;
}

static inline int fixture_group_setup(void **state)
{
    const char *error = NULL;
    apr_pool_t *pool;

    (void)state;
    apr_initialize();
    apr_pool_create(&pool, NULL);
    if (acct_db_init(pool, fixture_is_pgsql() ? "pgsql" : "sqlite3", &error)
        != APR_SUCCESS) {
        fprintf(stderr, "%s\n", error);
        return -1;
    }
    return 0;
}

static inline int fixture_group_teardown(void **state)
{
    (void)state;
    apr_terminate();
    return 0;
}

static inline void fixture_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* Run one statement on a connection to the server's own database. */
static inline void fixture_on_server(fixture_t *f, const char *sql)
{
    acct_db_config_t config = { .driver = "pgsql",
                                .params = getenv("ACCT_PGSQL") };
    const char *error = NULL;
    acct_db_t *db;

    if (acct_db_open(&db, &config, NULL, 0, f->pool, &error)
        != APR_SUCCESS) {
        fail_msg("cannot open: %s", error ? error : "(nothing said)");
    }
    if (acct_db_exec(db, sql, f->pool) != APR_SUCCESS) {
        fail_msg("%s: %s", sql, acct_db_error(db));
    }
    acct_db_close(db);
}

static inline int fixture_setup_schema(fixture_t *f)
{
    static int count;

    f->schema = apr_psprintf(f->pool, "unit_%ld_%d", (long)getpid(),
                             ++count);
    fixture_on_server(f, apr_pstrcat(f->pool, "CREATE SCHEMA ", f->schema,
                                     NULL));
    f->config.driver = "pgsql";
    f->config.params = apr_psprintf(f->pool,
                                    "%s options='-c search_path=%s'",
                                    getenv("ACCT_PGSQL"), f->schema);
    return 0;
}

static inline int fixture_setup(void **state)
{
    fixture_t *f = calloc(1, sizeof(*f));

    *state = f;
    apr_pool_create(&f->pool, NULL);
    if (fixture_is_pgsql()) {
        return fixture_setup_schema(f);
    }
    /* In memory, where there is such a folder: no test is about disks. */
    strcpy(f->dir, access("/dev/shm", W_OK | X_OK) == 0
           ? "/dev/shm/acct-unit-XXXXXX" : "/tmp/acct-unit-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->path = apr_pstrcat(f->pool, f->dir, "/accounts.db", NULL);
    fixture_write(f->path, "");
    f->config.driver = "sqlite3";
    f->config.params = f->path;
    return 0;
}

static inline int fixture_teardown(void **state)
{
    fixture_t *f = *state;
    apr_dir_t *dir;
    apr_finfo_t info;

    if (f->schema) {
        fixture_on_server(f, apr_pstrcat(f->pool, "DROP SCHEMA ", f->schema,
                                         " CASCADE", NULL));
    }
    else if (apr_dir_open(&dir, f->dir, f->pool) == APR_SUCCESS) {
        while (apr_dir_read(&info, APR_FINFO_NAME, dir) == APR_SUCCESS) {
            if (strcmp(info.name, ".") != 0 && strcmp(info.name, "..")) {
                apr_file_remove(apr_pstrcat(f->pool, f->dir, "/",
                                            info.name, NULL), f->pool);
            }
        }
        apr_dir_close(dir);
    }
    if (!f->schema) {
        rmdir(f->dir);
    }
    apr_pool_destroy(f->pool);
    free(f);
    return 0;
}

/* What the schema is made with. */
static inline const char *fixture_text(fixture_t *f, const char *name)
{
    const char *top = getenv("ACCT_SOURCE_DIR");
    const char *path = apr_pstrcat(f->pool, top ? top : ".", "/sql/", name,
                                   NULL);
    FILE *file = fopen(path, "r");
    char *text = apr_pcalloc(f->pool, 65536);

    if (!file || fread(text, 1, 65535, file) == 0) {
        fail_msg("cannot read %s", path);
    }
    fclose(file);
    return text;
}

static inline const char *fixture_schema_sql(fixture_t *f)
{
    return fixture_text(f, apr_pstrcat(f->pool, f->config.driver, ".sql",
                                       NULL));
}

/* Open the fixture's file or fail the test. */
static inline acct_db_t *fixture_open(fixture_t *f,
                                      const acct_statement_t *statements,
                                      int count)
{
    const char *error = NULL;
    acct_db_t *db = NULL;
    apr_status_t rv = acct_db_open(&db, &f->config, statements, count,
                                   f->pool, &error);

    if (rv != APR_SUCCESS) {
        fail_msg("cannot open: %s", error ? error : "(nothing said)");
    }
    assert_null(error);
    return db;
}

/* Run constant SQL or fail the test. */
static inline void fixture_exec(fixture_t *f, acct_db_t *db, const char *sql)
{
    if (acct_db_exec(db, sql, f->pool) != APR_SUCCESS) {
        fail_msg("%s: %s", sql, acct_db_error(db));
    }
}

/* The first cell of a query's first row. */
static inline const char *fixture_cell(fixture_t *f, acct_db_t *db,
                                       const char *sql)
{
    acct_rows_t rows;

    if (acct_db_query(db, sql, &rows, f->pool) != APR_SUCCESS) {
        fail_msg("%s: %s", sql, acct_db_error(db));
    }
    assert_true(rows.count > 0 && rows.columns > 0);
    return rows.cell[0][0];
}

#endif
