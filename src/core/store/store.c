/* SPDX-License-Identifier: Apache-2.0 */
/* How the statements are run, and meta; see store/store.h. */
#include "store/drivers.h"

apr_status_t acct_run_found(acct_db_t *db, int which,
                            const acct_arg_t *args, int nargs,
                            apr_pool_t *pool)
{
    int changed;
    apr_status_t rv = acct_db_run(db, which, args, nargs, &changed, pool);

    return rv == APR_SUCCESS && changed == 0 ? APR_NOTFOUND : rv;
}

apr_status_t acct_only_row(apr_status_t rv, const acct_rows_t *rows)
{
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (rows->count == 0) {
        return APR_NOTFOUND;
    }
    return rows->count == 1 ? APR_SUCCESS : APR_EGENERAL;
}

/*
 * Meta
 */

apr_status_t acct_store_meta_get(acct_db_t *db, const char *name,
                                 const char **value, apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_TEXT(name) };
    acct_rows_t rows;
    acct_taker_t row;
    apr_status_t rv;

    *value = NULL;
    rv = acct_only_row(ACCT_SELECT(db, ACCT_SQL_META_GET, args, &rows, pool),
                       &rows);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    row = acct_take_row(&rows, 0);
    *value = acct_take_text(&row);
    return acct_taken(&row);
}

apr_status_t acct_store_meta_set(acct_db_t *db, const char *name,
                                 const char *value, apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_TEXT(name), ACCT_TEXT(value) };

    return ACCT_RUN(db, ACCT_SQL_META_SET, args, NULL, pool);
}

apr_status_t acct_store_meta_replace(acct_db_t *db, const char *name,
                                     const char *old, const char *value,
                                     apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_TEXT(value), ACCT_TEXT(name),
                                ACCT_TEXT(old) };

    return ACCT_RUN_FOUND(db, ACCT_SQL_META_REPLACE, args, pool);
}

apr_status_t acct_store_meta_add(acct_db_t *db, const char *name,
                                 const char *value, apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_TEXT(name), ACCT_TEXT(value) };

    return ACCT_RUN(db, ACCT_SQL_META_ADD, args, NULL, pool);
}

/*
 * What surrounds the tables
 */

apr_status_t acct_store_find_exposure(acct_db_t *db, const char *name,
                                      const char **exposure,
                                      apr_pool_t *pool)
{
    const acct_store_driver_t *driver = acct_store_driver_of(db);

    *exposure = NULL;
    return driver->find_exposure
        ? driver->find_exposure(db, name, exposure, pool) : APR_SUCCESS;
}

apr_status_t acct_store_is_shared(acct_db_t *db, acct_db_t *other,
                                  int *is_shared, apr_pool_t *pool)
{
    const acct_store_driver_t *driver = acct_store_driver_of(db);

    *is_shared = 0;
    return driver->find_shared
        ? driver->find_shared(db, other, is_shared, pool) : APR_SUCCESS;
}
