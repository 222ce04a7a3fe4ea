/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a gate has in shared memory: slots, and a table of the threads that
 * wait, with a lock around it. For gate.c; see gate.h.
 *
 * Which process is alive the kernel says, by robust mutexes: the thread that
 * has a slot holds the slot's, the thread that waits holds its place's. Where
 * such a mutex can be taken the slot is free, or no thread has the place,
 * whatever else is written of it. So no count can leak, and nothing that a
 * child leaves behind is believed.
 *
 * The lock is robust too. The thread that gets it after its holder died
 * empties the places of the dead, counts the others anew and wakes them
 * (mend() in gate_table.c). What the dead thread may have left half done
 * beyond that is in other threads' places:
 *   - one that it called, and whose slot it did not write down, or which it
 *     did not wake: it wakes now, goes in, or finds that it has not been
 *     called for anything and waits again;
 *   - a slot that came free, and for which it called none: the first thread
 *     that waits and wakes by itself finds it.
 *
 * That a thread was called is a word to it, and no right: it has to take the
 * slot's mutex like any other. A slot is kept for it for ACCT_GATE_LOOK; then
 * it goes to the next, since the thread's process may have been stopped
 * (SIGSTOP, a debugger).
 */
#ifndef ACCT_GATE_TABLE_H
#define ACCT_GATE_TABLE_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "connections/gate.h"

/* How often one of the threads that wait looks by itself, and for how long a
 * slot is kept for one: so long can a slot lie idle when a process is killed
 * or stopped at the worst moment. */
#define ACCT_GATE_LOOK apr_time_from_msec(100)

typedef struct acct_slot_t {
    pthread_mutex_t mutex;      /* of the thread that has it */
    atomic_uint_least64_t network;      /* of that thread's asker */
    int place;                  /* the thread there was called for it */
} acct_slot_t;

typedef struct acct_gate_place_t {
    pthread_mutex_t mutex;      /* of the thread that waits there */
    sem_t call;                 /* it is posted when there is news for it */
    int slot;                   /* that it was called for; -1: none */
    apr_interval_time_t called; /* ticks */
} acct_gate_place_t;

/* Its arrays follow it: slots, places, turns. */
typedef struct acct_gate_table_t {
    pthread_mutex_t lock;       /* of everything below but the mutexes and
                                 * the slots' networks */
    atomic_int taken;           /* places that are not empty; read without
                                 * the lock */
    apr_interval_time_t tidied; /* ticks */
    atomic_int_least64_t looked;        /* ticks: a thread looked whom to
                                         * call; read without the lock */
    acct_rota_t rota;
} acct_gate_table_t;

/* One process's view of a gate. In pconf. */
struct acct_gate_t {
    acct_gate_size_t size;
    int places;                 /* in the table: more than may be taken, for
                                 * those that gave way and have not gone */
    acct_gate_table_t *table;   /* NULL: this process has none of its memory */
    acct_slot_t *slot;
    acct_gate_place_t *place;
    acct_turn_t *turn;
    struct acct_spot_t *spot;   /* where it lies; gate_memory.c */
    acct_gate_t *next;
};

/** How many bytes a gate has in shared memory, a multiple of 64. */
apr_size_t acct_gate_bytes(const acct_gate_size_t *size);

/** Make a gate's memory, which is all zeros. Parent. */
apr_status_t acct_gate_table_make(const acct_gate_size_t *size, void *start);

/** Set the view of a gate whose memory begins at @a start. */
void acct_gate_table_view(acct_gate_t *gate, void *start);

/** Take the mutex of a slot or a place without waiting: 1 when it is this
 *  thread's now. */
int acct_gate_take(pthread_mutex_t *mutex);

/** Take the lock, within @a wait microseconds, and mend the table where its
 *  last holder died. @return APR_TIMEUP */
apr_status_t acct_gate_lock(acct_gate_t *gate, apr_interval_time_t wait);

void acct_gate_unlock(acct_gate_t *gate);

/* With the lock held: */

/** Take a place to wait in. @return it; -1: there is none for this asker */
int acct_gate_join(acct_gate_t *gate, const acct_asker_t *asker);

/** Give the place back. */
void acct_gate_quit(acct_gate_t *gate, int place);

/** Call the next thread for each slot that is free. */
void acct_gate_call(acct_gate_t *gate);

/** Take the slot that the thread in @a place was called for. Where it has not
 *  been called, or the slot is another's by now, it waits on. @return the
 *  slot or -1 */
int acct_gate_go(acct_gate_t *gate, int place);

/** Without the lock: wait until there is news for the place, or no thread has
 *  looked whom to call for ACCT_GATE_LOOK. @return 0: it is @a end (ticks)
 *  and there is none */
int acct_gate_sleep(acct_gate_t *gate, int place, apr_interval_time_t end);

#endif
