/* SPDX-License-Identifier: Apache-2.0 */
#include "feed.h"

#include <apr_hash.h>
#include <apr_optional.h>
#include <apr_strings.h>
#include <http_log.h>
#include <mod_watchdog.h>

#include "../core/ticks.h"

APLOG_USE_MODULE(acctauth);

#define WATCHDOG "_acctauth_feed_"

/* Ids can become visible out of order: two nodes take theirs, and the
 * higher one commits first. So the last so many are read again each time.
 * A writing transaction lasts two seconds at most, so this is for 500
 * revocations a second. */
#define WINDOW 1024
#define SEEN 2048U              /* places to remember ids of it in */

/* More at once than this means that much was missed: forget everything. */
#define MOST (8 * WINDOW)

/* What has expired goes in small steps, so that nobody waits for it. */
#define PURGE_EVERY apr_time_from_sec(10)
#define PURGE_BATCH 500
#define REVOCATIONS_KEPT apr_time_from_sec(86400)

/* The ids of the window that have raised their epochs: seeing one again is
 * no reason to raise them again. Lost when another child takes over, which
 * then raises some twice; that costs a look-up each and nothing else. */
typedef struct seen_t {
    apr_int64_t id[SEEN];
} seen_t;

typedef struct watch_t {
    acct_feed_t *feeds;
    server_rec *server;
    seen_t seen;                /* ids of all databases: a slot each by
                                 * database and id */
} watch_t;

static apr_int64_t *slot_of(watch_t *watch, const acct_feed_t *feed,
                            apr_int64_t id)
{
    return &watch->seen.id[((apr_uint64_t)id + feed->database)
                           % SEEN];
}

/* An id marked with its database, so that databases do not take each
 * other's for their own. */
static apr_int64_t mark_of(const acct_feed_t *feed, apr_int64_t id)
{
    return id ^ (apr_int64_t)feed->database;
}

static void raise_new(watch_t *watch, const acct_feed_t *feed,
                      const acct_revocation_t *revocation)
{
    apr_int64_t *slot = slot_of(watch, feed, revocation->id);

    if (*slot == mark_of(feed, revocation->id)) {
        return;
    }
    *slot = mark_of(feed, revocation->id);
    acct_cache_raise(feed->cache, feed->database, revocation->account_id);
}

static apr_status_t read_rows(watch_t *watch, acct_feed_t *feed,
                              acct_db_t *db, apr_pool_t *pool)
{
    apr_int64_t last = acct_cache_feed_last(feed->cache, feed->place);
    apr_interval_time_t tick = acct_ticks();
    apr_array_header_t *list;
    apr_status_t status;
    int i;

    if (last < 0) {
        /* Nothing can have been stored before the first look. */
        status = acct_store_revocation_last(db, &last, pool);
        if (status == APR_SUCCESS) {
            acct_cache_raise_all(feed->cache);
            acct_cache_feed_read(feed->cache, feed->place, tick, last);
        }
        return status;
    }
    status = acct_store_revocation_list(db, last > WINDOW ? last - WINDOW : 0,
                                        MOST, &list, pool);
    if (status != APR_SUCCESS) {
        return status;
    }
    for (i = 0; i < list->nelts; i++) {
        raise_new(watch, feed, &APR_ARRAY_IDX(list, i, acct_revocation_t));
    }
    if (list->nelts == MOST) {
        acct_cache_raise_all(feed->cache);
        status = acct_store_revocation_last(db, &last, pool);
        if (status != APR_SUCCESS) {
            return status;
        }
    }
    else if (list->nelts > 0) {
        apr_int64_t highest = APR_ARRAY_IDX(list, list->nelts - 1,
                                            acct_revocation_t).id;

        if (highest > last) {
            last = highest;
        }
    }
    /* The tick of before the look: what came after it was not seen. */
    acct_cache_feed_read(feed->cache, feed->place, tick, last);
    return APR_SUCCESS;
}

static void complain(watch_t *watch, acct_feed_t *feed, apr_status_t status,
                     const char *error)
{
    if (!feed->complained) {
        feed->complained = 1;
        ap_log_error(APLOG_MARK, APLOG_ERR, status, watch->server,
                     "ACCT0230: revocations cannot be read, so each request "
                     "asks the database itself: %s", error);
    }
}

static void read_feed(watch_t *watch, acct_feed_t *feed, apr_pool_t *pool)
{
    const char *error = "";
    acct_db_t *db;
    apr_status_t status;

    status = acct_pool_acquire(feed->pool, ACCT_UNIT_READ, &db, &error,
                               pool);
    if (status != APR_SUCCESS) {
        complain(watch, feed, status, error);
        return;
    }
    status = read_rows(watch, feed, db, pool);
    if (status != APR_SUCCESS) {
        complain(watch, feed, status, acct_db_error(db));
    }
    else if (feed->complained) {
        feed->complained = 0;
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, watch->server,
                     "ACCT0231: store_recovered: revocations are read "
                     "again");
    }
    acct_pool_release(feed->pool, ACCT_UNIT_READ, db);
}

/* Clear away a batch of what is over. Two statements, each its own
 * transaction; a failure only means that it is tried again later. */
static void purge(watch_t *watch, acct_feed_t *feed, apr_pool_t *pool)
{
    apr_time_t now = apr_time_now();
    const char *error = "";
    acct_db_t *db;
    apr_status_t status;
    int tokens = 0;
    int rows = 0;

    status = acct_pool_acquire(feed->pool, ACCT_UNIT_WRITE, &db, &error,
                               pool);
    if (status != APR_SUCCESS) {
        return;
    }
    status = acct_store_token_purge(db, now, PURGE_BATCH, &tokens, pool);
    if (status == APR_SUCCESS) {
        status = acct_store_revocation_purge(db, now - REVOCATIONS_KEPT,
                                             PURGE_BATCH, &rows, pool);
    }
    acct_pool_release(feed->pool, ACCT_UNIT_WRITE, db);
    if (status == APR_SUCCESS && (tokens > 0 || rows > 0)) {
        ap_log_error(APLOG_MARK, APLOG_DEBUG, 0, watch->server,
                     "ACCT0232: %d expired tokens and %d old revocations "
                     "cleared away", tokens, rows);
    }
}

static apr_status_t step(int state, void *data, apr_pool_t *pool)
{
    watch_t *watch = data;
    acct_feed_t *feed;

    if (state != AP_WATCHDOG_STATE_RUNNING) {
        return APR_SUCCESS;
    }
    for (feed = watch->feeds; feed != NULL; feed = feed->next) {
        read_feed(watch, feed, pool);
        if (acct_ticks() - feed->purged_at >= PURGE_EVERY) {
            feed->purged_at = acct_ticks();
            purge(watch, feed, pool);
        }
    }
    return APR_SUCCESS;
}

apr_status_t acct_feed_start(acct_feed_t *feeds, apr_interval_time_t bound,
                             server_rec *s, apr_pool_t *pconf)
{
    APR_OPTIONAL_FN_TYPE(ap_watchdog_get_instance) *get_instance =
        APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_get_instance);
    APR_OPTIONAL_FN_TYPE(ap_watchdog_register_callback) *add_callback =
        APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_register_callback);
    apr_interval_time_t interval = bound / 4;
    ap_watchdog_t *watchdog;
    apr_status_t status;
    watch_t *watch;

    if (get_instance == NULL || add_callback == NULL) {
        return APR_ENOTIMPL;
    }
    if (interval > apr_time_from_sec(1)) {
        interval = apr_time_from_sec(1);
    }
    status = get_instance(&watchdog, WATCHDOG, 0, 1, pconf);
    if (status != APR_SUCCESS) {
        return status;
    }
    watch = apr_pcalloc(pconf, sizeof(*watch));
    watch->feeds = feeds;
    watch->server = s;
    return add_callback(watchdog, interval, watch, step);
}
