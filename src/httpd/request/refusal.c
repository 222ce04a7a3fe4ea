/* SPDX-License-Identifier: Apache-2.0 */
#include "request/refusal.h"

#include <apr_strings.h>
#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_main.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_core.h>
#include <util_filter.h>

#include "config/config.h"
#include "config/mount.h"
#include "dialect/render.h"
#include "request/answer.h"
#include "request/asked.h"
#include "request/endpoint.h"
#include "request/guard.h"
#include "request/privacy.h"
#include "request/request.h"

#define REFUSAL_FILTER "ACCTAUTH_REFUSAL"

/* What httpd's own statuses are in the words of the base dialect. */
typedef struct words_t {
    int status;
    acct_outcome_e outcome;
    const char *reason;         /* of a parse error */
} words_t;

static const words_t words[] = {
    { HTTP_UNAUTHORIZED, ACCT_PERMISSION_DENIED, NULL },
    { HTTP_FORBIDDEN, ACCT_PERMISSION_DENIED, NULL },
    { HTTP_NOT_FOUND, ACCT_NOT_FOUND, NULL },
    { HTTP_GONE, ACCT_NOT_FOUND, NULL },
    { HTTP_METHOD_NOT_ALLOWED, ACCT_METHOD_NOT_ALLOWED, NULL },
    { HTTP_REQUEST_TIME_OUT, ACCT_PARSE_ERROR,
      "the request did not arrive in time" },
    { HTTP_REQUEST_ENTITY_TOO_LARGE, ACCT_TOO_LARGE, NULL },
    { HTTP_REQUEST_URI_TOO_LARGE, ACCT_PARSE_ERROR, "the URL is too long" },
    { HTTP_EXPECTATION_FAILED, ACCT_PARSE_ERROR,
      "the expectation is not known" },
    { HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE, ACCT_PARSE_ERROR,
      "the header fields are too large" },
    { HTTP_VERSION_NOT_SUPPORTED, ACCT_PARSE_ERROR,
      "the HTTP version is not known" },
    { HTTP_NOT_IMPLEMENTED, ACCT_PARSE_ERROR,
      "the transfer coding or method is not known" },
    { HTTP_SERVICE_UNAVAILABLE, ACCT_UNAVAILABLE, NULL }
};

/* What httpd says where it refuses by itself, of a client's mistake or of
 * its own. */
static const words_t malformed = { 0, ACCT_PARSE_ERROR,
                                   "the request is malformed" };
static const words_t failed = { 0, ACCT_ERROR, NULL };

static const words_t *words_of(int status)
{
    size_t i;

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (words[i].status == status) {
            return &words[i];
        }
    }
    return status >= HTTP_INTERNAL_SERVER_ERROR ? &failed
        : status >= HTTP_BAD_REQUEST ? &malformed : NULL;
}

/* ---- below a mount ---- */

typedef struct place_t {
    const acct_server_conf_t *conf;     /* of its server */
    acct_below_t below;
} place_t;

/* The path a client asked for, as far as it is known: of a request line
 * that is too long httpd has kept the beginning and taken nothing from
 * it. */
static const char *path_of(request_rec *r)
{
    const char *path = r->uri;
    char *copy;

    if (path == NULL && r->the_request != NULL) {
        path = ap_strchr_c(r->the_request, ' ');
        path = path != NULL ? ap_strchr_c(path, '/') : NULL;
        if (path != NULL && path[1] == '/' && path[-1] == ':') {
            path = ap_strchr_c(path + 2, '/');
        }
    }
    if (path == NULL) {
        return NULL;
    }
    /* What httpd refuses early it has not tidied up. */
    copy = apr_pstrdup(r->pool, path);
    copy[strcspn(copy, "? ")] = '\0';
    (void)ap_unescape_url(copy);
    ap_no2slash(copy);
    ap_getparents(copy);
    return copy;
}

/* Whether an API of a server answers at a path, also with 404. */
static int is_in(place_t *place, const server_rec *s, const char *path)
{
    place->conf = acct_server_conf(s);
    return acct_mount_find(s, path, &place->below)
        && (place->below.has_route || !place->below.mount->passes);
}

/* Find the API a request is for. Until httpd has found the location that is
 * seen from the path, and until it has read the Host the server may be
 * any. */
static int find_place(place_t *place, request_rec *r)
{
    const char *path;
    const server_rec *s;

    if (acct_dir_conf(r)->api != NULL) {
        return is_in(place, r->server, r->uri);
    }
    if (acct_asked(r) == ACCT_ASKED_REQUIRE
        || (path = path_of(r)) == NULL) {
        return 0;
    }
    if (is_in(place, r->server, path)) {
        return 1;
    }
    for (s = r->hostname == NULL ? ap_server_conf : NULL; s != NULL;
         s = s->next) {
        if (is_in(place, s, path)) {
            return 1;
        }
    }
    return 0;
}

/* What its route has, for an endpoint that was not asked. */
static void find_allow(request_rec *r, const place_t *place)
{
    const acct_mount_t *mount = place->below.mount;
    acct_request_t *mine = acct_request(r);
    acct_match_t match;

    if (mine->allow != NULL || mount->count == 0) {
        return;
    }
    memset(&match, 0, sizeof(match));
    (void)acct_dialect_match(mount->dialects, mount->count,
                             r->method != NULL ? r->method : "",
                             place->below.path, &match, r->pool);
    mine->allow = match.allow;
}

/* Below a mount httpd's own refusals are in the API's form: what it says
 * while it reads a request and finds its place, its access control, and
 * what becomes of a body that an endpoint reads. What other modules say is
 * theirs. */
static const words_t *mount_words(request_rec *r)
{
    switch (acct_asked(r)) {
    case ACCT_ASKED_HTTPD:
    case ACCT_ASKED_REQUIRE:
        return words_of(r->status);
    case ACCT_ASKED_ENDPOINT:
        return r->status == HTTP_BAD_REQUEST
            || r->status == HTTP_REQUEST_TIME_OUT
            || r->status == HTTP_REQUEST_ENTITY_TOO_LARGE
            ? words_of(r->status) : NULL;
    case ACCT_ASKED_OTHERS:
        break;
    }
    return NULL;
}

/* ---- which words, and the headers that go with them ---- */

/* How a refusal is answered. */
typedef struct telling_t {
    acct_outcome_e outcome;     /* ACCT_OUTCOME__COUNT: in the words it has
                                 * already */
    const char *reason;
    const acct_part_t *part;    /* whose refusal it was, or NULL when it was
                                 * the request's own */
    const acct_server_conf_t *conf;
    int below_mount;
} telling_t;

/* Whether a 401 is another module's, which has written its challenge. */
static int is_foreign(const request_rec *r, const acct_part_t *part)
{
    const char *challenge = apr_table_get(r->err_headers_out,
                                          "WWW-Authenticate");

    return challenge != NULL
        && (part->challenge == NULL
            || strcmp(challenge, part->challenge) != 0);
}

/* What the guard of a location has said, or made a Require say. */
static acct_outcome_e guard_words(request_rec *r, const acct_part_t **part)
{
    const acct_request_t *mine = acct_request_if_any(r);
    int unknown = mine != NULL && mine->unknown
        && r->status == HTTP_FORBIDDEN;

    /* What a sub-request met was passed on as the whole's. */
    *part = acct_request_refused_part(r, r->status);
    if (*part != NULL && !is_foreign(r, *part)) {
        return (*part)->refusal;
    }
    *part = NULL;
    if ((r->status != HTTP_UNAUTHORIZED && r->status != HTTP_FORBIDDEN)
        || acct_asked(r) != ACCT_ASKED_REQUIRE
        || !acct_guard_is_on(r) || !acct_asked_for_guard(r)) {
        return ACCT_OUTCOME__COUNT;
    }
    return unknown ? ACCT_UNAVAILABLE : ACCT_PERMISSION_DENIED;
}

static void find_words(telling_t *telling, request_rec *r)
{
    const acct_request_t *mine = acct_request_if_any(r);
    const words_t *httpds;
    place_t place;

    memset(telling, 0, sizeof(*telling));
    telling->conf = acct_server_conf(r->server);
    if (mine != NULL && mine->refusal != ACCT_OK) {
        telling->outcome = mine->refusal;
        return;
    }
    telling->outcome = ACCT_OUTCOME__COUNT;
    if (find_place(&place, r)) {
        httpds = mount_words(r);
        telling->below_mount = 1;
        telling->conf = place.conf;
        find_allow(r, &place);
        if (httpds != NULL) {
            telling->outcome = httpds->outcome;
            telling->reason = httpds->reason;
        }
    }
    if (telling->outcome == ACCT_OUTCOME__COUNT
        || (mine != NULL && mine->unknown)) {
        acct_outcome_e guards = guard_words(r, &telling->part);

        if (guards != ACCT_OUTCOME__COUNT) {
            telling->outcome = guards;
        }
    }
}

static void set_headers(request_rec *r, const telling_t *telling)
{
    apr_table_t *out = r->err_headers_out;

    if (telling->part != NULL) {
        acct_guard_refusal_headers(r, telling->part->refusal,
                                   telling->part->challenge);
    }
    else if (telling->outcome == ACCT_UNAVAILABLE
             && r->status == HTTP_FORBIDDEN) {
        /* "No" for want of knowing is "I cannot know now". The status line
         * is written after this hook. */
        r->status = acct_guard_refusal_headers(r, telling->outcome, NULL);
    }
    else if (telling->below_mount) {
        acct_answer_standing_headers(r);
    }
    acct_privacy_no_store(r);
    if (telling->outcome != ACCT_OUTCOME__COUNT
        && r->status == HTTP_UNAUTHORIZED
        && apr_table_get(out, "WWW-Authenticate") == NULL) {
        acct_guard_challenge(r);
    }
}

/* ---- the body ---- */

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

/* The body, or NULL when the dialect has none for this. */
static const acct_answer_t *body_of(request_rec *r,
                                    const telling_t *telling)
{
    acct_result_t *result = acct_result_make(telling->outcome, r->pool);
    acct_answer_t *answer = apr_palloc(r->pool, sizeof(*answer));

    result->method = r->method;
    result->format = "Request";
    result->reason = telling->reason;
    result->site_name = acct_site_name(r->server);
    acct_render(telling->conf->base, NULL, result, answer, r->pool);
    return answer->body != NULL ? answer : NULL;
}

static void insert_error_filter(request_rec *r)
{
    const acct_answer_t *answer;
    telling_t telling;
    const char *custom;

    if (r->status < HTTP_BAD_REQUEST || r->per_dir_config == NULL
        || (!acct_is_used(r) && r->hostname != NULL)) {
        return;
    }
    find_words(&telling, r);
    if (telling.outcome == ACCT_OUTCOME__COUNT && !telling.below_mount) {
        return;
    }
    set_headers(r, &telling);
    custom = ap_response_code_string(r, ap_index_of_response(r->status));
    if (telling.outcome == ACCT_OUTCOME__COUNT
        || telling.conf->base == NULL
        || (custom != NULL && custom[0] == '"')) {
        return;
    }
    answer = body_of(r, &telling);
    if (answer != NULL) {
        ap_add_output_filter(REFUSAL_FILTER, (void *)answer, r,
                             r->connection);
    }
}

void acct_refusal_hooks(void)
{
    ap_hook_insert_error_filter(insert_error_filter, NULL, NULL,
                                APR_HOOK_LAST);
    ap_register_output_filter(REFUSAL_FILTER, refusal_filter, NULL,
                              AP_FTYPE_RESOURCE);
}
