/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The revocation feed: the new rows of a database's revocation table raise
 * their accounts' epochs in the identity cache. What another node or the
 * command revoked so takes effect here within the bound; when the feed
 * cannot be read the cache is not believed for longer than that.
 *
 * One child reads; another takes over when it does not do so in time. A
 * file that no request asks is not read: many virtual hosts, each with a
 * database of its own, cost what those of them do that are visited.
 */
#ifndef ACCT_FEED_H
#define ACCT_FEED_H

#include <httpd.h>

#include "connections/pool.h"
#include "process/outage.h"
#include "store/store.h"

/* What is known of a database's feed. In pconf; used by one reader at a
 * time once the children run. */
typedef struct acct_feed_t {
    acct_pool_t *pool;
    acct_outage_t *outage;      /* the database's */
    acct_cache_t *cache;
    uint64_t database;
    int place;                  /* acct_cache_feed() */
    acct_mark_t mark;           /* what this child has read */
    uint64_t checked;           /* the key that all tokens had the check of
                                 * then; 0: none */
    int is_native;              /* no token was another system's then */
    apr_interval_time_t rest;   /* after a reading that did not fail */
    apr_interval_time_t read_at;    /* ticks, of that; 0: at once */
    apr_interval_time_t patience;   /* until another child takes over */
    int is_failing;             /* the last reading did */
    int64_t claim;              /* acct_cache_feed_claim() */
    apr_interval_time_t look_at;    /* ticks: when to look again whether it
                                     * is the right database */
    _Atomic(int) is_slow;       /* acct_feed_is_slow() */
} acct_feed_t;

/**
 * Read what is new, if it is this child's turn and time. When that fails the
 * feed is not fresh any more once the bound has passed; the log has one line
 * of it.
 * @param pool for temporary use
 * One thread of each child at a time (process/upkeep.h).
 */
void acct_feed_read(acct_feed_t *feed, server_rec *s, apr_pool_t *pool);

/** Whether there is anything for acct_feed_read() to do at @a tick. Cheap;
 *  the thread that reads. */
int acct_feed_is_due(const acct_feed_t *feed, apr_interval_time_t tick);

/** Whether the last reading failed and took long to: others' readings should
 *  not wait for the next. Any thread; one that finds it is now its turn sees
 *  what the last reader left. */
int acct_feed_is_slow(const acct_feed_t *feed);

#endif
