/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The database of the command: one connection for the service.
 */
#include "configuration/configuration.h"

#include <apr_env.h>
#include <apr_strings.h>
#include <stdio.h>

#include "base/told_status.h"
#include "configuration/httpd_conf.h"
#include "console/privilege.h"
#include "store/store.h"

/* How long a statement may take; no client waits for a page. */
#define PATIENCE apr_time_from_sec(60)

static apr_status_t acquire(void *context, acct_unit_e unit, acct_db_t **db,
                            apr_pool_t *pool)
{
    acct_cli_t *cli = context;
    const acct_statement_t *statements;
    apr_status_t status = APR_SUCCESS;
    int count;

    (void)unit;
    if (cli->db == NULL) {
        statements = acct_store_statements(cli->config.driver, &count,
                                           pool);
        status = acct_db_open(&cli->db, &cli->config, statements, count,
                              pool, &cli->db_error);
    }
    *db = cli->db;
    return status;
}

static void release(void *context, acct_unit_e unit, acct_db_t *db)
{
    acct_cli_t *cli = context;

    (void)unit;
    if (acct_db_is_broken(db)) {
        acct_db_close(db);
        cli->db = NULL;
    }
}

/* What is wrong comes with the verdict that follows; see
 * acct_cli_database_failed(). */
static void take_log(void *context, acct_log_e level, apr_status_t status,
                     const char *message)
{
    acct_cli_t *cli = context;

    (void)status;
    if (level == ACCT_LOG_ERROR) {
        cli->db_error = apr_pstrdup(cli->pool, message);
    }
    else if (level == ACCT_LOG_WARNING) {
        acct_cli_fail(cli, 0, "%s", message);
    }
}

int acct_cli_database_failed(const acct_cli_t *cli, apr_status_t status)
{
    char text[120] = "it does not answer";

    if (acct_told_status(status) != APR_SUCCESS) {
        apr_strerror(status, text, sizeof(text));
    }
    return acct_cli_fail(cli, ACCT_EXIT_FAILED, "%s: %s%s",
                         acct_db_describe(&cli->config),
                         cli->db_error != NULL ? cli->db_error : text,
                         status == ACCT_COMMIT_UNKNOWN
                         ? "; it may have been done all the same" : "");
}

static const char *setting(const acct_cli_t *cli, unsigned int option,
                           const char *variable)
{
    const char *value = acct_cli_value(cli, option);
    char *set;

    if (value == NULL && apr_env_get(&set, variable, cli->pool)
                         == APR_SUCCESS && set[0] != '\0') {
        value = set;
    }
    return value;
}

/* Words of a command line are there for all to see, in ps. */
static int resolve(acct_cli_t *cli)
{
    const char *error = NULL;
    int held_secret;

    acct_db_mask(cli->config.driver, cli->config.params, cli->pool,
                 &held_secret);
    if (acct_db_resolve(&cli->config, cli->pool, &error) != APR_SUCCESS) {
        return acct_cli_fail(cli, ACCT_EXIT_FAILED, "%s", error);
    }
    if (held_secret && acct_cli_value(cli, ACCT_OPT_PARAMS) != NULL) {
        return acct_cli_fail(cli, ACCT_EXIT_USAGE, "a password on the "
                             "command line can be seen by everybody; use "
                             "-p file:/PATH of a file that holds the "
                             "connection string, or ACCTAUTH_PARAMS");
    }
    cli->config.patience = PATIENCE;
    return ACCT_EXIT_OK;
}

int acct_cli_configure(acct_cli_t *cli)
{
    const char *error = NULL;
    apr_status_t status;

    cli->config.driver = setting(cli, ACCT_OPT_DRIVER, "ACCTAUTH_DRIVER");
    cli->config.params = setting(cli, ACCT_OPT_PARAMS, "ACCTAUTH_PARAMS");
    if (cli->config.params == NULL) {
        int how = acct_cli_httpd_database(cli);

        if (how != ACCT_EXIT_OK) {
            return how;
        }
    }
    if (cli->config.driver == NULL) {
        cli->config.driver = "sqlite3";
    }
    cli->named = cli->config.params;
    status = acct_db_init(cli->pool, cli->config.driver, &error);
    if (status != APR_SUCCESS) {
        return acct_cli_fail(cli, APR_STATUS_IS_ENOTIMPL(status)
                             ? ACCT_EXIT_USAGE : ACCT_EXIT_FAILED, "%s",
                             error);
    }
    return resolve(cli);
}

int acct_cli_judge_schema(const acct_cli_t *cli, acct_schema_e found,
                          int version, const char *detail)
{
    const char *name = acct_db_describe(&cli->config);

    switch (found) {
    case ACCT_SCHEMA_CURRENT:
        return ACCT_EXIT_OK;
    case ACCT_SCHEMA_MISSING:
        return acct_cli_fail(cli, ACCT_EXIT_FAILED, "%s holds no accounts' "
                             "tables: it is another kind of database, or "
                             "empty; make one elsewhere with "
                             "'acctauth init'", name);
    case ACCT_SCHEMA_OLDER:
        return acct_cli_fail(cli, ACCT_EXIT_FAILED, "%s has schema version "
                             "%d, this acctauth needs %d: bring it there "
                             "with 'acctauth upgrade'", name, version,
                             ACCT_SCHEMA_VERSION);
    case ACCT_SCHEMA_NEWER:
        return acct_cli_fail(cli, ACCT_EXIT_FAILED, "%s has schema version "
                             "%d, made by a newer mod_acctauth (this "
                             "acctauth knows %d): use the acctauth of that "
                             "version", name, version,
                             ACCT_SCHEMA_VERSION);
    default:
        return acct_cli_fail(cli, ACCT_EXIT_FAILED, "%s is damaged: %s; "
                             "restore it from a backup", name,
                             detail != NULL ? detail : "unknown");
    }
}

/* @param opened out: whether it failed later than that */
static apr_status_t look(acct_cli_t *cli, acct_db_t **db,
                         acct_schema_e *found, int *version,
                         const char **detail, int *opened)
{
    const char *error = NULL;
    apr_status_t status;

    status = acct_db_open(db, &cli->config, NULL, 0, cli->pool, &error);
    *opened = status == APR_SUCCESS;
    if (status == APR_SUCCESS) {
        status = acct_store_check_schema(*db, found, version, detail,
                                         cli->pool);
        if (status != APR_SUCCESS) {
            error = apr_pstrdup(cli->pool, acct_db_error(*db));
            acct_db_close(*db);
        }
    }
    cli->db_error = error;
    return status;
}

int acct_cli_look(acct_cli_t *cli, acct_db_t **db, acct_schema_e *found,
                  int *version, const char **detail)
{
    apr_status_t status;
    int opened;

    *found = ACCT_SCHEMA_DAMAGED;
    *version = 0;
    *detail = NULL;
    if (acct_db_is_file(cli->config.driver)) {
        int how = acct_privilege_drop(cli, &cli->config.params);

        if (how != ACCT_EXIT_OK) {
            return how;
        }
    }
    status = look(cli, db, found, version, detail, &opened);
    if (APR_STATUS_IS_ENOENT(status)
        && acct_db_is_file(cli->config.driver)) {
        return acct_cli_fail(cli, ACCT_EXIT_FAILED, "there is no database "
                             "%s; make one with: acctauth init -p '%s' "
                             "--key FILE", cli->config.params,
                             cli->config.params);
    }
    if (status != APR_SUCCESS
        && (opened || acct_db_is_file(cli->config.driver))) {
        /* another may just have changed it, and ended the connections */
        status = look(cli, db, found, version, detail, &opened);
    }
    return status == APR_SUCCESS ? ACCT_EXIT_OK
                                 : acct_cli_database_failed(cli, status);
}

/* On a connection of its own: statements cannot be prepared before it is
 * known that their tables are there. */
static int check_schema(acct_cli_t *cli)
{
    acct_schema_e found;
    const char *detail;
    acct_db_t *db;
    int version;
    int how = acct_cli_look(cli, &db, &found, &version, &detail);

    if (how != ACCT_EXIT_OK) {
        return how;
    }
    acct_db_close(db);
    return acct_cli_judge_schema(cli, found, version, detail);
}

static apr_status_t disconnect(void *data)
{
    acct_cli_t *cli = data;

    acct_db_close(cli->db);
    cli->db = NULL;
    return APR_SUCCESS;
}

int acct_cli_connect(acct_cli_t *cli)
{
    static const acct_password_params_t params = ACCT_PASSWORD_DEFAULT;
    int how = acct_cli_configure(cli);

    if (how == ACCT_EXIT_OK) {
        how = check_schema(cli);
    }
    if (how != ACCT_EXIT_OK) {
        return how;
    }
    apr_pool_cleanup_register(cli->pool, cli, disconnect,
                              apr_pool_cleanup_null);
    cli->service.acquire = acquire;
    cli->service.release = release;
    cli->service.log = take_log;
    cli->service.event = acct_cli_tell;
    cli->service.context = cli;
    cli->service.params = &params;
    cli->service.name_hold = ACCT_NAME_HOLD_DEFAULT;
    return ACCT_EXIT_OK;
}

int acct_cli_find(acct_cli_t *cli, acct_account_t *account)
{
    apr_status_t status;
    int how = acct_cli_connect(cli);

    if (how != ACCT_EXIT_OK) {
        return how;
    }
    status = acct_account_find(&cli->service, cli->args[0], account,
                               cli->pool);
    if (APR_STATUS_IS_NOTFOUND(status)) {
        return acct_cli_fail(cli, ACCT_EXIT_REFUSED, "no account \"%s\"",
                             cli->args[0]);
    }
    return status == APR_SUCCESS ? ACCT_EXIT_OK
                                 : acct_cli_database_failed(cli, status);
}
