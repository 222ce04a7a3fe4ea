/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/lost.h"

#include <http_config.h>
#include <http_log.h>
#include <mpm_common.h>
#include <stdatomic.h>

#include "audit/audit.h"
#include "audit/log.h"
#include "base/ticks.h"
#include "cache/repeat.h"
#include "memory/segment.h"

APLOG_USE_MODULE(acctauth);

/* With the layout, since the module may have been loaded anew. */
#define USERDATA "acctauth:audit:1"

/* Of more logs two share a mark: a line feed too many may stand in one when
 * the other was torn. */
#define MARKS 64

typedef struct acct_audit_lost_t {
    _Atomic(apr_uint64_t) lines;    /* since httpd was started */
    _Atomic(int) torn[MARKS];       /* by the number of a log */
} acct_audit_lost_t;

/* ---- counting ---- */

apr_uint64_t acct_audit_lost_lines(const server_rec *s)
{
    acct_audit_lost_t *lost = acct_server_conf(s)->audit_lost;

    /* relaxed: a number for a page */
    return lost == NULL ? 0
        : atomic_load_explicit(&lost->lines, memory_order_relaxed);
}

_Atomic(int) *acct_audit_torn(const server_rec *s)
{
    const acct_server_conf_t *conf = acct_server_conf(s);

    return conf->audit_lost == NULL || conf->audit->log == NULL ? NULL
        : &conf->audit_lost->torn[conf->audit->log->number % MARKS];
}

static void tell(server_rec *s, request_rec *r, apr_status_t why,
                 apr_uint32_t left_out)
{
    const char *target = acct_server_conf(s)->audit->target;

    if (r != NULL) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, why, r,
                      "ACCT0261: a line of the audit log %s is lost (%u more "
                      "since that was last told)", target,
                      (unsigned int)left_out);
    }
    else {
        ap_log_error(APLOG_MARK, APLOG_ERR, why, s,
                     "ACCT0261: a line of the audit log %s is lost (%u more "
                     "since that was last told)", target,
                     (unsigned int)left_out);
    }
}

void acct_audit_lost(server_rec *s, request_rec *r, apr_status_t why)
{
    const acct_server_conf_t *conf = acct_server_conf(s);
    apr_uint32_t left_out = 0;

    if (conf->audit_lost != NULL) {
        /* relaxed: nothing hangs on it */
        atomic_fetch_add_explicit(&conf->audit_lost->lines, 1,
                                  memory_order_relaxed);
    }
    /* The parent has no count of the lines that were reported. */
    if (conf->repeat == NULL
        || acct_repeat_is_due(conf->repeat,
                              acct_repeat_key("audit_lost",
                                              conf->audit->target, NULL),
                              acct_ticks(), &left_out)) {
        tell(s, r, why, left_out);
    }
}

/* ---- the memory ---- */

static acct_segment_t *find_segment(apr_pool_t *process)
{
    void *found = NULL;

    apr_pool_userdata_get(&found, USERDATA, process);
    return found;
}

static int is_audited(const server_rec *s)
{
    while (s != NULL && acct_server_conf(s)->audit == NULL) {
        s = s->next;
    }
    return s != NULL;
}

/* One for all configurations, all bytes 0 at first. */
static int post_config(apr_pool_t *pconf, apr_pool_t *plog,
                       apr_pool_t *ptemp, server_rec *s)
{
    apr_pool_t *process = s->process->pool;
    acct_segment_t *segment;

    (void)pconf;
    (void)plog;
    (void)ptemp;
    if (is_audited(s) && find_segment(process) == NULL
        && acct_segment_make(&segment, sizeof(acct_audit_lost_t), process)
           == APR_SUCCESS) {
        /* The name is copied: the module's own goes when httpd loads it
         * anew. */
        apr_pool_userdata_set(segment, USERDATA, apr_pool_cleanup_null,
                              process);
    }
    return OK;
}

static int drop_privileges(apr_pool_t *pchild, server_rec *s)
{
    acct_segment_t *segment = find_segment(s->process->pool);

    (void)pchild;
    if (segment != NULL) {
        (void)acct_segment_enter(segment);
    }
    return OK;
}

/* Where there is no shared memory the child counts for itself. */
static void child_init(apr_pool_t *pchild, server_rec *s)
{
    acct_segment_t *segment = find_segment(s->process->pool);
    acct_audit_lost_t *lost;
    void *start;

    if (!is_audited(s)) {
        return;
    }
    if (segment != NULL && acct_segment_open(segment, &start)
                           == APR_SUCCESS) {
        lost = start;
    }
    else {
        lost = apr_pcalloc(pchild, sizeof(*lost));
    }
    for (; s != NULL; s = s->next) {
        acct_server_conf(s)->audit_lost = lost;
    }
}

void acct_audit_lost_hooks(void)
{
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_drop_privileges(drop_privileges, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_child_init(child_init, NULL, NULL, APR_HOOK_FIRST);
}
