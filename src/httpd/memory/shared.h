/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The identity cache's shared memory and its life: a segment
 * (memory/segment.h) that is made by the parent, kept over graceful restarts
 * while its layout and size stay the same, gone with the parent and its
 * children. With another size there is another block; nothing of the one
 * before is believed any more, not by those children either that still use it.
 *
 * The parent has it open while it makes a configuration's runtime, and
 * never while another module may fork.
 */
#ifndef ACCT_SHARED_H
#define ACCT_SHARED_H

#include <apr_pools.h>

#include "cache/cache.h"

typedef struct acct_shared_t acct_shared_t;

/**
 * The memory of this server's cache, made or found again after a restart.
 * @param shared  of the process's pool
 * @param cache   the parent's view of it, until acct_shared_close()
 * @param bytes   the most it may take
 * @param process the process's pool (lives over restarts)
 * @param scratch for temporary use
 * Parent only, before it forks.
 */
apr_status_t acct_shared_open(acct_shared_t **shared, acct_cache_t *cache,
                              apr_size_t bytes, apr_pool_t *process,
                              apr_pool_t *scratch);

/** The parent has nothing of it any more, and its view nothing to see. */
void acct_shared_close(acct_shared_t *shared, acct_cache_t *cache);

/** Get a hold of it; drop_privileges. */
apr_status_t acct_shared_enter(acct_shared_t *shared);

/** A child's view of it, for as long as the child lives; child_init. */
apr_status_t acct_shared_attach(acct_shared_t *shared, acct_cache_t *cache);

#endif
