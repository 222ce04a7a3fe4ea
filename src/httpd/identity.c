/* SPDX-License-Identifier: Apache-2.0 */
#include "identity.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_protocol.h>
#include <http_request.h>
#include <util_filter.h>

#include "config.h"
#include "request.h"

#define PRIVATE_FILTER "ACCTAUTH_PRIVATE"

static const char *const variables[] = {
    "ACCTAUTH_ID", "ACCTAUTH_USERNAME", "ACCTAUTH_EMAIL", "ACCTAUTH_STAFF",
    "ACCTAUTH_TOKEN_ID", NULL
};

/* Values that are known again by their address. */
static const char just_private[] = "private";
static const char by_authorization[] = "Authorization";

/* ---- telling who it is ---- */

const char *acct_identity_user(const acct_account_t *account,
                               apr_pool_t *pool)
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
    if (account->is_staff) {
        apr_table_addn(env, "ACCTAUTH_STAFF", "1");
    }
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

void acct_identity_stand(request_rec *r, const acct_verdict_t *verdict)
{
    r->user = (char *)acct_identity_user(&verdict->identity.account,
                                         r->pool);
    r->ap_auth_type = (char *)"Token";
}

void acct_identity_set(request_rec *r, const acct_verdict_t *verdict)
{
    acct_identity_stand(r, verdict);
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

static char *append_word(char *end, const char *word)
{
    size_t length = strlen(word);

    memcpy(end, word, length);
    memcpy(end + length, ", ", 3);
    return end + length + 2;
}

/* Cache-Control (RFC 9111, 5.2.2) without what lets caches share it, and
 * with "private". */
static const char *make_private(const char *value, apr_pool_t *pool)
{
    static const char ours[] = "private, ";
    char *kept;
    char *end;
    char *state;
    char *word;
    int found = 0;

    if (value == NULL) {
        return just_private;
    }
    /* Two characters go behind each word: where there was a comma, and at
     * the end. */
    kept = apr_palloc(pool, sizeof(ours) + 2 * (strlen(value) + 1));
    end = kept + sizeof(ours) - 1;
    memcpy(kept, ours, sizeof(ours));
    word = apr_strtok(apr_pstrdup(pool, value), ",", &state);
    for (; word != NULL; word = apr_strtok(NULL, ",", &state)) {
        word = trim(word);
        if (word[0] == '\0' || is_shareable(word)) {
            continue;
        }
        if (ap_cstr_casecmp(word, "private") == 0
            || ap_cstr_casecmp(word, "no-store") == 0) {
            found = 1;
        }
        end = append_word(end, word);
    }
    if (end == kept + sizeof(ours) - 1) {
        return just_private;
    }
    end[-2] = '\0';
    return found ? kept + sizeof(ours) - 1 : kept;
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
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_insert_filter(insert_filter, NULL, NULL, APR_HOOK_MIDDLE);
    /* Before mod_cache's filter at CONTENT_SET + 1, which must not keep
     * it, and before mod_headers', so that an operator has the last word
     * on what leaves. */
    ap_register_output_filter(PRIVATE_FILTER, private_filter, NULL,
                              AP_FTYPE_CONTENT_SET - 1);
}
