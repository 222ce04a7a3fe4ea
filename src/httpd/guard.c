/* SPDX-License-Identifier: Apache-2.0 */
#include "guard.h"

#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>

#include "config.h"
#include "identity.h"
#include "request.h"
#include "verdict.h"

extern module AP_MODULE_DECLARE_DATA acctauth_module;
APLOG_USE_MODULE(acctauth);

#define AUTH_TYPE "Token"
#define RETRY_AFTER "5"

static int is_our_auth_type(const char *type)
{
    return type != NULL && ap_cstr_casecmp(type, AUTH_TYPE) == 0;
}

int acct_guard_is_on(request_rec *r)
{
    acct_protect_e protect = acct_dir_conf(r)->protect;

    return protect == ACCT_PROTECT_ON || protect == ACCT_PROTECT_OPTIONAL
        || is_our_auth_type(ap_auth_type(r));
}

void acct_guard_challenge(request_rec *r)
{
    const char *scheme = acct_scheme(acct_dir_conf(r));
    const char *realm = ap_auth_name(r);

    apr_table_setn(r->err_headers_out, "WWW-Authenticate",
                   realm == NULL ? scheme
                   : apr_pstrcat(r->pool, scheme, " realm=\"",
                                 ap_escape_quotes(r->pool, realm), "\"",
                                 NULL));
}

/* 401 is "you are wrong", 503 "I cannot know now"; never one for the
 * other. */
static int refuse(request_rec *r, acct_outcome_e why)
{
    acct_request(r)->refusal = why;
    acct_identity_forget(r);
    apr_table_setn(r->err_headers_out, "Cache-Control", "no-store");
    apr_table_mergen(r->err_headers_out, "Vary", "Authorization");
    switch (why) {
    case ACCT_TLS_REQUIRED:
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      "ACCT0301: refused over plain HTTP "
                      "(AcctAuthRequireTLS): %s", r->uri);
        return HTTP_FORBIDDEN;
    case ACCT_UNAVAILABLE:
        apr_table_setn(r->err_headers_out, "Retry-After", RETRY_AFTER);
        return HTTP_SERVICE_UNAVAILABLE;
    case ACCT_NOT_AUTHENTICATED:
    case ACCT_TOKEN_ABSENT:
    case ACCT_TOKEN_SPACES:
    case ACCT_TOKEN_CHARACTERS:
    case ACCT_INVALID_TOKEN:
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      "ACCT0302: authz_fail: %s: %s",
                      acct_outcome_name(why), r->uri);
        acct_guard_challenge(r);
        return HTTP_UNAUTHORIZED;
    default:
        return HTTP_INTERNAL_SERVER_ERROR;
    }
}

/* The guard's say on a request: OK when somebody is let in, DECLINED when
 * anonymous is (optional only), else the status of the refusal. Asked by
 * several hooks; answers the same to all. */
static int ask(request_rec *r, int optional)
{
    acct_request_t *mine = acct_request(r);
    const acct_verdict_t *verdict;

    if (mine->guarded) {
        if (mine->refusal != ACCT_OK) {
            return refuse(r, mine->refusal);
        }
        if (mine->admitted != NULL) {
            return OK;
        }
        if (optional) {
            return DECLINED;
        }
        /* Anonymous was good enough for another form of the guard. */
    }
    mine->guarded = 1;
    if (!acct_transport_allowed(r)
        && (!optional
            || apr_table_get(acct_initial_request(r)->headers_in,
                             "Authorization") != NULL)) {
        return refuse(r, ACCT_TLS_REQUIRED);
    }
    verdict = acct_verdict(r);
    if (verdict->outcome == ACCT_OK) {
        mine->admitted = verdict;
        acct_identity_set(r, verdict);
        return OK;
    }
    if (optional && verdict->outcome == ACCT_NOT_AUTHENTICATED) {
        acct_identity_private(r);
        return DECLINED;
    }
    return refuse(r, verdict->outcome);
}

/* The one-line form. It takes part in both access hooks: check_access
 * alone is passed over under "Satisfy Any" when it refuses, and
 * check_access_ex alone when another module grants. After success both
 * decline, so that Require still holds. */
static int check_access(request_rec *r)
{
    acct_protect_e protect = acct_dir_conf(r)->protect;
    int answer;

    if (protect != ACCT_PROTECT_ON && protect != ACCT_PROTECT_OPTIONAL) {
        return DECLINED;
    }
    answer = ask(r, protect == ACCT_PROTECT_OPTIONAL);
    return answer == OK ? DECLINED : answer;
}

/* "AuthType Token", and the one-line form where a Require asks who it is:
 * the guard knows already. */
static int check_authn(request_rec *r)
{
    const char *type = ap_auth_type(r);
    acct_protect_e protect = acct_dir_conf(r)->protect;

    if (!is_our_auth_type(type)
        && (type != NULL || (protect != ACCT_PROTECT_ON
                             && protect != ACCT_PROTECT_OPTIONAL))) {
        return DECLINED;
    }
    return ask(r, 0);
}

static int note_auth_failure(request_rec *r, const char *type)
{
    if (!is_our_auth_type(type)) {
        return DECLINED;
    }
    acct_guard_challenge(r);
    return OK;
}

void acct_guard_hooks(void)
{
    ap_hook_check_access(check_access, NULL, NULL, APR_HOOK_FIRST,
                         AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_check_access_ex(check_access, NULL, NULL, APR_HOOK_FIRST,
                            AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_check_authn(check_authn, NULL, NULL, APR_HOOK_MIDDLE,
                        AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_note_auth_failure(note_auth_failure, NULL, NULL,
                              APR_HOOK_MIDDLE);
}
