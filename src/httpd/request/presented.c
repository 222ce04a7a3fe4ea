/* SPDX-License-Identifier: Apache-2.0 */
#include "request/presented.h"

#include <string.h>

#include <apr_strings.h>
#include <http_config.h>
#include <http_protocol.h>
#include <http_request.h>

#include "config/config.h"
#include "config/mount.h"
#include "form/basic.h"
#include "request/request.h"
#include "request/table.h"
#include "request/verdict.h"
#include "token/token.h"

#define HEADER "Authorization"

/* A variable that holds a word of the header as long as this is a copy of
 * it. Of a shorter one it may have come by chance, and a client that
 * presents "Token 1" must not be able to delete an operator's variables. */
#define SECRET_LENGTH 16

/* Words of a header that are looked for. A token is one; a client that
 * presents many (several headers become one with commas) does not get the
 * environment searched for each of thousands. */
#define WORDS 8

/* ---- what was presented ---- */

const char *acct_presented(request_rec *r)
{
    request_rec *initial = acct_initial_request(r);
    acct_request_t *mine = acct_request(initial);

    if (mine->presented == NULL) {
        const char *header = apr_table_get(initial->headers_in, HEADER);

        mine->presented = header != NULL ? header : "";
    }
    return mine->presented[0] != '\0' ? mine->presented : NULL;
}

const char *acct_presented_here(request_rec *r)
{
    const char *header = acct_presented(r);

    return acct_token_after_scheme(header, acct_scheme(acct_dir_conf(r)))
        != NULL ? header : NULL;
}

const char *acct_presented_basic(request_rec *r)
{
    const char *at = acct_token_after_scheme(acct_presented(r),
                                             ACCT_BASIC_SCHEME);

    if (at != NULL) {
        acct_presented_take(r);
    }
    return at;
}

char *acct_presented_code(request_rec *r, const char *header)
{
    const char *code = header != NULL ? apr_table_get(r->headers_in, header)
                                      : NULL;
    char *copy = code != NULL && *code != '\0'
        ? apr_pstrdup(r->pool, code) : NULL;

    if (code != NULL) {
        apr_table_unset(r->headers_in, header);
    }
    return copy;
}

/* ---- copies in the environment ---- */

typedef struct copies_t {
    const char *header;         /* NULL: too short to be distinguished from
                                 * another value of the same text */
    const char *token;          /* a good one, however short; or NULL */
    const char *words[WORDS];   /* long enough to be a secret */
    int count;
} copies_t;

static int is_copy(void *ctx, const char *name, const char *value)
{
    const copies_t *copies = ctx;
    int i;

    (void)name;
    if (value == NULL) {
        return 0;
    }
    if ((copies->header != NULL && strcmp(value, copies->header) == 0)
        || (copies->token != NULL && strcmp(value, copies->token) == 0)) {
        return 1;
    }
    for (i = 0; i < copies->count; i++) {
        if (strstr(value, copies->words[i]) != NULL) {
            return 1;
        }
    }
    return 0;
}

static void find_words(copies_t *copies, const char *header,
                       apr_pool_t *pool)
{
    while (copies->count < WORDS) {
        apr_size_t length;

        header += strspn(header, " \t,");
        length = strcspn(header, " \t,");
        if (length == 0) {
            return;
        }
        if (length >= SECRET_LENGTH) {
            copies->words[copies->count++] = header[length] == '\0'
                ? header : apr_pstrmemdup(pool, header, length);
        }
        header += length;
    }
}

static void strike_copies(request_rec *r, const acct_request_t *initial)
{
    const acct_verdict_t *verdict = initial->verdict;
    const char *header = initial->presented;
    const char *at = verdict != NULL
        ? acct_token_after_scheme(header, verdict->scheme) : NULL;
    copies_t copies = { NULL, NULL, { NULL }, 0 };

    if (at == NULL) {
        at = acct_token_after_scheme(header, ACCT_BASIC_SCHEME);
    }
    if ((at != NULL && at[0] != '\0') || strlen(header) >= SECRET_LENGTH) {
        copies.header = header;
    }
    if (verdict != NULL && verdict->outcome == ACCT_OK) {
        copies.token = verdict->token;
    }
    find_words(&copies, at != NULL ? at : header, r->pool);
    acct_table_strike(r->subprocess_env, is_copy, &copies, r->pool);
}

/* ---- taking and giving back ---- */

void acct_presented_take(request_rec *r)
{
    const char *presented = acct_presented(r);
    const char *now;

    if (presented == NULL) {
        return;
    }
    now = apr_table_get(r->headers_in, HEADER);
    if (now == presented || (now != NULL && strcmp(now, presented) == 0)) {
        apr_table_unset(r->headers_in, HEADER);
    }
    if (!apr_is_empty_table(r->subprocess_env)) {
        strike_copies(r, acct_request(acct_initial_request(r)));
    }
}

/* Whether a request is made in place of one that failed. */
static int is_for_a_failure(const request_rec *r)
{
    for (r = r->prev; r != NULL; r = r->prev) {
        if (r->status >= HTTP_MULTIPLE_CHOICES) {
            return 1;
        }
    }
    return 0;
}

void acct_presented_give_back(request_rec *r)
{
    const char *presented = acct_presented(r);

    if (presented != NULL && !is_for_a_failure(r)
        && apr_table_get(r->headers_in, HEADER) == NULL) {
        apr_table_setn(r->headers_in, HEADER, presented);
    }
}

/* Whether what was presented is HTTP Basic for a route that takes it. */
static int is_basic_here(request_rec *failed)
{
    acct_below_t below;
    acct_match_t match;

    if (acct_token_after_scheme(acct_presented(failed), ACCT_BASIC_SCHEME)
            == NULL
        || !acct_mount_find(failed->server, failed->uri, &below)) {
        return 0;
    }
    (void)acct_dialect_match(below.mount->dialects, below.mount->count,
                             failed->method, below.path, &match,
                             failed->pool);
    return match.route != NULL && match.route->takes_basic;
}

/* Whether what the client of a failed request presented was, or would have
 * been, for a guard of ours. */
static int is_for_us(request_rec *failed)
{
    const acct_request_t *mine = acct_request_if_any(failed);
    const acct_request_t *initial =
        acct_request_if_any(acct_initial_request(failed));
    const acct_verdict_t *verdict =
        initial != NULL ? initial->verdict : NULL;

    if (verdict != NULL && verdict->outcome != ACCT_NOT_AUTHENTICATED) {
        return 1;
    }
    /* Refused before its location was known or its guard was asked (a
     * RewriteRule of the server, mod_security, a path httpd does not take):
     * it may have been a guarded one, or an API's. */
    return (mine == NULL || !mine->in_fixups)
        && (acct_presented_here(failed) != NULL || is_basic_here(failed));
}

/* An ErrorDocument is an internal redirect. Whatever refused the request, the
 * document's handler, which may be an application without a guard, does not
 * get the token. Before mod_setenvif's hook, which would copy it. */
static int post_read_request(request_rec *r)
{
    if (r->prev != NULL && r->prev->status >= HTTP_MULTIPLE_CHOICES
        && acct_is_used(r) && is_for_us(r->prev)) {
        acct_presented_take(r);
    }
    return DECLINED;
}

/* "Upgrade: h2c" makes the request, as it came, the first of the new
 * protocol's: it goes by the guard again, and needs its token for that. */
static int protocol_switch(conn_rec *c, request_rec *r, server_rec *s,
                           const char *protocol)
{
    const acct_request_t *mine = r != NULL ? acct_request_if_any(r) : NULL;

    (void)c;
    (void)s;
    (void)protocol;
    if (mine != NULL && mine->presented != NULL
        && mine->presented[0] != '\0') {
        apr_table_setn(r->headers_in, HEADER, mine->presented);
    }
    return DECLINED;
}

void acct_presented_hooks(void)
{
    ap_hook_post_read_request(post_read_request, NULL, NULL,
                              APR_HOOK_FIRST);
    ap_hook_protocol_switch(protocol_switch, NULL, NULL, APR_HOOK_FIRST);
}
