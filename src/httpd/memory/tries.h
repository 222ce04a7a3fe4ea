/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shared memory in which tries are counted (limit/counters.h), and its
 * life: made by the parent, kept over graceful restarts while its layout and
 * size stay the same, gone with the parent and its children. With another
 * size counting begins anew.
 *
 * Like the identity cache's (memory/shared.h) it is opened by the MPM's
 * children alone.
 */
#ifndef ACCT_TRIES_H
#define ACCT_TRIES_H

#include <apr_pools.h>

#include "limit/counters.h"

typedef struct acct_tries_t acct_tries_t;

/**
 * The memory for this server, made or found again after a restart; closed
 * when this returns.
 * @param tries   of the process's pool
 * @param bytes   all that it takes
 * @param process the process's pool (lives over restarts)
 * @param scratch for temporary use
 * Parent only, before it forks.
 */
apr_status_t acct_tries_open(acct_tries_t **tries, apr_size_t bytes,
                             apr_pool_t *process, apr_pool_t *scratch);

/** Get a hold of it; drop_privileges. */
apr_status_t acct_tries_enter(acct_tries_t *tries);

/** A child's view of it, for as long as the child lives; child_init. */
apr_status_t acct_tries_attach(acct_tries_t *tries,
                               acct_counters_t *counters);

#endif
