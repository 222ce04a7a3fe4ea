/* SPDX-License-Identifier: Apache-2.0 */
#include "tables/known_networks.h"

#include "store/drivers.h"

apr_status_t acct_store_known_network_find(acct_db_t *db,
                                           apr_int64_t account,
                                           const char *network,
                                           apr_time_t *seen_at,
                                           apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(account), ACCT_TEXT(network) };
    acct_rows_t rows;
    acct_taker_t row;
    apr_status_t rv;

    rv = acct_only_row(ACCT_SELECT(db, ACCT_SQL_KNOWN_NETWORK_FIND, args,
                                   &rows, pool), &rows);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    row = acct_take_row(&rows, 0);
    *seen_at = acct_take_number(&row, 0, APR_INT64_MAX);
    return acct_taken(&row);
}

apr_status_t acct_store_known_network_set(acct_db_t *db, apr_int64_t account,
                                          const char *network,
                                          apr_time_t seen_at, int keep,
                                          apr_pool_t *pool)
{
    const acct_arg_t set[] = {
        ACCT_INT(account), ACCT_TEXT(network), ACCT_INT(seen_at)
    };
    const acct_arg_t trim[] = {
        ACCT_INT(account), ACCT_INT(account), ACCT_INT(keep)
    };
    apr_status_t rv = ACCT_RUN(db, ACCT_SQL_KNOWN_NETWORK_SET, set, NULL,
                               pool);

    return rv == APR_SUCCESS
        ? ACCT_RUN(db, ACCT_SQL_KNOWN_NETWORK_TRIM, trim, NULL, pool) : rv;
}

apr_status_t acct_store_known_network_purge(acct_db_t *db, apr_time_t before,
                                            int limit, int *changed,
                                            apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(before), ACCT_INT(limit) };

    return ACCT_RUN(db, ACCT_SQL_KNOWN_NETWORK_PURGE, args, changed, pool);
}
