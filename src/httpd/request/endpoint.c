/* SPDX-License-Identifier: Apache-2.0 */
#include "request/endpoint.h"

#include <apr_strings.h>
#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_request.h>
#include <openssl/crypto.h>

#include "base/ticks.h"
#include "config/config.h"
#include "config/mount.h"
#include "dialect/render.h"
#include "form/basic.h"
#include "form/form.h"
#include "form/stage.h"
#include "process/repeat_log.h"
#include "request/answer.h"
#include "request/body.h"
#include "request/presented.h"
#include "request/request.h"
#include "request/request_service.h"
#include "request/told.h"
#include "request/verdict.h"

APLOG_USE_MODULE(acctauth);

#define HANDLER "acctauth-endpoint"

/* A body that has come with its head, or is none, is read within this. */
#define NO_WAIT apr_time_from_msec(1)

/* One request on its way. */
typedef struct endpoint_t {
    request_rec *r;
    acct_match_t match;
    const acct_route_t *asked;  /* for the audit log; NULL: for none */
    acct_result_t *result;
    const acct_verdict_t *verdict;  /* routes that need a token */
    const char *basic;          /* routes that take HTTP Basic: where the
                                 * credentials begin */
    acct_request_service_t service;
    acct_client_t client;
    int status;                 /* instead of the dialect's; 0: that */
    int answered;               /* a filter has sent an answer */
} endpoint_t;

/* Whether an API answers the request: for hooks that run when httpd knows
 * its location, where all but the first test is for APIs alone. */
static int is_ours(const request_rec *r, acct_below_t *below)
{
    return acct_dir_conf(r)->api != NULL && acct_mount_answers(r, below);
}

static void outcome(endpoint_t *endpoint, acct_outcome_e what)
{
    endpoint->result->outcome = what;
    if (what == ACCT_UNAVAILABLE && endpoint->result->retry_after == 0) {
        endpoint->result->retry_after = 5;
    }
}

/* ---- steps; each 1 when the request goes on, 0 when its result or
 * status is final ---- */

static acct_outcome_e match(endpoint_t *endpoint, const acct_below_t *below,
                            acct_match_t *found)
{
    acct_outcome_e what = acct_dialect_match(below->mount->dialects,
                                             below->mount->count,
                                             endpoint->r->method, below->path,
                                             found, endpoint->r->pool);

    endpoint->asked = found->route;
    return what;
}

static int check_transport(endpoint_t *endpoint, const acct_below_t *below)
{
    acct_match_t unused;

    if (acct_transport_allowed(endpoint->r)) {
        return 1;
    }
    (void)match(endpoint, below, &unused);
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, endpoint->r,
                  "ACCT0402: refused over plain HTTP (AcctAuthRequireTLS)");
    acct_transport_log(endpoint->r);
    /* What was sent may be a password: do not even read it. */
    endpoint->r->connection->keepalive = AP_CONN_CLOSE;
    outcome(endpoint, ACCT_TLS_REQUIRED);
    return 0;
}

static int find_route(endpoint_t *endpoint, const acct_below_t *below)
{
    request_rec *r = endpoint->r;

    outcome(endpoint, match(endpoint, below, &endpoint->match));
    acct_request(r)->allow = endpoint->match.allow;
    return endpoint->result->outcome == ACCT_OK
        || endpoint->result->outcome == ACCT_METHOD_NOT_ALLOWED;
}

static int check_method(const endpoint_t *endpoint)
{
    return endpoint->result->outcome == ACCT_OK;
}

/* A request with the wrong method and no credentials is refused for these, as
 * these APIs do; but in a dialect whose answer to that is no refusal (a
 * sign-out without a token is done), the method is what is wrong. */
static void refuse_credentials(endpoint_t *endpoint, acct_outcome_e why)
{
    acct_answer_t answer;
    int is_wrong_method = !check_method(endpoint);

    outcome(endpoint, why);
    if (!is_wrong_method) {
        return;
    }
    acct_render(endpoint->match.dialect, endpoint->match.route,
                endpoint->result, &answer, endpoint->r->pool);
    if (answer.status != 0 && answer.status < HTTP_BAD_REQUEST) {
        outcome(endpoint, ACCT_METHOD_NOT_ALLOWED);
    }
}

static const acct_operation_t *operation(const endpoint_t *endpoint)
{
    return endpoint->match.route->fields.operation;
}

/* A request without one may go on where the route does without. */
static int is_allowed(const endpoint_t *endpoint)
{
    acct_outcome_e verdict = endpoint->verdict->outcome;

    return verdict == ACCT_OK
        || (verdict == ACCT_NOT_AUTHENTICATED
            && endpoint->match.route->token == ACCT_TOKEN_OPTIONAL);
}

/* The words alone: what they say is only read when the client may try. */
static int check_basic(endpoint_t *endpoint)
{
    acct_outcome_e what;

    endpoint->basic = acct_presented_basic(endpoint->r);
    what = acct_basic_look(endpoint->basic);
    if (what != ACCT_OK) {
        refuse_credentials(endpoint, what);
    }
    return what == ACCT_OK;
}

/* Where none is needed a wrong method comes first, mostly. */
static int looks_at_token(const endpoint_t *endpoint)
{
    const acct_route_t *route = endpoint->match.route;

    return route->token == ACCT_TOKEN_NEEDED
        || (check_method(endpoint) ? route->token == ACCT_TOKEN_OPTIONAL
                                   : route->guards_methods);
}

static int check_credentials(endpoint_t *endpoint)
{
    if (endpoint->match.route->takes_basic) {
        return check_basic(endpoint);
    }
    if (!looks_at_token(endpoint)) {
        return 1;
    }
    endpoint->verdict = acct_verdict(endpoint->r);
    if (!is_allowed(endpoint)) {
        refuse_credentials(endpoint, endpoint->verdict->outcome);
        return 0;
    }
    return 1;
}

/* The account a path names is the token's own, in just its spelling. */
static int check_owner(endpoint_t *endpoint)
{
    const char *own;

    if (!endpoint->match.route->names_account) {
        return 1;
    }
    own = apr_psprintf(endpoint->r->pool, "%" APR_INT64_T_FMT,
                       endpoint->verdict->identity.account.id);
    if (endpoint->match.account_id != NULL
        && strcmp(own, endpoint->match.account_id) == 0) {
        return 1;
    }
    outcome(endpoint, ACCT_NOT_OWNER);
    return 0;
}

static int check_service(endpoint_t *endpoint)
{
    if (acct_request_service_for(&endpoint->service, endpoint->r,
                                 endpoint->match.route, &endpoint->client)) {
        return 1;
    }
    acct_repeat_log(endpoint->r, APLOG_ERR, 0, "ACCT0403",
                    endpoint->r->server->server_hostname,
                    "an API is mounted here, but this server has no usable "
                    "AcctAuthDatabase", 1);
    outcome(endpoint, ACCT_UNAVAILABLE);
    return 0;
}

/* Before the body is read. */
static int check_limits(endpoint_t *endpoint)
{
    if (acct_may_try(&endpoint->service.service, operation(endpoint)->budget,
                     endpoint->result, endpoint->r->pool)) {
        return 1;
    }
    /* Refused unread: no 100-continue, and no use for the rest. */
    if (acct_body_announced(endpoint->r)) {
        endpoint->r->connection->keepalive = AP_CONN_CLOSE;
    }
    return 0;
}

static int body_result(endpoint_t *endpoint, acct_body_e read)
{
    endpoint->result->format = "Request";
    switch (read) {
    case ACCT_BODY_READ:
        return 1;
    case ACCT_BODY_TOO_LARGE:
        outcome(endpoint, ACCT_TOO_LARGE);
        return 0;
    case ACCT_BODY_MALFORMED:
        endpoint->result->reason = "the body was cut off, or its chunks are "
            "malformed";
        outcome(endpoint, ACCT_PARSE_ERROR);
        return 0;
    case ACCT_BODY_STALLED:
        endpoint->result->reason = "the body did not arrive in time";
        endpoint->status = HTTP_REQUEST_TIME_OUT;
        outcome(endpoint, ACCT_PARSE_ERROR);
        return 0;
    case ACCT_BODY_ANSWERED:
        break;
    }
    endpoint->answered = 1;
    outcome(endpoint, ACCT_ERROR);
    return 0;
}

static int check_media_type(endpoint_t *endpoint)
{
    acct_outcome_e what = acct_body_accepts(
        endpoint->r, &endpoint->match.route->fields, endpoint->result);

    outcome(endpoint, what);
    return what == ACCT_OK;
}

/* Read the body into fields. 1 also when they have problems: the
 * operation may find more. */
static int read_form(endpoint_t *endpoint, acct_form_t *form)
{
    request_rec *r = endpoint->r;
    acct_outcome_e what;
    apr_size_t length = 0;
    char *bytes = NULL;
    int goes_on;

    if (acct_body_announced(r) && !check_media_type(endpoint)) {
        /* Refused unread: no 100-continue, and no use for the rest. */
        r->connection->keepalive = AP_CONN_CLOSE;
        return 0;
    }
    goes_on = body_result(endpoint, acct_body_read(r, acct_body_limit(r),
                                                   &bytes, &length))
        && (length == 0 || check_media_type(endpoint));
    if (goes_on) {
        what = acct_form_read(&endpoint->match.route->fields,
                              apr_table_get(r->headers_in, "Content-Type"),
                              bytes, length, form, endpoint->result,
                              r->pool);
        outcome(endpoint, what);
        goes_on = what == ACCT_OK || what == ACCT_INVALID;
    }
    OPENSSL_cleanse(bytes, length);
    return goes_on;
}

/* An operation that acts for a token acts on a verdict of after the last wait
 * for the client: a body may come as late as the client likes, and the token
 * have been ended or the account blocked since. What the verdict was then
 * keeps its meaning: an account does not change its number.
 * @param begun ticks, before the client was waited for */
static int check_token_still(endpoint_t *endpoint, apr_interval_time_t begun)
{
    if (endpoint->verdict == NULL || acct_ticks() - begun < NO_WAIT) {
        return 1;
    }
    endpoint->verdict = acct_verdict_again(endpoint->r, endpoint->verdict);
    if (!is_allowed(endpoint)) {
        outcome(endpoint, endpoint->verdict->outcome);
        return 0;
    }
    return 1;
}

/* The fields of the body, or a body that is dropped. */
static int take_body(endpoint_t *endpoint, acct_form_t *form)
{
    if (endpoint->match.route->reads_fields) {
        return read_form(endpoint, form);
    }
    if (!body_result(endpoint,
                     acct_body_drop(endpoint->r,
                                    acct_body_limit(endpoint->r)))) {
        return 0;
    }
    if (endpoint->basic != NULL) {
        acct_basic_read(endpoint->basic, form, endpoint->r->pool);
        form->value[ACCT_ROLE_SECOND_FACTOR] = acct_presented_code(
            endpoint->r, endpoint->match.route->code_header);
    }
    return 1;
}

static void run_operation(endpoint_t *endpoint)
{
    apr_interval_time_t begun = acct_ticks();
    acct_form_t form;
    acct_call_t call = {
        .service = &endpoint->service.service,
        .route = endpoint->match.route, .form = &form,
        .path_token = endpoint->match.token_id,
        .result = endpoint->result, .pool = endpoint->r->pool
    };

    memset(&form, 0, sizeof(form));
    if (take_body(endpoint, &form) && check_token_still(endpoint, begun)) {
        if (endpoint->verdict != NULL
            && endpoint->verdict->outcome == ACCT_OK) {
            call.identity = &endpoint->verdict->identity;
            call.token = endpoint->verdict->token;
        }
        operation(endpoint)->run(&call);
        acct_stage_cut(&endpoint->match.route->fields, endpoint->result);
    }
    acct_form_wipe(&form);
}

static void run(endpoint_t *endpoint, const acct_below_t *below)
{
    if (check_transport(endpoint, below)
        && find_route(endpoint, below)
        && check_credentials(endpoint)
        && check_method(endpoint)
        && check_service(endpoint)
        && check_owner(endpoint)
        && check_limits(endpoint)) {
        run_operation(endpoint);
    }
}

static int handler(request_rec *r)
{
    acct_below_t below;
    endpoint_t endpoint;

    if (!is_ours(r, &below)) {
        return DECLINED;
    }
    if (r->main != NULL) {
        /* An include is no client. */
        return HTTP_FORBIDDEN;
    }
    memset(&endpoint, 0, sizeof(endpoint));
    endpoint.r = r;
    endpoint.match.dialect = below.mount->dialects[0];
    endpoint.result = acct_result_make(ACCT_OK, r->pool);
    endpoint.result->method = r->method;
    acct_request(r)->asked = ACCT_ASKED_ENDPOINT;
    run(&endpoint, &below);
    acct_request(r)->asked = ACCT_ASKED_OTHERS;
    if (!endpoint.answered) {
        acct_answer_send(r, &endpoint.match, endpoint.result,
                         endpoint.status);
    }
    acct_told_endpoint(r, endpoint.asked, endpoint.result, endpoint.verdict);
    return endpoint.answered ? AP_FILTER_ERROR : OK;
}

/* An endpoint is no file, whatever lies below the document root by that
 * name: as for a proxied path httpd looks at no file, reads no .htaccess
 * and applies no <Directory>, so that a rule for the site's pages neither
 * redirects a POST nor forbids it. Nor is it the application's whose
 * ProxyPass the mount lies in. */
static int map_to_storage(request_rec *r)
{
    acct_below_t below;

    if (acct_server_conf(r->server)->mounts == NULL || r->main != NULL
        || r->proxyreq == PROXYREQ_PROXY || !acct_mount_answers(r, &below)) {
        return DECLINED;
    }
    r->proxyreq = PROXYREQ_NONE;
    /* No module finds a file by that name. */
    r->filename = apr_pstrcat(r->pool, "acctauth:", r->uri, NULL);
    return OK;
}

/* No module need look into a file for its type. */
static int type_checker(request_rec *r)
{
    acct_below_t below;

    return r->main == NULL && is_ours(r, &below) ? OK : DECLINED;
}

/* mod_dir may neither add a slash to a POST nor fall back. */
static int fixups(request_rec *r)
{
    acct_below_t below;

    if (is_ours(r, &below)) {
        r->handler = HANDLER;
        r->finfo.filetype = APR_NOFILE;
    }
    return DECLINED;
}

void acct_endpoint_hooks(void)
{
    /* Before mod_proxy, so that an endpoint inside "ProxyPass /"
     * answers. */
    ap_hook_map_to_storage(map_to_storage, NULL, NULL,
                           APR_HOOK_REALLY_FIRST);
    ap_hook_type_checker(type_checker, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_fixups(fixups, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_handler(handler, NULL, NULL, APR_HOOK_REALLY_FIRST);
}
