/* SPDX-License-Identifier: Apache-2.0 */
#include "connections/watch.h"

#include <apr_thread_proc.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/own_pool.h"
#include "base/ticks.h"

/* How late a socket may be shut down. */
#define LOOK_EVERY 100          /* milliseconds */

/* No locks: on prefork a child may be ended by a signal between any two
 * instructions, and its end must not wait for a lock that it holds. */

/*
 * Memory order.
 * deadline is what hands a place over. A thread that is going to wait writes
 * the descriptor and then releases the deadline; the watching thread acquires
 * it and so sees the descriptor that belongs to it.
 * deadline is taken by compare-and-exchange: acquire for the waiter that gets
 * the place, acq_rel for the watching thread, which both reads the descriptor
 * and shows that it is about to use it; relaxed where the exchange fails,
 * since then nothing that came before the other's value is used.
 * fd is relaxed: it is ordered by the deadline. So is the look for one's own
 * place, whose deadline only shows that it is not free.
 * stop is released by the thread that ends the child and acquired by the
 * watching one: there is nothing else to see, the join orders the rest.
 * asleep is seq_cst where it is set and where it is asked for: each side
 * writes one of asleep and deadline and then reads the other, and one of them
 * has to see what the other wrote.
 */

/* Values of a place's deadline that are no time. */
enum { PLACE_FREE = 0, PLACE_TAKEN = -1, PLACE_CUTTING = -2,
       PLACE_CUT = -3 };

typedef struct place_t {
    _Atomic(int64_t) deadline;
    _Atomic(int) fd;
    apr_interval_time_t begun;  /* the waiter's */
} place_t;

struct acct_watch_t {
    place_t *places;
    int count;
    int wake;                   /* eventfd */
    _Atomic(int) asleep;        /* until woken */
    _Atomic(int) stop;
    apr_pool_t *own;            /* the thread's, unmanaged */
    apr_thread_t *thread;
};

/* ---- the thread ---- */

/* Shut down the sockets whose deadline has passed. @return whether any thread
 * waits at all. */
static int look(acct_watch_t *watch)
{
    apr_interval_time_t now = acct_ticks();
    int busy = 0;

    for (int i = 0; i < watch->count; i++) {
        place_t *place = &watch->places[i];
        /* acquire: the descriptor was written before the deadline */
        int64_t deadline = atomic_load_explicit(&place->deadline,
                                                memory_order_acquire);

        busy |= deadline != PLACE_FREE;
        /* the waiter cannot go on, and close it, while this is CUTTING */
        if (deadline > 0 && deadline <= now
            && atomic_compare_exchange_strong_explicit(
                &place->deadline, &deadline, PLACE_CUTTING,
                memory_order_acq_rel, memory_order_relaxed)) {
            shutdown(atomic_load_explicit(&place->fd, memory_order_relaxed),
                     SHUT_RDWR);
            /* release: pairs with the acquire of acct_watch_end() */
            atomic_store_explicit(&place->deadline, PLACE_CUT,
                                  memory_order_release);
        }
    }
    return busy;
}

static void *APR_THREAD_FUNC watch_thread(apr_thread_t *thread, void *data)
{
    acct_watch_t *watch = data;
    struct pollfd wake = { watch->wake, POLLIN, 0 };
    uint64_t count;

    (void)thread;
    while (!atomic_load_explicit(&watch->stop, memory_order_acquire)) {
        int busy = look(watch);

        if (!busy) {
            /* Said before the last look, so that a thread that begins to wait
             * after it sees that a wake is needed. seq_cst on both sides: each
             * writes one variable and then reads the other. */
            atomic_store_explicit(&watch->asleep, 1, memory_order_seq_cst);
            atomic_thread_fence(memory_order_seq_cst);
            busy = look(watch);
        }
        if (poll(&wake, 1, busy ? LOOK_EVERY : -1) > 0
            && read(watch->wake, &count, sizeof(count)) < 0
            && errno != EAGAIN && errno != EINTR) {
            break;
        }
        /* relaxed: a wake too many does no harm */
        atomic_store_explicit(&watch->asleep, 0, memory_order_relaxed);
    }
    return NULL;
}

static void wake_up(acct_watch_t *watch)
{
    uint64_t one = 1;

    /* it can only fail when it is full of wakes already */
    if (write(watch->wake, &one, sizeof(one)) < 0) {
        return;
    }
}

static apr_status_t stop(void *data)
{
    acct_watch_t *watch = data;
    apr_status_t status;

    atomic_store_explicit(&watch->stop, 1, memory_order_release);
    wake_up(watch);
    if (watch->thread != NULL) {
        apr_thread_join(&status, watch->thread);
    }
    apr_pool_destroy(watch->own);
    close(watch->wake);
    return APR_SUCCESS;
}

apr_status_t acct_watch_start(acct_watch_t **watch, int places,
                              apr_pool_t *pool)
{
    acct_watch_t *made = apr_pcalloc(pool, sizeof(*made));
    sigset_t all;
    sigset_t before;
    apr_status_t status;

    made->places = apr_pcalloc(pool, (apr_size_t)places
                                     * sizeof(*made->places));
    made->count = places;
    made->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (made->wake < 0) {
        return APR_FROM_OS_ERROR(errno);
    }
    status = acct_own_pool(&made->own);
    if (status != APR_SUCCESS) {
        close(made->wake);
        return status;
    }
    /* Not before other threads of the child have ended, which pre-cleanups
     * see to: they may wait for the server yet. */
    apr_pool_cleanup_register(pool, made, stop, apr_pool_cleanup_null);
    /* httpd's signals are for the threads it has made for them */
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    status = apr_thread_create(&made->thread, NULL, watch_thread, made,
                               made->own);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (status != APR_SUCCESS) {
        made->thread = NULL;
        return status;
    }
    *watch = made;
    return APR_SUCCESS;
}

/* ---- the waiting threads ---- */

static place_t *take_place(acct_watch_t *watch)
{
    for (;;) {
        for (int i = 0; i < watch->count; i++) {
            place_t *place = &watch->places[i];
            int64_t is_free = PLACE_FREE;

            /* acquire: after what its last user did with it */
            if (atomic_compare_exchange_strong_explicit(
                    &place->deadline, &is_free, PLACE_TAKEN,
                    memory_order_acquire, memory_order_relaxed)) {
                return place;
            }
        }
        sched_yield();          /* there are as many as connections */
    }
}

void acct_watch_begin(acct_watch_t *watch, int fd,
                      apr_interval_time_t deadline)
{
    place_t *place = take_place(watch);

    place->begun = acct_ticks();
    /* relaxed: published by the next store */
    atomic_store_explicit(&place->fd, fd, memory_order_relaxed);
    atomic_store_explicit(&place->deadline, deadline, memory_order_release);
    /* seq_cst: the other half of watch_thread()'s fence */
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(&watch->asleep, memory_order_seq_cst)) {
        wake_up(watch);
    }
}

static place_t *find_place(acct_watch_t *watch, int fd)
{
    for (int i = 0; i < watch->count; i++) {
        place_t *place = &watch->places[i];

        /* relaxed: a place of ours was written by this thread, or handed over
         * with the connection; others' only have another descriptor */
        if (atomic_load_explicit(&place->fd, memory_order_relaxed) == fd
            && atomic_load_explicit(&place->deadline, memory_order_relaxed)
               != PLACE_FREE) {
            return place;
        }
    }
    return NULL;
}

int acct_watch_end(acct_watch_t *watch, int fd, apr_interval_time_t *took)
{
    place_t *place = find_place(watch, fd);
    int64_t deadline;

    *took = 0;
    if (place == NULL) {
        return 0;
    }
    *took = acct_ticks() - place->begun;
    /* acquire: the shutdown is done if this says CUT */
    deadline = atomic_load_explicit(&place->deadline, memory_order_acquire);
    while (deadline != PLACE_CUT
           && (deadline == PLACE_CUTTING
               || !atomic_compare_exchange_weak_explicit(
                   &place->deadline, &deadline, PLACE_TAKEN,
                   memory_order_acquire, memory_order_relaxed))) {
        sched_yield();
        /* acquire: the shutdown is done once this says CUT */
        deadline = atomic_load_explicit(&place->deadline,
                                        memory_order_acquire);
    }
    /* relaxed, then release: the next waiter that takes the place sees no
     * descriptor */
    atomic_store_explicit(&place->fd, -1, memory_order_relaxed);
    atomic_store_explicit(&place->deadline, PLACE_FREE,
                          memory_order_release);
    return deadline == PLACE_CUT;
}
