/* SPDX-License-Identifier: Apache-2.0 */
#include "connections/gate.h"

#include <apr_strings.h>
#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "base/ticks.h"
#include "memory/segment.h"

/* Of the process's pool: the segments of gates, and each gate's place in
 * one. With the layout's version, since another version of the module may
 * have another. */
#define ROOMS "acctauth:gates:1"
#define PLACE "acctauth:gates:1:%s:%d:%d"

/* While it waits at one slot a thread cannot see another come free, so it
 * looks at the next one after this long. */
#define LOOK_ROUND apr_time_from_msec(20)

struct acct_gate_t {
    int slots;
    int places;
    apr_interval_time_t wait;
    pthread_mutex_t *mutex;     /* the slots, then the places; NULL: this
                                 * process has none of its memory */
    struct place_t *place;
    acct_gate_t *next;
};

/* A segment that gates are put into one behind another, since a system has
 * only so many segments, and there may be a gate for each of many
 * databases. */
typedef struct room_t {
    acct_segment_t *segment;
    pthread_mutex_t *start;     /* while it is open */
    int used;                   /* mutexes */
    struct room_t *next;
} room_t;

/* As many as one gate can have at most, and a hundred usual ones. */
#define ROOM_MUTEXES 25600

/* Where the mutexes of a gate are. */
typedef struct place_t {
    room_t *room;
    int first;
} place_t;

typedef struct rooms_t {
    room_t *first;              /* the one that is being filled */
} rooms_t;

struct acct_gates_t {
    rooms_t *rooms;
    acct_gate_t *first;
    apr_pool_t *process;
    apr_pool_t *pconf;
};

/* ---- memory ---- */

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

static apr_status_t make_mutexes(pthread_mutex_t *mutex, int count)
{
    apr_status_t status = APR_SUCCESS;
    int i;

    for (i = 0; status == APR_SUCCESS && i < count; i++) {
        status = make_mutex(&mutex[i]);
    }
    return status;
}

static apr_status_t open_room(room_t *room)
{
    void *start;
    apr_status_t status = acct_segment_open(room->segment, &start);

    room->start = status == APR_SUCCESS ? start : NULL;
    return status;
}

static apr_status_t add_room(acct_gates_t *gates)
{
    room_t *room = apr_pcalloc(gates->process, sizeof(*room));
    apr_status_t status = acct_segment_make(&room->segment, ROOM_MUTEXES
                                            * sizeof(pthread_mutex_t),
                                            gates->process);

    if (status == APR_SUCCESS) {
        status = open_room(room);
    }
    if (status == APR_SUCCESS) {
        room->next = gates->rooms->first;
        gates->rooms->first = room;
    }
    return status;
}

static apr_status_t find_place(place_t **place, acct_gates_t *gates,
                               const char *key, int count)
{
    room_t *room = gates->rooms->first;
    apr_status_t status;
    void *found = NULL;

    apr_pool_userdata_get(&found, key, gates->process);
    *place = found;
    if (found != NULL) {
        return APR_SUCCESS;
    }
    if (room == NULL || ROOM_MUTEXES - room->used < count) {
        status = add_room(gates);
        if (status != APR_SUCCESS) {
            return status;
        }
        room = gates->rooms->first;
    }
    status = make_mutexes(room->start + room->used, count);
    if (status != APR_SUCCESS) {
        return status;
    }
    *place = apr_palloc(gates->process, sizeof(**place));
    (*place)->room = room;
    (*place)->first = room->used;
    room->used += count;
    return apr_pool_userdata_set(*place, key, apr_pool_cleanup_null,
                                 gates->process);
}

static apr_status_t open_rooms(rooms_t *rooms)
{
    apr_status_t status = APR_SUCCESS;
    room_t *room;

    for (room = rooms->first; status == APR_SUCCESS && room != NULL;
         room = room->next) {
        status = open_room(room);
    }
    return status;
}

apr_status_t acct_gates_open(acct_gates_t **gates, apr_pool_t *process,
                             apr_pool_t *pconf)
{
    void *found = NULL;

    *gates = apr_pcalloc(pconf, sizeof(**gates));
    (*gates)->process = process;
    (*gates)->pconf = pconf;
    apr_pool_userdata_get(&found, ROOMS, process);
    (*gates)->rooms = found != NULL ? found
                                    : apr_pcalloc(process, sizeof(rooms_t));
    if (found == NULL) {
        return apr_pool_userdata_set((*gates)->rooms, ROOMS,
                                     apr_pool_cleanup_null, process);
    }
    return open_rooms((*gates)->rooms);
}

void acct_gates_close(acct_gates_t *gates)
{
    room_t *room;

    for (room = gates->rooms->first; room != NULL; room = room->next) {
        acct_segment_close(room->segment);
        room->start = NULL;
    }
}

apr_status_t acct_gates_enter(acct_gates_t *gates)
{
    apr_status_t status = APR_SUCCESS;
    room_t *room;

    for (room = gates->rooms->first; status == APR_SUCCESS && room != NULL;
         room = room->next) {
        status = acct_segment_enter(room->segment);
    }
    return status;
}

apr_status_t acct_gates_child_init(acct_gates_t *gates)
{
    apr_status_t status = open_rooms(gates->rooms);
    acct_gate_t *gate;

    for (gate = gates->first; status == APR_SUCCESS && gate != NULL;
         gate = gate->next) {
        gate->mutex = gate->place->room->start + gate->place->first;
    }
    return status;
}

apr_status_t acct_gate_get(acct_gate_t **gate, acct_gates_t *gates,
                           const char *name, int slots, int places,
                           apr_interval_time_t wait)
{
    const char *key = apr_psprintf(gates->pconf, PLACE, name, slots, places);
    acct_gate_t *made = apr_pcalloc(gates->pconf, sizeof(*made));
    apr_status_t status = find_place(&made->place, gates, key,
                                     slots + places);

    if (status != APR_SUCCESS) {
        return status;
    }
    made->slots = slots;
    made->places = places;
    made->wait = wait;
    made->next = gates->first;
    gates->first = made;
    *gate = made;
    return APR_SUCCESS;
}

/* ---- going through ---- */

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

/* Wait for a mutex by the clock that cannot be set, where the C library can:
 * by the other one a clock set back would make it a long wait. */
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
