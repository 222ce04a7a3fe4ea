/* SPDX-License-Identifier: Apache-2.0 */
#include "init/init.h"

#include <apr_strings.h>

#include "store/store.h"

static int server_failed(const init_t *init, acct_db_t *db)
{
    return acct_cli_fail(init->cli, ACCT_EXIT_FAILED,
                         "cannot make the tables in %s: %s",
                         acct_db_describe(&init->cli->config),
                         acct_db_error(db));
}

/* One init at a time, for as long as the transaction is open. */
#define INIT_LOCK "SELECT pg_advisory_xact_lock(7133218)"

static int is_empty(const init_t *init, acct_db_t *db)
{
    acct_cli_t *cli = init->cli;
    acct_schema_e found = ACCT_SCHEMA_DAMAGED;
    const char *detail;
    acct_rows_t rows;
    int version;

    if (acct_db_query(db, INIT_LOCK, &rows, cli->pool) != APR_SUCCESS
        || acct_store_check_schema(db, &found, &version, &detail, cli->pool)
           != APR_SUCCESS) {
        return server_failed(init, db);
    }
    return found == ACCT_SCHEMA_MISSING ? ACCT_EXIT_OK
        : acct_cli_fail(cli, ACCT_EXIT_REFUSED, "%s has accounts' tables "
                        "already; nothing was made",
                        acct_db_describe(&cli->config));
}

/* Inside the transaction: everything but its end. While it waited for
 * another's lock a signal to stop may have come. */
static int fill_server(init_t *init, acct_db_t *db)
{
    acct_cli_t *cli = init->cli;
    const acct_statement_t *statements;
    const char *error = NULL;
    int count;
    int how = is_empty(init, db);

    if (how == ACCT_EXIT_OK) {
        how = acct_init_interrupted(init);
    }
    if (how != ACCT_EXIT_OK) {
        return how;
    }
    statements = acct_store_statements(cli->config.driver, &count,
                                       cli->pool);
    if (acct_store_run_schema(db, acct_cli_schema(cli->config.driver),
                              cli->pool) != APR_SUCCESS
        || acct_db_prepare(db, statements, count, cli->pool, &error)
           != APR_SUCCESS
        || acct_init_mark(init, db) != APR_SUCCESS) {
        return server_failed(init, db);
    }
    how = acct_init_interrupted(init);
    return how == ACCT_EXIT_OK ? acct_init_publish(init, &init->key) : how;
}

static int make_tables(init_t *init, acct_db_t *db)
{
    acct_cli_t *cli = init->cli;
    apr_status_t status;
    int how;

    if (acct_db_begin(db, cli->pool) != APR_SUCCESS) {
        return server_failed(init, db);
    }
    how = fill_server(init, db);
    if (how != ACCT_EXIT_OK) {
        acct_db_rollback(db, cli->pool);
        return how;
    }
    status = acct_db_commit(db, cli->pool);
    if (status == ACCT_COMMIT_UNKNOWN) {
        init->key.is_linked = 0;    /* the tables may be there: it stays */
        return acct_cli_fail(cli, ACCT_EXIT_FAILED, "the connection was lost "
                             "at the last moment: %s may have its tables or "
                             "not; if it has, %s is their key, else remove "
                             "that file and begin again",
                             acct_db_describe(&cli->config),
                             init->key_path);
    }
    return status == APR_SUCCESS ? ACCT_EXIT_OK : server_failed(init, db);
}

int acct_init_server(init_t *init)
{
    acct_cli_t *cli = init->cli;
    const char *error = NULL;
    acct_db_t *db;
    int how;

    if (acct_db_open(&db, &cli->config, NULL, 0, cli->pool, &error)
        != APR_SUCCESS) {
        return acct_cli_fail(cli, ACCT_EXIT_FAILED, "%s cannot be reached: "
                             "%s", acct_db_describe(&cli->config), error);
    }
    how = make_tables(init, db);
    acct_db_close(db);
    return how;
}
