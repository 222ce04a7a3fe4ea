/* SPDX-License-Identifier: Apache-2.0 */
#include "identity.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <util_filter.h>

#include "config.h"
#include "request.h"

APLOG_USE_MODULE(acctauth);

#define PRIVATE_FILTER "ACCTAUTH_PRIVATE"

static const char *const variables[] = {
    "ACCTAUTH_ID", "ACCTAUTH_USERNAME", "ACCTAUTH_EMAIL", "ACCTAUTH_STAFF",
    "ACCTAUTH_TOKEN_ID", NULL
};

/* Values that are known again by their address. */
static const char just_private[] = "private";
static const char by_authorization[] = "Authorization";

/* ---- telling who it is ---- */

static const char *user_of(const acct_account_t *account, apr_pool_t *pool)
{
    if (account->username != NULL && account->username[0] != '\0') {
        return account->username;
    }
    if (account->email != NULL && account->email[0] != '\0') {
        return account->email;
    }
    return apr_psprintf(pool, "#%" APR_INT64_T_FMT, account->id);
}

static void forget_environment(request_rec *r)
{
    const apr_array_header_t *array = apr_table_elts(r->subprocess_env);
    const apr_table_entry_t *entry = (const apr_table_entry_t *)array->elts;
    int found = 0;
    int i;

    for (i = 0; i < array->nelts && !found; i++) {
        found = (entry[i].key[0] == 'A' || entry[i].key[0] == 'a')
            && ap_cstr_casecmpn(entry[i].key, "ACCTAUTH_", 9) == 0;
    }
    for (i = 0; found && variables[i] != NULL; i++) {
        apr_table_unset(r->subprocess_env, variables[i]);
    }
}

/* Names that begin alike are dear to look for in a table, so it is looked
 * for all of them at once, and then they are added. */
static void set_environment(request_rec *r, const acct_identity_t *identity)
{
    const acct_account_t *account = &identity->account;
    apr_table_t *env = r->subprocess_env;

    forget_environment(r);
    apr_table_addn(env, "ACCTAUTH_ID",
                   apr_off_t_toa(r->pool, (apr_off_t)account->id));
    apr_table_addn(env, "ACCTAUTH_USERNAME",
                   account->username != NULL ? account->username : "");
    apr_table_addn(env, "ACCTAUTH_EMAIL",
                   account->email != NULL ? account->email : "");
    apr_table_addn(env, "ACCTAUTH_STAFF", account->is_staff ? "1" : "0");
    apr_table_addn(env, "ACCTAUTH_TOKEN_ID", identity->token.id);
}

static void vary_by_authorization(request_rec *r)
{
    const char *vary = apr_table_get(r->headers_out, "Vary");

    if (vary == NULL) {
        apr_table_addn(r->headers_out, "Vary", by_authorization);
    }
    else if (vary != by_authorization
             && !ap_find_token(r->pool, vary, by_authorization)) {
        apr_table_mergen(r->headers_out, "Vary", by_authorization);
    }
}

void acct_identity_private(request_rec *r)
{
    /* Here for what keeps headers that are set before the handler runs;
     * the filter is for those that bring their own (mod_proxy, CGI). */
    r->no_cache = 1;
    apr_table_setn(r->headers_out, "Cache-Control", just_private);
    vary_by_authorization(r);
}

void acct_identity_set(request_rec *r, const acct_verdict_t *verdict)
{
    r->user = (char *)user_of(&verdict->identity.account, r->pool);
    r->ap_auth_type = (char *)"Token";
    set_environment(r, &verdict->identity);
    acct_identity_private(r);
}

void acct_identity_forget(request_rec *r)
{
    acct_request_t *mine = acct_request_if_any(r);

    if (mine != NULL) {
        mine->admitted = NULL;
    }
    forget_environment(r);
}

/* ---- what a client may not pretend ---- */

/* Whether a header's name becomes one of ours when a gateway or a CGI
 * folds it: case does not count, and what is neither letter nor digit is
 * as good as a hyphen. */
static int folds_to_prefix(const char *name, apr_size_t length)
{
    static const char prefix[] = "x-acct-";
    apr_size_t i;

    if (length < sizeof(prefix) - 1) {
        return 0;
    }
    for (i = 0; i < sizeof(prefix) - 1; i++) {
        char c = (char)apr_tolower(name[i]);

        if (!apr_isalnum(c)) {
            c = '-';
        }
        if (c != prefix[i]) {
            return 0;
        }
    }
    return 1;
}

static void scrub_headers(request_rec *r)
{
    const apr_array_header_t *array = apr_table_elts(r->headers_in);
    const apr_table_entry_t *entry = (const apr_table_entry_t *)array->elts;
    int i = 0;

    while (i < array->nelts) {
        const char *name = entry[i].key;

        if ((name[0] == 'X' || name[0] == 'x')
            && folds_to_prefix(name, strlen(name))) {
            /* An internal redirect comes by here with what we set. */
            if (r->prev == NULL) {
                ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                              "ACCT0310: authn_header_spoof_stripped: the "
                              "client sent the header %s", name);
            }
            apr_table_unset(r->headers_in, name);
            i = 0;
            continue;
        }
        i++;
    }
}

/* A name in Connection makes mod_proxy drop the header of that name, ours
 * too: strike ours from it (RFC 9110, 7.6.1). */
static void scrub_connection(request_rec *r)
{
    const char *value = apr_table_get(r->headers_in, "Connection");
    const char *kept = "";
    int struck = 0;
    char *state;
    char *word;

    if (value == NULL || strlen(value) < sizeof(ACCT_HEADER_PREFIX) - 1) {
        return;
    }
    word = apr_strtok(apr_pstrdup(r->pool, value), ", \t", &state);
    for (; word != NULL; word = apr_strtok(NULL, ", \t", &state)) {
        if (folds_to_prefix(word, strlen(word))) {
            struck = 1;
            continue;
        }
        kept = apr_pstrcat(r->pool, kept, kept[0] != '\0' ? ", " : "", word,
                           NULL);
    }
    if (!struck) {
        return;
    }
    if (kept[0] != '\0') {
        apr_table_setn(r->headers_in, "Connection", kept);
    }
    else {
        apr_table_unset(r->headers_in, "Connection");
    }
}

/* Every request of a server that has accounts, whatever its location. */
static int post_read_request(request_rec *r)
{
    if (!acct_is_used(r)) {
        return DECLINED;
    }
    if (r->method_number == M_TRACE) {
        /* It would echo the token before anybody looked at it. */
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      "ACCT0311: TRACE is refused on a server that handles "
                      "tokens");
        return HTTP_METHOD_NOT_ALLOWED;
    }
    scrub_headers(r);
    scrub_connection(r);
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
                   header_value(user_of(account, r->pool), r->pool));
    apr_table_setn(in, ACCT_HEADER_PREFIX "Email",
                   header_value(account->email != NULL ? account->email : "",
                                r->pool));
    apr_table_setn(in, ACCT_HEADER_PREFIX "Staff",
                   account->is_staff ? "1" : "0");
    apr_table_setn(in, ACCT_HEADER_PREFIX "Token-Id", identity->token.id);
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

/* Take over what the guard said of another request that this one now
 * stands for. */
static void adopt(request_rec *r, const acct_verdict_t *admitted)
{
    acct_request_t *mine = acct_request(r);

    mine->guarded = 1;
    mine->admitted = admitted;
    if (admitted != NULL) {
        acct_identity_set(r, admitted);
    }
    else {
        acct_identity_private(r);
    }
    acct_request_tell_parent(r, 0, NULL);
}

/* A handler of its own that declines, and not a fixup: it sees the request
 * as it will be served, and what Upgrade: h2c starts from has its token
 * still. */
static int tell_handler(request_rec *r)
{
    const acct_request_t *mine = acct_request_if_any(r);
    const acct_dir_conf_t *conf;

    if (mine == NULL || mine->admitted == NULL) {
        return DECLINED;
    }
    conf = acct_dir_conf(r);
    if (conf->forward_token != ACCT_ON) {
        apr_table_unset(r->headers_in, "Authorization");
    }
    if (conf->identity_headers == ACCT_ON) {
        set_headers(r, &mine->admitted->identity);
    }
    return DECLINED;
}

static int fixups(request_rec *r)
{
    acct_request_t *mine;
    const acct_request_t *from;

    if (!acct_is_used(r)) {
        return DECLINED;
    }
    mine = acct_request(r);
    mine->in_fixups = 1;
    from = inherited(r);
    if (!mine->guarded && from != NULL && from->guarded
        && from->refusal == ACCT_OK) {
        adopt(r, from->admitted);
    }
    return DECLINED;
}

/* Behind mod_dir and mod_negotiation, which may have made the request into
 * one of its sub-requests by now. */
static int fixups_late(request_rec *r)
{
    const acct_part_t *part;

    if (!acct_is_used(r)) {
        return DECLINED;
    }
    part = acct_request_became(r);
    if (part != NULL && part->refusal == ACCT_OK) {
        adopt(r, part->admitted);
    }
    return DECLINED;
}

/* ---- that the answer is nobody else's ---- */

static char *trim(char *word)
{
    char *end = word + strlen(word);

    while (apr_isspace(*word)) {
        word++;
    }
    while (end > word && apr_isspace(end[-1])) {
        end--;
    }
    *end = '\0';
    return word;
}

static int is_shareable(const char *directive)
{
    return ap_cstr_casecmp(directive, "public") == 0
        || ap_cstr_casecmpn(directive, "s-maxage", 8) == 0;
}

/* Cache-Control (RFC 9111, 5.2.2) without what lets caches share it, and
 * with "private". */
static const char *make_private(const char *value, apr_pool_t *pool)
{
    const char *kept = "";
    int found = 0;
    char *state;
    char *word;

    if (value == NULL) {
        return just_private;
    }
    word = apr_strtok(apr_pstrdup(pool, value), ",", &state);
    for (; word != NULL; word = apr_strtok(NULL, ",", &state)) {
        word = trim(word);
        if (is_shareable(word)) {
            continue;
        }
        if (ap_cstr_casecmp(word, "private") == 0
            || ap_cstr_casecmp(word, "no-store") == 0) {
            found = 1;
        }
        kept = apr_pstrcat(pool, kept, kept[0] != '\0' ? ", " : "", word,
                           NULL);
    }
    if (found) {
        return kept;
    }
    return apr_pstrcat(pool, "private", kept[0] != '\0' ? ", " : "", kept,
                       NULL);
}

/* Whether a header is one that says whether caches may share an answer. */
static int is_about_caches(const char *name)
{
    switch (name[0]) {
    case 'C':
    case 'c':
        return ap_cstr_casecmp(name, "Cache-Control") == 0
            || ap_cstr_casecmp(name, "CDN-Cache-Control") == 0;
    case 'S':
    case 's':
        return ap_cstr_casecmp(name, "Surrogate-Control") == 0;
    default:
        return 0;
    }
}

/* Whether the answer is private and varies as we said, and nobody else has
 * said anything about caches. */
static int is_as_we_left_it(request_rec *r)
{
    const apr_table_t *tables[] = { r->headers_out, r->err_headers_out };
    int varies = 0;
    int said = 0;
    size_t t;
    int i;

    for (t = 0; t < 2; t++) {
        const apr_array_header_t *array = apr_table_elts(tables[t]);
        const apr_table_entry_t *entry =
            (const apr_table_entry_t *)array->elts;

        for (i = 0; i < array->nelts; i++) {
            if (entry[i].val == just_private) {
                said++;
            }
            else if (entry[i].val == by_authorization) {
                varies = 1;
            }
            else if (is_about_caches(entry[i].key)) {
                return 0;
            }
        }
    }
    return varies && said == 1;
}

static void make_answer_private(request_rec *r)
{
    apr_table_t *out = r->headers_out;
    /* All lines of the name, of both tables: both are sent, and a CGI
     * script's are in the second. */
    const char *ours = apr_table_getm(r->pool, out, "Cache-Control");
    const char *theirs = apr_table_getm(r->pool, r->err_headers_out,
                                        "Cache-Control");

    if (theirs != NULL) {
        ours = ours == NULL ? theirs
            : apr_pstrcat(r->pool, ours, ", ", theirs, NULL);
        apr_table_unset(r->err_headers_out, "Cache-Control");
    }
    apr_table_setn(out, "Cache-Control", make_private(ours, r->pool));
    /* What certain caches heed before Cache-Control (RFC 9213). */
    apr_table_unset(out, "CDN-Cache-Control");
    apr_table_unset(out, "Surrogate-Control");
}

static apr_status_t private_filter(ap_filter_t *f, apr_bucket_brigade *bb)
{
    if (!is_as_we_left_it(f->r)) {
        make_answer_private(f->r);
        vary_by_authorization(f->r);
    }
    ap_remove_output_filter(f);
    return ap_pass_brigade(f->next, bb);
}

static int post_config(apr_pool_t *pconf, apr_pool_t *plog,
                       apr_pool_t *ptemp, server_rec *s)
{
    (void)pconf;
    (void)plog;
    (void)ptemp;
    for (; s != NULL; s = s->next) {
        acct_server_conf(s)->private_filter =
            ap_get_output_filter_handle(PRIVATE_FILTER);
    }
    return OK;
}

static void insert_filter(request_rec *r)
{
    const acct_request_t *mine = acct_request_if_any(r);

    if (mine != NULL && mine->guarded && mine->refusal == ACCT_OK) {
        ap_add_output_filter_handle(
            acct_server_conf(r->server)->private_filter, NULL, r,
            r->connection);
    }
}

void acct_identity_hooks(void)
{
    static const char *const after_upgrade[] = { "core.c", NULL };

    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_read_request(post_read_request, NULL, NULL,
                              APR_HOOK_FIRST);
    ap_hook_fixups(fixups, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_fixups(fixups_late, NULL, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_handler(tell_handler, after_upgrade, NULL,
                    APR_HOOK_REALLY_FIRST);
    ap_hook_insert_filter(insert_filter, NULL, NULL, APR_HOOK_MIDDLE);
    /* Before mod_cache's filter at CONTENT_SET + 1, which must not keep
     * it, and before mod_headers', so that an operator has the last word
     * on what leaves. */
    ap_register_output_filter(PRIVATE_FILTER, private_filter, NULL,
                              AP_FTYPE_CONTENT_SET - 1);
}
