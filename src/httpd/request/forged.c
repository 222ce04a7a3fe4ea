/* SPDX-License-Identifier: Apache-2.0 */
#include "request/forged.h"

#include <string.h>

#include <apr_lib.h>
#include <httpd.h>
#include <http_config.h>
#include <http_log.h>
#include <http_protocol.h>

#include "config/config.h"
#include "request/remote_user.h"
#include "request/table.h"

APLOG_USE_MODULE(acctauth);

/* Between names in Connection: empty ones count for nothing. */
#define SEPARATORS ", \t"

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

static int is_forged(const char *name)
{
    return (name[0] == 'X' || name[0] == 'x')
        && folds_to_prefix(name, strlen(name));
}

static int is_unwanted(void *ctx, const char *name, const char *value)
{
    (void)ctx;
    (void)value;
    return is_forged(name);
}

static const char *first_forged(const apr_table_t *headers)
{
    const apr_array_header_t *array = apr_table_elts(headers);
    const apr_table_entry_t *entry = (const apr_table_entry_t *)array->elts;
    int i;

    for (i = 0; i < array->nelts; i++) {
        if (is_forged(entry[i].key)) {
            return entry[i].key;
        }
    }
    return NULL;
}

static void scrub_headers(request_rec *r)
{
    const char *first = first_forged(r->headers_in);
    int count;

    if (first == NULL) {
        return;
    }
    count = acct_table_strike(r->headers_in, is_unwanted, NULL, r->pool);
    /* An internal redirect comes by here with what we set ourselves. A
     * client may send hundreds: the log has one line of them. */
    if (r->prev == NULL) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      "ACCT0310: authn_header_spoof_stripped: the client "
                      "sent the header %s%s", first,
                      count > 1 ? ", and more of the kind" : "");
    }
}

/* The next name of a Connection header at or behind @a at, or NULL. */
static const char *next_name(const char *at, apr_size_t *length)
{
    at += strspn(at, SEPARATORS);
    *length = strcspn(at, SEPARATORS);
    return *length > 0 ? at : NULL;
}

static int names_ours(const char *value)
{
    apr_size_t length;
    const char *name;

    for (name = next_name(value, &length); name != NULL;
         name = next_name(name + length, &length)) {
        if (folds_to_prefix(name, length)) {
            return 1;
        }
    }
    return 0;
}

/* A Connection header's value without the names of ours. Two characters go
 * between names where there was at least one. */
static char *without_ours(const char *value, apr_pool_t *pool)
{
    char *kept = apr_palloc(pool, 2 * strlen(value) + 1);
    char *end = kept;
    apr_size_t length;
    const char *name;

    for (name = next_name(value, &length); name != NULL;
         name = next_name(name + length, &length)) {
        if (folds_to_prefix(name, length)) {
            continue;
        }
        if (end != kept) {
            *end++ = ',';
            *end++ = ' ';
        }
        memcpy(end, name, length);
        end += length;
    }
    *end = '\0';
    return kept;
}

static void scrub_connection(request_rec *r)
{
    const char *value = apr_table_get(r->headers_in, "Connection");

    if (value == NULL || !names_ours(value)) {
        return;
    }
    value = without_ours(value, r->pool);
    if (value[0] != '\0') {
        apr_table_setn(r->headers_in, "Connection", value);
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
    scrub_headers(r);
    scrub_connection(r);
    return DECLINED;
}

void acct_forged_hooks(void)
{
    ap_hook_post_read_request(post_read_request, NULL, NULL,
                              APR_HOOK_FIRST);
}
