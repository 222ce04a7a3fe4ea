/* SPDX-License-Identifier: Apache-2.0 */
#include "tables/stored.h"

#include "store/drivers.h"

static apr_status_t take(acct_taker_t row, apr_array_header_t *const *made)
{
    apr_int64_t list = acct_take_number(&row, 0, ACCT_STORED__COUNT - 1);
    acct_stored_t stored;
    apr_status_t rv;

    stored.kind = acct_take_text(&row);
    stored.text = acct_take_text(&row);
    stored.at = acct_take_number(&row, 0, APR_INT64_MAX);
    stored.until = acct_take_number(&row, 0, APR_INT64_MAX);
    rv = acct_taken(&row);
    if (rv == APR_SUCCESS) {
        APR_ARRAY_PUSH(made[list], acct_stored_t) = stored;
    }
    return rv;
}

apr_status_t acct_store_stored(acct_db_t *db, apr_int64_t account,
                               const apr_array_header_t **lists,
                               apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_INT(account), ACCT_INT(account), ACCT_INT(account),
        ACCT_INT(account), ACCT_INT(account)
    };
    apr_array_header_t *made[ACCT_STORED__COUNT];
    acct_rows_t rows;
    apr_status_t rv = ACCT_SELECT(db, ACCT_SQL_STORED, args, &rows, pool);

    for (int i = 0; i < ACCT_STORED__COUNT; i++) {
        lists[i] = made[i] = apr_array_make(pool, 4, sizeof(acct_stored_t));
    }
    for (int i = 0; rv == APR_SUCCESS && i < rows.count; i++) {
        rv = take(acct_take_row(&rows, i), made);
    }
    return rv;
}
