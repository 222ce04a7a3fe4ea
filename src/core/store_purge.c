/* SPDX-License-Identifier: Apache-2.0 */
/* Deleting what nobody needs any more; see store.h. */
#include "store_private.h"

apr_status_t acct_store_purge_lock(acct_db_t *db, int *mine,
                                   apr_time_t *now, apr_pool_t *pool)
{
    acct_rows_t rows;
    acct_taker_t row;
    apr_time_t theirs;
    apr_status_t rv;

    *mine = 1;
    if (!acct_is_server(db)) {
        return APR_SUCCESS;
    }
    rv = acct_only_row(acct_db_select(db, ACCT_SQL_PURGE_LOCK, NULL, 0, &rows,
                                      pool), &rows);
    if (rv != APR_SUCCESS) {
        *mine = 0;
        return APR_STATUS_IS_NOTFOUND(rv) ? APR_SUCCESS : rv;
    }
    row = acct_take_row(&rows, 0);
    theirs = acct_take_number(&row, 0, APR_INT64_MAX);
    if (*now > theirs) {
        *now = theirs;
    }
    return acct_taken(&row);
}

apr_status_t acct_store_purge_due(acct_db_t *db, apr_time_t tokens,
                                  apr_time_t revocations, int *is_due,
                                  apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(tokens), ACCT_INT(revocations) };
    acct_rows_t rows;
    acct_taker_t row;
    apr_status_t rv;

    *is_due = 1;
    if (acct_is_server(db)) {
        return APR_SUCCESS;
    }
    rv = acct_only_row(ACCT_SELECT(db, ACCT_SQL_PURGE_DUE, args, &rows,
                                   pool), &rows);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    row = acct_take_row(&rows, 0);
    *is_due = acct_take_number(&row, 0, 1) != 0;
    return acct_taken(&row);
}

apr_status_t acct_store_revocation_purge(acct_db_t *db, apr_time_t before,
                                         int limit, int *changed,
                                         apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(before), ACCT_INT(limit) };

    return ACCT_RUN(db, ACCT_SQL_REVOCATION_PURGE, args, changed, pool);
}

apr_status_t acct_store_token_purge(acct_db_t *db, apr_time_t before,
                                    int limit, int *changed,
                                    apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_INT(before), ACCT_INT(limit)
    };

    return ACCT_RUN(db, acct_is_server(db) ? ACCT_SQL_TOKEN_PURGE_FREE
                                           : ACCT_SQL_TOKEN_PURGE,
                    args, changed, pool);
}
