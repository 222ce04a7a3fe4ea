/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pools that have an allocator of their own, for what lives or is used apart
 * from any other pool's thread.
 */
#ifndef ACCT_OWN_POOL_H
#define ACCT_OWN_POOL_H

#include <apr_pools.h>

/**
 * Make one; apr_pool_destroy() gives its memory back to the system. Where it
 * gets none later on the process ends, as it does by httpd's pools: nothing
 * looks for NULL from apr_palloc().
 * @return APR_ENOMEM when there is none to begin with
 */
apr_status_t acct_own_pool(apr_pool_t **pool);

#endif
