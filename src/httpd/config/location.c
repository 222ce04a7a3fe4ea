/* SPDX-License-Identifier: Apache-2.0 */
/* Directives of a location; see config/config.h. */
#include "config/directives.h"
#include "text/http_token.h"

#include <apr_lib.h>
#include <string.h>
#include <apr_strings.h>
#include <http_core.h>

/* A section <Limit> does not limit what a directive of ours says to its
 * methods: refuse it there rather than have it act on all. */
static const char *not_in_limit(cmd_parms *cmd)
{
    if (ap_check_cmd_context(cmd, NOT_IN_LIMIT) == NULL) {
        return NULL;
    }
    return apr_psprintf(cmd->pool, "%s cannot be limited to methods by "
                        "<Limit> or <LimitExcept>; write it outside, and "
                        "AuthType Token with Require inside",
                        cmd->cmd->name);
}

static int is_dialect_name(const char *name)
{
    const char *c;

    for (c = name; *c != '\0'; c++) {
        if (!apr_isalnum(*c) && *c != '-' && *c != '_') {
            return 0;
        }
    }
    return c != name;
}

/* What is wrong with the path of a <Location> that no request is for.
 * httpd compares it with a request's path when that is decoded and its
 * dots and double slashes are gone, and takes wildcards for a pattern of
 * the whole path. */
static const char *never_reached(cmd_parms *cmd, const char *path)
{
    static const char advice[] = "write the path as httpd sees it, decoded: "
        "<Location \"/path/\">";
    const char *what = NULL;
    const char *dot;

    if (strpbrk(path, "*?[]") != NULL) {
        return apr_psprintf(cmd->pool, "AcctAuthAPI: <Location \"%s\"> has a "
                            "wildcard, and no API can begin there: write a "
                            "<Location> of its own for each path that the "
                            "API is to begin at", path);
    }
    if (strpbrk(path, "%#\\") != NULL) {
        what = "a character that clients encode and httpd decodes first";
    }
    else if (strstr(path, "//") != NULL) {
        what = "two slashes in a row, which httpd makes one first";
    }
    for (dot = strstr(path, "/."); dot != NULL && what == NULL;
         dot = strstr(dot + 1, "/.")) {
        apr_size_t length = strspn(dot + 1, ".");

        if (length <= 2 && (dot[1 + length] == '/'
                            || dot[1 + length] == '\0')) {
            what = "a part of dots alone, which httpd resolves first";
        }
    }
    return what == NULL ? NULL
        : apr_psprintf(cmd->pool, "AcctAuthAPI: no request is ever for "
                       "<Location \"%s\">: it has %s; %s", path, what,
                       advice);
}

/* Called once for each word; the words of one directive share its api. */
const char *acct_add_api(cmd_parms *cmd, void *dirv, const char *name)
{
    acct_dir_conf_t *dir = dirv;
    const char *error = not_in_limit(cmd);
    acct_server_conf_t *conf = acct_server_conf(cmd->server);
    acct_place_t place = acct_place_of(cmd);
    acct_api_t *api = (acct_api_t *)dir->api;
    const char *path = cmd->path;

    if (error != NULL) {
        return error;
    }
    if (path == NULL || path[0] != '/'
        || cmd->directive->parent == NULL
        || ap_cstr_casecmp(cmd->directive->parent->directive, "<Location")
           != 0
        || acct_section_of(cmd)->kind == ACCT_SECTION_PATTERN) {
        return "AcctAuthAPI belongs into a section <Location "
               "\"/path/\"> (not <LocationMatch>, <Directory> or <If>): "
               "that path is where the API's paths begin";
    }
    error = never_reached(cmd, path);
    if (error != NULL) {
        return error;
    }
    if (!is_dialect_name(name)) {
        return apr_psprintf(cmd->pool, "AcctAuthAPI: \"%s\" is no name of a "
                            "dialect; write the name of a file NAME.json in "
                            "AcctAuthDialectDir without its ending", name);
    }
    if (api != NULL && (api->place.line != place.line
                        || strcmp(api->place.file, place.file) != 0)) {
        return apr_psprintf(cmd->pool, "AcctAuthAPI was given for this "
                            "location before (%s:%d); write all its "
                            "dialects in one line: AcctAuthAPI NAME NAME",
                            api->place.file, api->place.line);
    }
    if (api == NULL) {
        api = apr_pcalloc(cmd->pool, sizeof(*api));
        api->bare = path[strlen(path) - 1] != '/';
        api->mount = apr_pstrcat(cmd->pool, path, api->bare ? "/" : NULL,
                                 NULL);
        api->names = apr_array_make(cmd->pool, 2, sizeof(const char *));
        api->place = place;
        api->section = dir;
        dir->api = api;
        dir->is_set = 1;
        APR_ARRAY_PUSH(conf->apis, acct_api_t *) = api;
    }
    APR_ARRAY_PUSH(api->names, const char *) = name;
    return NULL;
}

static int parse_protect(const char *word, acct_protect_e *protect)
{
    static const struct {
        const char *word;
        acct_protect_e protect;
    } words[] = { { "On", ACCT_PROTECT_ON },
                  { "Optional", ACCT_PROTECT_OPTIONAL },
                  { "Off", ACCT_PROTECT_OFF } };
    size_t i;

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (ap_cstr_casecmp(word, words[i].word) == 0) {
            *protect = words[i].protect;
            return 1;
        }
    }
    return 0;
}

const char *acct_set_protect(cmd_parms *cmd, void *dirv, const char *word)
{
    acct_dir_conf_t *dir = dirv;
    const char *error = not_in_limit(cmd);
    acct_server_conf_t *conf = acct_server_conf(cmd->server);
    acct_protect_e protect;

    if (error != NULL) {
        return error;
    }
    if (!parse_protect(word, &protect)) {
        return apr_psprintf(cmd->pool, "AcctAuthProtect: \"%s\" is not "
                            "known; write On, Optional or Off", word);
    }
    acct_section_note(cmd, dir);
    /* A user who can write a .htaccess cannot open what the server's own files
     * guard; and when it is read the server's settings are long final. */
    if (ap_check_cmd_context(cmd, NOT_IN_HTACCESS) != NULL) {
        dir->htaccess = protect;
        return NULL;
    }
    dir->protect = protect;
    if (protect != ACCT_PROTECT_OFF) {
        APR_ARRAY_PUSH(conf->protects, acct_place_t) = acct_place_of(cmd);
    }
    return NULL;
}

const char *acct_set_unknown_path(cmd_parms *cmd, void *dirv,
                                  const char *word)
{
    acct_dir_conf_t *dir = dirv;
    const char *error = not_in_limit(cmd);
    acct_server_conf_t *conf = acct_server_conf(cmd->server);
    acct_unknown_e unknown;

    if (error != NULL) {
        return error;
    }
    if (strcmp(word, "404") == 0) {
        unknown = ACCT_UNKNOWN_404;
    }
    else if (ap_cstr_casecmp(word, "Pass") == 0) {
        unknown = ACCT_UNKNOWN_PASS;
    }
    else {
        return apr_psprintf(cmd->pool, "AcctAuthUnknownPath: \"%s\" is not "
                            "known; write 404 (the default), or Pass to let "
                            "what no route of the API has through to the "
                            "application", word);
    }
    if (cmd->path == NULL) {
        conf->unknown_path = unknown;
        return NULL;
    }
    dir->unknown_path = unknown;
    APR_ARRAY_PUSH(conf->unknown_paths, acct_unknown_path_t) =
        (acct_unknown_path_t) { dir, acct_place_of(cmd) };
    return NULL;
}

const char *acct_set_scheme(cmd_parms *cmd, void *dirv, const char *word)
{
    acct_dir_conf_t *dir = dirv;
    const char *error = not_in_limit(cmd);

    if (error != NULL) {
        return error;
    }
    if (*word == '\0') {
        return "AcctAuthScheme: write one word such as Token or Bearer";
    }
    if (!acct_is_http_token(word, strlen(word))) {
        return apr_psprintf(cmd->pool, "AcctAuthScheme: \"%s\" is no "
                            "authentication scheme (RFC 9110); write one "
                            "word such as Token or Bearer", word);
    }
    if (ap_cstr_casecmp(word, "Basic") == 0
        || ap_cstr_casecmp(word, "Digest") == 0) {
        return apr_psprintf(cmd->pool, "AcctAuthScheme: %s belongs to "
                            "another protocol and browsers would ask for a "
                            "password; write Token or Bearer", word);
    }
    dir->scheme = word;
    dir->is_set = 1;
    return NULL;
}

const char *acct_set_identity_headers(cmd_parms *cmd, void *dir, int on)
{
    const char *error = not_in_limit(cmd);

    if (error != NULL) {
        return error;
    }
    ((acct_dir_conf_t *)dir)->identity_headers = on ? ACCT_ON : ACCT_OFF;
    ((acct_dir_conf_t *)dir)->is_set = 1;
    return NULL;
}

const char *acct_set_forward_token(cmd_parms *cmd, void *dir, int on)
{
    const char *error = not_in_limit(cmd);

    if (error != NULL) {
        return error;
    }
    ((acct_dir_conf_t *)dir)->forward_token = on ? ACCT_ON : ACCT_OFF;
    ((acct_dir_conf_t *)dir)->is_set = 1;
    return NULL;
}

const char *acct_set_shared_cache(cmd_parms *cmd, void *dir, int on)
{
    const char *error = not_in_limit(cmd);

    if (error != NULL) {
        return error;
    }
    ((acct_dir_conf_t *)dir)->shared_cache = on ? ACCT_ON : ACCT_OFF;
    ((acct_dir_conf_t *)dir)->is_set = 1;
    if (on) {
        APR_ARRAY_PUSH(acct_server_conf(cmd->server)->shares,
                       acct_place_t) = acct_place_of(cmd);
    }
    return NULL;
}

const char *acct_set_require_tls(cmd_parms *cmd, void *dirv,
                                 const char *word)
{
    acct_dir_conf_t *dir = dirv;
    const char *error = not_in_limit(cmd);

    if (error != NULL) {
        return error;
    }
    if (ap_cstr_casecmp(word, "On") == 0) {
        dir->require_tls = ACCT_TLS_ON;
    }
    else if (ap_cstr_casecmp(word, "Off") == 0) {
        dir->require_tls = ACCT_TLS_OFF;
    }
    else if (ap_cstr_casecmp(word, "Remote") == 0) {
        dir->require_tls = ACCT_TLS_REMOTE;
    }
    else {
        return apr_psprintf(cmd->pool, "AcctAuthRequireTLS: \"%s\" is not "
                            "known; write Remote (the default: needed "
                            "unless the client is on this machine), On or "
                            "Off", word);
    }
    dir->is_set = 1;
    return NULL;
}

const char *acct_set_max_body(cmd_parms *cmd, void *dirv,
                              const char *text)
{
    acct_dir_conf_t *dir = dirv;
    const char *error = not_in_limit(cmd);
    apr_int64_t bytes = acct_parse_number(text, 256, 1048576);

    if (error != NULL) {
        return error;
    }
    if (bytes < 0) {
        return apr_psprintf(cmd->pool, "AcctAuthMaxBody: \"%s\" is not a "
                            "number of bytes from 256 to 1048576; the "
                            "default is 16384", text);
    }
    dir->max_body = (apr_off_t)bytes;
    dir->is_set = 1;
    return NULL;
}
