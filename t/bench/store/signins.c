/* SPDX-License-Identifier: Apache-2.0 */
/* What a sign-in asks of the database; its hash is left out. */
#include "bench.h"

#include "token_check_row.h"

#define TOKENS_MOST 20          /* of an account, AcctAuthMaxTokens */

static apr_status_t write_sign_in(worker_t *worker, apr_int64_t id,
                                  apr_pool_t *pool)
{
    acct_account_t account;
    int changed = 0;
    apr_status_t status = acct_store_account_lock(worker->db, id, &account,
                                                  pool);

    if (status == APR_SUCCESS) {
        status = acct_store_account_set_last_login(worker->db, id,
                                                   apr_time_now(), pool);
    }
    if (status == APR_SUCCESS) {
        status = acct_store_token_delete_oldest(
            worker->db, id, apr_time_now(), TOKENS_MOST - 1, &changed, pool);
    }
    if (status == APR_SUCCESS && changed > 0) {
        status = acct_store_revocation_insert(worker->db, id, pool);
    }
    if (status == APR_SUCCESS) {
        /* numbers of this time, so that a second run finds no old ones */
        status = add_token(worker->db, id, apr_time_now() * 1024
                           + next_number(worker->bench) % 1024, pool);
    }
    if (status == APR_SUCCESS) {
        acct_check_row_t row;

        status = acct_check_row_read(worker->db, &row, pool);
    }
    return status;
}

static apr_status_t sign_in(worker_t *worker, apr_pool_t *pool)
{
    apr_int64_t which = draw(worker, worker->bench->tokens / TOKENS_EACH);
    acct_account_t account;
    apr_status_t status;

    status = acct_store_account_by_username(
        worker->db, username_of(which, pool), &account, pool);
    if (status == APR_SUCCESS) {
        status = in_transaction(worker, write_sign_in, account.id, pool);
    }
    return status;
}

const work_t work_signins = { "signins", NULL, sign_in };
