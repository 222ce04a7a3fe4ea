/* SPDX-License-Identifier: Apache-2.0 */
#include "upkeep.h"

#include <apr_optional.h>
#include <http_log.h>
#include <mod_watchdog.h>

#include "../core/ticks.h"

APLOG_USE_MODULE(acctauth);

#define READING "_acctauth_feed_"
#define WRITING "_acctauth_upkeep_"

/* How often the writing thread looks whether anything is due. */
#define LOOK_EVERY apr_time_from_sec(1)

/* What has expired goes in small steps, so that nobody waits for it. */
#define PURGE_EVERY apr_time_from_sec(10)
#define PURGE_BATCH 500
#define REVOCATIONS_KEPT apr_time_from_sec(86400)

typedef struct round_t {
    acct_upkeep_t *all;
    server_rec *server;
} round_t;

/* ---- reading ---- */

static apr_status_t read_feeds(int state, void *data, apr_pool_t *pool)
{
    const round_t *round = data;
    const acct_upkeep_t *one;

    if (state != AP_WATCHDOG_STATE_RUNNING) {
        return APR_SUCCESS;
    }
    for (one = round->all; one != NULL; one = one->next) {
        if (one->feed != NULL) {
            acct_feed_read(one->feed, round->server, pool);
        }
    }
    return APR_SUCCESS;
}

/* ---- writing ---- */

/* Clear away a batch of what is over. Two statements, each its own
 * transaction; a failure only means that it is tried again later. */
static void purge(acct_upkeep_t *one, server_rec *s, apr_pool_t *pool)
{
    apr_time_t now = apr_time_now();
    const char *error = "";
    acct_db_t *db;
    apr_status_t status;
    int tokens = 0;
    int rows = 0;

    status = acct_pool_acquire(one->pool, ACCT_UNIT_WRITE, &db, &error,
                               pool);
    if (status != APR_SUCCESS) {
        return;
    }
    status = acct_store_token_purge(db, now, PURGE_BATCH, &tokens, pool);
    if (status == APR_SUCCESS) {
        status = acct_store_revocation_purge(db, now - REVOCATIONS_KEPT,
                                             PURGE_BATCH, &rows, pool);
    }
    acct_pool_release(one->pool, ACCT_UNIT_WRITE, db);
    if (status == APR_SUCCESS && (tokens > 0 || rows > 0)) {
        ap_log_error(APLOG_MARK, APLOG_DEBUG, 0, s,
                     "ACCT0232: %d expired tokens and %d old revocations "
                     "cleared away", tokens, rows);
    }
}

static apr_status_t write_what_is_due(int state, void *data,
                                      apr_pool_t *pool)
{
    const round_t *round = data;
    acct_upkeep_t *one;

    if (state != AP_WATCHDOG_STATE_RUNNING) {
        return APR_SUCCESS;
    }
    for (one = round->all; one != NULL; one = one->next) {
        if (acct_ticks() - one->purged_at >= PURGE_EVERY) {
            one->purged_at = acct_ticks();
            purge(one, round->server, pool);
        }
    }
    return APR_SUCCESS;
}

/* ---- the watchdog ---- */

static apr_status_t start(const char *name, apr_interval_time_t interval,
                          ap_watchdog_callback_fn_t *callback,
                          const round_t *round, apr_pool_t *pconf)
{
    APR_OPTIONAL_FN_TYPE(ap_watchdog_get_instance) *get_instance =
        APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_get_instance);
    APR_OPTIONAL_FN_TYPE(ap_watchdog_register_callback) *add_callback =
        APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_register_callback);
    ap_watchdog_t *watchdog;
    apr_status_t status;

    if (get_instance == NULL || add_callback == NULL) {
        return APR_ENOTIMPL;
    }
    status = get_instance(&watchdog, name, 0, 1, pconf);
    if (status != APR_SUCCESS) {
        return status;
    }
    return add_callback(watchdog, interval, round, callback);
}

apr_status_t acct_upkeep_start(acct_upkeep_t *all, apr_interval_time_t bound,
                               server_rec *s, apr_pool_t *pconf)
{
    apr_interval_time_t interval = bound / 4;
    round_t *round = apr_palloc(pconf, sizeof(*round));
    apr_status_t status = APR_SUCCESS;

    round->all = all;
    round->server = s;
    if (interval > apr_time_from_sec(1)) {
        interval = apr_time_from_sec(1);
    }
    if (bound > 0) {
        status = start(READING, interval, read_feeds, round, pconf);
    }
    if (status == APR_SUCCESS) {
        status = start(WRITING, LOOK_EVERY, write_what_is_due, round, pconf);
    }
    return status;
}
