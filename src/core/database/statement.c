/* SPDX-License-Identifier: Apache-2.0 */
/* Prepared statements: prepare, run, heal; see database/database.h. */
#include "database/connection.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#define MAX_ARGS 24

/* One run of a prepared statement. */
typedef struct run_t {
    int statement;
    int selects;
    const void *values[MAX_ARGS];
    apr_dbd_results_t *results;
    int changed;
    apr_pool_t *pool;
} run_t;

/* How many arguments apr_dbd will find in the text. */
static int count_args(const char *sql)
{
    int count = 0;

    for (; *sql; sql++) {
        if (sql[0] == '%') {
            count += apr_isalpha(sql[1]) ? 1 : 0;
            sql += sql[1] == '%' ? 1 : 0;
        }
    }
    return count;
}

/* A label of its own each time: PostgreSQL keeps the old one. */
static int prepare(acct_db_t *db, int i)
{
    const acct_statement_t *statement = &db->statements[i];
    const char *label = statement->label;
    acct_db_prepared_t *slot = &db->slots[i];
    int code;

    if (db->heals > 0) {
        label = apr_psprintf(db->pool, "%s_%d", label, db->heals);
    }
    slot->prepared = NULL;
    code = apr_dbd_prepare(db->dbd, db->pool, db->handle, statement->sql,
                           label, &slot->prepared);
    if (code != 0) {
        slot->prepared = NULL;
    }
    return code;
}

apr_status_t acct_db_expect(acct_db_t *db,
                            const acct_statement_t *statements, int count,
                            apr_pool_t *pool, const char **error)
{
    db->statements = apr_pmemdup(db->pool, statements,
                                 (size_t)count * sizeof(*statements));
    db->count = count;
    db->slots = apr_pcalloc(db->pool, sizeof(*db->slots)
                                      * ((size_t)count + 1));
    for (int i = 0; i < count; i++) {
        db->slots[i].nargs = count_args(statements[i].sql);
        if (db->slots[i].nargs > MAX_ARGS) {
            *error = apr_psprintf(pool, "statement %s: too many arguments",
                                  statements[i].label);
            return APR_EINVAL;
        }
    }
    return APR_SUCCESS;
}

apr_status_t acct_db_prepare(acct_db_t *db,
                             const acct_statement_t *statements, int count,
                             apr_pool_t *pool, const char **error)
{
    apr_status_t rv = acct_db_expect(db, statements, count, pool, error);

    for (int i = 0; rv == APR_SUCCESS && i < count; i++) {
        int code = prepare(db, i);

        /* whoever opens has just seen that the schema is the right one,
         * and one that is another by now makes the statement stale */
        db->slots[i].is_guarded = 1;
        if (code != 0) {
            acct_db_note_failure(db, code);
            *error = apr_psprintf(pool, "statement %s: %s",
                                  statements[i].label, db->error);
            rv = APR_EGENERAL;
        }
    }
    return rv;
}

static int run_once(acct_db_t *db, run_t *run)
{
    acct_db_prepared_t *slot = &db->slots[run->statement];

    if (!slot->prepared) {
        int code = prepare(db, run->statement);

        if (code != 0) {
            return code;
        }
    }
    run->results = NULL;
    run->changed = 0;
    /* random = 1: all rows at once, or PostgreSQL's driver sleeps */
    return run->selects
           ? apr_dbd_pbselect(db->dbd, run->pool, db->handle, &run->results,
                              slot->prepared, 1, run->values)
           : apr_dbd_pbquery(db->dbd, run->pool, db->handle, &run->changed,
                             slot->prepared, run->values);
}

/* After a statement was found stale: the schema was changed. Whether it still
 * is the one this connection was opened for. */
static int guard_holds(acct_db_t *db, apr_pool_t *pool)
{
    acct_rows_t rows;

    if (!db->guard_sql) {
        return 1;
    }
    if (acct_db_query(db, db->guard_sql, &rows, pool) != APR_SUCCESS) {
        return 0;
    }
    if (rows.count == 1 && rows.columns == 1 && rows.cell[0][0]
        && strcmp(rows.cell[0][0], db->guard_value) == 0) {
        return 1;
    }
    acct_db_set_error(db, "the schema is another one now");
    db->outdated = 1;
    return 0;
}

/* Prepare a failed statement again and run it again where that is right;
 * 1 when it ran. */
static int heal(acct_db_t *db, run_t *run, acct_db_failure_e failure)
{
    int code;

    db->slots[run->statement].prepared = NULL;
    db->heals++;
    /* in a transaction the failed statement may have done something, or
     * have ended the transaction; a stale one has done nothing, but a
     * server ends the transaction even so */
    if (db->in_transaction && (failure != ACCT_DB_FAILURE_STALE
                               || db->driver->is_server)) {
        db->broken = 1;
        return 0;
    }
    if (failure == ACCT_DB_FAILURE_STALE && !guard_holds(db, run->pool)) {
        db->broken = 1;
        return 0;
    }
    code = run_once(db, run);
    if (code == 0) {
        db->error[0] = '\0';
        return 1;
    }
    if (!acct_db_is_harmless(acct_db_note_failure(db, code))) {
        db->broken = 1;
    }
    return 0;
}

static apr_status_t run_and_heal(acct_db_t *db, run_t *run)
{
    acct_db_failure_e failure;
    int code = run_once(db, run);

    if (code == 0) {
        return APR_SUCCESS;
    }
    failure = acct_db_note_failure(db, code);
    if (!acct_db_is_harmless(failure) && failure != ACCT_DB_FAILURE_LOST
        && heal(db, run, failure)) {
        return APR_SUCCESS;
    }
    db->doomed = db->in_transaction;
    return APR_EGENERAL;
}

/* The first run of a statement that was not prepared when the connection
 * was opened. Prepared first, then the guard: what changes the schema in
 * between makes it stale, and the guard is asked again. A failure to prepare
 * is left to the run, which meets it too; but where it has ended a server's
 * transaction the run would hear of that alone. */
static int begin_statement(acct_db_t *db, int i, apr_pool_t *pool)
{
    int code = prepare(db, i);

    if (code != 0 && db->driver->is_server && db->in_transaction) {
        acct_db_note_failure(db, code);
        db->broken = 1;
        return 0;
    }
    if (code == 0 && !guard_holds(db, pool)) {
        db->broken = 1;
        return 0;
    }
    db->slots[i].is_guarded |= code == 0;
    return 1;
}

static apr_status_t run_statement(acct_db_t *db, run_t *run,
                                  const acct_arg_t *args, int nargs)
{
    if (acct_db_may_run(db) != APR_SUCCESS) {
        return APR_EGENERAL;
    }
    if (run->statement < 0 || run->statement >= db->count
        || nargs != db->slots[run->statement].nargs) {
        acct_db_set_error(db, "no such statement, or not its number of "
                          "arguments");
        return APR_EINVAL;
    }
    if (!db->slots[run->statement].is_guarded
        && !begin_statement(db, run->statement, run->pool)) {
        return APR_EGENERAL;
    }
    for (int i = 0; i < nargs; i++) {
        run->values[i] = args[i].kind == ACCT_ARG_INT
                         ? (const void *)&args[i].number
                         : (const void *)args[i].text;
    }
    return run_and_heal(db, run);
}

apr_status_t acct_db_select(acct_db_t *db, int statement,
                            const acct_arg_t *args, int nargs,
                            acct_rows_t *rows, apr_pool_t *pool)
{
    run_t run = { .statement = statement, .selects = 1, .pool = pool };
    apr_status_t rv = run_statement(db, &run, args, nargs);

    memset(rows, 0, sizeof(*rows));
    return rv == APR_SUCCESS
        ? acct_db_take_rows(db, run.results, rows, pool) : rv;
}

apr_status_t acct_db_run(acct_db_t *db, int statement,
                         const acct_arg_t *args, int nargs, int *changed,
                         apr_pool_t *pool)
{
    run_t run = { .statement = statement, .selects = 0, .pool = pool };
    apr_status_t rv = run_statement(db, &run, args, nargs);

    db->followed = 0;
    if (changed) {
        *changed = rv == APR_SUCCESS ? run.changed : 0;
    }
    return rv;
}

/*
 * Following
 */

apr_status_t acct_db_follow(acct_db_t *db, int statement,
                            const void *follower, apr_int64_t *version,
                            int *is_unchanged, apr_pool_t *pool)
{
    acct_rows_t rows;
    apr_status_t rv = acct_db_select(db, statement, NULL, 0, &rows, pool);

    *version = 0;
    *is_unchanged = 0;
    if (rv == APR_SUCCESS && rows.count == 1 && rows.cell[0][0]) {
        *version = apr_atoi64(rows.cell[0][0]);
        *is_unchanged = *version != 0 && db->followed == *version
            && db->follower == follower;
    }
    return rv;
}

void acct_db_followed(acct_db_t *db, const void *follower,
                      apr_int64_t version)
{
    db->follower = follower;
    db->followed = version;
}
