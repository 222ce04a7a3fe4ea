/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A gate: how many may do something at once, over all children of the
 * server. One stands in front of the password hasher, and one in front of
 * writing to each database.
 *
 * While no thread waits, going through is taking one mutex and giving it back.
 * When all slots are taken a thread waits in a table that all children share,
 * and the one that leaves calls the next by the rules of core/limit/turn.h: so
 * no client, no network and no virtual host keeps the others out, however many
 * connections it has.
 *
 * Slots, places and the table are held by robust mutexes (POSIX.1-2008,
 * PTHREAD_MUTEX_ROBUST) in shared memory: when a child dies, at whatever
 * moment, the kernel hands them on, so none of it stays taken, and a tenth of
 * a second later the next thread goes on (gate_table.h). The memory lies in
 * segments (memory/segment.h): no process but the server's children can take a
 * slot. It is made by the parent and lives over graceful restarts, so that the
 * children of two generations share one count.
 */
#ifndef ACCT_GATE_H
#define ACCT_GATE_H

#include <apr_pools.h>
#include <apr_time.h>

#include "limit/turn.h"

/* One process's view of a gate. */
typedef struct acct_gate_t acct_gate_t;

/* The gates of a configuration. */
typedef struct acct_gates_t acct_gates_t;

/**
 * Begin with a configuration's gates.
 * @param gates   in @a pconf
 * @param process the process's pool (lives over restarts)
 * Parent only, before it forks; acct_gates_close() before others may.
 */
apr_status_t acct_gates_open(acct_gates_t **gates, apr_pool_t *process,
                             apr_pool_t *pconf);

/** The parent has nothing of their memory any more. */
void acct_gates_close(acct_gates_t *gates);

/** Get a hold of their memory; drop_privileges. */
apr_status_t acct_gates_enter(acct_gates_t *gates);

/** Have the gates; child_init. */
apr_status_t acct_gates_child_init(acct_gates_t *gates);

/* How many go in and wait. */
typedef struct acct_gate_size_t {
    int slots;                  /* 1 to 64: how many may be inside */
    int places;                 /* how many may wait */
    int share;                  /* of them by one network; 0: all that ask are
                                 * equal, the first that came is the next */
    apr_interval_time_t wait;   /* the longest that one waits */
} acct_gate_size_t;

/**
 * A gate of this server, made or found again after a restart. A child can
 * use it after acct_gates_child_init().
 * @param name    tells gates apart; the same name with another size is
 *                another gate
 * Parent only, before it forks.
 */
apr_status_t acct_gate_get(acct_gate_t **gate, acct_gates_t *gates,
                           const char *name, const acct_gate_size_t *size);

/**
 * Take a slot, waiting for its turn when there is a place to wait in. The same
 * thread leaves again. Any thread of a child.
 * @param asker on whose behalf; its network counts, its host, and whether
 *              the account is known from there
 * @param slot  what to hand to acct_gate_leave()
 * @return APR_EAGAIN when too many wait already, or too many of that network,
 *         at once or when one came that goes before it; APR_TIMEUP
 */
apr_status_t acct_gate_enter_for(acct_gate_t *gate, const acct_asker_t *asker,
                                 int *slot);

/** The same for a thread that acts for no client. */
apr_status_t acct_gate_enter(acct_gate_t *gate, int *slot);

/** Give the slot back, and call the next thread. */
void acct_gate_leave(acct_gate_t *gate, int slot);

#endif
