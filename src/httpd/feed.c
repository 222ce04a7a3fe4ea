/* SPDX-License-Identifier: Apache-2.0 */
#include "feed.h"

#include <http_log.h>

#include "../core/ticks.h"

APLOG_USE_MODULE(acctauth);

/* Ids can become visible out of order: two nodes take theirs, and the
 * higher one commits first. So the last so many are read again each time.
 * A writing transaction lasts two seconds at most, so this is for 500
 * revocations a second. */
#define WINDOW 1024

/* More at once than this means that much was missed: forget everything. */
#define MOST (8 * WINDOW)

static void raise_new(acct_feed_t *feed, const acct_revocation_t *revocation)
{
    apr_int64_t *seen = &feed->seen[(apr_uint64_t)revocation->id
                                    % ACCT_FEED_SEEN];

    if (*seen == revocation->id) {
        return;
    }
    *seen = revocation->id;
    acct_cache_raise(feed->cache, feed->database, revocation->account_id);
}

static apr_status_t read_rows(acct_feed_t *feed, acct_db_t *db,
                              apr_pool_t *pool)
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
        raise_new(feed, &APR_ARRAY_IDX(list, i, acct_revocation_t));
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

static void complain(acct_feed_t *feed, server_rec *s, apr_status_t status,
                     const char *error)
{
    if (!feed->complained) {
        feed->complained = 1;
        ap_log_error(APLOG_MARK, APLOG_ERR, status, s,
                     "ACCT0230: revocations cannot be read, so each request "
                     "asks the database itself: %s", error);
    }
}

void acct_feed_read(acct_feed_t *feed, server_rec *s, apr_pool_t *pool)
{
    const char *error = "";
    acct_db_t *db;
    apr_status_t status;

    status = acct_pool_acquire(feed->pool, ACCT_UNIT_READ, &db, &error,
                               pool);
    if (status != APR_SUCCESS) {
        complain(feed, s, status, error);
        return;
    }
    status = read_rows(feed, db, pool);
    if (status != APR_SUCCESS) {
        complain(feed, s, status, acct_db_error(db));
    }
    else if (feed->complained) {
        feed->complained = 0;
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, s,
                     "ACCT0231: store_recovered: revocations are read "
                     "again");
    }
    acct_pool_release(feed->pool, ACCT_UNIT_READ, db);
}
