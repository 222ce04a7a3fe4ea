/* SPDX-License-Identifier: Apache-2.0 */
#include "connections/gate_table.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/shared_mutex.h"
#include "base/ticks.h"

/* ---- memory ---- */

/* Each array begins at a multiple of a processor's line. */
#define LINE 64

static apr_size_t whole_lines(apr_size_t bytes)
{
    return (bytes + LINE - 1) / LINE * LINE;
}

/* One in four that have a place may be about to go. */
static int places_of(const acct_gate_size_t *size)
{
    return size->share == 0 ? size->places : size->places
        + size->places / 4 + 1;
}

apr_size_t acct_gate_bytes(const acct_gate_size_t *size)
{
    apr_size_t places = (apr_size_t)places_of(size);

    return whole_lines(sizeof(acct_gate_table_t))
        + whole_lines((apr_size_t)size->slots * sizeof(acct_slot_t))
        + whole_lines(places * sizeof(acct_gate_place_t))
        + whole_lines(places * sizeof(acct_turn_t));
}

void acct_gate_table_view(acct_gate_t *gate, void *start)
{
    char *at = start;

    gate->places = places_of(&gate->size);
    gate->table = start;
    at += whole_lines(sizeof(acct_gate_table_t));
    gate->slot = (void *)at;
    at += whole_lines((apr_size_t)gate->size.slots * sizeof(acct_slot_t));
    gate->place = (void *)at;
    at += whole_lines((apr_size_t)gate->places * sizeof(acct_gate_place_t));
    gate->turn = (void *)at;
}

apr_status_t acct_gate_table_make(const acct_gate_size_t *size, void *start)
{
    acct_gate_t gate = { .size = *size };
    apr_status_t status;
    int i;

    acct_gate_table_view(&gate, start);
    gate.table->rota.most = size->places;
    gate.table->rota.share = size->share;
    status = acct_shared_mutex_make(&gate.table->lock);
    for (i = 0; status == APR_SUCCESS && i < size->slots; i++) {
        gate.slot[i].place = -1;
        status = acct_shared_mutex_make(&gate.slot[i].mutex);
    }
    for (i = 0; status == APR_SUCCESS && i < gate.places; i++) {
        gate.place[i].slot = -1;
        status = acct_shared_mutex_make(&gate.place[i].mutex);
    }
    return status;
}

/* ---- waiting by a clock ---- */

/* By the clock that cannot be set, where the C library can: by the other one
 * a clock set back would make it a long wait. */
#ifdef __GLIBC_PREREQ
#if __GLIBC_PREREQ(2, 30)
#define HAS_CLOCKS 1
#endif
#endif
#ifdef HAS_CLOCKS
#define WAIT_CLOCK CLOCK_MONOTONIC
#define LOCK_UNTIL(mutex, until) \
    pthread_mutex_clocklock((mutex), WAIT_CLOCK, (until))
#define WAIT_UNTIL(semaphore, until) \
    sem_clockwait((semaphore), WAIT_CLOCK, (until))
#else
#define WAIT_CLOCK CLOCK_REALTIME
#define LOCK_UNTIL(mutex, until) pthread_mutex_timedlock((mutex), (until))
#define WAIT_UNTIL(semaphore, until) sem_timedwait((semaphore), (until))
#endif

static struct timespec after(apr_interval_time_t wait)
{
    struct timespec at;

    if (wait < 0) {
        wait = 0;
    }
    clock_gettime(WAIT_CLOCK, &at);
    at.tv_sec += (time_t)apr_time_sec(wait);
    at.tv_nsec += (long)apr_time_usec(wait) * 1000;
    at.tv_sec += at.tv_nsec / 1000000000L;
    at.tv_nsec %= 1000000000L;
    return at;
}

/* One thread that looks is enough, so that those that wait do not all want
 * the lock at once: on a busy machine it would be long on its way from one to
 * the next. */
int acct_gate_sleep(acct_gate_t *gate, int place, apr_interval_time_t end)
{
    sem_t *call = &gate->place[place].call;
    apr_interval_time_t now = acct_ticks();
    apr_interval_time_t looked;

    while (now < end) {
        struct timespec until = after(end - now < ACCT_GATE_LOOK
                                      ? end - now : ACCT_GATE_LOOK);

        if (WAIT_UNTIL(call, &until) == 0) {
            return 1;
        }
        now = acct_ticks();
        /* relaxed: only a hint, of a moment ago. */
        looked = atomic_load_explicit(&gate->table->looked,
                                      memory_order_relaxed);
        if (now < end && now - looked >= ACCT_GATE_LOOK) {
            return 1;
        }
    }
    return sem_trywait(call) == 0;
}

/* ---- what the dead leave ---- */

int acct_gate_take(pthread_mutex_t *mutex)
{
    int rv = pthread_mutex_trylock(mutex);

    /* It guards no data of its own that could be half-written. */
    if (rv == EOWNERDEAD) {
        rv = pthread_mutex_consistent(mutex);
    }
    return rv == 0;
}

/* Whether a thread has the slot or the place. Another that wants the slot in
 * this moment without waiting finds it taken: it waits then, and is called. */
static int is_held(pthread_mutex_t *mutex)
{
    if (acct_gate_take(mutex)) {
        pthread_mutex_unlock(mutex);
        return 0;
    }
    return 1;
}

/* Empty the places whose threads are gone. */
static void tidy(acct_gate_t *gate, apr_interval_time_t now)
{
    int taken = 0;

    for (int i = 0; i < gate->places; i++) {
        if (gate->turn[i].state == ACCT_TURN_NONE) {
            continue;
        }
        if (is_held(&gate->place[i].mutex)) {
            taken++;
        }
        else {
            acct_turn_quit(gate->turn, gate->places, i);
        }
    }
    gate->table->tidied = now;
    /* relaxed: written with the lock held; as to the threads that read it
     * without, see is_calm() in gate.c. */
    atomic_store_explicit(&gate->table->taken, taken, memory_order_relaxed);
}

/* After a thread died with the lock: each that waits finds out by itself what
 * it was to be told. */
static void mend(acct_gate_t *gate, apr_interval_time_t now)
{
    tidy(gate, now);
    acct_turns_recount(gate->turn, gate->places);
    for (int i = 0; i < gate->places; i++) {
        if (gate->turn[i].state != ACCT_TURN_NONE) {
            sem_post(&gate->place[i].call);
        }
    }
}

apr_status_t acct_gate_lock(acct_gate_t *gate, apr_interval_time_t wait)
{
    struct timespec until;
    apr_interval_time_t now;
    int rv = pthread_mutex_trylock(&gate->table->lock);

    if (rv == EBUSY) {
        until = after(wait);
        rv = LOCK_UNTIL(&gate->table->lock, &until);
    }
    now = acct_ticks();
    if (rv == EOWNERDEAD) {
        rv = pthread_mutex_consistent(&gate->table->lock);
        mend(gate, now);
    }
    if (rv != 0) {
        return rv == ETIMEDOUT ? APR_TIMEUP : rv;
    }
    if (now - gate->table->tidied >= ACCT_GATE_LOOK) {
        tidy(gate, now);
    }
    return APR_SUCCESS;
}

void acct_gate_unlock(acct_gate_t *gate)
{
    pthread_mutex_unlock(&gate->table->lock);
}

/* ---- places ---- */

static int empty_place(acct_gate_t *gate)
{
    for (int i = 0; i < gate->places; i++) {
        if (gate->turn[i].state == ACCT_TURN_NONE
            && acct_gate_take(&gate->place[i].mutex)) {
            return i;
        }
    }
    return -1;
}

int acct_gate_join(acct_gate_t *gate, const acct_asker_t *asker)
{
    acct_gate_table_t *table = gate->table;
    int another = acct_turn_room(&table->rota, gate->turn, gate->places,
                                 asker);
    int place = another == ACCT_ROOM_NONE ? -1 : empty_place(gate);

    if (place < 0) {
        return -1;
    }
    if (another >= 0) {
        acct_turn_give_way(gate->turn, gate->places, another);
        sem_post(&gate->place[another].call);
    }
    /* Anew each time: one that was killed while it waited is still counted in
     * it. */
    sem_init(&gate->place[place].call, 1, 0);
    gate->place[place].slot = -1;
    /* relaxed: the thread looks at the slots after the fence in
     * acct_gate_call(). */
    atomic_fetch_add_explicit(&table->taken, 1, memory_order_relaxed);
    acct_turn_join(&table->rota, gate->turn, gate->places, place, asker);
    return place;
}

void acct_gate_quit(acct_gate_t *gate, int place)
{
    acct_turn_quit(gate->turn, gate->places, place);
    /* relaxed: as in tidy(). */
    atomic_fetch_sub_explicit(&gate->table->taken, 1, memory_order_relaxed);
    pthread_mutex_unlock(&gate->place[place].mutex);
}

/* ---- calling ---- */

/* Whether the slot is kept for a thread that was called for it. */
static int is_kept(acct_gate_t *gate, int slot, apr_interval_time_t now)
{
    int place = gate->slot[slot].place;

    return place >= 0 && gate->turn[place].state == ACCT_TURN_CALLED
        && gate->place[place].slot == slot
        && now - gate->place[place].called < ACCT_GATE_LOOK
        && is_held(&gate->place[place].mutex);
}

/* Whose the slot is, or will be. 0: it is free */
static int network_of(acct_gate_t *gate, int slot, apr_interval_time_t now,
                      uint64_t *network)
{
    if (is_kept(gate, slot, now)) {
        *network = gate->turn[gate->slot[slot].place].asker.network;
        return 1;
    }
    /* relaxed: of a thread that has just taken the slot it may be the last
     * one's, and then the choice is that of a moment ago. */
    *network = atomic_load_explicit(&gate->slot[slot].network,
                                    memory_order_relaxed);
    return is_held(&gate->slot[slot].mutex);
}

/* Whether one network has all slots but this one. */
static int has_all_others(acct_gate_t *gate, int slot,
                          apr_interval_time_t now, uint64_t *network)
{
    int found = 0;

    for (int i = 0; i < gate->size.slots; i++) {
        uint64_t one;

        if (i == slot) {
            continue;
        }
        if (!network_of(gate, i, now, &one) || (found && one != *network)) {
            return 0;
        }
        *network = one;
        found = 1;
    }
    return found;
}

/* The place of the thread to call. Those that are found dead go. */
static int choose(acct_gate_t *gate, int slot, apr_interval_time_t now)
{
    uint64_t network = 0;
    const uint64_t *apart = has_all_others(gate, slot, now, &network)
        ? &network : NULL;
    int place;

    for (;;) {
        place = acct_turn_next(&gate->table->rota, gate->turn, gate->places,
                               apart);
        if (place < 0 || is_held(&gate->place[place].mutex)) {
            return place;
        }
        tidy(gate, now);
    }
}

void acct_gate_call(acct_gate_t *gate)
{
    apr_interval_time_t now = acct_ticks();

    /* relaxed: see acct_gate_sleep(). */
    atomic_store_explicit(&gate->table->looked, now, memory_order_relaxed);
    /* seq_cst: with the fence in acct_gate_leave(). Either this thread sees
     * that the slot came free, or the thread that left it sees that one
     * waits. */
    atomic_thread_fence(memory_order_seq_cst);
    for (int i = 0; i < gate->size.slots; i++) {
        int place;

        if (is_kept(gate, i, now) || is_held(&gate->slot[i].mutex)) {
            continue;
        }
        place = choose(gate, i, now);
        if (place < 0) {
            return;
        }
        acct_turn_call(&gate->table->rota, gate->turn, gate->places, place);
        gate->slot[i].place = place;
        gate->place[place].called = now;
        gate->place[place].slot = i;
        sem_post(&gate->place[place].call);
    }
}

int acct_gate_go(acct_gate_t *gate, int place)
{
    acct_turn_t *turn = &gate->turn[place];
    int slot = gate->place[place].slot;

    if (turn->state != ACCT_TURN_CALLED) {
        return -1;
    }
    if (slot >= 0 && acct_gate_take(&gate->slot[slot].mutex)) {
        /* relaxed: see network_of(). */
        atomic_store_explicit(&gate->slot[slot].network, turn->asker.network,
                              memory_order_relaxed);
        return slot;
    }
    gate->place[place].slot = -1;
    turn->state = ACCT_TURN_WAITS;
    return -1;
}
