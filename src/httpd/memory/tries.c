/* SPDX-License-Identifier: Apache-2.0 */
#include "memory/tries.h"

#include <apr_strings.h>

#include "memory/segment.h"

/* Of the process's pool: the segments there are, one for each layout and size
 * that was ever configured since the start. */
#define SEGMENT "acctauth:tries:%" APR_UINT64_T_FMT ":%" APR_SIZE_T_FMT

struct acct_tries_t {
    acct_segment_t *segment;
    apr_size_t bytes;
};

static apr_status_t make(acct_tries_t **tries, apr_size_t bytes,
                         const char *key, apr_pool_t *process)
{
    acct_tries_t *made = apr_pcalloc(process, sizeof(*made));
    acct_counters_t counters;
    apr_status_t status;
    void *start;

    made->bytes = bytes;
    status = acct_segment_make(&made->segment, bytes, process);
    if (status != APR_SUCCESS) {
        return status;
    }
    status = acct_segment_open(made->segment, &start);
    if (status == APR_SUCCESS) {
        status = acct_counters_format(&counters, start, bytes);
        acct_segment_close(made->segment);
    }
    if (status != APR_SUCCESS) {
        acct_segment_release(made->segment);
        return status;
    }
    *tries = made;
    return apr_pool_userdata_set(made, key, apr_pool_cleanup_null, process);
}

apr_status_t acct_tries_open(acct_tries_t **tries, apr_size_t bytes,
                             apr_pool_t *process, apr_pool_t *scratch)
{
    const char *key = apr_psprintf(scratch, SEGMENT, acct_counters_layout(),
                                   bytes);
    void *found = NULL;

    apr_pool_userdata_get(&found, key, process);
    if (found != NULL) {
        *tries = found;
        return APR_SUCCESS;
    }
    return make(tries, bytes, key, process);
}

apr_status_t acct_tries_enter(acct_tries_t *tries)
{
    return acct_segment_enter(tries->segment);
}

apr_status_t acct_tries_attach(acct_tries_t *tries,
                               acct_counters_t *counters)
{
    void *start;
    apr_status_t status = acct_segment_open(tries->segment, &start);

    return status == APR_SUCCESS
        ? acct_counters_attach(counters, start, tries->bytes) : status;
}
