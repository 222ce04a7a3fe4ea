/* SPDX-License-Identifier: Apache-2.0 */
/* Looking tokens up, as an uncached protected request does. */
#include "bench.h"

static apr_status_t look_up(worker_t *worker, apr_pool_t *pool)
{
    apr_int64_t token = draw(worker, worker->bench->tokens);
    acct_token_t found;
    acct_account_t account;

    return acct_store_token_find(worker->db, digest_of(token, pool), &found,
                                 &account, pool);
}

const work_t work_lookups = { "lookups", NULL, look_up };
