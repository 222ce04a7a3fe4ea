/* SPDX-License-Identifier: Apache-2.0 */
#include "store/purge.h"

#include <string.h>

#include "store/known_networks.h"
#include "store/store.h"

typedef struct batch_t {
    apr_time_t now;
    acct_purged_t purged;       /* out */
} batch_t;

static apr_status_t delete_batch(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    batch_t *batch = baton;
    acct_purged_t *purged = &batch->purged;
    apr_status_t status;
    int mine = 0;

    status = acct_store_purge_lock(db, &mine, &batch->now, pool);
    purged->others = status == APR_SUCCESS && !mine;
    if (status != APR_SUCCESS || !mine) {
        return status;
    }
    status = acct_store_token_purge(db, batch->now - ACCT_PURGE_EXPIRED_KEPT,
                                    ACCT_PURGE_BATCH, &purged->tokens, pool);
    if (status == APR_SUCCESS) {
        status = acct_store_revocation_purge(
            db, batch->now - ACCT_PURGE_REVOCATIONS_KEPT, ACCT_PURGE_BATCH,
            &purged->revocations, pool);
    }
    if (status == APR_SUCCESS) {
        status = acct_store_known_network_purge(
            db, batch->now - ACCT_PURGE_NETWORKS_KEPT, ACCT_PURGE_BATCH,
            &purged->networks, pool);
    }
    purged->more = purged->tokens >= ACCT_PURGE_BATCH
        || purged->revocations >= ACCT_PURGE_BATCH
        || purged->networks >= ACCT_PURGE_BATCH;
    return status;
}

apr_status_t acct_purge_is_due(acct_db_t *db, apr_time_t now, int *is_due,
                               apr_pool_t *pool)
{
    return acct_store_purge_due(db, now - ACCT_PURGE_EXPIRED_KEPT,
                                now - ACCT_PURGE_REVOCATIONS_KEPT,
                                now - ACCT_PURGE_NETWORKS_KEPT, is_due,
                                pool);
}

apr_status_t acct_purge(acct_db_t *db, apr_time_t now, acct_purged_t *purged,
                        apr_pool_t *pool)
{
    batch_t batch = { .now = now };
    apr_status_t status = acct_db_transact(db, delete_batch, &batch, pool);

    memset(purged, 0, sizeof(*purged));
    if (status == APR_SUCCESS) {
        *purged = batch.purged;
    }
    return status;
}

int acct_purge_turn(acct_purge_turn_t *turn, const acct_purged_t *purged,
                    apr_interval_time_t tick)
{
    if (!purged->others) {
        turn->since = 0;
        turn->told = 0;
        return 0;
    }
    if (turn->since == 0) {
        turn->since = tick;
    }
    if (turn->told || tick - turn->since < ACCT_PURGE_TURN_LATE) {
        return 0;
    }
    turn->told = 1;
    return (int)(apr_time_sec(tick - turn->since) / 60);
}
