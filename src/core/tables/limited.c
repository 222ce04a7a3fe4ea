/* SPDX-License-Identifier: Apache-2.0 */
#include "tables/limited.h"

#include "store/drivers.h"

apr_status_t acct_store_limited_set(acct_db_t *db, const acct_limited_t *row,
                                    apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_TEXT(row->subject), ACCT_TEXT(row->budget),
        ACCT_INT(row->account_id), ACCT_TEXT(row->network),
        ACCT_INT(row->failures), ACCT_TEXT(row->server),
        ACCT_INT(row->ends_at)
    };

    return ACCT_RUN(db, ACCT_SQL_LIMITED_SET, args, NULL, pool);
}

static apr_status_t take_limited(const acct_rows_t *rows, int i,
                                 acct_limited_t *limited)
{
    acct_taker_t row = acct_take_row(rows, i);

    limited->subject = acct_take_text(&row);
    limited->budget = acct_take_text(&row);
    limited->account_id = acct_take_number(&row, 0, APR_INT64_MAX);
    limited->network = acct_take_text(&row);
    limited->failures = (int)acct_take_number(&row, 0, APR_INT32_MAX);
    limited->server = acct_take_text(&row);
    limited->ends_at = acct_take_number(&row, 0, APR_INT64_MAX);
    return acct_taken(&row);
}

apr_status_t acct_store_limited_list(acct_db_t *db, apr_time_t now,
                                     int limit, apr_array_header_t **list,
                                     apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(now), ACCT_INT(limit) };
    acct_rows_t rows;
    apr_status_t rv = ACCT_SELECT(db, ACCT_SQL_LIMITED_LIST, args, &rows,
                                  pool);

    *list = apr_array_make(pool, 8, sizeof(acct_limited_t));
    for (int i = 0; rv == APR_SUCCESS && i < rows.count; i++) {
        rv = take_limited(&rows, i, apr_array_push(*list));
    }
    return rv;
}

apr_status_t acct_store_limited_delete(acct_db_t *db, const char *subject,
                                       apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_TEXT(subject) };

    return ACCT_RUN(db, ACCT_SQL_LIMITED_DELETE, args, NULL, pool);
}

apr_status_t acct_store_limited_purge(acct_db_t *db, apr_time_t now,
                                      int *changed, apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(now) };

    return ACCT_RUN(db, ACCT_SQL_LIMITED_PURGE, args, changed, pool);
}

apr_status_t acct_store_limit_clear_insert(acct_db_t *db,
                                           const char *subject,
                                           apr_time_t now, apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_TEXT(subject), ACCT_INT(now) };

    return ACCT_RUN(db, ACCT_SQL_LIMIT_CLEAR_INSERT, args, NULL, pool);
}

static apr_status_t take_clear(const acct_rows_t *rows, int i,
                               acct_limit_clear_t *clear)
{
    acct_taker_t row = acct_take_row(rows, i);

    clear->id = acct_take_number(&row, 1, APR_INT64_MAX);
    clear->subject = acct_take_text(&row);
    return acct_taken(&row);
}

apr_status_t acct_store_limit_clear_list(acct_db_t *db, apr_int64_t after,
                                         int limit,
                                         apr_array_header_t **list,
                                         apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(after), ACCT_INT(limit) };
    acct_rows_t rows;
    apr_status_t rv = ACCT_SELECT(db, ACCT_SQL_LIMIT_CLEAR_LIST, args, &rows,
                                  pool);

    *list = apr_array_make(pool, 8, sizeof(acct_limit_clear_t));
    for (int i = 0; rv == APR_SUCCESS && i < rows.count; i++) {
        rv = take_clear(&rows, i, apr_array_push(*list));
    }
    return rv;
}

apr_status_t acct_store_limit_clear_last(acct_db_t *db, apr_int64_t *last,
                                         apr_pool_t *pool)
{
    acct_rows_t rows;
    acct_taker_t row;
    apr_status_t rv;

    rv = acct_only_row(acct_db_select(db, ACCT_SQL_LIMIT_CLEAR_LAST, NULL, 0,
                                      &rows, pool), &rows);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    row = acct_take_row(&rows, 0);
    *last = acct_take_number(&row, 0, APR_INT64_MAX);
    return acct_taken(&row);
}

apr_status_t acct_store_limit_clear_purge(acct_db_t *db, apr_time_t before,
                                          int *changed, apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(before) };

    return ACCT_RUN(db, ACCT_SQL_LIMIT_CLEAR_PURGE, args, changed, pool);
}
