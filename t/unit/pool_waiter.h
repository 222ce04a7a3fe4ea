/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests of other threads, which wait for a connection.
 */
#ifndef ACCT_POOL_WAITER_H
#define ACCT_POOL_WAITER_H

#include "pool_fixture.h"

typedef struct waiter_t {
    apr_thread_t *thread;
    acct_pool_t *connections;
    apr_pool_t *pool;           /* used by its thread alone */
    acct_db_t *db;
    const char *error;
    char said[100];             /* the same, when it has ended */
    apr_status_t status;
    apr_interval_time_t took;
} waiter_t;

static inline void *APR_THREAD_FUNC wait_for_one(apr_thread_t *thread,
                                                 void *data)
{
    waiter_t *waiter = data;
    apr_interval_time_t begun = real_time();

    (void)thread;
    waiter->status = acct_pool_acquire(waiter->connections, ACCT_UNIT_READ,
                                       &waiter->db, &waiter->error,
                                       waiter->pool);
    waiter->took = real_time() - begun;
    /* not by apr_thread_exit(): that leaves by pthread_exit(), whose
     * unwinding an address sanitizer's frames do not survive */
    return NULL;
}

/* A request that finds no connection; it waits when this returns. */
static inline void begin_to_wait(world_t *world, acct_pool_t *connections,
                                 waiter_t *waiter)
{
    int before = atomic_load(&waiting);

    memset(waiter, 0, sizeof(*waiter));
    waiter->connections = connections;
    assert_int_equal(apr_pool_create(&waiter->pool, NULL), APR_SUCCESS);
    assert_int_equal(apr_thread_create(&waiter->thread, NULL, wait_for_one,
                                       waiter, world->pool), APR_SUCCESS);
    while (atomic_load(&waiting) == before) {
        sched_yield();
    }
}

static inline void end_waiting(waiter_t *waiter)
{
    apr_status_t ended;

    apr_thread_join(&ended, waiter->thread);
    if (waiter->error != NULL) {
        apr_cpystrn(waiter->said, waiter->error, sizeof(waiter->said));
    }
    apr_pool_destroy(waiter->pool);
}

#endif
