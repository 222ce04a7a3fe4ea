/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A gate: how many may do something at once, over all children of the
 * server. One stands in front of the password hasher, and one in front of
 * writing to each database.
 *
 * A gate is a block of shared memory with robust mutexes (POSIX.1-2008,
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

/**
 * A gate of this server, made or found again after a restart.
 * @param name    tells gates apart
 * @param slots   1 to 64: how many may be inside
 * @param places  how many may wait
 * @param wait    microseconds: the longest that one waits
 * @param process the process's pool (lives over restarts)
 * @param scratch for temporary use
 * Parent only, before it forks.
 */
apr_status_t acct_gate_get(acct_gate_t **gate, const char *name, int slots,
                           int places, apr_interval_time_t wait,
                           apr_pool_t *process, apr_pool_t *scratch);

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
