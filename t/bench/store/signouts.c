/* SPDX-License-Identifier: Apache-2.0 */
/* Signing out. */
#include "bench.h"

static apr_status_t write_sign_out(acct_db_t *db, void *baton,
                                   apr_pool_t *pool)
{
    const apr_int64_t *token = baton;
    apr_int64_t account_id = account_id_of(*token);
    acct_account_t account;
    int changed = 1;
    apr_status_t status = acct_store_account_lock(db, account_id, &account,
                                                  pool);

    if (status == APR_SUCCESS) {
        status = acct_store_token_delete(db, id_of(*token, pool), &changed,
                                         pool);
    }
    if (status == APR_SUCCESS && changed != 1) {
        status = APR_NOTFOUND;
    }
    if (status == APR_SUCCESS) {
        status = acct_store_revocation_insert(db, account_id, pool);
    }
    return status;
}

/* From the last token on: each is there for one sign-out. */
static apr_status_t sign_out(worker_t *worker, apr_pool_t *pool)
{
    apr_int64_t token = worker->bench->tokens - 1
        - next_number(worker->bench);

    return in_transaction(worker, write_sign_out, &token, pool);
}

const work_t work_signouts = { "signouts", NULL, sign_out };
