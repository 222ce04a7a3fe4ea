/* SPDX-License-Identifier: Apache-2.0 */
#include "config/guards.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>

#include "config/mount.h"
#include "config/proxied.h"
#include "config/tree_sections.h"

APLOG_USE_MODULE(acctauth);

/* One look at the whole configuration. */
typedef struct look_t {
    server_rec *main_server;
    const apr_array_header_t *sections;     /* acct_said_t */
    const apr_array_header_t *proxied;      /* acct_proxied_t */
    apr_pool_t *pool;
} look_t;

static void warn(const look_t *look, const char *id,
                 const ap_directive_t *node, const char *what)
{
    ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_WARNING, 0,
                 look->main_server, "%s: %s on line %d of %s: %s", id,
                 node->directive, node->line_num, node->filename, what);
}

static const acct_said_t *section(const look_t *look, int i)
{
    return &APR_ARRAY_IDX(look->sections, i, acct_said_t);
}

static int is_token(const acct_said_t *said)
{
    return said->type != NULL && ap_cstr_casecmp(said->type, "Token") == 0;
}

static int is_foreign(const acct_said_t *said)
{
    return said->type != NULL && !is_token(said)
        && ap_cstr_casecmp(said->type, "None") != 0;
}

static const char *line_of(const look_t *look, const ap_directive_t *node)
{
    return apr_psprintf(look->pool, "line %d of %s", node->line_num,
                        node->filename);
}

/* ---- AuthType Token, and nothing is required ---- */

static int requires_something(const acct_said_t *said)
{
    return said->requires == ACCT_REQUIRES_USER
        || said->requires == ACCT_REQUIRES_NO_USER;
}

/* Whether a section requires something, of paths that the other's have for
 * a part: patterns and files may be anywhere. */
static int may_require_for(const acct_said_t *other, const acct_said_t *said)
{
    if (!requires_something(other)) {
        return 0;
    }
    if (other->is == ACCT_IS_PATTERN || other->is == ACCT_IS_OTHER
        || said->is == ACCT_IS_PATTERN || said->is == ACCT_IS_OTHER) {
        return 1;
    }
    if (other->is == said->is) {
        return acct_said_covers(said, other);
    }
    /* A folder's Require and a location's AuthType may meet; a folder that is
     * closed to all is what a system begins with. */
    return other->requires == ACCT_REQUIRES_USER;
}

/* The section further up whose Require is in effect for another that has
 * none: the last of locations, the deepest of folders. NULL: none. */
static const acct_said_t *required_above(const look_t *look,
                                         const acct_said_t *said)
{
    const acct_said_t *found = NULL;
    int i;

    for (i = 0; i < look->sections->nelts; i++) {
        const acct_said_t *other = section(look, i);

        if (other->require != NULL && other->is == said->is
            && acct_said_together(other, said)
            && acct_said_covers(other, said)
            && (found == NULL || said->is == ACCT_IS_LOCATION
                || other->depth >= found->depth)) {
            found = other;
        }
    }
    return found;
}

static void look_for_require(const look_t *look, int at)
{
    const acct_said_t *said = section(look, at);
    const acct_said_t *above;
    int i;

    if (!is_token(said) || said->require != NULL || said->protect != NULL) {
        return;
    }
    above = required_above(look, said);
    if (above != NULL && requires_something(above)) {
        return;
    }
    for (i = 0; i < look->sections->nelts; i++) {
        if (acct_said_together(section(look, i), said)
            && (may_require_for(section(look, i), said)
                || (section(look, i)->protect != NULL
                    && acct_said_covers(section(look, i), said)))) {
            return;
        }
    }
    warn(look, "ACCT0140", said->auth_type, "nothing is required beside it, "
         "so everybody is let in, with any token or none; add Require "
         "valid-user, or write AcctAuthProtect On in its place");
}

/* ---- AuthType Token, opened by another section ---- */

/* Whether a later section's word stands in place of an earlier one's for
 * all that the earlier one is about. A section further down is how a part
 * is opened on purpose. */
static int overrules(const acct_said_t *later, const acct_said_t *said)
{
    if (said->is == ACCT_IS_DIRECTORY) {
        return later->is == ACCT_IS_LOCATION && later->depth == 0;
    }
    return said->is == ACCT_IS_LOCATION && acct_said_covers(later, said);
}

static void tell_opened(const look_t *look, const acct_said_t *said,
                        const ap_directive_t *by, const char *how)
{
    warn(look, "ACCT0141", said->auth_type,
         apr_psprintf(look->pool, "%s on %s %s; write AcctAuthProtect On in "
                      "this section, which holds in any order",
                      by->directive, line_of(look, by), how));
}

/* Whether AuthType Token is said for a section, in it or further up. */
static int is_part_of_token(const look_t *look, const acct_said_t *said)
{
    int i;

    for (i = 0; i < look->sections->nelts; i++) {
        const acct_said_t *other = section(look, i);

        if (is_token(other) && acct_said_together(other, said)
            && acct_said_covers(other, said)) {
            return 1;
        }
    }
    return 0;
}

static void look_for_merging(const look_t *look, int at)
{
    const acct_said_t *said = section(look, at);

    if (said->merging_or != NULL && said->requires == ACCT_REQUIRES_USER
        && said->protect == NULL && is_part_of_token(look, said)) {
        warn(look, "ACCT0141", said->merging_or, "whoever a section further "
             "up lets in is let in here too, also everybody by a <Directory> "
             "with Require all granted; write AuthMerging And, or "
             "AcctAuthProtect On in this section");
    }
}

static void look_for_opener(const look_t *look, int at)
{
    const acct_said_t *said = section(look, at);
    int i;

    if (!is_token(said) || said->requires != ACCT_REQUIRES_USER
        || said->protect != NULL) {
        return;
    }
    for (i = 0; i < look->sections->nelts; i++) {
        const acct_said_t *other = section(look, i);

        if (!acct_said_together(other, said)) {
            continue;
        }
        if (i > at && overrules(other, said)) {
            if (other->requires == ACCT_REQUIRES_GRANTED) {
                tell_opened(look, said, other->require,
                            "comes later, and lets everybody in");
            }
            if (is_foreign(other)) {
                tell_opened(look, said, other->auth_type,
                            "comes later, and asks for another kind of "
                            "credentials in its place");
            }
        }
        if (other->satisfy_any != NULL
            && (other->is != said->is || acct_said_covers(other, said)
                || acct_said_covers(said, other))) {
            tell_opened(look, said, other->satisfy_any,
                        "says Any, so where both apply everybody is let in");
        }
    }
}

/* ---- part of what is handed to an application ---- */

/* The pattern that is about a path, what is below it and what an
 * application may take for it: "^/a[.]b(?:[/;]|$)". */
static const char *pattern_for(const acct_said_t *said, apr_pool_t *pool)
{
    char *quoted = apr_palloc(pool, 3 * said->depth + 1);
    char *out = quoted;
    apr_size_t i;

    for (i = 0; i < said->depth; i++) {
        char c = said->path[i];
        int is_plain = apr_isalnum(c) || (c & 0x80) != 0
            || strchr("/-_~", c) != NULL;

        /* In brackets, so that what is pasted has no backslashes that the
         * log doubles. */
        out += apr_snprintf(out, 4, is_plain ? "%c" : c == '^' ? "\\%c"
                                               : "[%c]", c);
    }
    return apr_pstrcat(pool, "^", quoted, "(?:[/;]|$)", NULL);
}

static int is_guard(const acct_said_t *said)
{
    return said->protect != NULL
        || (is_token(said) && said->requires == ACCT_REQUIRES_USER);
}

/* Whether all that is handed on is guarded. */
static int is_closed(const look_t *look, const acct_said_t *guard,
                     const acct_proxied_t *proxied)
{
    int i;

    for (i = 0; i < look->sections->nelts; i++) {
        const acct_said_t *other = section(look, i);

        if (is_guard(other) && acct_said_together(other, guard)
            && other->is == ACCT_IS_LOCATION
            && acct_path_is_within(proxied->path, other->path)
            && (other->path[other->depth] == '\0'
                || strncmp(proxied->path, other->path, other->depth + 1)
                   == 0)) {
            return 1;
        }
    }
    return 0;
}

/* Whether an API takes all that is at a place and below it. */
static int is_of_api(const look_t *look, const char *path)
{
    const server_rec *s;
    int i;

    for (s = look->main_server; s != NULL; s = s->next) {
        const apr_array_header_t *mounts = acct_server_conf(s)->mounts;

        for (i = 0; mounts != NULL && i < mounts->nelts; i++) {
            const acct_mount_t *mount = APR_ARRAY_IDX(mounts, i,
                                                      const acct_mount_t *);

            if (!mount->passes && acct_path_is_within(path, mount->path)) {
                return 1;
            }
        }
    }
    return 0;
}

static void look_for_proxied(const look_t *look, int at)
{
    const acct_said_t *guard = section(look, at);
    const acct_proxied_t *proxied;
    const char *bare;

    if (!is_guard(guard) || guard->is != ACCT_IS_LOCATION
        || guard->depth == 0 || is_of_api(look, guard->path)) {
        return;
    }
    proxied = acct_config_proxied_around(look->proxied, guard);
    if (proxied == NULL || is_closed(look, guard, proxied)) {
        return;
    }
    bare = apr_pstrmemdup(look->pool, guard->path, guard->depth);
    warn(look, "ACCT0142",
         guard->protect != NULL ? guard->protect : guard->auth_type,
         apr_psprintf(look->pool, "%s on %s hands more than \"%s\" to the "
                      "application, to which \"%s%s\" may be the same page; "
                      "write <LocationMatch \"%s\"> in place of this "
                      "<Location>, or guard all of \"%s\" and open what is "
                      "public with AcctAuthProtect Off",
                      proxied->node->directive,
                      line_of(look, proxied->node), guard->path, bare,
                      guard->path[guard->depth] == '/'
                      && strlen(guard->path) == guard->depth + 1
                      ? "" : ";x",
                      pattern_for(guard, look->pool), proxied->path));
}

/* ---- where an API is mounted ---- */

static int is_opened_again(const look_t *look, const acct_mount_t *mount,
                           int at)
{
    int i;

    for (i = at + 1; i < look->sections->nelts; i++) {
        const acct_said_t *other = section(look, i);

        if (other->is == ACCT_IS_LOCATION
            && acct_said_together(other, section(look, at))
            && (acct_path_is_within(other->path, mount->path)
                || acct_path_is_within(mount->path, other->path))
            && (other->requires == ACCT_REQUIRES_GRANTED
                || (other->type != NULL && !is_foreign(other)))) {
            return 1;
        }
    }
    return 0;
}

/* A tree that asks for a password of its own: a client cannot send that
 * and a token, both in Authorization. */
static void look_at_tree_of(const look_t *look, const acct_mount_t *mount)
{
    int i;

    for (i = 0; i < look->sections->nelts; i++) {
        const acct_said_t *said = section(look, i);

        if (said->is == ACCT_IS_LOCATION && is_foreign(said)
            && said->requires == ACCT_REQUIRES_USER
            && acct_path_is_within(mount->path, said->path)
            && !is_opened_again(look, mount, i)) {
            warn(look, "ACCT0144", said->auth_type,
                 apr_psprintf(look->pool, "it asks for a password around "
                              "the API at %s, and a client cannot send that "
                              "beside a token; write Require all granted "
                              "into the API's <Location>, and that section "
                              "after this one", mount->path));
        }
    }
}

static void look_at_mounts(const look_t *look, const server_rec *s)
{
    const apr_array_header_t *mounts = acct_server_conf(s)->mounts;
    int i;

    for (i = 0; mounts != NULL && i < mounts->nelts; i++) {
        const acct_mount_t *mount = APR_ARRAY_IDX(mounts, i,
                                                  const acct_mount_t *);
        const acct_place_t *at = &mount->owners[0]->place;

        if (strcmp(mount->path, "/") == 0 && !mount->passes) {
            ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_WARNING, 0,
                         look->main_server, "ACCT0143: AcctAuthAPI on line "
                         "%d of %s: the whole site is below it, so every "
                         "page that is no route of it is 404; mount it at a "
                         "path of its own, or add AcctAuthUnknownPath "
                         "Pass", at->line, at->file);
        }
        look_at_tree_of(look, mount);
    }
}

static int is_used(const server_rec *s)
{
    for (; s != NULL; s = s->next) {
        if (acct_server_conf(s)->db.driver != NULL) {
            return 1;
        }
    }
    return 0;
}

static int check_config(apr_pool_t *pconf, apr_pool_t *plog,
                        apr_pool_t *ptemp, server_rec *main_server)
{
    look_t look = { main_server, NULL, NULL, ptemp };
    const server_rec *s;
    int i;

    (void)pconf;
    (void)plog;
    if (!is_used(main_server)) {
        return OK;
    }
    look.sections = acct_config_sections(ptemp);
    look.proxied = acct_config_proxied(ptemp);
    for (i = 0; i < look.sections->nelts; i++) {
        look_for_require(&look, i);
        look_for_opener(&look, i);
        look_for_merging(&look, i);
        look_for_proxied(&look, i);
    }
    for (s = main_server; s != NULL; s = s->next) {
        look_at_mounts(&look, s);
    }
    return OK;
}

void acct_config_guards_hooks(void)
{
    ap_hook_check_config(check_config, NULL, NULL, APR_HOOK_LAST);
}
