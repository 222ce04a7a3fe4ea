/* SPDX-License-Identifier: Apache-2.0 */
#include "request/told.h"

#include <apr_strings.h>
#include <http_config.h>
#include <http_log.h>
#include <http_protocol.h>

#include "audit/audit.h"
#include "process/client.h"
#include "request/request.h"

APLOG_USE_MODULE(acctauth);

/* ---- guards ---- */

void acct_told_refusal(request_rec *r, acct_outcome_e why)
{
    request_rec *client = acct_initial_request(r);
    acct_request_t *initial = acct_request(client);

    if (initial->refusal_told) {
        return;
    }
    initial->refusal_told = 1;
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                  "ACCT0301: authz_fail: %s: %s", acct_outcome_name(why),
                  r->uri);
    if (acct_audit_wants(r->server, ACCT_EVENT_GUARD, why)) {
        initial->refused_why = why;
        initial->refused_path = apr_pstrdup(client->pool, r->uri);
    }
}

/* A good token that was not good enough: httpd's own line of it names no
 * account, and sounds as if an address was refused. Logged at the end of the
 * request, since there is no hook behind Require's. */
static const acct_verdict_t *log_unmet(request_rec *r)
{
    for (; r != NULL; r = r->next) {
        const acct_request_t *mine = acct_request_if_any(r);

        if (mine != NULL && mine->required && !mine->in_fixups
            && mine->admitted != NULL
            && (r->status == HTTP_FORBIDDEN
                || r->status == HTTP_UNAUTHORIZED)) {
            ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                          "ACCT0302: authz_fail: account %" APR_INT64_T_FMT
                          ": a Require is not met: %s",
                          mine->admitted->identity.account.id, r->uri);
            return mine->admitted;
        }
    }
    return NULL;
}

static const acct_verdict_t *admitted(const request_rec *r)
{
    const acct_request_t *mine = NULL;

    for (; r != NULL && (mine == NULL || mine->admitted == NULL);
         r = r->next) {
        mine = acct_request_if_any(r);
    }
    return mine != NULL ? mine->admitted : NULL;
}

static void tell_guard(request_rec *r, acct_outcome_e outcome,
                       const acct_verdict_t *verdict, const char *path)
{
    acct_event_t event = { .kind = ACCT_EVENT_GUARD, .outcome = outcome };
    acct_audit_place_t place = { .path = path };
    const request_rec *last = r;

    while (last->next != NULL) {
        last = last->next;
    }
    place.status = last->status;
    if (verdict != NULL) {
        event.account = verdict->identity.account.id;
        event.token = verdict->identity.token.id;
    }
    acct_audit_request(r, &event, &place);
}

/* At the end, when it is known how the request was answered. A guard of
 * whatever the request became has left its verdict with it. */
static int log_transaction(request_rec *r)
{
    const acct_request_t *mine = acct_request_if_any(r);
    const acct_verdict_t *unmet;

    if (mine == NULL) {
        return DECLINED;
    }
    unmet = log_unmet(r);
    if (mine->refused_path != NULL) {
        tell_guard(r, mine->refused_why, NULL, mine->refused_path);
    }
    else if (unmet != NULL) {
        tell_guard(r, ACCT_PERMISSION_DENIED, unmet, NULL);
    }
    else if (acct_audit_wants(r->server, ACCT_EVENT_GUARD, ACCT_OK)
             && admitted(r) != NULL) {
        tell_guard(r, ACCT_OK, admitted(r), NULL);
    }
    return DECLINED;
}

/* ---- endpoints ---- */

/* What it was that a client asked for. A path or method that no route has
 * asks for nothing, but a bad token that comes by such a method is one. */
static acct_event_e kind_of(const acct_route_t *asked, acct_outcome_e outcome)
{
    if (asked == NULL || outcome == ACCT_NOT_FOUND
        || outcome == ACCT_METHOD_NOT_ALLOWED || outcome == ACCT_OPTIONS) {
        return ACCT_EVENT_NONE;
    }
    return asked->fields.operation->event;
}

static void set_variables(request_rec *r, const acct_event_t *event)
{
    apr_table_t *env = r->subprocess_env;
    const char *kind = acct_event_name(event->kind);

    apr_table_unset(env, "ACCTAUTH_EVENT");
    apr_table_unset(env, "ACCTAUTH_ID");
    apr_table_setn(env, "ACCTAUTH_OUTCOME",
                   acct_outcome_name(event->outcome));
    if (kind != NULL) {
        apr_table_setn(env, "ACCTAUTH_EVENT", kind);
    }
    if (event->outcome == ACCT_OK && event->account != 0) {
        apr_table_setn(env, "ACCTAUTH_ID",
                       apr_off_t_toa(r->pool, (apr_off_t)event->account));
    }
}

void acct_told_endpoint(request_rec *r, const acct_route_t *asked,
                        const acct_result_t *result,
                        const acct_verdict_t *verdict)
{
    acct_event_t event = {
        .kind = kind_of(asked, result->outcome), .outcome = result->outcome,
        .account = result->about, .token = result->token_id
    };
    acct_audit_place_t place = { .status = r->status };

    /* Of a sign-in the operation knows whose it was, else the token says. */
    if (event.account == 0 && verdict != NULL && verdict->outcome == ACCT_OK) {
        event.account = verdict->identity.account.id;
        event.token = verdict->identity.token.id;
    }
    set_variables(r, &event);
    if (event.kind != ACCT_EVENT_NONE
        && acct_audit_wants(r->server, event.kind, event.outcome)
        && (event.outcome != ACCT_THROTTLED || acct_client_may_tell(r))) {
        place.dialect = asked->dialect->name;
        place.route = asked->path;
        acct_audit_request(r, &event, &place);
    }
}

void acct_told_hooks(void)
{
    ap_hook_log_transaction(log_transaction, NULL, NULL, APR_HOOK_MIDDLE);
}
