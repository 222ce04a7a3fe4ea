/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads that wait for a connection, in the order in which they came. What a
 * thread waits for is handed to it by the thread that has it: no request that
 * comes later can take it first.
 *
 * The queue has no memory of its own: a waiter is on the stack of its thread.
 * Every function wants the lock of the list that the queue is a part of
 * (list.h).
 */
#ifndef ACCT_QUEUE_H
#define ACCT_QUEUE_H

#include <apr_time.h>
#include <pthread.h>

#include "database/database.h"

typedef struct acct_waiter_t {
    struct acct_waiter_t *before;
    struct acct_waiter_t *next;
    pthread_cond_t woken;
    apr_interval_time_t until;  /* ticks: the end of its request's time */
    int is_served;              /* it is in the queue no more, and has */
    acct_db_t *db;              /* this, or leave to open one: NULL */
} acct_waiter_t;

typedef struct acct_queue_t {
    acct_waiter_t *first;
    acct_waiter_t *last;
} acct_queue_t;

/** Stand at the end. The thread leaves again.
 *  @return not APR_SUCCESS when it cannot wait */
apr_status_t acct_queue_join(acct_queue_t *queue, acct_waiter_t *waiter,
                             apr_interval_time_t until);

/**
 * Wait until the waiter is served or woken; seldom for no reason. The lock is
 * free meanwhile.
 * @param longest microseconds from now
 */
void acct_queue_wait(acct_waiter_t *waiter, pthread_mutex_t *lock,
                     apr_interval_time_t longest);

/** Stop waiting, served or not. */
void acct_queue_leave(acct_queue_t *queue, acct_waiter_t *waiter);

/** Hand a waiter of the queue a connection, or with NULL leave to open one. */
void acct_queue_serve(acct_queue_t *queue, acct_waiter_t *waiter,
                      acct_db_t *db);

/** Something has changed: each waiter looks whether it still may wait. */
void acct_queue_wake_all(acct_queue_t *queue);

#endif
