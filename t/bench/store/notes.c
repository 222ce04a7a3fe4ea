/* SPDX-License-Identifier: Apache-2.0 */
/* Writing when tokens were used last, as many as a server does at once. */
#include "bench.h"

#include "cache/last_used.h"

static apr_status_t write_uses(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    worker_t *worker = baton;
    acct_token_use_t *uses = apr_palloc(pool, ACCT_LAST_USED_MOST
                                              * sizeof(*uses));
    int i;

    for (i = 0; i < ACCT_LAST_USED_MOST; i++) {
        uses[i].id = id_of(draw(worker, worker->bench->tokens), pool);
        uses[i].at = apr_time_now();
    }
    return acct_store_tokens_used(db, uses, ACCT_LAST_USED_MOST, pool);
}

static apr_status_t write_notes(worker_t *worker, apr_pool_t *pool)
{
    return in_transaction(worker, write_uses, worker, pool);
}

const work_t work_notes = { "notes", NULL, write_notes };
