/* SPDX-License-Identifier: Apache-2.0 */
#include "request/hand_over.h"

#include <string.h>

#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>

#include "config/config.h"
#include "request/guard.h"
#include "request/access.h"
#include "request/presented.h"
#include "request/privacy.h"
#include "request/remote_user.h"
#include "request/request.h"

/* ---- a request of its own ---- */

void acct_hand_over(request_rec *r, const acct_verdict_t *verdict)
{
    const acct_dir_conf_t *conf = acct_dir_conf(r);
    acct_request_t *mine = acct_request(r);

    mine->guarded = 1;
    mine->admitted = verdict;
    mine->config = r->per_dir_config;
    mine->identity_headers = conf->identity_headers;
    mine->forward_token = conf->forward_token;
    if (mine->forward_token != ACCT_ON) {
        acct_presented_take(r);
    }
    acct_identity_set(r, verdict);
}

/* ---- a request that stands for another ---- */

/* An anonymous request that a guard let in, where it lets anonymous ones
 * in. */
static void hand_over_nobody(request_rec *r)
{
    acct_request(r)->guarded = 1;
    acct_privacy_depends(r);
}

/* Take over what a guard said of another request, whose location has the
 * same settings. */
static void adopt(request_rec *r, const acct_verdict_t *admitted)
{
    if (admitted != NULL) {
        acct_hand_over(r, admitted);
    }
    else {
        hand_over_nobody(r);
    }
    acct_request_inform_parent(r, 0, NULL);
}

/* What the guard said of the request this one inherits from: httpd does
 * not ask again where the configuration is the same. */
static const acct_request_t *inherited(const request_rec *r)
{
    const request_rec *from = r->prev != NULL ? r->prev : r->main;

    if (from == NULL || from->per_dir_config != r->per_dir_config) {
        return NULL;
    }
    return acct_request_if_any(from);
}

/* What the guard said of the request that was redirected to this one, of which
 * no guard was asked. A front controller: a .htaccess sends all of a PHP
 * application's paths to its index.php, also the guarded ones. Not what was
 * refused in the end (a Require that was not met): its ErrorDocument is served
 * without an identity. */
static const acct_request_t *redirected(const request_rec *r)
{
    const acct_request_t *from = r->prev != NULL
        ? acct_request_if_any(r->prev) : NULL;

    if (from == NULL || !from->guarded || from->refusal != ACCT_OK
        || !from->in_fixups || r->prev->status == HTTP_UNAUTHORIZED
        || r->prev->status == HTTP_FORBIDDEN) {
        return NULL;
    }
    return from;
}

/* Whether the location that a request was redirected to is one of its own: it
 * says that it asks for no token, or asks by other means. */
static int keeps_apart(request_rec *r)
{
    return acct_access_protect(r) == ACCT_PROTECT_OFF
        || (r->user != NULL && ap_auth_type(r) != NULL);
}

static void follow(request_rec *r, const acct_request_t *from)
{
    acct_request_t *mine = acct_request(r);

    if (from->admitted == NULL || keeps_apart(r)) {
        /* The answer depends on the token all the same. */
        hand_over_nobody(r);
    }
    else {
        mine->guarded = 1;
        mine->admitted = from->admitted;
        mine->config = r->per_dir_config;
        mine->identity_headers = from->identity_headers;
        mine->forward_token = from->forward_token;
        acct_identity_set(r, from->admitted);
    }
    acct_request_inform_parent(r, 0, NULL);
}

/* The request has become one of a location that asks for no token. */
static void set_apart(request_rec *r)
{
    acct_identity_forget(r);
    r->user = NULL;
    r->ap_auth_type = NULL;
}

/* "Satisfy Any" may let in before "AuthType Token" is asked. */
static void let_in_unasked(request_rec *r)
{
    if (acct_guard_is_on(r) && acct_dir_conf(r)->forward_token != ACCT_ON
        && acct_presented_here(r) != NULL) {
        acct_presented_take(r);
    }
}

/* ---- hooks ---- */

static int fixups(request_rec *r)
{
    acct_request_t *mine;
    const acct_request_t *from;

    if (!acct_is_used(r)) {
        return DECLINED;
    }
    mine = acct_request(r);
    mine->in_fixups = 1;
    if (mine->admitted != NULL) {
        acct_identity_stand(r, mine->admitted);
    }
    if (mine->guarded) {
        return DECLINED;
    }
    from = inherited(r);
    if (from != NULL && from->guarded && from->refusal == ACCT_OK) {
        adopt(r, from->admitted);
    }
    else if ((from = redirected(r)) != NULL) {
        follow(r, from);
    }
    else {
        let_in_unasked(r);
    }
    return DECLINED;
}

/* Behind mod_dir and mod_negotiation, which may have made the request into
 * one of its sub-requests by now. */
static int fixups_late(request_rec *r)
{
    const acct_request_t *mine = acct_request_if_any(r);
    const acct_part_t *part;

    if (mine == NULL || !acct_is_used(r)) {
        return DECLINED;
    }
    part = acct_request_became(r);
    if (part != NULL && part->refusal == ACCT_OK) {
        adopt(r, part->admitted);
    }
    else if (mine->admitted != NULL && mine->config != r->per_dir_config
             && acct_access_protect(r) == ACCT_PROTECT_OFF) {
        set_apart(r);
    }
    return DECLINED;
}

/* ---- telling the handler ---- */

/* A header's value of printable ASCII: everything else, and the percent
 * sign, is percent-encoded (RFC 3986, 2.1). */
static const char *header_value(const char *text, apr_pool_t *pool)
{
    static const char hex[] = "0123456789ABCDEF";
    char *value = apr_palloc(pool, 3 * strlen(text) + 1);
    char *out = value;

    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if (c > 0x20 && c < 0x7f && c != '%') {
            *out++ = (char)c;
            continue;
        }
        *out++ = '%';
        *out++ = hex[c >> 4];
        *out++ = hex[c & 15];
    }
    *out = '\0';
    return value;
}

static void set_headers(request_rec *r, const acct_identity_t *identity)
{
    const acct_account_t *account = &identity->account;
    apr_table_t *in = r->headers_in;

    apr_table_setn(in, ACCT_HEADER_PREFIX "Id",
                   apr_psprintf(r->pool, "%" APR_INT64_T_FMT, account->id));
    apr_table_setn(in, ACCT_HEADER_PREFIX "User",
                   header_value(acct_identity_user(account, r->pool),
                                r->pool));
    apr_table_setn(in, ACCT_HEADER_PREFIX "Email",
                   header_value(account->email != NULL ? account->email : "",
                                r->pool));
    apr_table_setn(in, ACCT_HEADER_PREFIX "Staff",
                   account->is_staff ? "1" : "0");
    apr_table_setn(in, ACCT_HEADER_PREFIX "Token-Id", identity->token.id);
}

/* What the location that answers says, or else the one that let in. */
static int is_on(acct_switch_e here, acct_switch_e there)
{
    return (here != ACCT_UNSET ? here : there) == ACCT_ON;
}

static void tell(request_rec *r, const acct_request_t *mine)
{
    const acct_dir_conf_t *conf = acct_dir_conf(r);

    acct_identity_stand(r, mine->admitted);
    if (is_on(conf->forward_token, mine->forward_token)) {
        acct_presented_give_back(r);
    }
    else if (mine->forward_token == ACCT_ON) {
        acct_presented_take(r);
    }
    if (is_on(conf->identity_headers, mine->identity_headers)) {
        set_headers(r, &mine->admitted->identity);
    }
}

/* No client gets an identity by a RewriteRule with [E=REMOTE_USER:] and what
 * the client sent as Authorization. */
static void tell_of_nobody(request_rec *r)
{
    static const char *const names[] = { "REMOTE_USER",
                                         "REDIRECT_REMOTE_USER", NULL };
    const char *presented = acct_presented(r);
    int i;

    for (i = 0; presented != NULL && names[i] != NULL; i++) {
        const char *value = apr_table_get(r->subprocess_env, names[i]);

        if (value != NULL && strcmp(value, presented) == 0) {
            apr_table_unset(r->subprocess_env, names[i]);
        }
    }
}

/* A handler of its own that declines, and not a fixup: it sees the request
 * as it will be served. Behind core's, so that what "Upgrade: h2c" starts
 * from is as the client sent it. */
static int tell_handler(request_rec *r)
{
    const acct_request_t *mine = acct_request_if_any(r);

    if (mine == NULL || !mine->guarded) {
        return DECLINED;
    }
    if (mine->admitted != NULL) {
        tell(r, mine);
    }
    else {
        tell_of_nobody(r);
    }
    return DECLINED;
}

void acct_hand_over_hooks(void)
{
    /* mod_rewrite may end the fixups: with [F], or a redirect. */
    static const char *const before_rewrite[] = { "mod_rewrite.c", NULL };
    static const char *const after_upgrade[] = { "core.c", NULL };

    ap_hook_fixups(fixups, NULL, before_rewrite, APR_HOOK_FIRST);
    ap_hook_fixups(fixups_late, NULL, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_handler(tell_handler, after_upgrade, NULL,
                    APR_HOOK_REALLY_FIRST);
}
