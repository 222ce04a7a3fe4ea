/* SPDX-License-Identifier: Apache-2.0 */
#include "config/tree_sections.h"

#include <apr_fnmatch.h>
#include <apr_strings.h>
#include <http_core.h>

#include "config/directives.h"

static int is(const ap_directive_t *node, const char *name)
{
    return ap_cstr_casecmp(node->directive, name) == 0;
}

static const char *first_word(const ap_directive_t *node, apr_pool_t *pool)
{
    const char *args = node->args != NULL ? node->args : "";

    return ap_getword_conf(pool, &args);
}

static int is_placed(const ap_directive_t *node)
{
    static const char *const names[] = {
        "<Location", "<LocationMatch", "<Directory", "<DirectoryMatch",
        "<Files", "<FilesMatch", "<Proxy", "<ProxyMatch", NULL
    };
    int i;

    for (i = 0; names[i] != NULL; i++) {
        if (is(node, names[i])) {
            return 1;
        }
    }
    return 0;
}

/* ---- what one section says ---- */

static void hear_protect(acct_said_t *said, const ap_directive_t *node,
                         apr_pool_t *pool)
{
    if (ap_cstr_casecmp(first_word(node, pool), "Off") == 0) {
        said->off = node;
    }
    else {
        said->protect = node;
    }
}

static void hear(acct_said_t *said, const ap_directive_t *node,
                 apr_pool_t *pool)
{
    if (is(node, "AuthType")) {
        said->auth_type = node;
        said->type = first_word(node, pool);
    }
    else if (is(node, "Require")) {
        acct_requires_e requires = acct_requires_of(node->args, pool);

        said->require = said->require != NULL ? said->require : node;
        said->requires = requires > said->requires ? requires
                                                   : said->requires;
    }
    else if (is(node, "Satisfy")
             && ap_cstr_casecmp(first_word(node, pool), "Any") == 0) {
        said->satisfy_any = node;
    }
    else if (is(node, "AuthMerging")
             && ap_cstr_casecmp(first_word(node, pool), "Or") == 0) {
        said->merging_or = node;
    }
    else if (is(node, "AcctAuthProtect")) {
        hear_protect(said, node, pool);
    }
}

static void hear_all(acct_said_t *said, const ap_directive_t *node,
                     apr_pool_t *pool)
{
    for (; node != NULL; node = node->next) {
        hear(said, node, pool);
        if (!is_placed(node)) {
            hear_all(said, node->first_child, pool);
        }
    }
}

static void place(acct_said_t *said, const ap_directive_t *node,
                  apr_pool_t *pool)
{
    int is_location = is(node, "<Location") || is(node, "<LocationMatch");
    int is_pattern;

    said->is = ACCT_IS_OTHER;
    if (node->args == NULL) {
        return;
    }
    said->path = acct_section_path(node, &is_pattern, pool);
    said->depth = acct_section_depth(said->path);
    if (is_location && is_pattern) {
        said->pattern = ap_pregcomp(pool, said->path, AP_REG_EXTENDED);
        said->is = said->pattern != NULL ? ACCT_IS_PATTERN : ACCT_IS_OTHER;
    }
    else if (is_location && !apr_fnmatch_test(said->path)) {
        said->is = ACCT_IS_LOCATION;
    }
    else if (is(node, "<Directory") && !is_pattern) {
        said->is = ACCT_IS_DIRECTORY;
    }
}

static int says_something(const acct_said_t *said)
{
    return said->auth_type != NULL || said->require != NULL
        || said->satisfy_any != NULL || said->protect != NULL
        || said->off != NULL;
}

/* ---- all of them ---- */

static void gather(apr_array_header_t *sections, const ap_directive_t *node,
                   const ap_directive_t *host, int hosts, apr_pool_t *pool)
{
    for (; node != NULL; node = node->next) {
        int is_host = is(node, "<VirtualHost");
        acct_said_t said;

        if (is_placed(node) && !host == !hosts) {
            memset(&said, 0, sizeof(said));
            place(&said, node, pool);
            said.host = host;
            hear_all(&said, node->first_child, pool);
            if (says_something(&said)) {
                APR_ARRAY_PUSH(sections, acct_said_t) = said;
            }
        }
        gather(sections, node->first_child, is_host ? node : host, hosts,
               pool);
    }
}

apr_array_header_t *acct_config_sections(apr_pool_t *pool)
{
    apr_array_header_t *sections = apr_array_make(pool, 16,
                                                  sizeof(acct_said_t));

    gather(sections, ap_conftree, NULL, 0, pool);
    gather(sections, ap_conftree, NULL, 1, pool);
    return sections;
}

int acct_said_together(const acct_said_t *a, const acct_said_t *b)
{
    return a->host == NULL || b->host == NULL || a->host == b->host;
}

int acct_path_is_within(const char *path, const char *place_path)
{
    apr_size_t depth = acct_section_depth(place_path);

    return strncmp(path, place_path, depth) == 0
        && (path[depth] == '/' || path[depth] == '\0');
}

int acct_said_covers(const acct_said_t *outer, const acct_said_t *inner)
{
    if (inner->is != ACCT_IS_LOCATION && inner->is != ACCT_IS_DIRECTORY) {
        return 0;
    }
    if (outer->is == ACCT_IS_PATTERN) {
        return inner->is == ACCT_IS_LOCATION
            && ap_regexec(outer->pattern, inner->path, 0, NULL, 0) == 0;
    }
    return outer->is == inner->is
        && acct_path_is_within(inner->path, outer->path);
}
