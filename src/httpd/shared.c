/* SPDX-License-Identifier: Apache-2.0 */
#include "shared.h"

#include <apr_shm.h>
#include <apr_strings.h>
#include <openssl/rand.h>

/* Of the process's pool: the views of the blocks there are, one for each
 * layout and size, and of them the one in use. Never freed: children of an
 * older generation may go on in one for as long as they like. One for each
 * size that was ever configured since the start. */
#define BLOCK "acctauth:cache:%" APR_UINT64_T_FMT ":%" APR_SIZE_T_FMT
#define IN_USE "acctauth:cache:%" APR_UINT64_T_FMT ":in use"

static apr_status_t keep(acct_cache_t *cache, const char *key,
                         apr_pool_t *process)
{
    return apr_pool_userdata_set(cache, key, apr_pool_cleanup_null, process);
}

static apr_status_t make(acct_cache_t **cache, apr_size_t slots,
                         const char *key, apr_pool_t *process)
{
    unsigned char secret[ACCT_CACHE_SECRET_BYTES];
    apr_shm_t *shm;
    apr_status_t status;

    if (RAND_bytes(secret, sizeof(secret)) != 1) {
        return APR_EGENERAL;
    }
    status = apr_shm_create(&shm, acct_cache_bytes(slots), NULL, process);
    if (status != APR_SUCCESS) {
        return status;
    }
    *cache = apr_palloc(process, sizeof(**cache));
    acct_cache_format(*cache, apr_shm_baseaddr_get(shm), slots, secret);
    return keep(*cache, key, process);
}

/* Whether nobody has scribbled over its head. */
static int is_whole(acct_cache_t *cache, apr_size_t slots)
{
    return acct_cache_attach(cache, cache->block, slots, cache->secret)
        == APR_SUCCESS;
}

apr_status_t acct_shared_cache(acct_cache_t **cache, apr_size_t bytes,
                               apr_pool_t *process, apr_pool_t *scratch)
{
    apr_size_t slots = acct_cache_slots_in(bytes);
    /* With the layout, since the module may have been loaded anew: what
     * another version made is not even looked at. */
    const char *key = apr_psprintf(scratch, BLOCK, acct_cache_layout(),
                                   slots);
    const char *in_use = apr_psprintf(scratch, IN_USE, acct_cache_layout());
    void *before = NULL;
    void *found = NULL;
    apr_status_t status;

    if (slots == 0) {
        return APR_ENOMEM;
    }
    apr_pool_userdata_get(&before, in_use, process);
    apr_pool_userdata_get(&found, key, process);
    if (found != NULL && !is_whole(found, slots)) {
        found = NULL;
    }
    if (found != NULL && found == before) {
        *cache = found;
        return APR_SUCCESS;
    }
    if (before != NULL) {
        acct_cache_retire(before);
    }
    if (found != NULL) {
        *cache = found;
        acct_cache_revive(*cache);
    }
    else {
        status = make(cache, slots, key, process);
        if (status != APR_SUCCESS) {
            return status;
        }
    }
    return keep(*cache, in_use, process);
}
