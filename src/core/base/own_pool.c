/* SPDX-License-Identifier: Apache-2.0 */
#include "base/own_pool.h"

#include <stdlib.h>

static int out_of_memory(int retcode)
{
    (void)retcode;
    abort();
}

apr_status_t acct_own_pool(apr_pool_t **pool)
{
    /* Not with the function at once: it would be called for want of the
     * pool itself, which the caller can do without. */
    apr_status_t status = apr_pool_create_unmanaged_ex(pool, NULL, NULL);

    if (status == APR_SUCCESS) {
        apr_pool_abort_set(out_of_memory, *pool);
    }
    return status;
}
