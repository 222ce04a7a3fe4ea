/* SPDX-License-Identifier: Apache-2.0 */
/* Where a section lies, and what it says about access; see config.h. */
#include "config/directives.h"

#include <apr_fnmatch.h>
#include <apr_strings.h>
#include <http_core.h>

/* ---- where ---- */

static const acct_section_t folder = { ACCT_SECTION_FOLDER, 0, NULL };
static const acct_section_t whole_server = { ACCT_SECTION_SERVER, 0, NULL };

static int is(const ap_directive_t *node, const char *name)
{
    return ap_cstr_casecmp(node->directive, name) == 0;
}

/* The section a directive is in that has a place: an <If> is where its own
 * section is, and so are <Limit> and <RequireAny>. */
static const ap_directive_t *placed_section(const ap_directive_t *node)
{
    static const char *const placed[] = {
        "<Location", "<LocationMatch", "<Directory", "<DirectoryMatch",
        "<Files", "<FilesMatch", "<Proxy", "<ProxyMatch", NULL
    };
    int i;

    for (node = node->parent; node != NULL; node = node->parent) {
        for (i = 0; placed[i] != NULL; i++) {
            if (is(node, placed[i])) {
                return node;
            }
        }
    }
    return NULL;
}

apr_size_t acct_section_depth(const char *path)
{
    apr_size_t length = strlen(path);

    while (length > 0 && path[length - 1] == '/') {
        length--;
    }
    return length;
}

const char *acct_section_path(const ap_directive_t *node, int *is_pattern,
                              apr_pool_t *pool)
{
    const char *end = ap_strrchr_c(node->args, '>');
    const char *args = end == NULL ? node->args
        : apr_pstrmemdup(pool, node->args, (apr_size_t)(end - node->args));
    const char *path = ap_getword_conf(pool, &args);

    *is_pattern = ap_cstr_casecmpn(node->directive + strlen(node->directive)
                                   - 5, "Match", 5) == 0;
    if (!*is_pattern && strcmp(path, "~") == 0) {
        *is_pattern = 1;
        path = ap_getword_conf(pool, &args);
    }
    return path;
}

const acct_section_t *acct_section_of(cmd_parms *cmd)
{
    const ap_directive_t *node;
    acct_section_t *section;
    const char *path;
    int is_pattern;

    if (ap_check_cmd_context(cmd, NOT_IN_HTACCESS) != NULL) {
        return &folder;
    }
    node = placed_section(cmd->directive);
    if (node == NULL) {
        return &whole_server;
    }
    if (!is(node, "<Location") && !is(node, "<LocationMatch")) {
        return &folder;
    }
    section = apr_pcalloc(cmd->pool, sizeof(*section));
    path = acct_section_path(node, &is_pattern, cmd->pool);
    if (is_pattern) {
        /* As core compiles it; it says so first where that fails. */
        section->kind = ACCT_SECTION_PATTERN;
        section->pattern = ap_pregcomp(cmd->pool, path, AP_REG_EXTENDED);
        return section->pattern != NULL ? section : &folder;
    }
    /* A pattern of wildcards has as many parts as what it matches, so it
     * is never above an API that it matches something of. */
    section->kind = apr_fnmatch_test(path) ? ACCT_SECTION_WILDCARD
                                           : ACCT_SECTION_PATH;
    section->depth = acct_section_depth(path);
    return section;
}

void acct_section_note(cmd_parms *cmd, acct_dir_conf_t *dir)
{
    dir->is_set = 1;
    if (dir->section == NULL) {
        dir->section = acct_section_of(cmd);
    }
}

/* ---- AuthType and Require ---- */

/* That we know a directive must not make httpd take it where the module
 * that acts on it is not loaded: the location would be open. */
static const char *only_beside(cmd_parms *cmd, const char *module)
{
    return ap_find_linked_module(module) != NULL ? DECLINE_CMD
        : apr_psprintf(cmd->pool, "Invalid command '%s', perhaps misspelled "
                       "or defined by a module not included in the server "
                       "configuration (%s)", cmd->cmd->name, module);
}

const char *acct_note_auth_type(cmd_parms *cmd, void *dirv,
                                const char *args)
{
    acct_dir_conf_t *dir = dirv;

    /* Asked for of routes alone. */
    if (acct_section_of(cmd)->kind != ACCT_SECTION_FOLDER) {
        acct_section_note(cmd, dir);
        dir->authenticates =
            ap_cstr_casecmp(ap_getword_conf(cmd->temp_pool, &args), "None")
            != 0;
    }
    return only_beside(cmd, "mod_authn_core.c");
}

acct_requires_e acct_requires_of(const char *args, apr_pool_t *pool)
{
    static const char *const userless[] = {
        "all", "env", "host", "ip", "forward-dns", "local", "method", NULL
    };
    const char *word = ap_getword_conf(pool, &args);
    int i;

    if (ap_cstr_casecmp(word, "not") == 0) {
        word = ap_getword_conf(pool, &args);
    }
    else if (ap_cstr_casecmp(word, "all") == 0
             && ap_cstr_casecmp(ap_getword_conf(pool, &args), "granted")
                == 0) {
        return ACCT_REQUIRES_GRANTED;
    }
    for (i = 0; userless[i] != NULL; i++) {
        if (ap_cstr_casecmp(word, userless[i]) == 0) {
            return ACCT_REQUIRES_NO_USER;
        }
    }
    /* mod_authz_core asks for a user before it lets such a one fail. */
    return ap_cstr_casecmp(word, "expr") == 0
        && ap_strstr_c(args, "REMOTE_USER") == NULL ? ACCT_REQUIRES_NO_USER
                                                   : ACCT_REQUIRES_USER;
}

static int is_in_if(const ap_directive_t *node)
{
    for (; node != NULL; node = node->parent) {
        if (is(node, "<If") || is(node, "<ElseIf") || is(node, "<Else")) {
            return 1;
        }
    }
    return 0;
}

/* Whether a Require can matter to us. Folders that are open or closed to all
 * are in every configuration and merged for every request: without a note
 * there is nothing to merge. In an <If> they come after locations, and can
 * open them. */
static int is_worth_a_note(cmd_parms *cmd, acct_requires_e requires)
{
    return requires == ACCT_REQUIRES_USER
        || acct_section_of(cmd)->kind != ACCT_SECTION_FOLDER
        || is_in_if(cmd->directive->parent);
}

const char *acct_note_require(cmd_parms *cmd, void *dirv, const char *args)
{
    acct_dir_conf_t *dir = dirv;
    acct_requires_e requires = acct_requires_of(args, cmd->temp_pool);

    if (is_worth_a_note(cmd, requires)) {
        acct_section_note(cmd, dir);
        if (requires > dir->requires) {
            dir->requires = requires;
        }
    }
    return only_beside(cmd, "mod_authz_core.c");
}
