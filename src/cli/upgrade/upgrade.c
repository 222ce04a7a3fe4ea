/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acctauth upgrade: the schema of an older version to this one's, in one
 * transaction; see upgrade.h.
 */
#include "upgrade/upgrade.h"

#include <apr_strings.h>
#include <stdio.h>

/* The version since which the keys of names and addresses are made as they
 * are now. */
#define KEYS_SINCE 3

/* How often it is tried to find the file at rest, and how long between. */
#define SETTLE_TRIES 50
#define SETTLE_PAUSE apr_time_from_msec(100)

/* Where one has got to. */
typedef struct upgrade_t {
    acct_cli_t *cli;
    acct_db_t *db;
    int from;                   /* the version that was found */
    acct_rekey_t rekey;         /* where from < KEYS_SINCE */
    acct_copy_t copy;
} upgrade_t;

static int is_given(const acct_cli_t *cli, unsigned int option)
{
    return (cli->given & option) != 0;
}

static int database_failed(const upgrade_t *up, apr_status_t status)
{
    const char *words = acct_db_error(up->db);

    up->cli->db_error = words[0] != '\0' ? apr_pstrdup(up->cli->pool, words)
                                         : NULL;
    return acct_cli_database_failed(up->cli, status);
}

/* ---------------------------------------------------------- what it does */

static apr_status_t run_step(upgrade_t *up, int version)
{
    const char *sql = acct_cli_upgrade_schema(up->cli->config.driver,
                                              version);
    apr_status_t status = APR_SUCCESS;

    if (sql == NULL) {
        return APR_ENOTIMPL;
    }
    if (version == KEYS_SINCE) {
        status = acct_store_rekey_apply(up->db, &up->rekey, up->cli->pool);
    }
    return status != APR_SUCCESS ? status
        : acct_store_run_schema(up->db, sql, up->cli->pool);
}

/* Step by step, and the result is looked at as a server would.
 * @param how what the verdict is where the status is APR_SUCCESS */
static apr_status_t run_steps(upgrade_t *up, int *how)
{
    acct_schema_e found = ACCT_SCHEMA_DAMAGED;
    const char *detail = NULL;
    apr_status_t status = APR_SUCCESS;
    int version = up->from;

    while (status == APR_SUCCESS && version < ACCT_SCHEMA_VERSION) {
        status = run_step(up, ++version);
    }
    if (status == APR_SUCCESS) {
        status = acct_store_check_schema(up->db, &found, &version, &detail,
                                         up->cli->pool);
    }
    if (status == APR_SUCCESS) {
        *how = acct_cli_judge_schema(up->cli, found, version, detail);
    }
    return status;
}

/* ------------------------------------------------------ what comes before */

static apr_status_t plan(upgrade_t *up)
{
    return up->from < KEYS_SINCE
        ? acct_store_rekey_plan(up->db, &up->rekey, up->cli->pool)
        : APR_SUCCESS;
}

static int has_clashes(const upgrade_t *up)
{
    return up->from < KEYS_SINCE && up->rekey.clashes->nelts > 0;
}

static int refuse_clashes(const upgrade_t *up)
{
    acct_upgrade_print_clashes(up->cli, &up->rekey);
    return acct_cli_fail(up->cli, ACCT_EXIT_REFUSED, "%s: %d of the names "
                         "and addresses are of more than one account each "
                         "by the rules of this version. Nothing was "
                         "changed. Delete accounts by their ids with the "
                         "older acctauth, or say --keep-oldest",
                         acct_db_describe(&up->cli->config),
                         up->rekey.clashes->nelts);
}

/* Only one at a time, and no server meanwhile; on a file BEGIN has seen to
 * that. */
static apr_status_t begin(upgrade_t *up)
{
    int is_file = acct_db_is_file(up->cli->config.driver);
    apr_status_t status = APR_SUCCESS;

    if (is_file && !is_given(up->cli, ACCT_OPT_NO_COPY)) {
        status = acct_upgrade_settle_file(up->db, up->cli->pool);
    }
    if (status == APR_SUCCESS) {
        status = acct_db_begin(up->db, up->cli->pool);
    }
    return status != APR_SUCCESS || is_file
        ? status : acct_upgrade_lock(up->db, up->cli->pool);
}

/* Another may have upgraded it since it was looked at. */
static apr_status_t look(upgrade_t *up, int *is_older, int *how)
{
    acct_schema_e found = ACCT_SCHEMA_DAMAGED;
    const char *detail = NULL;
    apr_status_t status;

    status = acct_store_check_schema(up->db, &found, &up->from, &detail,
                                     up->cli->pool);
    *is_older = status == APR_SUCCESS && found == ACCT_SCHEMA_OLDER;
    if (status == APR_SUCCESS && !*is_older) {
        *how = acct_cli_judge_schema(up->cli, found, up->from, detail);
    }
    return status;
}

static int wants_copy(const upgrade_t *up)
{
    return acct_db_is_file(up->cli->config.driver)
        && !is_given(up->cli, ACCT_OPT_NO_COPY);
}

/* In the transaction, up to its end but for that.
 * @param settled 0: begin anew, another process has written just before
 * @param how what the verdict is where the status is APR_SUCCESS */
static apr_status_t change(upgrade_t *up, int *settled, int *how)
{
    int is_older;
    apr_status_t status = look(up, &is_older, how);

    *settled = 1;
    if (status == APR_SUCCESS && is_older) {
        status = plan(up);
    }
    if (status != APR_SUCCESS || !is_older) {
        return status;
    }
    if (has_clashes(up) && !is_given(up->cli, ACCT_OPT_KEEP_OLDEST)) {
        *how = refuse_clashes(up);
        return APR_SUCCESS;
    }
    if (wants_copy(up)) {
        *how = acct_upgrade_copy(up->cli, up->from, &up->copy);
        *settled = *how != ACCT_EXIT_OK || up->copy.path != NULL;
    }
    if (*how == ACCT_EXIT_OK && *settled) {
        status = run_steps(up, how);
    }
    if (status == APR_SUCCESS && *how == ACCT_EXIT_OK && *settled
        && !acct_db_is_file(up->cli->config.driver)) {
        *how = acct_upgrade_end_others(up->cli, up->db);
    }
    return status;
}

/* ------------------------------------------------------------ the whole */

/* @param how what the verdict is where the status is APR_SUCCESS */
static apr_status_t upgrade(upgrade_t *up, int *how)
{
    apr_status_t status;
    int settled = 1, tries = SETTLE_TRIES;

    do {
        if (!settled) {
            acct_db_rollback(up->db, up->cli->pool);
            apr_sleep(SETTLE_PAUSE);
        }
        status = begin(up);
        if (status == APR_SUCCESS) {
            status = change(up, &settled, how);
        }
    } while (status == APR_SUCCESS && !settled && --tries > 0);
    if (status == APR_SUCCESS && !settled) {
        *how = acct_cli_fail(up->cli, ACCT_EXIT_REFUSED, "%s: a server "
                             "reads and writes all the time, so that no "
                             "copy can be made: stop it first",
                             acct_db_describe(&up->cli->config));
    }
    if (status == APR_SUCCESS && *how == ACCT_EXIT_OK) {
        return acct_db_commit(up->db, up->cli->pool);
    }
    acct_db_rollback(up->db, up->cli->pool);
    return status;
}

/* What came in the way may have been another's upgrade, or the answer to
 * ours was lost: then it is done all the same. */
static int look_again(upgrade_t *up, apr_status_t status)
{
    const char *error = up->cli->db_error;
    const char *detail;
    acct_schema_e found;
    acct_db_t *db;
    int version;
    int how = acct_cli_look(up->cli, &db, &found, &version, &detail);

    if (how != ACCT_EXIT_OK) {
        return how;
    }
    acct_db_close(db);
    if (found == ACCT_SCHEMA_CURRENT) {
        up->from = ACCT_SCHEMA_VERSION;     /* another's work */
        return ACCT_EXIT_OK;
    }
    up->cli->db_error = error;
    return acct_cli_database_failed(up->cli, status);
}

static int run(upgrade_t *up)
{
    int how = ACCT_EXIT_OK;
    apr_status_t status = upgrade(up, &how);

    if (status != APR_SUCCESS) {
        up->cli->db_error = acct_db_error(up->db)[0] != '\0'
            ? apr_pstrdup(up->cli->pool, acct_db_error(up->db)) : NULL;
        how = look_again(up, status);
    }
    if (how != ACCT_EXIT_OK) {
        acct_upgrade_remove_copy(&up->copy);
    }
    return how;
}

/* What would be done; the older version may serve meanwhile. */
static int rehearse(upgrade_t *up)
{
    apr_status_t status = plan(up);

    if (status != APR_SUCCESS) {
        return database_failed(up, status);
    }
    printf("%s has schema version %d and would be upgraded to %d\n",
           acct_db_describe(&up->cli->config), up->from,
           ACCT_SCHEMA_VERSION);
    if (!has_clashes(up)) {
        return ACCT_EXIT_OK;
    }
    acct_upgrade_print_clashes(up->cli, &up->rekey);
    return ACCT_EXIT_REFUSED;
}

static void tell(const upgrade_t *up)
{
    const char *name = acct_db_describe(&up->cli->config);
    acct_event_t event = { .kind = ACCT_EVENT_SCHEMA_UPGRADED };

    if (up->from == ACCT_SCHEMA_VERSION) {
        printf("%s is current already (schema version %d)\n", name,
               up->from);
        return;
    }
    if (has_clashes(up)) {
        acct_upgrade_print_clashes(up->cli, &up->rekey);
    }
    if (up->copy.path != NULL) {
        printf("as it was before, it is %s\n", up->copy.path);
    }
    printf("upgraded %s from schema version %d to %d\n", name, up->from,
           ACCT_SCHEMA_VERSION);
    event.detail = apr_psprintf(up->cli->pool, "%d to %d", up->from,
                                ACCT_SCHEMA_VERSION);
    acct_cli_tell(up->cli, &event);
}

int acct_cli_upgrade(acct_cli_t *cli)
{
    upgrade_t up = { cli, NULL, 0, { NULL, NULL }, ACCT_COPY_NONE };
    const char *detail;
    acct_schema_e found;
    int how = acct_cli_configure(cli);

    if (how == ACCT_EXIT_OK) {
        how = acct_cli_look(cli, &up.db, &found, &up.from, &detail);
    }
    if (how != ACCT_EXIT_OK) {
        return how;
    }
    if (found != ACCT_SCHEMA_OLDER) {
        how = acct_cli_judge_schema(cli, found, up.from, detail);
    }
    else if (is_given(cli, ACCT_OPT_DRY_RUN)) {
        how = rehearse(&up);
        acct_db_close(up.db);
        return how;
    }
    else {
        how = run(&up);
    }
    acct_db_close(up.db);
    if (how == ACCT_EXIT_OK) {
        tell(&up);
    }
    return how;
}
