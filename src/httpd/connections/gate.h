/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A gate: how many may do something at once, over all children of the
 * server. One stands in front of the password hasher, and one in front of
 * writing to each database.
 *
 * A gate is robust mutexes (POSIX.1-2008, PTHREAD_MUTEX_ROBUST) in shared
 * memory: one for each slot, and one for each place in the queue. When a child
 * dies the kernel hands its mutexes on, so neither a slot nor a place is ever
 * lost, and nothing has to be cleaned up. The memory lies in segments
 * (memory/segment.h): no process but the server's children can take a slot. It
 * is made by the parent and lives over graceful restarts, so that the children
 * of two generations share one count.
 */
#ifndef ACCT_GATE_H
#define ACCT_GATE_H

#include <apr_pools.h>
#include <apr_time.h>

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

/**
 * A gate of this server, made or found again after a restart. A child can
 * use it after acct_gates_child_init().
 * @param name    tells gates apart
 * @param slots   1 to 64: how many may be inside
 * @param places  how many may wait
 * @param wait    microseconds: the longest that one waits
 * Parent only, before it forks.
 */
apr_status_t acct_gate_get(acct_gate_t **gate, acct_gates_t *gates,
                           const char *name, int slots, int places,
                           apr_interval_time_t wait);

/**
 * Take a slot, waiting for it when there is a place to wait in. The same
 * thread leaves again.
 * @param slot what to hand to acct_gate_leave()
 * @return APR_EAGAIN when too many wait already, APR_TIMEUP
 */
apr_status_t acct_gate_enter(acct_gate_t *gate, int *slot);

/** Give the slot back. */
void acct_gate_leave(acct_gate_t *gate, int slot);

#endif
