/* SPDX-License-Identifier: Apache-2.0 */
#include "request/privacy.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_protocol.h>
#include <http_request.h>
#include <util_filter.h>

#include "config/config.h"
#include "request/request.h"

/* By their place in the chain; httpd keeps filters of one type in the order
 * they were added. The first two run behind mod_headers (CONTENT_SET) and
 * before mod_cache keeps anything (CONTENT_SET + 1). A part of a page is kept
 * earlier (CONTENT_SET - 1), and no client sees its headers. */
#define PRIVATE_FILTER "ACCTAUTH_PRIVATE"
#define NO_STORE_FILTER "ACCTAUTH_NO_STORE"
#define PART_FILTER "ACCTAUTH_PRIVATE_PART"
#define SHARED_FILTER "ACCTAUTH_SHARED"

/* Values that are known again by their address. */
static const char just_private[] = "private";
static const char by_authorization[] = "Authorization";

/* ---- saying so before the handler runs ---- */

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

void acct_privacy_depends(request_rec *r)
{
    /* For what keeps headers that are set before the handler runs; the
     * filter is for those that bring their own (mod_proxy, CGI).
     * no_cache tells mod_cache, at whatever place it looks. */
    acct_request(r)->depends = 1;
    r->no_cache = 1;
    apr_table_setn(r->headers_out, "Cache-Control", just_private);
    vary_by_authorization(r);
}

void acct_privacy_no_store(request_rec *r)
{
    acct_request(r)->no_store = 1;
    r->no_cache = 1;
}

/* ---- Cache-Control ---- */

/* Whether a header tells caches whether they may keep or share an answer.
 * Those that are for one kind of cache go by this ending (RFC 9213, 2.1),
 * and three are older than that. */
static int is_about_caches(const char *name)
{
    static const char ending[] = "-Cache-Control";
    apr_size_t length = strlen(name);

    if (length < sizeof("Edge-Control") - 1) {
        return 0;
    }
    if (length >= sizeof(ending)
        && ap_cstr_casecmp(name + length - (sizeof(ending) - 1), ending)
           == 0) {
        return 1;
    }
    switch (name[0]) {
    case 'C':
    case 'c':
        return ap_cstr_casecmp(name, "Cache-Control") == 0;
    case 'E':
    case 'e':
        return ap_cstr_casecmp(name, "Edge-Control") == 0;
    case 'S':
    case 's':
        return ap_cstr_casecmp(name, "Surrogate-Control") == 0;
    case 'X':
    case 'x':
        return ap_cstr_casecmp(name, "X-Accel-Expires") == 0;
    default:
        return 0;
    }
}

/* A table without what is said to caches. Made anew, and not emptied name
 * by name, since an application may have said it under a thousand. */
static apr_table_t *without_cache_headers(const apr_table_t *table,
                                          apr_pool_t *pool)
{
    const apr_array_header_t *array = apr_table_elts(table);
    const apr_table_entry_t *entry = (const apr_table_entry_t *)array->elts;
    apr_table_t *kept = apr_table_make(pool, array->nelts);
    int i;

    for (i = 0; i < array->nelts; i++) {
        if (!is_about_caches(entry[i].key)) {
            apr_table_addn(kept, entry[i].key, entry[i].val);
        }
    }
    return kept;
}

/* Take away what is said to caches. Returns the values of Cache-Control as
 * one, or NULL. All lines, of both tables: a client gets both, and a
 * script's headers are in the second. */
static const char *take_cache_headers(request_rec *r)
{
    const char *value = apr_table_getm(r->pool, r->headers_out,
                                       "Cache-Control");
    const char *second = apr_table_getm(r->pool, r->err_headers_out,
                                        "Cache-Control");

    r->headers_out = without_cache_headers(r->headers_out, r->pool);
    r->err_headers_out = without_cache_headers(r->err_headers_out, r->pool);
    if (value == NULL || second == NULL) {
        return value != NULL ? value : second;
    }
    return apr_pstrcat(r->pool, value, ", ", second, NULL);
}

static int is_named(const char *item, apr_size_t length, const char *name)
{
    apr_size_t size = strlen(name);

    return length >= size && ap_cstr_casecmpn(item, name, size) == 0
        && (length == size || item[size] == '=' || apr_isspace(item[size]));
}

/* The length of what stands before the next comma that is in no quotes. */
static apr_size_t item_length(const char *item)
{
    const char *at = item;
    int quoted = 0;

    for (; *at != '\0' && (quoted || *at != ','); at++) {
        if (*at == '"') {
            quoted = !quoted;
        }
        else if (quoted && *at == '\\' && at[1] != '\0') {
            at++;
        }
    }
    return (apr_size_t)(at - item);
}

static const char *trim(const char *item, apr_size_t *length)
{
    while (*length > 0 && apr_isspace(*item)) {
        item++;
        (*length)--;
    }
    while (*length > 0 && apr_isspace(item[*length - 1])) {
        (*length)--;
    }
    return item;
}

/* Cache-Control without what lets caches share it, and with "private". In
 * one go: an application may have said a lot. */
static const char *make_private(const char *value, apr_pool_t *pool)
{
    char *made;
    char *end;

    if (value == NULL) {
        return just_private;
    }
    made = apr_palloc(pool, sizeof(just_private) + 2 * strlen(value) + 2);
    end = apr_cpystrn(made, just_private, sizeof(just_private));
    while (*value != '\0') {
        apr_size_t length = item_length(value);
        const char *next = value + length + (value[length] == ',');
        const char *item = trim(value, &length);

        if (length > 0 && !is_named(item, length, "public")
            && !is_named(item, length, "s-maxage")
            && !(length == sizeof(just_private) - 1
                 && is_named(item, length, just_private))) {
            *end++ = ',';
            *end++ = ' ';
            memcpy(end, item, length);
            end += length;
        }
        value = next;
    }
    *end = '\0';
    return made;
}

/* ---- the filters; each once, with the first of an answer ---- */

/* Whether the answer is private and varies as we said, and no other module has
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

static apr_status_t private_filter(ap_filter_t *f, apr_bucket_brigade *bb)
{
    request_rec *r = f->r;

    if (!is_as_we_left_it(r)) {
        apr_table_setn(r->headers_out, "Cache-Control",
                       make_private(take_cache_headers(r), r->pool));
        vary_by_authorization(r);
    }
    ap_remove_output_filter(f);
    return ap_pass_brigade(f->next, bb);
}

static apr_status_t no_store_filter(ap_filter_t *f, apr_bucket_brigade *bb)
{
    request_rec *r = f->r;
    const acct_request_t *mine = acct_request_if_any(r);
    apr_table_t *out;

    (void)take_cache_headers(r);
    out = r->err_headers_out;
    apr_table_unset(r->headers_out, "X-Content-Type-Options");
    apr_table_setn(out, "X-Content-Type-Options", "nosniff");
    apr_table_setn(out, "Cache-Control", "no-store");
    apr_table_unset(r->headers_out, "Expires");
    vary_by_authorization(r);
    if (mine != NULL && mine->allow != NULL) {
        apr_table_unset(r->headers_out, "Allow");
        apr_table_setn(out, "Allow", mine->allow);
    }
    ap_remove_output_filter(f);
    return ap_pass_brigade(f->next, bb);
}

static int is_ours(void *found, const char *name, const char *value)
{
    (void)name;
    *(int *)found = value == just_private;
    return !*(int *)found;
}

/* AcctAuthSharedCache On: what the application says holds, and mod_headers has
 * the last word. Only where neither says anything it is private. */
static apr_status_t shared_filter(ap_filter_t *f, apr_bucket_brigade *bb)
{
    request_rec *r = f->r;
    const char *value = NULL;
    int ours = 0;

    apr_table_do(is_ours, &ours, r->headers_out, "Cache-Control", NULL);
    if (ours) {
        apr_table_unset(r->headers_out, "Cache-Control");
    }
    value = apr_table_get(r->headers_out, "Cache-Control");
    if (value == NULL) {
        value = apr_table_get(r->err_headers_out, "Cache-Control");
    }
    if (value == NULL) {
        apr_table_setn(r->headers_out, "Cache-Control", just_private);
    }
    vary_by_authorization(r);
    ap_remove_output_filter(f);
    return ap_pass_brigade(f->next, bb);
}

/* ---- which of them an answer gets ---- */

/* Found once, so that requests need not look for names. */
typedef struct acct_privacy_filters_t {
    ap_filter_rec_t *one;
    ap_filter_rec_t *part;
    ap_filter_rec_t *shared;
    ap_filter_rec_t *no_store;
} acct_privacy_filters_t;

typedef enum { FOR_ALL, FOR_ONE, FOR_NOBODY } keep_e;

/* Whom an answer is for. It may come from another place than the request
 * was for: of an ErrorDocument, or of a front controller. */
static keep_e keep_of(const request_rec *r)
{
    keep_e keep = FOR_ALL;

    for (; r != NULL; r = r->prev) {
        const acct_request_t *mine = acct_request_if_any(r);

        if (mine != NULL && mine->no_store) {
            return FOR_NOBODY;
        }
        if (mine != NULL && mine->depends) {
            keep = FOR_ONE;
        }
    }
    return keep;
}

static ap_filter_rec_t *filter_for(request_rec *r, keep_e keep)
{
    const acct_privacy_filters_t *filters =
        acct_server_conf(r->server)->filters;

    if (keep == FOR_NOBODY) {
        return filters->no_store;
    }
    if (r->main != NULL) {
        return filters->part;
    }
    return acct_dir_conf(r)->shared_cache == ACCT_ON ? filters->shared
                                                     : filters->one;
}

static void insert_filter(request_rec *r)
{
    keep_e keep = acct_is_used(r) ? keep_of(r) : FOR_ALL;

    if (keep != FOR_ALL) {
        r->no_cache = 1;
        ap_add_output_filter_handle(filter_for(r, keep), NULL, r,
                                    r->connection);
    }
}

void acct_privacy_depends_now(request_rec *r)
{
    acct_request_t *mine = acct_request(r);

    if (!mine->depends) {
        acct_privacy_depends(r);
        insert_filter(r);
    }
}

void acct_privacy_no_store_now(request_rec *r)
{
    acct_privacy_no_store(r);
    insert_filter(r);
}

static int post_config(apr_pool_t *pconf, apr_pool_t *plog,
                       apr_pool_t *ptemp, server_rec *s)
{
    acct_privacy_filters_t *filters = apr_palloc(pconf, sizeof(*filters));

    (void)plog;
    (void)ptemp;
    filters->one = ap_get_output_filter_handle(PRIVATE_FILTER);
    filters->part = ap_get_output_filter_handle(PART_FILTER);
    filters->shared = ap_get_output_filter_handle(SHARED_FILTER);
    filters->no_store = ap_get_output_filter_handle(NO_STORE_FILTER);
    for (; s != NULL; s = s->next) {
        acct_server_conf(s)->filters = filters;
    }
    return OK;
}

void acct_privacy_hooks(void)
{
    static const char *const others[] = { "mod_headers.c", NULL };

    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_insert_filter(insert_filter, others, NULL,
                          APR_HOOK_REALLY_LAST);
    /* Errors have a chain of their own. */
    ap_hook_insert_error_filter(insert_filter, others, NULL,
                                APR_HOOK_REALLY_LAST);
    ap_register_output_filter(PRIVATE_FILTER, private_filter, NULL,
                              AP_FTYPE_CONTENT_SET);
    ap_register_output_filter(NO_STORE_FILTER, no_store_filter, NULL,
                              AP_FTYPE_CONTENT_SET);
    ap_register_output_filter(PART_FILTER, private_filter, NULL,
                              AP_FTYPE_CONTENT_SET - 2);
    ap_register_output_filter(SHARED_FILTER, shared_filter, NULL,
                              AP_FTYPE_CONTENT_SET - 2);
}
