/* SPDX-License-Identifier: Apache-2.0 */
/* A bounded sample of the stored hashes; see store/store.h. */
#include "store/statements.h"

/* As many rows as are read at the most, whatever there is. */
#define FEW ACCT_STORE_SAMPLE

static apr_status_t take_hashes(const acct_rows_t *rows,
                                apr_array_header_t **list, apr_pool_t *pool)
{
    apr_status_t rv = APR_SUCCESS;

    *list = apr_array_make(pool, rows->count, sizeof(char *));
    for (int i = 0; rv == APR_SUCCESS && i < rows->count; i++) {
        acct_taker_t row = acct_take_row(rows, i);
        const char *hash = acct_take_maybe(&row);

        rv = acct_taken(&row);
        if (rv == APR_SUCCESS && hash) {
            APR_ARRAY_PUSH(*list, const char *) = hash;
        }
    }
    return rv;
}

static apr_status_t highest_id(acct_db_t *db, apr_int64_t *id,
                               apr_pool_t *pool)
{
    acct_rows_t rows;
    acct_taker_t row;
    apr_status_t rv = acct_only_row(acct_db_select(db, ACCT_SQL_ACCOUNT_LAST,
                                                   NULL, 0, &rows, pool),
                                    &rows);

    if (rv == APR_SUCCESS) {
        row = acct_take_row(&rows, 0);
        *id = acct_take_number(&row, 0, APR_INT64_MAX);
        rv = acct_taken(&row);
    }
    return rv;
}

/*
 * One of each stretch of ids. The stretches are a power of two long, and so
 * the same while accounts come: an account that is in the sample stays in
 * it, until there are twice as many and every other goes.
 */
static apr_status_t sample(acct_db_t *db, acct_rows_t *rows,
                           apr_pool_t *pool)
{
    apr_int64_t last = 0, stretch = 1;
    apr_status_t rv = highest_id(db, &last, pool);

    while (last / stretch >= FEW) {
        stretch *= 2;
    }
    if (rv == APR_SUCCESS) {
        const acct_arg_t args[] = {
            ACCT_INT(stretch), ACCT_INT(stretch), ACCT_INT(last),
            ACCT_INT(stretch)
        };

        rv = ACCT_SELECT(db, ACCT_SQL_ACCOUNT_SAMPLE, args, rows, pool);
    }
    return rv;
}

apr_status_t acct_store_password_sample(acct_db_t *db,
                                        apr_array_header_t **list,
                                        apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(FEW + 1) };
    acct_rows_t rows;
    apr_status_t rv = ACCT_SELECT(db, ACCT_SQL_ACCOUNT_FIRST, args, &rows,
                                  pool);

    if (rv == APR_SUCCESS && rows.count > FEW) {
        rv = sample(db, &rows, pool);
    }
    return rv == APR_SUCCESS ? take_hashes(&rows, list, pool) : rv;
}
