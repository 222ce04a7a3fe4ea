/* SPDX-License-Identifier: Apache-2.0 */
#include "guard_opened.h"

#include <apr_atomic.h>
#include <apr_shm.h>
#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_request.h>

#include "config.h"
#include "guard_policy.h"
#include "request.h"

APLOG_USE_MODULE(acctauth);

/* Once for each server since its configuration was read, whichever child
 * sees it first. */
static int is_first(const request_rec *r)
{
    volatile apr_uint32_t *told = acct_server_conf(r->server)->opened_told;

    return told != NULL && apr_atomic_cas32(told, 1, 0) == 0;
}

/* What let a request by that was to be asked for a user, or NULL. */
static const char *opener_of(request_rec *r)
{
    if (!acct_policy_asked_for_user(r)) {
        return NULL;
    }
    if (ap_satisfies(r) == SATISFY_ANY) {
        return "Satisfy Any";
    }
    return acct_policy_is_granted_over(r) ? "Require all granted" : NULL;
}

static int fixups(request_rec *r)
{
    const acct_request_t *mine = acct_request_if_any(r);
    const char *type;
    const char *opener;

    if ((mine != NULL && mine->guarded) || r->main != NULL
        || !acct_is_used(r) || !acct_policy_says_anything(r)) {
        return DECLINED;
    }
    type = ap_auth_type(r);
    opener = type != NULL && ap_cstr_casecmp(type, "Token") == 0
        ? opener_of(r) : NULL;
    if (opener != NULL && is_first(r)) {
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r, "ACCT0303: AuthType "
                      "Token with a Require that wants a user is configured "
                      "for %s, but \"%s\" of another section lets everybody "
                      "in; write AcctAuthProtect On, which holds in any "
                      "order (told once for each server)", r->uri, opener);
    }
    return DECLINED;
}

static int post_config(apr_pool_t *pconf, apr_pool_t *plog,
                       apr_pool_t *ptemp, server_rec *main_server)
{
    apr_uint32_t *told;
    apr_size_t count = 0;
    apr_size_t bytes;
    apr_shm_t *shm;
    server_rec *s;

    (void)plog;
    (void)ptemp;
    for (s = main_server; s != NULL; s = s->next) {
        count++;
    }
    bytes = count * sizeof(*told);
    /* Where there is none each child tells it for itself. */
    told = apr_shm_create(&shm, bytes, NULL, pconf) == APR_SUCCESS
        ? apr_shm_baseaddr_get(shm) : apr_palloc(pconf, bytes);
    memset(told, 0, bytes);
    for (s = main_server; s != NULL; s = s->next) {
        acct_server_conf(s)->opened_told = told++;
    }
    return OK;
}

void acct_guard_opened_hooks(void)
{
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_fixups(fixups, NULL, NULL, APR_HOOK_LAST);
}
