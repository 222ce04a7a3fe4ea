/* SPDX-License-Identifier: Apache-2.0 */
#include "process/status.h"

#include <httpd.h>
#include <apr_optional_hooks.h>
#include <http_config.h>
#include <http_main.h>
#include <http_protocol.h>
#include <mod_status.h>

#include "audit/audit.h"
#include "base/ticks.h"
#include "config/config.h"
#include "process/runtime.h"

/* Milliseconds since a feed was read; -1: it never was, or is not any
 * more. */
static apr_int64_t age_of(const server_rec *s, const acct_service_t *service)
{
    apr_interval_time_t tick = acct_ticks();
    apr_interval_time_t age = acct_cache_feed_age(
        service->cache, service->cache_feed, tick);

    /* no request asks it, see feed.h */
    if (age >= service->revocation_bound
        && acct_db_is_file(acct_server_conf(s)->db.driver)
        && !acct_cache_feed_is_wanted(service->cache, service->cache_feed,
                                      tick)) {
        return -1;
    }
    return age < 0 ? -1 : apr_time_as_msec(age);
}

static void tell_cache(request_rec *r, const acct_service_t *service,
                       int is_short)
{
    unsigned long used = acct_cache_in_use(service->cache, acct_ticks());
    unsigned long slots = service->cache->slots;
    apr_uint64_t revocations = acct_cache_ticket(service->cache);
    apr_uint64_t discarded = acct_cache_discarded(service->cache);

    ap_rprintf(r, is_short
               ? "AcctAuthCacheSlots: %lu\nAcctAuthCacheInUse: %lu\n"
                 "AcctAuthRevocations: %" APR_UINT64_T_FMT "\n"
                 "AcctAuthCacheDiscarded: %" APR_UINT64_T_FMT "\n"
               : "<dt>%lu places for tokens, %lu of them good now; %"
                 APR_UINT64_T_FMT " revocations and %" APR_UINT64_T_FMT
                 " damaged places since the cache was made</dt>\n",
               slots, used, revocations, discarded);
}

static void tell_feed(request_rec *r, const server_rec *s,
                      const acct_service_t *service, int is_short)
{
    const char *name = acct_db_describe(&acct_server_conf(s)->db);
    apr_int64_t age = age_of(s, service);

    if (is_short) {
        ap_rprintf(r, "AcctAuthFeedAge[%s]: %" APR_INT64_T_FMT "\n", name,
                   age);
    }
    else if (age < 0) {
        ap_rprintf(r, "<dt>%s: revocations are not read, each request asks "
                   "the database</dt>\n", ap_escape_html(r->pool, name));
    }
    else {
        ap_rprintf(r, "<dt>%s: revocations were read %" APR_INT64_T_FMT
                   " ms ago</dt>\n", ap_escape_html(r->pool, name), age);
    }
}

static void begin(request_rec *r, int is_short)
{
    if (!is_short) {
        ap_rputs("<hr />\n<h2>mod_acctauth</h2>\n<dl>\n", r);
    }
}

/* Where any server has an audit log. @return 1 if so */
static int tell_audit(request_rec *r, int count, int is_short)
{
    const server_rec *s = ap_server_conf;
    apr_uint64_t lost;

    while (s != NULL && acct_server_conf(s)->audit == NULL) {
        s = s->next;
    }
    if (s == NULL) {
        return 0;
    }
    if (count == 0) {
        begin(r, is_short);
    }
    lost = acct_audit_lost_lines(s);
    ap_rprintf(r, is_short ? "AcctAuthAuditLost: %" APR_UINT64_T_FMT "\n"
               : "<dt>%" APR_UINT64_T_FMT " lines of audit logs were lost "
                 "since httpd was started</dt>\n", lost);
    return 1;
}

/* Each database once, by its place in the cache. */
static int tell(request_rec *r, int flags)
{
    int is_short = (flags & AP_STATUS_SHORT) != 0;
    char told[ACCT_CACHE_FEEDS] = { 0 };
    int count = 0;
    server_rec *s;

    for (s = ap_server_conf; s != NULL; s = s->next) {
        const acct_service_t *service = acct_runtime_service(s);

        if (service == NULL || service->cache == NULL
            || told[service->cache_feed]++ > 0) {
            continue;
        }
        if (count++ == 0) {
            begin(r, is_short);
            tell_cache(r, service, is_short);
        }
        tell_feed(r, s, service, is_short);
    }
    count += tell_audit(r, count, is_short);
    if (count > 0 && !is_short) {
        ap_rputs("</dl>\n", r);
    }
    return OK;
}

void acct_status_hooks(void)
{
    APR_OPTIONAL_HOOK(ap, status_hook, tell, NULL, NULL, APR_HOOK_MIDDLE);
}
