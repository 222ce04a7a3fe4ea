/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The revocation feed: the new rows of a database's revocation table raise
 * their accounts' epochs in the identity cache. What another node or the
 * command revoked so takes effect here within the bound; when the feed
 * cannot be read the cache is not believed for longer than that.
 */
#ifndef ACCT_FEED_H
#define ACCT_FEED_H

#include <httpd.h>

#include "pool.h"

/* Places to remember ids in, more than the window that is read again. */
#define ACCT_FEED_SEEN 2048U

/* What is known of a database's feed. In pconf; used by its reader alone
 * once the children run. */
typedef struct acct_feed_t {
    acct_pool_t *pool;
    acct_cache_t *cache;
    uint64_t database;
    int place;                  /* acct_cache_feed() */
    int complained;
    /* The ids of the window that have raised their epochs: seeing one
     * again is no reason to raise them again. Lost when another child
     * takes over, which then raises some twice; that costs a look-up each
     * and nothing else. */
    apr_int64_t seen[ACCT_FEED_SEEN];
} acct_feed_t;

/**
 * Read what is new. When that fails the feed is not fresh any more once
 * the bound is over; the log is told once.
 * @param pool for temporary use
 * One thread of the server at a time (upkeep.h).
 */
void acct_feed_read(acct_feed_t *feed, server_rec *s, apr_pool_t *pool);

#endif
