/* SPDX-License-Identifier: Apache-2.0 */
#include "memory/shared.h"

#include <apr_strings.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "memory/segment.h"

/* Of the process's pool: the segments there are, one for each layout and
 * size, and of them the one in use. Never freed: children of an older
 * generation may go on in one for as long as they like. One for each size
 * that was ever configured since the start. */
#define SEGMENT "acctauth:shared:%" APR_UINT64_T_FMT ":%" APR_SIZE_T_FMT
#define IN_USE "acctauth:shared:%" APR_UINT64_T_FMT ":in use"

/* A page with the secret, then the cache's memory. */
struct acct_shared_t {
    acct_segment_t *segment;
    apr_size_t slots;
};

static apr_status_t keep(acct_shared_t *shared, const char *key,
                         apr_pool_t *process)
{
    return apr_pool_userdata_set(shared, key, apr_pool_cleanup_null,
                                 process);
}

static void *memory_of(void *start)
{
    return (char *)start + acct_segment_page();
}

void acct_shared_close(acct_shared_t *shared, acct_cache_t *cache)
{
    acct_segment_close(shared->segment);
    OPENSSL_cleanse(cache, sizeof(*cache));
}

static apr_status_t make(acct_shared_t **shared, acct_cache_t *cache,
                         apr_size_t slots, const char *key,
                         apr_pool_t *process)
{
    acct_shared_t *made = apr_pcalloc(process, sizeof(*made));
    apr_status_t status;
    void *start;

    made->slots = slots;
    status = acct_segment_make(&made->segment, acct_segment_page()
                               + acct_cache_bytes(slots), process);
    if (status != APR_SUCCESS) {
        return status;
    }
    status = acct_segment_open(made->segment, &start);
    if (status == APR_SUCCESS
        && RAND_bytes(start, ACCT_CACHE_SECRET_BYTES) != 1) {
        status = APR_EGENERAL;
    }
    if (status != APR_SUCCESS) {
        acct_segment_release(made->segment);
        return status;
    }
    acct_cache_format(cache, memory_of(start), slots, start);
    *shared = made;
    return keep(made, key, process);
}

/* Open what is there, unless its head was scribbled over. */
static apr_status_t open_again(acct_shared_t *shared, acct_cache_t *cache)
{
    void *start;
    apr_status_t status = acct_segment_open(shared->segment, &start);

    if (status != APR_SUCCESS) {
        return status;
    }
    status = acct_cache_attach(cache, memory_of(start), shared->slots, start);
    if (status != APR_SUCCESS) {
        acct_shared_close(shared, cache);
    }
    return status;
}

/* Whatever its head says. */
static void retire(acct_shared_t *before)
{
    acct_cache_t cache;
    void *start;

    if (acct_segment_open(before->segment, &start) == APR_SUCCESS) {
        (void)acct_cache_attach(&cache, memory_of(start), before->slots,
                                start);
        acct_cache_retire(&cache);
        acct_shared_close(before, &cache);
    }
}

apr_status_t acct_shared_open(acct_shared_t **shared, acct_cache_t *cache,
                              apr_size_t bytes, apr_pool_t *process,
                              apr_pool_t *scratch)
{
    apr_size_t slots = acct_cache_slots_in(bytes);
    /* With the layout, since the module may have been loaded anew: what
     * another version made is not even looked at. */
    const char *key = apr_psprintf(scratch, SEGMENT, acct_cache_layout(),
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
    if (before != NULL && before != found) {
        retire(before);
    }
    if (found != NULL && open_again(found, cache) == APR_SUCCESS) {
        *shared = found;
        if (found != before) {
            acct_cache_revive(cache);
        }
    }
    else {
        if (found != NULL && found == before) {
            retire(before);
        }
        status = make(shared, cache, slots, key, process);
        if (status != APR_SUCCESS) {
            return status;
        }
    }
    return keep(*shared, in_use, process);
}

apr_status_t acct_shared_enter(acct_shared_t *shared)
{
    return acct_segment_enter(shared->segment);
}

apr_status_t acct_shared_attach(acct_shared_t *shared, acct_cache_t *cache)
{
    apr_status_t status = open_again(shared, cache);

    if (status == APR_SUCCESS) {
        /* The child has its own copy, which no stray write of another
         * child's changes. */
        acct_segment_shut(shared->segment, ACCT_CACHE_SECRET_BYTES);
    }
    return status;
}
