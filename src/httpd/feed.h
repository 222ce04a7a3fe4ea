/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The revocation feed: one thread of the server (mod_watchdog's, in one of
 * the children) reads the new rows of each database's revocation table and
 * raises their accounts' epochs in the identity cache. What another node
 * or the command revoked so takes effect here within the bound; when the
 * feed cannot be read the cache is not believed for longer than that.
 *
 * The same thread clears away what has expired.
 */
#ifndef ACCT_FEED_H
#define ACCT_FEED_H

#include <httpd.h>

#include "pool.h"

/* What the feed knows of a database. In pconf; used by its thread alone
 * once the children run. */
typedef struct acct_feed_t {
    acct_pool_t *pool;
    acct_cache_t *cache;
    uint64_t database;
    int place;                  /* acct_cache_feed() */
    apr_interval_time_t purged_at;  /* ticks */
    int complained;
    struct acct_feed_t *next;
} acct_feed_t;

/**
 * Have the feeds read while the server runs.
 * @param feeds one for each database
 * @param bound AcctAuthRevocationBound, microseconds
 * @return APR_ENOTIMPL without mod_watchdog: nothing may be cached then
 * Parent, in post_config.
 */
apr_status_t acct_feed_start(acct_feed_t *feeds, apr_interval_time_t bound,
                             server_rec *s, apr_pool_t *pconf);

#endif
