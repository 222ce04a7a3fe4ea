/* SPDX-License-Identifier: Apache-2.0 */
#include "config/configtest.h"

#include <apr_strings.h>
#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <stdlib.h>
#include <string.h>

#include "account/operations.h"
#include "config/config.h"
#include "config/mail_check.h"
#include "config/mounts.h"
#include "config/tree.h"

APLOG_USE_MODULE(acctauth);

/* One check of the whole configuration. */
typedef struct check_t {
    apr_pool_t *pconf;
    apr_pool_t *ptemp;
    server_rec *main_server;
    apr_hash_t *dialects;       /* path to const acct_dialect_t * */
    int failed;
} check_t;

static void complain(check_t *check, server_rec *s, const char *id,
                     const char *directive, const acct_place_t *place,
                     const char *what)
{
    check->failed = 1;
    if (place != NULL && place->file != NULL) {
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_CRIT, 0, s,
                     "%s: %s on line %d of %s: %s", id, directive,
                     place->line, place->file, what);
    }
    else {
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_CRIT, 0, s,
                     "%s: %s: %s", id, directive, what);
    }
}

/* ---- dialects ---- */

static const acct_dialect_t *load_dialect(check_t *check, server_rec *s,
                                          const char *name,
                                          const char *directive,
                                          const acct_place_t *place)
{
    const acct_server_conf_t *conf = acct_server_conf(s);
    const char *path = apr_pstrcat(check->pconf,
                                   conf->dialect_dir != NULL
                                   ? conf->dialect_dir : ACCT_DIALECT_DIR,
                                   "/", name, ".json", NULL);
    const acct_dialect_t *dialect = apr_hash_get(check->dialects, path,
                                                 APR_HASH_KEY_STRING);
    apr_array_header_t *errors;
    int i;

    if (dialect != NULL) {
        return dialect;
    }
    if (acct_dialect_load(path, &acct_operations, &dialect, &errors,
                          check->pconf)
        == APR_SUCCESS) {
        for (i = 0; i < dialect->warnings->nelts; i++) {
            ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_WARNING, 0, s,
                         "ACCT0145: %s",
                         APR_ARRAY_IDX(dialect->warnings, i, const char *));
        }
        apr_hash_set(check->dialects, path, APR_HASH_KEY_STRING, dialect);
        return dialect;
    }
    for (i = 0; i < errors->nelts; i++) {
        complain(check, s, "ACCT0101", directive, place,
                 APR_ARRAY_IDX(errors, i, const char *));
    }
    return NULL;
}

static void load_mount(check_t *check, server_rec *s, acct_mount_t *mount)
{
    const char *conflict;
    int missing = 0;
    int i;

    for (i = 0; i < mount->count; i++) {
        mount->dialects[i] = load_dialect(check, s,
                                          acct_config_mount_dialect(mount,
                                                                    i),
                                          "AcctAuthAPI",
                                          &mount->owners[i]->place);
        missing += mount->dialects[i] == NULL;
    }
    if (missing) {
        mount->count = 0;
        return;
    }
    conflict = acct_dialect_conflict(mount->dialects, mount->count,
                                     check->ptemp);
    if (conflict != NULL) {
        complain(check, s, "ACCT0102", "AcctAuthAPI",
                 &mount->owners[mount->count - 1]->place, conflict);
    }
}

static void load_mounts(check_t *check, server_rec *s)
{
    acct_server_conf_t *conf = acct_server_conf(s);
    apr_array_header_t *mounts = acct_config_mounts(s, check->pconf);
    const acct_api_t *outer = NULL;
    const char *conflict;
    int i;

    for (i = 0; i < mounts->nelts; i++) {
        load_mount(check, s, APR_ARRAY_IDX(mounts, i, acct_mount_t *));
    }
    conf->mounts = mounts->nelts > 0 ? mounts : NULL;
    conflict = acct_config_mounts_conflict(mounts, &outer, check->ptemp);
    if (conflict != NULL) {
        complain(check, s, "ACCT0102", "AcctAuthAPI", &outer->place,
                 conflict);
    }
}

/* ---- the key ---- */

static const acct_api_t *api_that_needs_key(const apr_array_header_t *mounts,
                                            const char **name)
{
    int i;
    int j;

    for (i = 0; mounts != NULL && i < mounts->nelts; i++) {
        const acct_mount_t *mount = APR_ARRAY_IDX(mounts, i,
                                                  const acct_mount_t *);

        for (j = 0; j < mount->count; j++) {
            if (acct_dialect_needs_key(mount->dialects[j])) {
                *name = mount->dialects[j]->name;
                return mount->owners[j];
            }
        }
    }
    return NULL;
}

static void check_needs_key(check_t *check, server_rec *s)
{
    const acct_server_conf_t *conf = acct_server_conf(s);
    const acct_api_t *api;
    const char *name = NULL;

    if (conf->key_file != NULL) {
        return;
    }
    api = api_that_needs_key(conf->mounts, &name);
    if (api != NULL) {
        complain(check, s, "ACCT0111", "AcctAuthAPI", &api->place,
                 apr_psprintf(check->ptemp, "the dialect %s hands tokens "
                              "out again, which needs a key; add "
                              "AcctAuthKeyFile FILE with the file that "
                              "'acctauth init' made for this database",
                              name));
    }
}

/* ---- secrets where httpd would serve them ---- */

static void check_not_served(check_t *check, server_rec *s,
                             const char *directive,
                             const acct_place_t *place, const char *path)
{
    char *real = path != NULL ? realpath(path, NULL) : NULL;
    const char *served;

    if (real == NULL) {
        return;
    }
    served = acct_config_tree_served(check->main_server, real,
                                     check->ptemp);
    if (served != NULL) {
        complain(check, s, "ACCT0130", directive, place,
                 apr_psprintf(check->ptemp, "%s lies in %s, which httpd "
                              "serves: anybody could fetch it; move it to a "
                              "directory of its own such as "
                              "/var/lib/acctauth", path, served));
    }
    free(real);
}

/* ---- the database ---- */

/* A driver that is not installed is no state of a database's. */
static void check_driver(check_t *check, server_rec *s)
{
    const acct_server_conf_t *conf = acct_server_conf(s);
    const char *error = NULL;

    if (acct_db_init(check->ptemp, conf->db.driver, &error) != APR_SUCCESS) {
        complain(check, s, "ACCT0126", "AcctAuthDatabase", &conf->db_place,
                 error);
    }
}

static void check_database_not_served(check_t *check, server_rec *s)
{
    const acct_server_conf_t *conf = acct_server_conf(s);
    const char *path = conf->db.params;

    if (!acct_db_is_file(conf->db.driver)) {
        path = strncmp(path, "file:", 5) == 0 ? path + 5 : NULL;
    }
    check_not_served(check, s, "AcctAuthDatabase", &conf->db_place, path);
}

/* Reported here and not where it is read: a virtual host's log is not set up
 * by then. */
static void warn_of_password(const server_rec *s)
{
    const acct_server_conf_t *conf = acct_server_conf(s);
    const acct_place_t *place = &conf->db_password_place;

    if (place->file != NULL) {
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_WARNING, 0, s,
                     "ACCT0122: AcctAuthDatabase on line %d of %s: the "
                     "password stands in the configuration; put the "
                     "connection string into a file of mode 0600 and write "
                     "AcctAuthDatabase %s file:/PATH", place->line,
                     place->file, conf->db.driver);
    }
}

/* What one says of the connections is right for others that inherit it. */
static void check_connections(const server_rec *s)
{
    const acct_server_conf_t *conf = acct_server_conf(s);
    const acct_place_t *place = &conf->db_connections_place;

    if (place->file != NULL && acct_db_is_file(conf->db.driver)) {
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_WARNING, 0, s,
                     "ACCT0125: AcctAuthDatabaseConnections on line %d of "
                     "%s has no effect on this server's database, which is "
                     "a file", place->line, place->file);
    }
}

/* Right for a site with a cache that looks at tokens itself; on all others it
 * hands one user's page to another. */
static void warn_of_shared_caches(const server_rec *s)
{
    const apr_array_header_t *shares = acct_server_conf(s)->shares;
    int i;

    for (i = 0; i < shares->nelts; i++) {
        const acct_place_t *place = &APR_ARRAY_IDX(shares, i, acct_place_t);

        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_WARNING, 0, s,
                     "ACCT0150: AcctAuthSharedCache On on line %d of %s: "
                     "what the site or an application says to caches holds "
                     "for pages that depend on a token, so a shared cache "
                     "may hand one user's page to another; remove the line "
                     "unless the cache checks tokens itself", place->line,
                     place->file);
    }
}

/* ---- servers ---- */

static void check_needs_database(check_t *check, server_rec *s)
{
    const acct_server_conf_t *conf = acct_server_conf(s);
    static const char remedy[] = "this server has no AcctAuthDatabase; add "
        "AcctAuthDatabase sqlite3 \"/var/lib/acctauth/accounts.db\" to it, "
        "or to the main server for all";
    const acct_place_t *token;
    int i;

    for (i = 0; i < conf->apis->nelts; i++) {
        complain(check, s, "ACCT0103", "AcctAuthAPI",
                 &APR_ARRAY_IDX(conf->apis, i, acct_api_t *)->place, remedy);
    }
    for (i = 0; i < conf->protects->nelts; i++) {
        complain(check, s, "ACCT0104", "AcctAuthProtect",
                 &APR_ARRAY_IDX(conf->protects, i, acct_place_t), remedy);
    }
    token = acct_config_tree_token_auth(check->main_server, s,
                                        check->ptemp);
    if (token != NULL) {
        complain(check, s, "ACCT0105", "AuthType Token", token, remedy);
    }
}

static void check_server(check_t *check, server_rec *s)
{
    acct_server_conf_t *conf = acct_server_conf(s);
    const acct_place_t *astray = acct_config_mounts_astray(s);

    if (astray != NULL) {
        complain(check, s, "ACCT0107", "AcctAuthUnknownPath", astray,
                 "there is no AcctAuthAPI in this section, so it says "
                 "nothing; write it beside one, or outside of sections for "
                 "all the server's APIs");
    }
    if (conf->db.driver == NULL) {
        check_needs_database(check, s);
        return;
    }
    conf->base = load_dialect(check, s, "base", "AcctAuthDatabase",
                              &conf->db_place);
    load_mounts(check, s);
    check_needs_key(check, s);
    check->failed |= acct_mail_conf_check(s, check->pconf) > 0;
    check_driver(check, s);
    check_database_not_served(check, s);
    warn_of_password(s);
    check_connections(s);
    warn_of_shared_caches(s);
    check_not_served(check, s, "AcctAuthKeyFile", &conf->key_place,
                     conf->key_file);
}

static int check_config(apr_pool_t *pconf, apr_pool_t *plog,
                        apr_pool_t *ptemp, server_rec *main_server)
{
    check_t check = { pconf, ptemp, main_server, NULL, 0 };
    const acct_place_t *place;
    server_rec *s;

    (void)plog;
    check.dialects = apr_hash_make(ptemp);
    for (s = main_server; s != NULL; s = s->next) {
        check_server(&check, s);
    }
    place = acct_config_tree_fight(ptemp);
    if (place != NULL) {
        complain(&check, main_server, "ACCT0106", "AcctAuthProtect", place,
                 "an AuthType other than Token stands beside it, and both "
                 "would want to say who the user is; remove one of them, or "
                 "write AuthType Token");
    }
    return check.failed ? HTTP_INTERNAL_SERVER_ERROR : OK;
}

void acct_config_check_hooks(void)
{
    ap_hook_check_config(check_config, NULL, NULL, APR_HOOK_MIDDLE);
}
