/* SPDX-License-Identifier: Apache-2.0 */
#include "process/upkeep_limits.h"

#include "credential/dummy.h"
#include "audit/audit.h"
#include "base/ticks.h"
#include "process/upkeep_write.h"

/* Under the key that the requests count by. */
static apr_status_t exchange_by(acct_upkeep_t *one, acct_exchange_t *exchange,
                                acct_db_t *db, apr_array_header_t **over,
                                apr_pool_t *pool)
{
    acct_limit_key_t key = one->limits->key;
    apr_status_t status = one->limits->has_key ? APR_SUCCESS
        : acct_names_limit_key(db, &key, pool);

    return status != APR_SUCCESS ? status
        : acct_exchange(exchange, db, one->limits->counters, &key,
                        one->limits->database, over, pool);
}

static void tell_over(server_rec *s, const apr_array_header_t *over)
{
    for (int i = 0; i < over->nelts; i++) {
        const acct_limit_over_t *row = &APR_ARRAY_IDX(over, i,
                                                      acct_limit_over_t);
        acct_event_t event = {
            .kind = ACCT_EVENT_LIMIT_OVER, .limit = row->limit,
            .account = row->account, .network = row->network,
            .name = row->name
        };

        acct_audit_server(s, &event);
    }
}

/* A failure only means that it is tried again later: the limits of this server
 * hold all the while. */
void acct_upkeep_limits(acct_upkeep_t *one, server_rec *s,
                        apr_pool_t *pool)
{
    const char *error = "";
    acct_exchange_t exchange;
    apr_array_header_t *over;
    acct_db_t *db;
    apr_status_t status;

    if (one->limits == NULL || one->limits->counters == NULL
        || !acct_exchange_is_due(one->limits->counters,
                                 one->limits->database,
                                 !acct_pool_is_file(one->pool), acct_ticks(),
                                 &exchange)) {
        return;
    }
    status = acct_pool_acquire(one->pool, ACCT_UNIT_WRITE, &db, &error,
                               pool);
    if (status != APR_SUCCESS) {
        acct_upkeep_not_acquired(one, s, status, error, pool);
        return;
    }
    status = exchange_by(one, &exchange, db, &over, pool);
    if (status == APR_SUCCESS) {
        tell_over(s, over);
    }
    else if (!APR_STATUS_IS_NOTFOUND(status)) {
        acct_upkeep_not_written(one, s, status, db, pool);
    }
    acct_pool_release(one->pool, ACCT_UNIT_WRITE, db);
}
