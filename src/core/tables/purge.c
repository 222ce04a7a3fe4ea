/* SPDX-License-Identifier: Apache-2.0 */
#include "tables/purge.h"

#include <string.h>

#include "store/store.h"
#include "tables/known_networks.h"
#include "tables/links.h"
#include "tables/mails.h"
#include "tables/name_holds.h"

typedef struct batch_t {
    apr_time_t now;
    acct_purged_t purged;       /* out */
} batch_t;

static void find_ages(apr_time_t now, acct_purge_ages_t *ages)
{
    ages->expired = now - ACCT_PURGE_EXPIRED_KEPT;
    ages->revocations = now - ACCT_PURGE_REVOCATIONS_KEPT;
    ages->networks = now - ACCT_PURGE_NETWORKS_KEPT;
    ages->mail_hour = ACCT_MAIL_HOUR(now - ACCT_PURGE_MAIL_COUNTS_KEPT);
}

/* One kind of rows. */
typedef struct kind_t {
    apr_status_t (*purge)(acct_db_t *db, apr_time_t before, int limit,
                          int *changed, apr_pool_t *pool);
    apr_time_t before;
    int *changed;
} kind_t;

static apr_status_t delete_kinds(acct_db_t *db, batch_t *batch,
                                 apr_pool_t *pool)
{
    acct_purged_t *purged = &batch->purged;
    apr_status_t status = APR_SUCCESS;
    acct_purge_ages_t ages;

    find_ages(batch->now, &ages);

    const kind_t kinds[] = {
        { acct_store_token_purge, ages.expired, &purged->tokens },
        { acct_store_revocation_purge, ages.revocations,
          &purged->revocations },
        { acct_store_known_network_purge, ages.networks, &purged->networks },
        { acct_store_pending_purge, ages.expired, &purged->pending },
        { acct_store_link_purge, ages.expired, &purged->links },
        { acct_store_name_hold_purge, ages.expired, &purged->holds },
        { acct_store_mail_purge, ages.expired, &purged->mails },
        { acct_store_mail_count_purge, ages.mail_hour, &purged->mail_counts }
    };

    for (size_t i = 0; status == APR_SUCCESS
                       && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        status = kinds[i].purge(db, kinds[i].before, ACCT_PURGE_BATCH,
                                kinds[i].changed, pool);
        purged->more |= status == APR_SUCCESS
            && *kinds[i].changed >= ACCT_PURGE_BATCH;
    }
    return status;
}

static apr_status_t delete_batch(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    batch_t *batch = baton;
    apr_status_t status;
    int mine = 0;

    status = acct_store_purge_lock(db, &mine, &batch->now, pool);
    batch->purged.others = status == APR_SUCCESS && !mine;
    return status == APR_SUCCESS && mine ? delete_kinds(db, batch, pool)
                                         : status;
}

apr_status_t acct_purge_is_due(acct_db_t *db, apr_time_t now, int *is_due,
                               apr_pool_t *pool)
{
    acct_purge_ages_t ages;

    find_ages(now, &ages);
    return acct_store_purge_due(db, &ages, is_due, pool);
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
