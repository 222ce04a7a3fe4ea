/* SPDX-License-Identifier: Apache-2.0 */
/* Filling the tables that acctauth init has made; see bench.h. */
#include "bench.h"

#include <stdio.h>

#include "password/password.h"

#define BATCH 10000             /* tokens of a transaction */

static apr_status_t add_account(acct_db_t *db, apr_int64_t account,
                                apr_int64_t *id, apr_pool_t *pool)
{
    static const acct_password_params_t params = ACCT_PASSWORD_DEFAULT;
    const char *name = username_of(account, pool);
    acct_account_t row = {
        .username = name, .username_key = name, .is_active = 1,
        .created_at = apr_time_now()
    };
    apr_status_t status = acct_password_dummy(&params, &row.password, pool);

    if (status == APR_SUCCESS) {
        status = acct_store_account_insert(db, &row, pool);
    }
    *id = row.id;
    return status;
}

/* Tokens from one number to before another, and accounts as they come. */
static apr_status_t fill_batch(acct_db_t *db, apr_int64_t from,
                               apr_int64_t to, apr_int64_t *account_id,
                               apr_pool_t *pool)
{
    apr_status_t status = acct_db_begin(db, pool);
    apr_pool_t *sub;
    apr_int64_t i;

    apr_pool_create(&sub, pool);
    for (i = from; i < to && status == APR_SUCCESS; i++) {
        apr_pool_clear(sub);
        if (i % TOKENS_EACH == 0) {
            status = add_account(db, i / TOKENS_EACH, account_id, sub);
        }
        if (status == APR_SUCCESS) {
            status = add_token(db, *account_id, i, sub);
        }
    }
    return status == APR_SUCCESS ? acct_db_commit(db, pool) : status;
}

int fill(const bench_t *bench, apr_pool_t *pool)
{
    apr_status_t status = APR_SUCCESS;
    apr_int64_t account_id = 0;
    apr_int64_t i;
    acct_db_t *db;

    if (!open_store(bench, &db, pool)) {
        return 1;
    }
    for (i = 0; i < bench->tokens && status == APR_SUCCESS; i += BATCH) {
        apr_int64_t to = i + BATCH;
        apr_pool_t *sub;

        apr_pool_create(&sub, pool);
        status = fill_batch(db, i, to < bench->tokens ? to : bench->tokens,
                            &account_id, sub);
        apr_pool_destroy(sub);
    }
    if (status != APR_SUCCESS) {
        fprintf(stderr, "store: %s\n", acct_db_error(db));
    }
    acct_db_close(db);
    return status != APR_SUCCESS;
}
