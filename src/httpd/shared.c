/* SPDX-License-Identifier: Apache-2.0 */
#include "shared.h"

#include <apr_shm.h>
#include <apr_strings.h>
#include <openssl/rand.h>

#define USERDATA "acctauth:cache"

apr_status_t acct_shared_cache(acct_cache_t **cache, apr_size_t bytes,
                               apr_pool_t *process, apr_pool_t *scratch)
{
    apr_size_t slots = acct_cache_slots_in(bytes);
    const char *key = apr_psprintf(scratch, USERDATA ":%" APR_SIZE_T_FMT,
                                   slots);
    unsigned char secret[ACCT_CACHE_SECRET_BYTES];
    apr_shm_t *shm;
    apr_status_t status;
    void *found = NULL;

    if (slots == 0) {
        return APR_ENOMEM;
    }
    apr_pool_userdata_get(&found, key, process);
    if (found != NULL) {
        *cache = found;
        /* The module may have been loaded anew, in another layout. */
        return acct_cache_attach(*cache, (*cache)->block, slots,
                                 (*cache)->secret);
    }
    if (RAND_bytes(secret, sizeof(secret)) != 1) {
        return APR_EGENERAL;
    }
    status = apr_shm_create(&shm, acct_cache_bytes(slots), NULL, process);
    if (status != APR_SUCCESS) {
        return status;
    }
    *cache = apr_palloc(process, sizeof(**cache));
    acct_cache_format(*cache, apr_shm_baseaddr_get(shm), slots, secret);
    return apr_pool_userdata_set(*cache, key, apr_pool_cleanup_null,
                                 process);
}
