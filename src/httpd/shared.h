/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The identity cache's shared memory and its life: anonymous, made by the
 * parent, kept over graceful restarts while its layout and size stay the
 * same, gone with the parent. With another size there is another block;
 * nothing of the one before is believed any more, not by those children
 * either that still use it.
 */
#ifndef ACCT_SHARED_H
#define ACCT_SHARED_H

#include <apr_pools.h>

#include "../core/identity_cache.h"

/**
 * The cache of this server, made or found again after a restart.
 * @param bytes   the most it may take
 * @param process the process's pool (lives over restarts)
 * @param scratch for temporary use
 * Parent only, before it forks.
 */
apr_status_t acct_shared_cache(acct_cache_t **cache, apr_size_t bytes,
                               apr_pool_t *process, apr_pool_t *scratch);

#endif
