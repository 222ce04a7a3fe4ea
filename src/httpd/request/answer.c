/* SPDX-License-Identifier: Apache-2.0 */
#include "request/answer.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <stdlib.h>

#include "dialect/render.h"
#include "request/guard.h"
#include "request/privacy.h"
#include "request/request.h"

APLOG_USE_MODULE(acctauth);

void acct_answer_standing_headers(request_rec *r)
{
    const acct_request_t *mine = acct_request_if_any(r);
    apr_table_t *out = r->err_headers_out;

    apr_table_setn(out, "Cache-Control", "no-store");
    apr_table_setn(out, "X-Content-Type-Options", "nosniff");
    apr_table_setn(out, "Vary", "Authorization");
    if (mine != NULL && mine->allow != NULL) {
        apr_table_setn(out, "Allow", mine->allow);
    }
}

static void challenge(request_rec *r, const acct_route_t *route)
{
    if (route != NULL && route->challenge != NULL) {
        apr_table_setn(r->err_headers_out, "WWW-Authenticate",
                       route->challenge);
        return;
    }
    acct_guard_challenge(r);
}

static void set_headers_for(request_rec *r, const acct_match_t *match,
                            const acct_result_t *result, int status)
{
    if (result->retry_after > 0) {
        apr_table_setn(r->headers_out, "Retry-After",
                       apr_itoa(r->pool, result->retry_after));
    }
    if (status == HTTP_UNAUTHORIZED) {
        challenge(r, match->route);
    }
}

static int copy_header(void *out, const char *name, const char *value)
{
    apr_table_setn(out, name, value);
    return 1;
}

/* httpd says 500 in the status line for a status it has no name for. */
static const char *line_of(int status, apr_pool_t *pool)
{
    const char *line = ap_get_status_line(status);

    return strtol(line, NULL, 10) == status ? NULL
        : apr_psprintf(pool, "%d Unassigned", status);
}

static void send_body(request_rec *r, const acct_answer_t *answer)
{
    ap_set_content_length(r, (apr_off_t)answer->length);
    if (answer->body != NULL
        && ap_rwrite(answer->body, (int)answer->length, r) < 0) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      "ACCT0401: the client was gone before the answer");
    }
}

void acct_answer_send(request_rec *r, const acct_match_t *match,
                      const acct_result_t *result, int status)
{
    acct_result_t named = *result;
    acct_answer_t answer;

    named.site_name = acct_site_name(r->server);
    acct_render(match->dialect, match->route, &named, &answer, r->pool);
    if (status == 0) {
        status = answer.status != 0 ? answer.status
                                    : HTTP_INTERNAL_SERVER_ERROR;
    }
    apr_table_do(copy_header, r->headers_out, answer.headers, NULL);
    acct_answer_standing_headers(r);
    acct_privacy_no_store_now(r);
    set_headers_for(r, match, result, status);
    /* mod_mime may have guessed from the path. */
    ap_set_content_type(r, answer.content_type);
    r->content_encoding = NULL;
    r->content_languages = NULL;
    r->no_cache = 1;
    r->status = status;
    r->status_line = line_of(status, r->pool);
    apr_table_unset(r->headers_in, "Range");
    send_body(r, &answer);
}
