/* SPDX-License-Identifier: Apache-2.0 */
/* A server's connections of the older version; see upgrade.h. */
#include "upgrade/upgrade.h"

#include <apr_strings.h>

#define TRIES 50
#define PAUSE apr_time_from_msec(100)

/*
 * Connections that were there before the tables were locked, of servers and
 * commands by their name, and of every role that may write accounts,
 * whatever it calls itself. What is connected since waits for meta before it
 * does anything. (What one may not look at has neither a type nor a time.)
 */
#define OTHERS \
    " FROM pg_stat_activity WHERE datname = current_database() " \
    "AND pid <> pg_backend_pid() " \
    "AND COALESCE(backend_type, 'client backend') = 'client backend' " \
    "AND COALESCE(backend_start, '-infinity') <= " \
    "CAST(current_setting('acctauth.locked_at') AS TIMESTAMPTZ) " \
    "AND (application_name = 'mod_acctauth' " \
    "OR (has_table_privilege(usesysid, 'account', 'INSERT') " \
    "AND NOT EXISTS (SELECT 1 FROM pg_roles r " \
    "WHERE r.oid = usesysid AND r.rolsuper)))"

/* Whether pg_terminate_backend() will let us. */
#define MAY_END \
    "(pg_has_role(usesysid, 'USAGE') " \
    "OR (pg_has_role('pg_signal_backend', 'USAGE') " \
    "AND NOT EXISTS (SELECT 1 FROM pg_roles r " \
    "WHERE r.oid = usesysid AND r.rolsuper)))"

#define FORGET "SELECT pg_stat_clear_snapshot()"
#define END "SELECT pg_terminate_backend(pid)" OTHERS " AND " MAY_END
#define NAME \
    "SELECT 'process ' || pid || ' (' || COALESCE(usename, '?') || ', ' " \
    "|| COALESCE(NULLIF(application_name, ''), '?') " \
    "|| COALESCE(' from ' || host(client_addr), '') || ')'" OTHERS

apr_status_t acct_upgrade_lock(acct_db_t *db, apr_pool_t *pool)
{
    acct_rows_t rows;
    apr_status_t status;

    status = acct_db_exec(db, "LOCK TABLE account, token, revocation, meta "
                              "IN ACCESS EXCLUSIVE MODE", pool);
    return status != APR_SUCCESS ? status
        : acct_db_query(db, "SELECT set_config('acctauth.locked_at', "
                            "CAST(clock_timestamp() AS TEXT), true)", &rows,
                        pool);
}

/* Each look has to be a new one: within a transaction it stays what it
 * was. */
static apr_status_t look(acct_db_t *db, const char *sql, acct_rows_t *rows,
                         apr_pool_t *pool)
{
    apr_status_t status = acct_db_query(db, FORGET, rows, pool);

    return status == APR_SUCCESS ? acct_db_query(db, sql, rows, pool)
                                 : status;
}

static int name_others(const acct_cli_t *cli, const acct_rows_t *rows)
{
    const char *all = "";

    for (int i = 0; i < rows->count; i++) {
        const char *one = rows->cell[i][0] != NULL ? rows->cell[i][0] : "?";

        all = apr_pstrcat(cli->pool, all, i > 0 ? ", " : "",
                          acct_cli_visible(one, cli->pool), NULL);
    }
    return acct_cli_fail(cli, ACCT_EXIT_REFUSED, "%s: these connections "
                         "could write by the older schema and cannot be "
                         "ended by this role: %s; stop those servers first. "
                         "Nothing was changed",
                         acct_db_describe(&cli->config), all);
}

int acct_upgrade_end_others(acct_cli_t *cli, acct_db_t *db)
{
    acct_rows_t rows = { 0 };
    apr_pool_t *pool;
    apr_status_t status = look(db, END, &rows, cli->pool);
    int tries;

    apr_pool_create(&pool, cli->pool);
    for (tries = 0; status == APR_SUCCESS && tries < TRIES; tries++) {
        apr_pool_clear(pool);
        status = look(db, NAME, &rows, pool);
        if (status != APR_SUCCESS || rows.count == 0) {
            break;
        }
        apr_sleep(PAUSE);
    }
    if (status != APR_SUCCESS) {
        cli->db_error = apr_pstrdup(cli->pool, acct_db_error(db));
        return acct_cli_database_failed(cli, status);
    }
    return rows.count == 0 ? ACCT_EXIT_OK : name_others(cli, &rows);
}
