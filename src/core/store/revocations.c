/* SPDX-License-Identifier: Apache-2.0 */
/* Revocations, and up to where they were read; see store/store.h. */
#include "store/drivers.h"

#include <string.h>

#include <apr_strings.h>
#include <apr_time.h>

apr_status_t acct_store_revocation_insert(acct_db_t *db,
                                          apr_int64_t account,
                                          apr_pool_t *pool)
{
    return acct_store_driver_of(db)->insert_revocation(db, account, pool);
}

void acct_mark_at(acct_mark_t *mark, apr_int64_t number,
                  apr_int64_t origin)
{
    mark->number = number;
    mark->origin = origin;
    mark->from = number;
    mark->open[0] = '\0';
}

apr_status_t acct_take_revocation(const acct_rows_t *rows, int i,
                                  acct_revocation_t *revocation)
{
    acct_taker_t row = acct_take_row(rows, i);

    revocation->id = acct_take_number(&row, 1, APR_INT64_MAX);
    revocation->account_id = acct_take_number(&row, 1, APR_INT64_MAX);
    if (rows->columns > 2) {
        acct_take_maybe(&row);
    }
    return acct_taken(&row);
}

apr_status_t acct_store_revocation_read(acct_db_t *db, acct_mark_t *mark,
                                        int limit,
                                        apr_array_header_t **list,
                                        acct_missed_e *missed,
                                        apr_pool_t *pool)
{
    *list = apr_array_make(pool, 16, sizeof(acct_revocation_t));
    *missed = ACCT_MISSED_NOTHING;
    return acct_store_driver_of(db)->read_revocations(db, mark, limit, *list,
                                                      missed, pool);
}

apr_status_t acct_store_follow(acct_db_t *db, const void *follower,
                               apr_int64_t *version, int *is_unchanged,
                               apr_pool_t *pool)
{
    const acct_store_driver_t *driver = acct_store_driver_of(db);

    *version = 0;
    *is_unchanged = 0;
    return driver->follow
        ? driver->follow(db, follower, version, is_unchanged, pool)
        : APR_SUCCESS;
}

/* ---------------------------------------------------------- of all
 * accounts */

/* They run once in the life of a database and touch all of it, so they are
 * none of the prepared statements. */
#define COUNT_ALL "SELECT (SELECT COUNT(*) FROM token), " \
                  "(SELECT COUNT(*) FROM account)"

apr_status_t acct_store_revoke_everyone(acct_db_t *db, apr_int64_t *tokens,
                                        apr_int64_t *accounts,
                                        apr_pool_t *pool)
{
    acct_rows_t rows;
    acct_taker_t row;
    apr_status_t rv = acct_store_token_lock(db, pool);

    if (rv == APR_SUCCESS) {
        rv = acct_only_row(acct_db_query(db, COUNT_ALL, &rows, pool), &rows);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    row = acct_take_row(&rows, 0);
    *tokens = acct_take_number(&row, 0, APR_INT64_MAX);
    *accounts = acct_take_number(&row, 0, APR_INT64_MAX);
    rv = acct_taken(&row);
    if (rv == APR_SUCCESS) {
        rv = acct_db_exec(db, "DELETE FROM token", pool);
    }
    return rv == APR_SUCCESS
        ? acct_db_exec(db, acct_store_driver_of(db)->revoke_all, pool) : rv;
}
