/* SPDX-License-Identifier: Apache-2.0 */
/* What a sign-in asks of the database; its hash is left out. */
#include "bench.h"

#include "token/check_row.h"

#define TOKENS_MOST 20          /* of an account, AcctAuthMaxTokens */

typedef struct sign_in_t {
    bench_t *bench;
    apr_int64_t id;             /* of the account */
} sign_in_t;

static apr_status_t write_sign_in(acct_db_t *db, void *baton,
                                  apr_pool_t *pool)
{
    const sign_in_t *in = baton;
    acct_account_t account;
    int changed = 0;
    apr_status_t status = acct_store_account_lock(db, in->id, &account,
                                                  pool);

    if (status == APR_SUCCESS) {
        status = acct_store_account_set_last_login(db, in->id,
                                                   apr_time_now(), pool);
    }
    if (status == APR_SUCCESS) {
        status = acct_store_token_delete_oldest(
            db, in->id, apr_time_now(), TOKENS_MOST - 1, &changed, pool);
    }
    if (status == APR_SUCCESS && changed > 0) {
        status = acct_store_revocation_insert(db, in->id, pool);
    }
    if (status == APR_SUCCESS) {
        /* numbers of this time, so that a second run finds no old ones */
        status = add_token(db, in->id, apr_time_now() * 1024
                           + next_number(in->bench) % 1024, pool);
    }
    if (status == APR_SUCCESS) {
        acct_check_row_t row;

        status = acct_check_row_read(db, &row, pool);
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
        sign_in_t in = { worker->bench, account.id };

        status = in_transaction(worker, write_sign_in, &in, pool);
    }
    return status;
}

const work_t work_signins = { "signins", NULL, sign_in };
