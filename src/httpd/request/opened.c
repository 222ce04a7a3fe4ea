/* SPDX-License-Identifier: Apache-2.0 */
#include "request/opened.h"

#include <apr_strings.h>
#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_request.h>

#include "config/config.h"
#include "process/repeat_log.h"
#include "request/access.h"
#include "request/request.h"

/* What let a request by that was to be asked for a user, or NULL. */
static const char *opener_of(request_rec *r)
{
    if (!acct_access_asked_for_user(r)) {
        return NULL;
    }
    if (ap_satisfies(r) == SATISFY_ANY) {
        return "Satisfy Any";
    }
    return acct_access_is_granted_over(r) ? "Require all granted" : NULL;
}

static int fixups(request_rec *r)
{
    const acct_request_t *mine = acct_request_if_any(r);
    const char *type;
    const char *opener;

    if ((mine != NULL && mine->guarded) || r->main != NULL
        || !acct_is_used(r) || !acct_access_says_anything(r)) {
        return DECLINED;
    }
    type = ap_auth_type(r);
    opener = type != NULL && ap_cstr_casecmp(type, "Token") == 0
        ? opener_of(r) : NULL;
    if (opener != NULL) {
        acct_repeat_log(r, APLOG_WARNING, 0, "ACCT0303",
                        r->server->server_hostname,
                        apr_psprintf(r->pool, "AuthType Token with a Require "
                                     "that wants a user is configured for "
                                     "%s, but \"%s\" of another section lets "
                                     "everybody in; write AcctAuthProtect "
                                     "On, which holds in any order", r->uri,
                                     opener), 0);
    }
    return DECLINED;
}

void acct_guard_opened_hooks(void)
{
    ap_hook_fixups(fixups, NULL, NULL, APR_HOOK_LAST);
}
