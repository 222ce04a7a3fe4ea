/* SPDX-License-Identifier: Apache-2.0 */
#include "tables/name_holds.h"

#include "store/drivers.h"

apr_status_t acct_store_name_hold_set(acct_db_t *db, const char *name_key,
                                      apr_int64_t account, apr_time_t until,
                                      apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_TEXT(name_key), ACCT_INT(account), ACCT_INT(until)
    };

    return ACCT_RUN(db, ACCT_SQL_NAME_HOLD_SET, args, NULL, pool);
}

apr_status_t acct_store_name_hold_find(acct_db_t *db, const char *name_key,
                                       const char *address_key,
                                       apr_int64_t account, apr_time_t now,
                                       acct_name_hold_t *hold,
                                       apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_TEXT(name_key), ACCT_TEXT(address_key), ACCT_INT(account),
        ACCT_INT(now)
    };
    acct_rows_t rows;
    acct_taker_t row;
    apr_status_t rv;

    rv = acct_only_row(ACCT_SELECT(db, ACCT_SQL_NAME_HOLD_FIND, args, &rows,
                                   pool), &rows);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    row = acct_take_row(&rows, 0);
    hold->name_key = acct_take_text(&row);
    hold->account_id = acct_take_number(&row, 0, APR_INT64_MAX);
    hold->until = acct_take_number(&row, 1, APR_INT64_MAX);
    return acct_taken(&row);
}

apr_status_t acct_store_name_hold_delete(acct_db_t *db, const char *name_key,
                                         int *changed, apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_TEXT(name_key) };

    return ACCT_RUN(db, ACCT_SQL_NAME_HOLD_DELETE, args, changed, pool);
}

apr_status_t acct_store_name_hold_purge(acct_db_t *db, apr_time_t before,
                                        int limit, int *changed,
                                        apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(before), ACCT_INT(limit) };

    return ACCT_RUN(db, ACCT_SQL_NAME_HOLD_PURGE, args, changed, pool);
}
