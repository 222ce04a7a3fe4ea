/* SPDX-License-Identifier: Apache-2.0 */
/* A connection: its state, its failures, statements that are not prepared; see
 * database/database.h. */
#include "database/connection.h"

#include <string.h>

#include <apr_strings.h>

/* apr_dbd frees a statement only when the handle is closed, so a handle
 * on which this many were prepared again has to go. */
#define MAX_HEALS 16

/*
 * Its state
 */

void acct_db_set_generation(acct_db_t *db, unsigned int generation)
{
    db->generation = generation;
}

unsigned int acct_db_generation(const acct_db_t *db)
{
    return db->generation;
}

void acct_db_guard(acct_db_t *db, const char *sql, const char *value)
{
    db->guard_sql = sql;
    db->guard_value = value;
}

int acct_db_is_outdated(const acct_db_t *db)
{
    return db->outdated;
}

int acct_db_is_busy(const acct_db_t *db)
{
    return db->busy;
}

int acct_db_is_current(const acct_db_t *db)
{
    acct_db_identity_t now;

    if (db->driver->is_alive && !db->driver->is_alive(db->session)) {
        return 0;
    }
    return db->driver->identify == NULL
        || (db->driver->identify(db->params, &now) == APR_SUCCESS
            && now.device == db->identity.device
            && now.file == db->identity.file
            && now.is_writable == db->identity.is_writable);
}

int acct_db_socket(const acct_db_t *db)
{
    return db->driver->socket ? db->driver->socket(db->session) : -1;
}

int acct_db_is_conflict(const acct_db_t *db)
{
    return db->conflict;
}

int acct_db_is_broken(const acct_db_t *db)
{
    return db->broken || db->in_transaction || db->heals >= MAX_HEALS;
}

const char *acct_db_error(const acct_db_t *db)
{
    return db->error;
}

const char *acct_db_driver(const acct_db_t *db)
{
    return db->driver->name;
}

/*
 * Failures
 */

void acct_db_set_error(acct_db_t *db, const char *text)
{
    apr_cpystrn(db->error, text, sizeof(db->error));
    db->error[strcspn(db->error, "\r\n")] = '\0';
}

acct_db_failure_e acct_db_note_failure(acct_db_t *db, int code)
{
    const char *text = apr_dbd_error(db->dbd, db->handle, code);
    acct_db_failure_e failure = db->driver->judge(db->session, code,
                                                  text ? text : "", &text);

    db->busy = failure == ACCT_DB_FAILURE_BUSY;
    db->conflict = failure == ACCT_DB_FAILURE_CONFLICT;
    if (failure == ACCT_DB_FAILURE_LOST) {
        db->broken = 1;
    }
    if (!*text || strcmp(text, "not an error") == 0) {
        apr_snprintf(db->error, sizeof(db->error),
                     failure == ACCT_DB_FAILURE_STALE
                     ? "a prepared statement was lost (error %d)"
                     : "the driver reports error %d", code);
    }
    else {
        acct_db_set_error(db, text);
    }
    return failure;
}

int acct_db_is_harmless(acct_db_failure_e failure)
{
    return failure == ACCT_DB_FAILURE_FINAL
           || failure == ACCT_DB_FAILURE_BUSY
           || failure == ACCT_DB_FAILURE_CONFLICT;
}

apr_status_t acct_db_may_run(acct_db_t *db)
{
    if (db->broken || db->doomed) {
        return APR_EGENERAL;
    }
    db->error[0] = '\0';
    db->conflict = 0;
    return APR_SUCCESS;
}

/*
 * Statements that are not prepared
 */

apr_status_t acct_db_take_rows(acct_db_t *db, apr_dbd_results_t *results,
                               acct_rows_t *rows, apr_pool_t *pool)
{
    apr_dbd_row_t *row = NULL;
    int count = apr_dbd_num_tuples(db->dbd, results);
    int columns = apr_dbd_num_cols(db->dbd, results);

    if (count < 0 || columns < 0) {
        acct_db_set_error(db, "a result without rows");
        return APR_EGENERAL;
    }
    /* A server says the columns of no rows too: this answers another
     * statement. */
    if (db->driver->is_server && columns == 0) {
        acct_db_set_error(db, "an answer without columns");
        db->broken = 1;
        return APR_EGENERAL;
    }
    rows->count = count;
    rows->columns = columns;
    rows->cell = apr_palloc(pool, sizeof(*rows->cell) * ((size_t)count + 1));
    for (int i = 0; i < count; i++) {
        const char **cell = apr_pcalloc(pool, sizeof(*cell)
                                              * ((size_t)columns + 1));

        /* -1, the next row: asking by number searches from the first */
        if (apr_dbd_get_row(db->dbd, pool, results, &row, -1) != 0) {
            acct_db_set_error(db, "a result with too few rows");
            return APR_EGENERAL;
        }
        for (int j = 0; j < columns; j++) {
            const char *text = NULL;
            apr_status_t rv = apr_dbd_datum_get(db->dbd, row, j,
                                                APR_DBD_TYPE_STRING, &text);

            if (rv != APR_SUCCESS && rv != APR_ENOENT) {
                acct_db_set_error(db, "a value that cannot be read");
                return rv;
            }
            cell[j] = rv == APR_SUCCESS ? text : NULL;
        }
        rows->cell[i] = cell;
    }
    return APR_SUCCESS;
}

apr_status_t acct_db_exec(acct_db_t *db, const char *sql, apr_pool_t *pool)
{
    int changed = 0;
    int code;

    (void)pool;
    if (acct_db_may_run(db) != APR_SUCCESS) {
        return APR_EGENERAL;
    }
    db->followed = 0;
    code = apr_dbd_query(db->dbd, db->handle, &changed, sql);
    if (code != 0) {
        acct_db_note_failure(db, code);
        db->doomed = db->in_transaction;
        return APR_EGENERAL;
    }
    return APR_SUCCESS;
}

apr_status_t acct_db_query(acct_db_t *db, const char *sql,
                           acct_rows_t *rows, apr_pool_t *pool)
{
    apr_dbd_results_t *results = NULL;
    int code;

    memset(rows, 0, sizeof(*rows));
    if (acct_db_may_run(db) != APR_SUCCESS) {
        return APR_EGENERAL;
    }
    code = apr_dbd_select(db->dbd, pool, db->handle, &results, sql, 1);
    if (code != 0) {
        acct_db_note_failure(db, code);
        db->doomed = db->in_transaction;
        return APR_EGENERAL;
    }
    return acct_db_take_rows(db, results, rows, pool);
}
