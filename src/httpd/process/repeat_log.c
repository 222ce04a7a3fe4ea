/* SPDX-License-Identifier: Apache-2.0 */
#include "process/repeat_log.h"

#include <http_config.h>
#include <http_log.h>
#include <mpm_common.h>

#include "base/ticks.h"
#include "cache/repeat.h"
#include "config/config.h"
#include "memory/segment.h"

APLOG_USE_MODULE(acctauth);

/* With the layout, since the module may have been loaded anew. */
#define USERDATA "acctauth:repeat:2"

void acct_repeat_log(request_rec *r, int level, apr_status_t status,
                     const char *id, const char *about, const char *text,
                     int telling)
{
    apr_uint64_t key = acct_repeat_key(id, about, telling ? text : NULL);
    apr_uint32_t left_out = 0;

    if (!acct_repeat_is_due(acct_server_conf(r->server)->repeat, key,
                            acct_ticks(), &left_out)) {
        return;
    }
    if (left_out > 0) {
        ap_log_rerror(APLOG_MARK, level, status, r,
                      "%s: %s (%u more like it since that was last told)",
                      id, text, (unsigned int)left_out);
    }
    else {
        ap_log_rerror(APLOG_MARK, level, status, r, "%s: %s", id, text);
    }
}

/* The segment, all bytes 0 at first. One for all configurations: what was
 * logged before a reload is not logged again after it. */
static acct_segment_t *segment_of(apr_pool_t *process)
{
    acct_segment_t *segment = NULL;
    void *found = NULL;

    apr_pool_userdata_get(&found, USERDATA, process);
    if (found == NULL
        && acct_segment_make(&segment, sizeof(acct_repeat_t), process)
           == APR_SUCCESS) {
        /* The name is copied: the module's own goes when httpd loads it
         * anew. */
        apr_pool_userdata_set(segment, USERDATA, apr_pool_cleanup_null,
                              process);
    }
    return found != NULL ? found : segment;
}

static int post_config(apr_pool_t *pconf, apr_pool_t *plog,
                       apr_pool_t *ptemp, server_rec *s)
{
    (void)pconf;
    (void)plog;
    (void)ptemp;
    (void)segment_of(s->process->pool);
    return OK;
}

static int drop_privileges(apr_pool_t *pchild, server_rec *s)
{
    acct_segment_t *segment = segment_of(s->process->pool);

    (void)pchild;
    if (segment != NULL) {
        (void)acct_segment_enter(segment);
    }
    return OK;
}

/* Where there is no shared memory the child counts for itself. */
static void child_init(apr_pool_t *pchild, server_rec *s)
{
    acct_segment_t *segment = segment_of(s->process->pool);
    acct_repeat_t *repeat;
    void *start;

    if (segment != NULL && acct_segment_open(segment, &start)
                           == APR_SUCCESS) {
        repeat = start;
    }
    else {
        repeat = apr_pcalloc(pchild, sizeof(*repeat));
    }
    for (; s != NULL; s = s->next) {
        acct_server_conf(s)->repeat = repeat;
    }
}

void acct_repeat_log_hooks(void)
{
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_drop_privileges(drop_privileges, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_child_init(child_init, NULL, NULL, APR_HOOK_FIRST);
}
