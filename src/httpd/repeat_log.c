/* SPDX-License-Identifier: Apache-2.0 */
#include "repeat_log.h"

#include <apr_shm.h>
#include <http_config.h>
#include <http_log.h>

#include "../core/repeat.h"
#include "../core/ticks.h"
#include "config.h"

APLOG_USE_MODULE(acctauth);

/* With the layout, since the module may have been loaded anew. */
#define USERDATA "acctauth:repeat:1"

void acct_repeat_log(request_rec *r, int level, apr_status_t status,
                     const char *id, const char *about, const char *text,
                     int telling)
{
    apr_uint64_t key = acct_repeat_key(id, about, telling ? text : NULL);
    apr_uint32_t untold = 0;

    if (!acct_repeat_is_due(acct_server_conf(r->server)->repeat, key,
                            acct_ticks(), &untold)) {
        return;
    }
    if (untold > 0) {
        ap_log_rerror(APLOG_MARK, level, status, r,
                      "%s: %s (%u more like it since that was last told)",
                      id, text, (unsigned int)untold);
    }
    else {
        ap_log_rerror(APLOG_MARK, level, status, r, "%s: %s", id, text);
    }
}

/* Shared, all bytes 0; or, where there is no shared memory, the parent's,
 * of which each child has a copy. */
static acct_repeat_t *repeat_of(apr_pool_t *process, apr_pool_t *pconf)
{
    apr_shm_t *shm;
    void *found = NULL;

    apr_pool_userdata_get(&found, USERDATA, process);
    if (found == NULL
        && apr_shm_create(&shm, sizeof(acct_repeat_t), NULL, process)
           == APR_SUCCESS) {
        found = apr_shm_baseaddr_get(shm);
        memset(found, 0, sizeof(acct_repeat_t));
        /* The name is copied: the module's own goes when httpd loads it
         * anew. */
        apr_pool_userdata_set(found, USERDATA, apr_pool_cleanup_null,
                              process);
    }
    return found != NULL ? found
        : apr_pcalloc(pconf, sizeof(acct_repeat_t));
}

static int post_config(apr_pool_t *pconf, apr_pool_t *plog,
                       apr_pool_t *ptemp, server_rec *s)
{
    acct_repeat_t *repeat = repeat_of(s->process->pool, pconf);

    (void)plog;
    (void)ptemp;
    for (; s != NULL; s = s->next) {
        acct_server_conf(s)->repeat = repeat;
    }
    return OK;
}

void acct_repeat_log_hooks(void)
{
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
}
