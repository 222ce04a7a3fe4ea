/* SPDX-License-Identifier: Apache-2.0 */
#include "connections/queue.h"

#include <time.h>

/* By a clock that is not set: a wait must not last as long as the
 * administrator sets the machine's time back. */
static int make_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attr;
    int rv = pthread_condattr_init(&attr);

    if (rv != 0) {
        return rv;
    }
    rv = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    if (rv == 0) {
        rv = pthread_cond_init(condition, &attr);
    }
    pthread_condattr_destroy(&attr);
    return rv;
}

apr_status_t acct_queue_join(acct_queue_t *queue, acct_waiter_t *waiter,
                             apr_interval_time_t until)
{
    int rv = make_condition(&waiter->woken);

    if (rv != 0) {
        return APR_FROM_OS_ERROR(rv);
    }
    waiter->until = until;
    waiter->is_served = 0;
    waiter->db = NULL;
    waiter->next = NULL;
    waiter->before = queue->last;
    *(queue->last != NULL ? &queue->last->next : &queue->first) = waiter;
    queue->last = waiter;
    return APR_SUCCESS;
}

void acct_queue_wait(acct_waiter_t *waiter, pthread_mutex_t *lock,
                     apr_interval_time_t longest)
{
    struct timespec end;
    apr_interval_time_t nanoseconds;

    clock_gettime(CLOCK_MONOTONIC, &end);
    nanoseconds = end.tv_nsec + apr_time_usec(longest) * 1000;
    end.tv_sec += (time_t)(apr_time_sec(longest) + nanoseconds / 1000000000);
    end.tv_nsec = (long)(nanoseconds % 1000000000);
    (void)pthread_cond_timedwait(&waiter->woken, lock, &end);
}

static void take_out(acct_queue_t *queue, acct_waiter_t *waiter)
{
    *(waiter->before != NULL ? &waiter->before->next : &queue->first)
        = waiter->next;
    *(waiter->next != NULL ? &waiter->next->before : &queue->last)
        = waiter->before;
}

void acct_queue_leave(acct_queue_t *queue, acct_waiter_t *waiter)
{
    if (!waiter->is_served) {
        take_out(queue, waiter);
    }
    pthread_cond_destroy(&waiter->woken);
}

void acct_queue_serve(acct_queue_t *queue, acct_waiter_t *waiter,
                      acct_db_t *db)
{
    take_out(queue, waiter);
    waiter->is_served = 1;
    waiter->db = db;
    pthread_cond_signal(&waiter->woken);
}

void acct_queue_wake_all(acct_queue_t *queue)
{
    acct_waiter_t *waiter;

    for (waiter = queue->first; waiter != NULL; waiter = waiter->next) {
        pthread_cond_signal(&waiter->woken);
    }
}
