/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which request gets a connection: the ones that are idle, how many more there
 * may be, which thread waits for one (queue.h), and which request is refused
 * (breaker.h). Here nothing is opened or closed, so the caller, which is a
 * list of connections (list.h), holds its lock in every function.
 *
 * Invariants, whenever the lock is free:
 * - count is how many are idle, in use, or being opened; never more than most.
 * - While a thread waits no connection is idle, and no thread that has time to
 *   open one waits while there may be another.
 */
#ifndef ACCT_STOCK_H
#define ACCT_STOCK_H

#include <apr_pools.h>

#include "connections/breaker.h"
#include "connections/queue.h"
#include "token/crowd.h"

typedef struct acct_idle_t {
    acct_db_t *db;
    apr_interval_time_t since;      /* ticks */
} acct_idle_t;

typedef struct acct_stock_t {
    acct_crowd_t *crowd;            /* NULL: its threads are in none */
    int most;
    int count;
    apr_interval_time_t opening;    /* a request that has less time left does
                                     * not begin to open one */
    apr_interval_time_t heard;      /* ticks: the last sign of life, or when a
                                     * request began to wait for one */
    acct_queue_t queue;
    acct_breaker_t breaker;
    acct_idle_t *idle;              /* the last used on top */
    int idle_count;
} acct_stock_t;

/* A request that wants a connection. */
typedef struct acct_seeker_t {
    apr_interval_time_t begun;      /* ticks */
    apr_interval_time_t until;
    acct_db_t *db;                  /* what it got; NULL: leave to open one */
    unsigned int generation;        /* see list.c */
    const char *error;              /* in p */
    apr_pool_t *p;
} acct_seeker_t;

/** Make room for @a most, in @a pool; the rest is set by the caller. */
void acct_stock_make(acct_stock_t *stock, int most, apr_pool_t *pool);

/**
 * Get an idle connection or leave to open one, and wait for it where there is
 * none. A request that has been let in (breaker.h), and is counted in the
 * crowd.
 * @param lock the caller's; free while the thread waits
 * @return APR_TIMEUP, or APR_EAGAIN: see acct_pool_acquire_within()
 */
apr_status_t acct_stock_take(acct_stock_t *stock, acct_seeker_t *seeker,
                             pthread_mutex_t *lock);

/** A request is refused for what another found.
 *  @return APR_EAGAIN */
apr_status_t acct_stock_refuse(const acct_stock_t *stock,
                               acct_seeker_t *seeker);

/** One that was in use may be used again: the first waiter has it. */
void acct_stock_put(acct_stock_t *stock, acct_db_t *db);

/** One was closed, or could not be opened: the first waiter that has the time
 *  for it may open another. */
void acct_stock_drop(acct_stock_t *stock);

/** Take the one out that has been idle for longest, unless it is the only one,
 *  or was used within @a age; or NULL. It counts until acct_stock_drop(). */
acct_db_t *acct_stock_take_old(acct_stock_t *stock, apr_interval_time_t age);

/** Whether one beside the only one is idle. */
int acct_stock_has_spare(const acct_stock_t *stock);

#endif
