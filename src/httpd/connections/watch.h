/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ends waits for a database server that take too long. libpq waits for an
 * answer without any bound of its own, and a server that was stopped, or a
 * network that swallows packets, may never give one. A thread of its own for
 * each database server of the configuration, in each child, looks at the
 * sockets that threads wait on and shuts those down whose deadline has passed;
 * the wait then fails as if the server had closed.
 */
#ifndef ACCT_WATCH_H
#define ACCT_WATCH_H

#include <apr_pools.h>
#include <apr_time.h>

typedef struct acct_watch_t acct_watch_t;

/**
 * Start the thread; it is ended and joined with @a pool.
 * @param places how many sockets may be watched at once
 */
apr_status_t acct_watch_start(acct_watch_t **watch, int places,
                              apr_pool_t *pool);

/**
 * From now on @a fd is waited on; shut it down at @a deadline (of
 * acct_ticks()). Any thread. The descriptor stays open until
 * acct_watch_end() has returned.
 */
void acct_watch_begin(acct_watch_t *watch, int fd,
                      apr_interval_time_t deadline);

/**
 * The wait has ended.
 * @param took how long it was
 * @return whether the socket was shut down
 */
int acct_watch_end(acct_watch_t *watch, int fd, apr_interval_time_t *took);

#endif
