/* SPDX-License-Identifier: Apache-2.0 */
#include "database/driver.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_file_info.h>
#include <apr_strings.h>

/* How often apr_dbd's driver asks a file that is busy. */
#define TRIES 16

/* The file as a URI that does not let sqlite make a new one. */
static const char *file_uri(apr_pool_t *pool, const char *path)
{
    char *uri = apr_palloc(pool, strlen("file://?mode=rw")
                                 + 3 * strlen(path) + 1);
    char *to = apr_cpystrn(uri, "file://", sizeof("file://"));

    for (; *path; path++) {
        switch (*path) {
        case '%':
            to = apr_cpystrn(to, "%25", 4);
            break;
        case '?':
            to = apr_cpystrn(to, "%3f", 4);
            break;
        case '#':
            to = apr_cpystrn(to, "%23", 4);
            break;
        default:
            *to++ = *path;
        }
    }
    apr_cpystrn(to, "?mode=rw", sizeof("?mode=rw"));
    return uri;
}

/* The absolute path of a plain file that is there. Absolute, so that it
 * cannot be taken for a URI or for ":memory:". */
static apr_status_t plain_file(char **path, const char *name,
                               apr_pool_t *pool, const char **error)
{
    apr_finfo_t info;
    char text[120];
    apr_status_t rv;

    rv = apr_filepath_merge(path, NULL, name, APR_FILEPATH_NATIVE, pool);
    if (rv == APR_SUCCESS) {
        rv = apr_stat(&info, *path, APR_FINFO_TYPE, pool);
    }
    if (rv != APR_SUCCESS) {
        *error = apr_pstrdup(pool, apr_strerror(rv, text, sizeof(text)));
        return rv;
    }
    if (info.filetype != APR_REG) {
        *error = "not a plain file";
        return APR_EGENERAL;
    }
    return APR_SUCCESS;
}

/* A sqlite built without URI file names takes a URI for a path, here of a
 * folder that is not there, and fails; another opens a database in memory. To
 * open the path wherever the URI fails would make a new, empty file, readable
 * by others, where an operator moves the database away at that moment. */
static int knows_uris(const apr_dbd_driver_t *dbd, apr_pool_t *own)
{
    const char *error;
    apr_dbd_t *handle;

    if (apr_dbd_open_ex(dbd, own, "file:///acctauth?mode=memory", &handle,
                        &error) != APR_SUCCESS) {
        return 0;
    }
    apr_dbd_close(dbd, handle);
    return 1;
}

static apr_status_t sqlite_connect(const apr_dbd_driver_t *dbd,
                                   apr_pool_t *own,
                                   const acct_db_config_t *config,
                                   apr_dbd_t **handle, void **session,
                                   apr_pool_t *pool, const char **error)
{
    char *path;
    apr_status_t rv = plain_file(&path, config->params, pool, error);

    *handle = NULL;
    *session = NULL;
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = apr_dbd_open_ex(dbd, own, file_uri(pool, path), handle, error);
    if (rv != APR_SUCCESS && !knows_uris(dbd, own)) {
        /* The file was there a moment ago, so the path alone will hardly make
         * a new one (and that would have no schema). */
        rv = apr_dbd_open_ex(dbd, own, path, handle, error);
    }
    return rv;
}

/* What is open stays so when its file is given to another user, and goes on
 * beside others that cannot be opened: so its owner is a part of what it is. A
 * file system that is mounted read-only is not: what is open on it is read
 * from as before. */
static apr_status_t sqlite_identify(const char *params,
                                    acct_db_identity_t *identity)
{
    struct stat info;

    if (stat(params, &info) != 0) {
        return errno;
    }
    identity->device = info.st_dev;
    identity->file = info.st_ino;
    identity->is_writable = access(params, R_OK | W_OK) == 0
        || errno == EROFS;
    return identity->is_writable || access(params, R_OK) == 0
        ? APR_SUCCESS : errno;
}

/* Set a pragma and read it back: sqlite ignores what it cannot do. */
static apr_status_t pragma(acct_db_t *db, const char *set, const char *get,
                           const char *want, apr_pool_t *pool,
                           const char **error)
{
    acct_rows_t rows;

    if (acct_db_query(db, set, &rows, pool) != APR_SUCCESS
        || acct_db_query(db, get, &rows, pool) != APR_SUCCESS) {
        *error = acct_db_error(db);
        return APR_EGENERAL;
    }
    if (rows.count != 1 || rows.columns != 1 || !rows.cell[0][0]
        || strcmp(rows.cell[0][0], want) != 0) {
        *error = apr_psprintf(pool, "%s has no effect", set);
        return APR_EGENERAL;
    }
    return APR_SUCCESS;
}

/* A program of one thread waits for the file by sqlite's own means, which look
 * often at first. The driver, which asks so many times, sleeps a tenth of a
 * second in between, and beside children that write one after the other finds
 * no moment without one. Not in httpd: there the driver would wait inside its
 * process-wide lock. */
static apr_status_t wait_patiently(acct_db_t *db, apr_interval_time_t patience,
                                   apr_pool_t *pool, const char **error)
{
    const char *wait = apr_psprintf(pool, "%d",
                                    (int)apr_time_as_msec(patience / TRIES));

    return pragma(db, apr_pstrcat(pool, "PRAGMA busy_timeout = ", wait, NULL),
                  "PRAGMA busy_timeout", wait, pool, error);
}

/* The journal mode is the file's: where it is WAL already this is a look,
 * and a copy that VACUUM INTO made, which is not WAL, is put right. */
static apr_status_t sqlite_settle(acct_db_t *db,
                                  const acct_db_config_t *config,
                                  apr_pool_t *pool, const char **error)
{
    const char *synchronous = config->synchronous ? config->synchronous
                                                  : "FULL";
    apr_status_t rv = config->patience > 0
        ? wait_patiently(db, config->patience, pool, error) : APR_SUCCESS;

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = pragma(db, "PRAGMA journal_mode = WAL", "PRAGMA journal_mode",
                "wal", pool, error);
    if (rv != APR_SUCCESS
        && strcmp(acct_db_error(db), "unable to open database file") == 0) {
        return APR_EACCES;      /* maybe not for long */
    }
    if (rv == APR_SUCCESS) {
        rv = pragma(db, "PRAGMA foreign_keys = ON", "PRAGMA foreign_keys",
                    "1", pool, error);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (apr_strnatcasecmp(synchronous, "FULL") == 0) {
        return pragma(db, "PRAGMA synchronous = FULL", "PRAGMA synchronous",
                      "2", pool, error);
    }
    if (apr_strnatcasecmp(synchronous, "NORMAL") == 0) {
        return pragma(db, "PRAGMA synchronous = NORMAL",
                      "PRAGMA synchronous", "1", pool, error);
    }
    *error = "synchronous must be FULL or NORMAL";
    return APR_EINVAL;
}

/* apr_dbd uses sqlite's old interface, where a step says SQLITE_ERROR
 * and the text alone says why. A statement that has expired before it
 * began leaves no text at all. */
static acct_db_failure_e sqlite_judge(const void *session, int code,
                                      const char *text, const char **show)
{
    enum { SQLITE_IS_ERROR = 1, SQLITE_IS_BUSY = 5, SQLITE_IS_LOCKED = 6,
           SQLITE_IS_SCHEMA = 17 };

    (void)session;
    *show = text;
    if (code == SQLITE_IS_SCHEMA
        || strcmp(text, "database schema has changed") == 0
        || (code == SQLITE_IS_ERROR && strcmp(text, "not an error") == 0)) {
        return ACCT_DB_FAILURE_STALE;
    }
    /* the driver has waited for the lock already, 1.6 seconds */
    if (code == SQLITE_IS_BUSY || code == SQLITE_IS_LOCKED
        || strncmp(text, "database is locked", 18) == 0
        || strncmp(text, "database table is locked", 24) == 0) {
        return ACCT_DB_FAILURE_BUSY;
    }
    /* A connection that cannot write for want of space still reads, and a
     * fresh one could not even be opened then. */
    if (strstr(text, "constraint failed")
        || strcmp(text, "database or disk is full") == 0) {
        return ACCT_DB_FAILURE_FINAL;
    }
    return ACCT_DB_FAILURE_OTHER;
}

/* sqlite rolls back by itself when a COMMIT finds no space. */
static int sqlite_was_rolled_back(const char *text)
{
    return strstr(text, "no transaction is active") != NULL;
}

const acct_db_driver_t acct_db_sqlite3 = {
    .name = "sqlite3",
    .package = "libaprutil1-dbd-sqlite3",
    .begin = "BEGIN IMMEDIATE",
    .connect = sqlite_connect,
    .settle = sqlite_settle,
    .identify = sqlite_identify,
    .judge = sqlite_judge,
    .was_rolled_back = sqlite_was_rolled_back
};
