/* SPDX-License-Identifier: Apache-2.0 */
#include "config/proxied.h"

#include <apr_strings.h>
#include <http_core.h>

#include "config/directives.h"

static int is(const ap_directive_t *node, const char *name)
{
    return ap_cstr_casecmp(node->directive, name) == 0;
}

/* Whether a pattern is about every path: what people write for that. */
static int is_everything(const char *pattern)
{
    static const char *const patterns[] = {
        "^", "^/", "^/?", ".*", "^.*", "^.*$", "(.*)", "^(.*)", "^(.*)$",
        "/(.*)", "^/(.*)", "^/(.*)$", "^/?(.*)", "^/?(.*)$", ".?", ".", NULL
    };
    int i;

    for (i = 0; patterns[i] != NULL; i++) {
        if (strcmp(pattern, patterns[i]) == 0) {
            return 1;
        }
    }
    return 0;
}

static int has_flag_proxy(const char *flags, apr_pool_t *pool)
{
    char *copy = apr_pstrdup(pool, flags);
    char *state;
    char *flag;

    for (flag = apr_strtok(copy, "[], ", &state); flag != NULL;
         flag = apr_strtok(NULL, "[], ", &state)) {
        if (strcmp(flag, "P") == 0 || ap_cstr_casecmp(flag, "proxy") == 0) {
            return 1;
        }
    }
    return 0;
}

/* The path that a directive hands on, or NULL. */
static const char *path_of(const ap_directive_t *node,
                           const ap_directive_t *location, int *is_excluded,
                           apr_pool_t *pool)
{
    const char *args = node->args != NULL ? node->args : "";
    const char *first = ap_getword_conf(pool, &args);
    const char *second = ap_getword_conf(pool, &args);
    int is_pattern;

    *is_excluded = 0;
    if (is(node, "ProxyPass") && location != NULL) {
        const char *path = acct_section_path(location, &is_pattern, pool);

        *is_excluded = strcmp(first, "!") == 0;
        return is_pattern ? NULL : path;
    }
    if (is(node, "ProxyPass")) {
        *is_excluded = strcmp(second, "!") == 0;
        return first;
    }
    if (is(node, "ProxyPassMatch") && strcmp(second, "!") != 0
        && location == NULL) {
        return is_everything(first) ? "/" : NULL;
    }
    if (is(node, "RewriteRule") && location == NULL
        && has_flag_proxy(ap_getword_conf(pool, &args), pool)) {
        return is_everything(first) ? "/" : NULL;
    }
    return NULL;
}

static void gather(apr_array_header_t *proxied, const ap_directive_t *node,
                   const ap_directive_t *host,
                   const ap_directive_t *location, apr_pool_t *pool)
{
    for (; node != NULL; node = node->next) {
        acct_proxied_t one = { NULL, 0, node, host };

        one.path = path_of(node, location, &one.is_excluded, pool);
        if (one.path != NULL && one.path[0] == '/') {
            APR_ARRAY_PUSH(proxied, acct_proxied_t) = one;
        }
        if (is(node, "<Directory") || is(node, "<Proxy")) {
            continue;
        }
        gather(proxied, node->first_child,
               is(node, "<VirtualHost") ? node : host,
               is(node, "<Location") || is(node, "<LocationMatch")
               ? node : location, pool);
    }
}

apr_array_header_t *acct_config_proxied(apr_pool_t *pool)
{
    apr_array_header_t *proxied = apr_array_make(pool, 4,
                                                 sizeof(acct_proxied_t));

    gather(proxied, ap_conftree, NULL, NULL, pool);
    return proxied;
}

/* Whether something that is handed on is about more than a location: what
 * lies further up, or the same path without the slash at its end. */
static int is_more(const acct_proxied_t *one, const acct_said_t *location)
{
    apr_size_t depth = acct_section_depth(one->path);

    return depth < location->depth
        || (one->path[depth] == '\0' && location->path[location->depth]
                                        == '/');
}

const acct_proxied_t *acct_config_proxied_around(
    const apr_array_header_t *proxied, const acct_said_t *location)
{
    const acct_proxied_t *found = NULL;
    int i;

    for (i = 0; i < proxied->nelts; i++) {
        const acct_proxied_t *one = &APR_ARRAY_IDX(proxied, i,
                                                   acct_proxied_t);

        if ((one->host != NULL && location->host != NULL
             && one->host != location->host)
            || !acct_path_is_within(location->path, one->path)) {
            continue;
        }
        if (one->is_excluded) {
            return NULL;
        }
        if (found == NULL && is_more(one, location)) {
            found = one;
        }
    }
    return found;
}
