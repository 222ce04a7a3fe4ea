/* SPDX-License-Identifier: Apache-2.0 */
/* Signing out. */
#include "bench.h"

static apr_status_t write_sign_out(worker_t *worker, apr_int64_t token,
                                   apr_pool_t *pool)
{
    apr_int64_t account_id = account_id_of(token);
    acct_account_t account;
    int changed = 1;
    apr_status_t status = acct_store_account_lock(worker->db, account_id,
                                                  &account, pool);

    if (status == APR_SUCCESS) {
        status = acct_store_token_delete(worker->db, id_of(token, pool),
                                         &changed, pool);
    }
    if (status == APR_SUCCESS && changed != 1) {
        status = APR_NOTFOUND;
    }
    if (status == APR_SUCCESS) {
        status = acct_store_revocation_insert(worker->db, account_id, pool);
    }
    return status;
}

/* From the last token on: each is there for one sign-out. */
static apr_status_t sign_out(worker_t *worker, apr_pool_t *pool)
{
    return in_transaction(worker, write_sign_out, worker->bench->tokens - 1
                          - next_number(worker->bench), pool);
}

const work_t work_signouts = { "signouts", NULL, sign_out };
