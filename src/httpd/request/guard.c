/* SPDX-License-Identifier: Apache-2.0 */
#include "request/guard.h"

#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>

#include "config/config.h"
#include "request/asked.h"
#include "request/hand_over.h"
#include "request/access.h"
#include "request/presented.h"
#include "request/privacy.h"
#include "request/remote_user.h"
#include "request/request.h"
#include "request/told.h"
#include "request/verdict.h"

APLOG_USE_MODULE(acctauth);

#define AUTH_TYPE "Token"
#define RETRY_AFTER "5"

static int is_our_auth_type(const char *type)
{
    return type != NULL && ap_cstr_casecmp(type, AUTH_TYPE) == 0;
}

/* Whether the one-line form stands anywhere above a request, or at it: then
 * our guard is asked where a Require wants a user and no AuthType stands
 * beside it; also of an API's route, for which it may not hold itself. */
static int is_protected(const request_rec *r)
{
    return acct_dir_conf(r)->protect >= ACCT_PROTECT_OPTIONAL
        || acct_access_protect(r) >= ACCT_PROTECT_OPTIONAL;
}

int acct_guard_is_on(request_rec *r)
{
    return acct_access_protect(r) >= ACCT_PROTECT_OPTIONAL
        || is_our_auth_type(ap_auth_type(r));
}

static const char *challenge_of(request_rec *r)
{
    const char *scheme = acct_scheme(acct_dir_conf(r));
    const char *realm = ap_auth_name(r);

    if (realm == NULL) {
        return scheme;
    }
    return apr_pstrcat(r->pool, scheme, " realm=\"",
                       ap_escape_quotes(r->pool, realm), "\"", NULL);
}

void acct_guard_challenge(request_rec *r)
{
    apr_table_setn(r->err_headers_out, "WWW-Authenticate", challenge_of(r));
}

/* 401 is "you are wrong", 503 "I cannot know now"; never one for the
 * other. */
static int status_of(acct_outcome_e why)
{
    switch (why) {
    case ACCT_TLS_REQUIRED:
        return HTTP_FORBIDDEN;
    case ACCT_UNAVAILABLE:
        return HTTP_SERVICE_UNAVAILABLE;
    case ACCT_NOT_AUTHENTICATED:
    case ACCT_TOKEN_ABSENT:
    case ACCT_TOKEN_SPACES:
    case ACCT_TOKEN_CHARACTERS:
    case ACCT_INVALID_TOKEN:
    case ACCT_BLOCKED_TOKEN:
        return HTTP_UNAUTHORIZED;
    default:
        return HTTP_INTERNAL_SERVER_ERROR;
    }
}

int acct_guard_refusal_headers(request_rec *r, acct_outcome_e why,
                               const char *challenge)
{
    apr_table_t *out = r->err_headers_out;
    int status = status_of(why);

    acct_privacy_no_store(r);
    apr_table_setn(out, "Cache-Control", "no-store");
    apr_table_setn(out, "Vary", "Authorization");
    if (status == HTTP_SERVICE_UNAVAILABLE) {
        apr_table_setn(out, "Retry-After", RETRY_AFTER);
    }
    if (status == HTTP_UNAUTHORIZED) {
        apr_table_setn(out, "WWW-Authenticate", challenge);
    }
    return status;
}

/* Tell the requests this one is a part of. A page that includes what
 * depends on the token, or leaves it out, depends on it too; but what it
 * has sent by then has gone out as it was: mod_include sends its headers
 * before each include, unless a filter holds them back. */
static void tell_parents(request_rec *r, int status, const char *challenge)
{
    request_rec *page;

    acct_request_inform_parent(r, status, challenge);
    for (page = r->main; page != NULL; page = page->main) {
        acct_privacy_depends_now(page);
    }
}

/* The answer would be another one with a token, or with another. */
static void depend(request_rec *r)
{
    acct_privacy_depends(r);
    tell_parents(r, 0, NULL);
}

static int refuse(request_rec *r, acct_outcome_e why)
{
    const char *challenge = challenge_of(r);
    int status;

    acct_request(r)->refusal = why;
    acct_identity_forget(r);
    acct_presented_take(r);
    status = acct_guard_refusal_headers(r, why, challenge);
    tell_parents(r, status, challenge);
    acct_told_refusal(r, why);
    return status;
}

static void admit(request_rec *r, const acct_verdict_t *verdict)
{
    acct_hand_over(r, verdict);
    tell_parents(r, 0, NULL);
}

/* The guard's say on a request: OK when an identity is let in, DECLINED when
 * an anonymous request is (optional only), else the status of the refusal.
 * Asked by several hooks; answers the same to all. */
static int ask(request_rec *r, int optional)
{
    acct_request_t *mine = acct_request(r);
    const acct_verdict_t *verdict;

    if (mine->guarded) {
        if (mine->refusal != ACCT_OK) {
            return refuse(r, mine->refusal);
        }
        if (mine->admitted != NULL) {
            acct_identity_stand(r, mine->admitted);
            return OK;
        }
        if (optional) {
            return DECLINED;
        }
        /* Anonymous was good enough for another form of the guard. */
    }
    mine->guarded = 1;
    if (!acct_transport_allowed(r)
        && (!optional || acct_presented(r) != NULL)) {
        acct_transport_log(r);
        return refuse(r, ACCT_TLS_REQUIRED);
    }
    verdict = acct_verdict(r);
    if (verdict->outcome == ACCT_OK) {
        admit(r, verdict);
        return OK;
    }
    if (optional && verdict->outcome == ACCT_NOT_AUTHENTICATED) {
        acct_identity_forget(r);
        depend(r);
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
    acct_protect_e protect = acct_access_protect(r);
    int answer;

    if (protect < ACCT_PROTECT_OPTIONAL) {
        return DECLINED;
    }
    answer = ask(r, protect == ACCT_PROTECT_OPTIONAL);
    return answer == OK ? DECLINED : answer;
}

/* Under "AuthType Token" httpd asks for the user only when a Require wants
 * one; an expression on what we put into the environment does not count. So
 * the identity of a good token is set before any Require is looked at. Other
 * requests are not turned away here: a Require may let them in. */
static void introduce(request_rec *r)
{
    acct_request_t *mine = acct_request(r);
    const acct_verdict_t *verdict;

    if (mine->guarded) {
        return;
    }
    /* Whom another module sees (mod_ssl's SSLUserName) no token stands
     * for, and Require would take it for one. */
    r->user = NULL;
    r->ap_auth_type = NULL;
    if (acct_presented(r) == NULL) {
        depend(r);
        return;
    }
    if (acct_transport_allowed(r)) {
        verdict = acct_verdict(r);
        if (verdict->outcome == ACCT_OK) {
            admit(r, verdict);
            return;
        }
        /* A Require that says no then may say so for want of knowing. */
        mine->unknown = verdict->outcome == ACCT_UNAVAILABLE;
    }
    depend(r);
    if (acct_presented_here(r) != NULL
        && acct_dir_conf(r)->forward_token != ACCT_ON) {
        acct_presented_take(r);
    }
}

static int check_access_ex(request_rec *r)
{
    acct_request_t *mine;
    int answer;

    if (acct_is_rehearsal(r)) {
        return DECLINED;
    }
    answer = check_access(r);
    if (answer == DECLINED && acct_is_used(r)
        && is_our_auth_type(ap_auth_type(r)) && !acct_access_is_exempt(r)) {
        introduce(r);
    }
    mine = acct_request_if_any(r);
    if (mine != NULL && mine->admitted != NULL) {
        mine->required = 1;
    }
    return answer;
}

/* Just before mod_authz_core, which takes an AuthType without any Require
 * for a mistake. At an API's route it may be one above, whose Require is
 * in a <Directory>. */
static int before_require(request_rec *r)
{
    return acct_access_is_exempt(r) && ap_auth_type(r) != NULL
        && !acct_access_has_require(r) ? OK : DECLINED;
}

/* Behind mod_authz_core, which declines where only a user is wanting: what a
 * Require refuses or grants without one it has said. At an API's route no
 * client is asked for a token that only the API can hand out. What another
 * AuthType asks for, that one goes on to ask for. */
static int after_require(request_rec *r)
{
    const acct_request_t *mine = acct_request_if_any(r);
    const char *type;

    if (!acct_access_is_exempt(r)
        || (mine != NULL && mine->admitted != NULL)) {
        return DECLINED;
    }
    type = ap_auth_type(r);
    return (type != NULL ? is_our_auth_type(type) : is_protected(r))
        ? OK : DECLINED;
}

/* "AuthType Token", and the one-line form where a Require asks for a user: the
 * guard knows the identity already. */
static int check_authn(request_rec *r)
{
    const char *type = ap_auth_type(r);

    if (type != NULL ? !is_our_auth_type(type) : !is_protected(r)) {
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
    static const char *const authz[] = { "mod_authz_core.c", NULL };

    ap_hook_check_access(check_access, NULL, NULL, APR_HOOK_FIRST,
                         AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_check_access_ex(check_access_ex, NULL, NULL, APR_HOOK_FIRST,
                            AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_check_access_ex(before_require, NULL, authz, APR_HOOK_LAST,
                            AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_check_access_ex(after_require, authz, NULL,
                            APR_HOOK_REALLY_LAST, AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_check_authn(check_authn, NULL, NULL, APR_HOOK_MIDDLE,
                        AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_note_auth_failure(note_auth_failure, NULL, NULL,
                              APR_HOOK_MIDDLE);
}
