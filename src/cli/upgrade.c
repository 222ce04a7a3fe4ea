/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acctauth upgrade: the schema of an older version to this one's, in one
 * transaction.
 */
#include "cli.h"

#include <apr_strings.h>
#include <stdio.h>

/* Step by step, and the result is looked at as a server would. */
static apr_status_t run_steps(acct_cli_t *cli, acct_db_t *db, int version,
                              acct_schema_e *found, const char **detail)
{
    apr_status_t status = APR_SUCCESS;
    int reached;

    while (status == APR_SUCCESS && version < ACCT_SCHEMA_VERSION) {
        const char *sql = acct_cli_upgrade_schema(cli->config.driver,
                                                  ++version);

        status = sql != NULL ? acct_store_run_schema(db, sql, cli->pool)
                             : APR_ENOTIMPL;
    }
    return status != APR_SUCCESS ? status
        : acct_store_check_schema(db, found, &reached, detail, cli->pool);
}

/* Only one at a time; on a file BEGIN has seen to that. */
static apr_status_t begin(acct_cli_t *cli, acct_db_t *db)
{
    apr_status_t status = acct_db_begin(db, cli->pool);

    return status != APR_SUCCESS || acct_db_is_file(cli->config.driver)
        ? status
        : acct_db_exec(db, "LOCK TABLE meta IN SHARE ROW EXCLUSIVE MODE",
                       cli->pool);
}

/* Another may have upgraded it since it was looked at.
 * @param how what the verdict is where the status is APR_SUCCESS */
static apr_status_t upgrade(acct_cli_t *cli, acct_db_t *db, int *from,
                            int *how)
{
    acct_schema_e found = ACCT_SCHEMA_DAMAGED;
    const char *detail = NULL;
    apr_status_t status = begin(cli, db);

    if (status == APR_SUCCESS) {
        status = acct_store_check_schema(db, &found, from, &detail,
                                         cli->pool);
    }
    if (status == APR_SUCCESS && found == ACCT_SCHEMA_OLDER) {
        status = run_steps(cli, db, *from, &found, &detail);
    }
    if (status == APR_SUCCESS) {
        *how = acct_cli_judge_schema(cli, found, *from, detail);
    }
    if (status == APR_SUCCESS && *how == ACCT_EXIT_OK) {
        status = acct_db_commit(db, cli->pool);
    }
    else {
        acct_db_rollback(db, cli->pool);
    }
    return status;
}

/* What came in the way may have been another's upgrade, or the answer to
 * ours was lost: then it is done all the same. */
static int look_again(acct_cli_t *cli, apr_status_t status, int *version)
{
    const char *error = cli->db_error;
    const char *detail;
    acct_schema_e found;
    acct_db_t *db;
    int how = acct_cli_look(cli, &db, &found, version, &detail);

    if (how != ACCT_EXIT_OK) {
        return how;
    }
    acct_db_close(db);
    if (found == ACCT_SCHEMA_CURRENT) {
        return ACCT_EXIT_OK;
    }
    cli->db_error = error;
    return acct_cli_database_failed(cli, status);
}

static int run(acct_cli_t *cli, acct_db_t *db, int *version)
{
    int how = ACCT_EXIT_OK;
    apr_status_t status = upgrade(cli, db, version, &how);

    if (status == APR_SUCCESS) {
        return how;
    }
    cli->db_error = acct_db_error(db)[0] != '\0'
        ? apr_pstrdup(cli->pool, acct_db_error(db)) : NULL;
    return look_again(cli, status, version);
}

int acct_cli_upgrade(acct_cli_t *cli)
{
    const char *detail;
    acct_schema_e found;
    acct_db_t *db;
    int version;
    int how = acct_cli_configure(cli);

    if (how == ACCT_EXIT_OK) {
        how = acct_cli_look(cli, &db, &found, &version, &detail);
    }
    if (how != ACCT_EXIT_OK) {
        return how;
    }
    how = found == ACCT_SCHEMA_OLDER ? run(cli, db, &version)
        : acct_cli_judge_schema(cli, found, version, detail);
    acct_db_close(db);
    if (how != ACCT_EXIT_OK) {
        return how;
    }
    if (version == ACCT_SCHEMA_VERSION) {
        printf("%s is current already (schema version %d)\n",
               acct_db_describe(&cli->config), version);
    }
    else {
        printf("upgraded %s from schema version %d to %d\n",
               acct_db_describe(&cli->config), version,
               ACCT_SCHEMA_VERSION);
    }
    return ACCT_EXIT_OK;
}
