/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many passwords are hashed at once, over all children of the server.
 *
 * The gate is a block of shared memory with robust mutexes (POSIX.1-2008,
 * PTHREAD_MUTEX_ROBUST): one for each slot, and one for each place in the
 * queue. When a child dies the kernel hands its mutexes on, so neither a
 * slot nor a place is ever lost, and nothing has to be cleaned up. The
 * block is made by the parent and lives over graceful restarts, so that
 * the children of two generations share one count.
 */
#ifndef ACCT_GATE_H
#define ACCT_GATE_H

#include <apr_pools.h>
#include <apr_time.h>

typedef struct acct_gate_t acct_gate_t;

/** Places to wait in for each slot. */
#define ACCT_GATE_PLACES_PER_SLOT 16

/** The longest a hash waits for a slot. */
#define ACCT_GATE_WAIT apr_time_from_sec(2)

/**
 * The gate of this server, made or found again after a restart.
 * @param slots   1 to 64
 * @param process the process's pool (lives over restarts)
 * Parent only, before it forks.
 */
apr_status_t acct_gate_get(acct_gate_t **gate, int slots,
                           apr_pool_t *process);

/**
 * Take a slot, waiting for it when there is a place to wait in. The same
 * thread leaves again.
 * @param slot what to hand to acct_gate_leave()
 * @return APR_EAGAIN when too many wait already, APR_TIMEUP
 */
apr_status_t acct_gate_enter(acct_gate_t *gate, int *slot);

/** Give the slot back. */
void acct_gate_leave(acct_gate_t *gate, int slot);

/** How many slots there are. */
int acct_gate_slots(const acct_gate_t *gate);

#endif
