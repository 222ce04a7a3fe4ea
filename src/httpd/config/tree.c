/* SPDX-License-Identifier: Apache-2.0 */
#include "config/tree.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <stdlib.h>

/* Walks the tree; the visitor returns 0 to stop. @a section is the
 * <VirtualHost> a directive is in, or NULL. */
typedef int (*visit_fn)(const ap_directive_t *node,
                        const ap_directive_t *section, void *baton);

static int walk(const ap_directive_t *node, const ap_directive_t *section,
                visit_fn visit, void *baton)
{
    for (; node != NULL; node = node->next) {
        const ap_directive_t *inner = section;

        if (!visit(node, section, baton)) {
            return 0;
        }
        if (ap_cstr_casecmp(node->directive, "<VirtualHost") == 0) {
            inner = node;
        }
        if (!walk(node->first_child, inner, visit, baton)) {
            return 0;
        }
    }
    return 1;
}

static int is(const ap_directive_t *node, const char *name)
{
    return ap_cstr_casecmp(node->directive, name) == 0;
}

static const char *first_word(const ap_directive_t *node, apr_pool_t *pool)
{
    const char *args = node->args;

    return args != NULL ? ap_getword_conf(pool, &args) : "";
}

static acct_place_t *place_of(const ap_directive_t *node, apr_pool_t *pool)
{
    acct_place_t *place = apr_palloc(pool, sizeof(*place));

    place->file = node->filename;
    place->line = node->line_num;
    return place;
}

/* ---- AuthType Token ---- */

typedef struct find_token_t {
    const server_rec *server;
    int is_main;
    apr_pool_t *pool;
    acct_place_t *place;
} find_token_t;

static int is_of_server(const find_token_t *find,
                        const ap_directive_t *section)
{
    if (section == NULL) {
        return find->is_main;
    }
    return !find->is_main && find->server->defn_name != NULL
        && (unsigned)section->line_num == find->server->defn_line_number
        && strcmp(section->filename, find->server->defn_name) == 0;
}

static int find_token(const ap_directive_t *node,
                      const ap_directive_t *section, void *baton)
{
    find_token_t *find = baton;

    if (is(node, "AuthType") && is_of_server(find, section)
        && ap_cstr_casecmp(first_word(node, find->pool), "Token") == 0) {
        find->place = place_of(node, find->pool);
        return 0;
    }
    return 1;
}

const acct_place_t *acct_config_tree_token_auth(server_rec *main_server,
                                                server_rec *server,
                                                apr_pool_t *pool)
{
    find_token_t find = { server, server == main_server, pool, NULL };

    walk(ap_conftree, NULL, find_token, &find);
    return find.place;
}

/* ---- AcctAuthProtect beside another AuthType ---- */

typedef struct find_fight_t {
    apr_pool_t *pool;
    acct_place_t *place;
} find_fight_t;

static int has_other_auth_type(const ap_directive_t *first, apr_pool_t *pool)
{
    const ap_directive_t *node;

    for (node = first; node != NULL; node = node->next) {
        if (is(node, "AuthType")) {
            const char *type = first_word(node, pool);

            if (ap_cstr_casecmp(type, "Token") != 0
                && ap_cstr_casecmp(type, "None") != 0) {
                return 1;
            }
        }
    }
    return 0;
}

static int find_fight(const ap_directive_t *node,
                      const ap_directive_t *section, void *baton)
{
    find_fight_t *find = baton;
    const ap_directive_t *inner;

    (void)section;
    for (inner = node->first_child; inner != NULL; inner = inner->next) {
        if (is(inner, "AcctAuthProtect")
            && ap_cstr_casecmp(first_word(inner, find->pool), "Off") != 0
            && has_other_auth_type(node->first_child, find->pool)) {
            find->place = place_of(inner, find->pool);
            return 0;
        }
    }
    return 1;
}

const acct_place_t *acct_config_tree_fight(apr_pool_t *pool)
{
    find_fight_t find = { pool, NULL };

    walk(ap_conftree, NULL, find_fight, &find);
    return find.place;
}

/* ---- what httpd serves ---- */

/* Of the pool that a check is made in: what httpd serves, found once, since
 * each virtual host's files are compared with it. */
#define USERDATA "acctauth:served"

typedef struct served_t {
    const char *directory;      /* as it is written */
    char *real;                 /* without a slash at the end */
} served_t;

typedef struct find_served_t {
    apr_pool_t *pool;
    apr_array_header_t *list;   /* served_t */
    apr_hash_t *seen;           /* by the directory as it is written */
} find_served_t;

static void note_served(find_served_t *find, const char *directory)
{
    char *real;
    served_t *served;
    apr_size_t length;

    if (apr_hash_get(find->seen, directory, APR_HASH_KEY_STRING) != NULL) {
        return;
    }
    apr_hash_set(find->seen, directory, APR_HASH_KEY_STRING, directory);
    real = realpath(directory, NULL);
    if (real == NULL) {
        return;
    }
    length = strlen(real);
    while (length > 0 && real[length - 1] == '/') {
        length--;
    }
    served = apr_array_push(find->list);
    served->directory = directory;
    served->real = apr_pstrmemdup(find->pool, real, length);
    free(real);
}

/* The folder that a target like "/dir/$1.html" is in for certain. */
static const char *fixed_part(const char *target, apr_pool_t *pool)
{
    const char *end = ap_strchr_c(target, '$');

    if (end == NULL) {
        return target;
    }
    while (end > target && end[-1] != '/') {
        end--;
    }
    return apr_pstrmemdup(pool, target, (apr_size_t)(end - target));
}

static int is_alias(const ap_directive_t *node)
{
    return is(node, "Alias") || is(node, "AliasMatch")
        || is(node, "ScriptAlias") || is(node, "ScriptAliasMatch");
}

static int find_alias(const ap_directive_t *node,
                      const ap_directive_t *section, void *baton)
{
    find_served_t *find = baton;
    const char *args = node->args;
    const char *target;

    (void)section;
    if (args == NULL || !is_alias(node)) {
        return 1;
    }
    target = ap_getword_conf(find->pool, &args);
    if (*args != '\0') {
        target = ap_getword_conf(find->pool, &args);
    }
    target = ap_server_root_relative(find->pool,
                                     fixed_part(target, find->pool));
    if (target != NULL) {
        note_served(find, target);
    }
    return 1;
}

static const apr_array_header_t *all_served(server_rec *main_server,
                                            apr_pool_t *pool)
{
    find_served_t find = { pool, NULL, NULL };
    void *found = NULL;
    server_rec *s;

    apr_pool_userdata_get(&found, USERDATA, pool);
    if (found != NULL) {
        return found;
    }
    find.list = apr_array_make(pool, 16, sizeof(served_t));
    find.seen = apr_hash_make(pool);
    for (s = main_server; s != NULL; s = s->next) {
        const core_server_config *core =
            ap_get_core_module_config(s->module_config);

        if (core->ap_document_root != NULL) {
            note_served(&find, core->ap_document_root);
        }
    }
    walk(ap_conftree, NULL, find_alias, &find);
    apr_pool_userdata_setn(find.list, USERDATA, NULL, pool);
    return find.list;
}

const char *acct_config_tree_served(server_rec *main_server,
                                    const char *real, apr_pool_t *pool)
{
    const apr_array_header_t *list = all_served(main_server, pool);
    int i;

    for (i = 0; i < list->nelts; i++) {
        const served_t *served = &APR_ARRAY_IDX(list, i, served_t);
        apr_size_t length = strlen(served->real);

        if (strncmp(real, served->real, length) == 0
            && (real[length] == '/' || real[length] == '\0')) {
            return served->directory;
        }
    }
    return NULL;
}
