/* SPDX-License-Identifier: Apache-2.0 */
#include "refusal.h"

#include <apr_strings.h>
#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_core.h>
#include <util_filter.h>

#include "../core/render.h"
#include "config.h"
#include "endpoint.h"
#include "guard.h"
#include "request.h"

#define REFUSAL_FILTER "ACCTAUTH_REFUSAL"

/* Which outcome says what a status says; ACCT_OUTCOME__COUNT: none does,
 * httpd's own words stay. */
static acct_outcome_e outcome_of(int status)
{
    switch (status) {
    case HTTP_BAD_REQUEST:
    case HTTP_REQUEST_TIME_OUT:
        return ACCT_PARSE_ERROR;
    case HTTP_UNAUTHORIZED:
    case HTTP_FORBIDDEN:
        return ACCT_PERMISSION_DENIED;
    case HTTP_NOT_FOUND:
        return ACCT_NOT_FOUND;
    case HTTP_METHOD_NOT_ALLOWED:
        return ACCT_METHOD_NOT_ALLOWED;
    case HTTP_REQUEST_ENTITY_TOO_LARGE:
        return ACCT_TOO_LARGE;
    case HTTP_SERVICE_UNAVAILABLE:
        return ACCT_UNAVAILABLE;
    case HTTP_INTERNAL_SERVER_ERROR:
        return ACCT_ERROR;
    default:
        return ACCT_OUTCOME__COUNT;
    }
}

/* Whether a request is for a path below a mount, for refusals that came
 * before httpd knew its location. */
static int is_below_a_mount(request_rec *r)
{
    const apr_array_header_t *apis = acct_server_conf(r->server)->apis;
    int i;

    if (acct_dir_conf(r)->api != NULL) {
        return 1;
    }
    for (i = 0; r->uri != NULL && i < apis->nelts; i++) {
        const char *mount = APR_ARRAY_IDX(apis, i, acct_api_t *)->mount;

        if (strncmp(r->uri, mount, strlen(mount)) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Whether a 401 is another module's, which has written its challenge. */
static int is_foreign(const request_rec *r, const acct_part_t *part)
{
    const char *challenge = apr_table_get(r->err_headers_out,
                                          "WWW-Authenticate");

    return challenge != NULL
        && (part->challenge == NULL
            || strcmp(challenge, part->challenge) != 0);
}

/* Which outcome's words to use; *part is the part whose refusal it was, or
 * NULL when it was the request's own. */
static acct_outcome_e words_for(request_rec *r, const acct_part_t **part)
{
    const acct_request_t *mine = acct_request_if_any(r);

    *part = NULL;
    if (mine != NULL && mine->refusal != ACCT_OK) {
        return mine->refusal;
    }
    if (mine != NULL && mine->unknown && r->status == HTTP_FORBIDDEN) {
        return ACCT_UNAVAILABLE;
    }
    if (is_below_a_mount(r)) {
        return outcome_of(r->status);
    }
    /* What a sub-request met was passed on as the whole's. */
    *part = acct_request_refused_part(r, r->status);
    if (*part != NULL && !is_foreign(r, *part)) {
        return (*part)->refusal;
    }
    *part = NULL;
    /* A Require was not met. */
    if ((r->status == HTTP_UNAUTHORIZED || r->status == HTTP_FORBIDDEN)
        && acct_guard_is_on(r)) {
        return ACCT_PERMISSION_DENIED;
    }
    return ACCT_OUTCOME__COUNT;
}

/* The headers that go with the words. */
static void set_headers(request_rec *r, acct_outcome_e outcome,
                        const acct_part_t *part)
{
    apr_table_t *out = r->err_headers_out;

    apr_table_setn(out, "X-Content-Type-Options", "nosniff");
    if (part != NULL) {
        acct_guard_refusal_headers(r, part->refusal, part->challenge);
    }
    else if (outcome == ACCT_UNAVAILABLE && r->status == HTTP_FORBIDDEN) {
        /* "No" for want of knowing is "I cannot know now". The status line
         * is written after this hook. */
        r->status = acct_guard_refusal_headers(r, outcome, NULL);
    }
    else if (is_below_a_mount(r)) {
        acct_endpoint_standing_headers(r);
    }
    else if (outcome == ACCT_PERMISSION_DENIED) {
        apr_table_setn(out, "Cache-Control", "no-store");
        apr_table_mergen(out, "Vary", "Authorization");
    }
    if (r->status == HTTP_UNAUTHORIZED
        && apr_table_get(out, "WWW-Authenticate") == NULL) {
        acct_guard_challenge(r);
    }
}

/* Swallow httpd's page and pass our body in its place. */
static apr_status_t refusal_filter(ap_filter_t *f, apr_bucket_brigade *bb)
{
    const acct_answer_t *answer = f->ctx;
    conn_rec *c = f->r->connection;

    apr_brigade_cleanup(bb);
    if (answer == NULL) {
        return APR_SUCCESS;
    }
    f->ctx = NULL;
    ap_set_content_type(f->r, answer->content_type);
    apr_table_unset(f->r->headers_out, "Content-Encoding");
    apr_table_unset(f->r->headers_out, "Content-Language");
    ap_set_content_length(f->r, (apr_off_t)answer->length);
    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_pool_create(answer->body,
                                                       answer->length,
                                                       f->r->pool,
                                                       c->bucket_alloc));
    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_eos_create(c->bucket_alloc));
    return ap_pass_brigade(f->next, bb);
}

static void insert_error_filter(request_rec *r)
{
    const acct_server_conf_t *conf = acct_server_conf(r->server);
    const acct_part_t *part;
    const char *custom;
    acct_outcome_e outcome;
    acct_result_t *result;
    acct_answer_t *answer;

    if (conf->base == NULL || conf->db.driver == NULL
        || r->per_dir_config == NULL) {
        return;
    }
    outcome = words_for(r, &part);
    if (outcome == ACCT_OUTCOME__COUNT) {
        return;
    }
    set_headers(r, outcome, part);
    custom = ap_response_code_string(r, ap_index_of_response(r->status));
    if (custom != NULL && custom[0] == '"') {
        return;
    }
    result = acct_result_make(outcome, r->pool);
    result->method = r->method;
    result->format = "Request";
    result->reason = "the request is malformed";
    answer = apr_palloc(r->pool, sizeof(*answer));
    acct_render(conf->base, NULL, result, answer, r->pool);
    if (answer->body == NULL) {
        return;
    }
    ap_add_output_filter(REFUSAL_FILTER, answer, r, r->connection);
}

void acct_refusal_hooks(void)
{
    ap_hook_insert_error_filter(insert_error_filter, NULL, NULL,
                                APR_HOOK_LAST);
    ap_register_output_filter(REFUSAL_FILTER, refusal_filter, NULL,
                              AP_FTYPE_RESOURCE);
}
