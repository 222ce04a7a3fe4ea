/* SPDX-License-Identifier: Apache-2.0 */
#include "gate.h"

#include <apr_shm.h>
#include <apr_strings.h>
#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "../core/ticks.h"

#define USERDATA "acctauth:gate"

/* While it waits at one slot a thread cannot see another come free, so it
 * looks at the next one after this long. */
#define LOOK_ROUND apr_time_from_msec(20)

struct acct_gate_t {
    int slots;
    int places;
    apr_interval_time_t wait;
    pthread_mutex_t mutex[];    /* the slots, then the places */
};

static apr_status_t make_mutex(pthread_mutex_t *mutex)
{
    pthread_mutexattr_t attr;
    int rv;

    rv = pthread_mutexattr_init(&attr);
    if (rv != 0) {
        return rv;
    }
    rv = pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    if (rv == 0) {
        rv = pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    }
    if (rv == 0) {
        rv = pthread_mutex_init(mutex, &attr);
    }
    pthread_mutexattr_destroy(&attr);
    return rv;
}

apr_status_t acct_gate_get(acct_gate_t **gate, const char *name, int slots,
                           int places, apr_interval_time_t wait,
                           apr_pool_t *process, apr_pool_t *scratch)
{
    const char *key = apr_psprintf(scratch, USERDATA ":%s:%d:%d", name,
                                   slots, places);
    apr_shm_t *shm;
    apr_status_t status;
    void *found = NULL;
    int i;

    apr_pool_userdata_get(&found, key, process);
    if (found != NULL) {
        *gate = found;
        return APR_SUCCESS;
    }
    /* Anonymous: no name to be found by, nothing left behind. */
    status = apr_shm_create(&shm, sizeof(acct_gate_t)
                            + (apr_size_t)(slots + places)
                              * sizeof(pthread_mutex_t), NULL, process);
    if (status != APR_SUCCESS) {
        return status;
    }
    *gate = apr_shm_baseaddr_get(shm);
    (*gate)->slots = slots;
    (*gate)->places = places;
    (*gate)->wait = wait;
    for (i = 0; i < slots + places; i++) {
        status = make_mutex(&(*gate)->mutex[i]);
        if (status != APR_SUCCESS) {
            apr_shm_destroy(shm);
            return status;
        }
    }
    return apr_pool_userdata_set(*gate, key, apr_pool_cleanup_null, process);
}

/* 1 when the lock is ours. A mutex whose holder died guards no data that
 * could be half-written: it is simply free. */
static int is_taken(int rv, pthread_mutex_t *mutex)
{
    if (rv == EOWNERDEAD) {
        rv = pthread_mutex_consistent(mutex);
    }
    return rv == 0;
}

static int try_take(acct_gate_t *gate, int first, int count)
{
    int i;

    for (i = first; i < first + count; i++) {
        if (is_taken(pthread_mutex_trylock(&gate->mutex[i]),
                     &gate->mutex[i])) {
            return i;
        }
    }
    return -1;
}

/* Wait for a mutex by the clock nobody sets, where the C library can: by
 * the other one a clock set back would make it a long wait. */
#ifdef __GLIBC_PREREQ
#if __GLIBC_PREREQ(2, 30)
#define HAS_CLOCKLOCK 1
#endif
#endif
#ifdef HAS_CLOCKLOCK
#define WAIT_CLOCK CLOCK_MONOTONIC
#define WAIT_FOR(mutex, until) \
    pthread_mutex_clocklock((mutex), CLOCK_MONOTONIC, (until))
#else
#define WAIT_CLOCK CLOCK_REALTIME
#define WAIT_FOR(mutex, until) pthread_mutex_timedlock((mutex), (until))
#endif

static void timespec_after(struct timespec *at, apr_interval_time_t wait)
{
    clock_gettime(WAIT_CLOCK, at);
    at->tv_nsec += (long)wait * 1000;
    at->tv_sec += at->tv_nsec / 1000000000L;
    at->tv_nsec %= 1000000000L;
}

apr_status_t acct_gate_enter(acct_gate_t *gate, int *slot)
{
    apr_interval_time_t end;
    int place;
    int next;

    *slot = try_take(gate, 0, gate->slots);
    if (*slot >= 0) {
        return APR_SUCCESS;
    }
    place = try_take(gate, gate->slots, gate->places);
    if (place < 0) {
        return APR_EAGAIN;
    }
    end = acct_ticks() + gate->wait;
    /* Waiters spread over the slots by the place they have. */
    next = place % gate->slots;
    while (acct_ticks() < end) {
        struct timespec until;

        timespec_after(&until, LOOK_ROUND);
        if (is_taken(WAIT_FOR(&gate->mutex[next], &until),
                     &gate->mutex[next])) {
            *slot = next;
            break;
        }
        next = (next + 1) % gate->slots;
    }
    pthread_mutex_unlock(&gate->mutex[place]);
    return *slot >= 0 ? APR_SUCCESS : APR_TIMEUP;
}

void acct_gate_leave(acct_gate_t *gate, int slot)
{
    pthread_mutex_unlock(&gate->mutex[slot]);
}
