/* SPDX-License-Identifier: Apache-2.0 */
/* Deleting rows that are not needed any more; see store/store.h. */
#include "store/drivers.h"

apr_status_t acct_store_purge_lock(acct_db_t *db, int *mine,
                                   apr_time_t *now, apr_pool_t *pool)
{
    return acct_store_driver_of(db)->lock_purge(db, mine, now, pool);
}

apr_status_t acct_store_purge_due(acct_db_t *db,
                                  const acct_purge_ages_t *ages,
                                  int *is_due, apr_pool_t *pool)
{
    const acct_store_driver_t *driver = acct_store_driver_of(db);

    *is_due = 1;
    return driver->find_due
        ? driver->find_due(db, ages, is_due, pool) : APR_SUCCESS;
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

    return ACCT_RUN(db, ACCT_SQL_TOKEN_PURGE, args, changed, pool);
}

apr_status_t acct_store_pending_purge(acct_db_t *db, apr_time_t before,
                                      int limit, int *changed,
                                      apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_INT(before), ACCT_INT(limit)
    };

    return ACCT_RUN(db, ACCT_SQL_PENDING_PURGE, args, changed, pool);
}
