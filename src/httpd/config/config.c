/* SPDX-License-Identifier: Apache-2.0 */
/* Settings are made and merged; the list of directives; see config.h. */
#include "config/directives.h"

#include <apr_lib.h>
#include <apr_strings.h>

const char *acct_scheme(const acct_dir_conf_t *conf)
{
    return conf->scheme != NULL ? conf->scheme : "Token";
}

/* ---- making and merging ---- */

void *acct_create_dir_conf(apr_pool_t *pool, char *path)
{
    (void)path;
    /* Runs for every .htaccess on every request: nothing more in here. */
    return apr_pcalloc(pool, sizeof(acct_dir_conf_t));
}

/* What .htaccess files say of AcctAuthProtect, an inner one over an outer
 * one: Off takes back what the outer one said, anything else can only ask
 * for more. */
static acct_protect_e merge_htaccess(acct_protect_e outer,
                                     acct_protect_e inner)
{
    if (inner == ACCT_PROTECT_OFF || inner > outer) {
        return inner;
    }
    return outer;
}

static int is_about_guards(const acct_dir_conf_t *conf)
{
    return conf->section != NULL || conf->later != NULL
        || conf->earlier != NULL;
}

/* Merged settings refer to what they were merged of, which lives as long
 * as they do; so nothing need be copied, on each request, for the few that
 * are for an API. */
static void merge_guards(acct_dir_conf_t *conf, const acct_dir_conf_t *base,
                         const acct_dir_conf_t *add)
{
    conf->section = NULL;
    conf->requires = ACCT_REQUIRES_NOTHING;
    conf->authenticates = 0;
    conf->later = is_about_guards(add) ? add : NULL;
    conf->earlier = is_about_guards(base) ? base : NULL;
}

void *acct_merge_dir_conf(apr_pool_t *pool, void *basev, void *addv)
{
    const acct_dir_conf_t *base = basev;
    const acct_dir_conf_t *add = addv;
    acct_dir_conf_t *conf;

    if (!add->is_set) {
        return basev;
    }
    if (!base->is_set) {
        return addv;
    }
    conf = apr_pmemdup(pool, base, sizeof(*conf));
    if (add->api != NULL) {
        conf->api = add->api;
    }
    if (add->protect != ACCT_PROTECT_UNSET) {
        conf->protect = add->protect;
    }
    conf->htaccess = merge_htaccess(base->htaccess, add->htaccess);
    merge_guards(conf, base, add);
    if (add->scheme != NULL) {
        conf->scheme = add->scheme;
    }
    if (add->identity_headers != ACCT_UNSET) {
        conf->identity_headers = add->identity_headers;
    }
    if (add->forward_token != ACCT_UNSET) {
        conf->forward_token = add->forward_token;
    }
    if (add->shared_cache != ACCT_UNSET) {
        conf->shared_cache = add->shared_cache;
    }
    if (add->require_tls != ACCT_TLS_UNSET) {
        conf->require_tls = add->require_tls;
    }
    if (add->max_body != 0) {
        conf->max_body = add->max_body;
    }
    return conf;
}

void *acct_create_server_conf(apr_pool_t *pool, server_rec *server)
{
    acct_server_conf_t *conf = apr_pcalloc(pool, sizeof(*conf));
    const acct_password_params_t usual = ACCT_PASSWORD_DEFAULT;

    (void)server;
    conf->params = usual;
    acct_limit_conf_init(&conf->limit, pool);
    acct_mail_conf_init(&conf->mail);
    conf->cache_bytes = -1;
    conf->max_tokens = -1;
    conf->name_hold = -1;
    conf->revocation_bound = -1;
    conf->apis = apr_array_make(pool, 2, sizeof(acct_api_t *));
    conf->protects = apr_array_make(pool, 2, sizeof(acct_place_t));
    conf->shares = apr_array_make(pool, 2, sizeof(acct_place_t));
    conf->unknown_paths = apr_array_make(pool, 2,
                                         sizeof(acct_unknown_path_t));
    return conf;
}

void *acct_merge_server_conf(apr_pool_t *pool, void *basev, void *addv)
{
    const acct_server_conf_t *base = basev;
    const acct_server_conf_t *add = addv;
    acct_server_conf_t *conf = apr_pmemdup(pool, add, sizeof(*conf));

    if (add->db.driver == NULL) {
        conf->db = base->db;
        conf->db_place = base->db_place;
    }
    if (add->db_connections == 0) {
        conf->db_connections = base->db_connections;
    }
    if (add->key_file == NULL) {
        conf->key_file = base->key_file;
        conf->key_place = base->key_place;
    }
    if (add->dialect_dir == NULL) {
        conf->dialect_dir = base->dialect_dir;
    }
    if (!add->params_set) {
        conf->params = base->params;
        conf->params_set = base->params_set;
    }
    if (!add->rules_set) {
        conf->rules = base->rules;
        conf->rules_set = base->rules_set;
    }
    if (add->max_tokens < 0) {
        conf->max_tokens = base->max_tokens;
    }
    if (add->name_hold < 0) {
        conf->name_hold = base->name_hold;
    }
    if (add->audit == NULL) {
        conf->audit = base->audit;
    }
    if (add->unknown_path == ACCT_UNKNOWN_UNSET) {
        conf->unknown_path = base->unknown_path;
    }
    conf->limit = acct_limit_conf_merge(&base->limit, &add->limit, pool);
    conf->mail = acct_mail_conf_merge(&base->mail, &add->mail);
    conf->limit_bytes = base->limit_bytes;
    conf->base_apis = base->apis;
    conf->hash_concurrency = base->hash_concurrency;
    conf->cache_bytes = base->cache_bytes;
    conf->revocation_bound = base->revocation_bound;
    return conf;
}

/* ---- what setters share ---- */

acct_place_t acct_place_of(const cmd_parms *cmd)
{
    acct_place_t place = { cmd->directive->filename,
                           cmd->directive->line_num };

    return place;
}

apr_int64_t acct_parse_number(const char *text, apr_int64_t least,
                              apr_int64_t most)
{
    char *end;
    apr_int64_t number;

    if (!apr_isdigit(text[0])) {
        return -1;
    }
    errno = 0;
    number = apr_strtoi64(text, &end, 10);
    if (errno != 0 || *end != '\0' || number < least || number > most) {
        return -1;
    }
    return number;
}

/* ---- the directives ---- */

const command_rec acct_directives[] = {
    AP_INIT_TAKE2("AcctAuthDatabase", acct_set_database, NULL, RSRC_CONF,
                  "driver and parameters of the accounts' database: "
                  "sqlite3 /var/lib/acctauth/accounts.db, or pgsql and a "
                  "connection string or file:/PATH of one"),
    AP_INIT_TAKE1("AcctAuthDatabaseConnections", acct_set_db_connections,
                  NULL, RSRC_CONF,
                  "the most connections of a child to a database server"),
    AP_INIT_TAKE1("AcctAuthKeyFile", acct_set_key_file, NULL, RSRC_CONF,
                  "file of the key that reusable tokens are sealed under"),
    AP_INIT_TAKE1("AcctAuthDialectDir", acct_set_dialect_dir, NULL, RSRC_CONF,
                  "directory of the dialect files"),
    AP_INIT_ITERATE("AcctAuthAPI", acct_add_api, NULL, ACCESS_CONF,
                    "names of the dialects to serve below this location"),
    AP_INIT_TAKE1("AcctAuthProtect", acct_set_protect, NULL,
                  ACCESS_CONF | OR_AUTHCFG,
                  "On, Optional or Off: open this location to tokens only"),
    AP_INIT_TAKE1("AcctAuthScheme", acct_set_scheme, NULL,
                  RSRC_CONF | ACCESS_CONF,
                  "the word before the token in Authorization"),
    AP_INIT_FLAG("AcctAuthIdentityHeaders", acct_set_identity_headers, NULL,
                 RSRC_CONF | ACCESS_CONF,
                 "On or Off: tell the handler who it is in X-Acct-*"),
    AP_INIT_FLAG("AcctAuthForwardToken", acct_set_forward_token, NULL,
                 RSRC_CONF | ACCESS_CONF,
                 "On or Off: leave Authorization for the handler to see"),
    AP_INIT_FLAG("AcctAuthSharedCache", acct_set_shared_cache, NULL,
                 RSRC_CONF | ACCESS_CONF,
                 "On or Off: let the site's cache rules hold for what "
                 "depends on a token"),
    AP_INIT_TAKE_ARGV("AcctAuthPasswordHash", acct_set_password_hash, NULL,
                      RSRC_CONF,
                      "how new passwords are hashed: argon2id m=19456 t=2 "
                      "p=1"),
    AP_INIT_TAKE_ARGV("AcctAuthPasswordRules", acct_set_password_rules, NULL,
                      RSRC_CONF,
                      "Off, or any of min-length=N, block-list=FILE, "
                      "not-similar"),
    AP_INIT_TAKE1("AcctAuthHashConcurrency", acct_set_hash_concurrency, NULL,
                  RSRC_CONF,
                  "how many passwords are hashed at once, server-wide"),
    AP_INIT_TAKE1("AcctAuthCache", acct_set_cache, NULL, RSRC_CONF,
                  "On, Off or the size of the identity cache"),
    AP_INIT_TAKE1("AcctAuthRevocationBound", acct_set_revocation_bound, NULL,
                  RSRC_CONF,
                  "how late what others revoke may take effect: 2s"),
    AP_INIT_TAKE1("AcctAuthMaxBody", acct_set_max_body, NULL,
                  RSRC_CONF | ACCESS_CONF,
                  "the most bytes an account request's body may have"),
    AP_INIT_TAKE1("AcctAuthMaxTokens", acct_set_max_tokens, NULL, RSRC_CONF,
                  "how many live tokens an account may have, or Off"),
    AP_INIT_TAKE1("AcctAuthNameHold", acct_set_name_hold, NULL, RSRC_CONF,
                  "how long a name that an account gave up is kept from "
                  "others: 30d, or 0"),
    AP_INIT_ITERATE("AcctAuthLimit", acct_set_limit, NULL, RSRC_CONF,
                    "On, Observe or Off, and numbers that are to be others: "
                    "failures=30/5m register=20/h names=60/h tries=5 "
                    "wait=15m"),
    AP_INIT_ITERATE("AcctAuthLimitTrusted", acct_add_limit_trusted, NULL,
                    RSRC_CONF,
                    "networks whose clients have no budget of tries"),
    AP_INIT_TAKE1("AcctAuthLimitMemory", acct_set_limit_memory, NULL,
                  RSRC_CONF,
                  "the memory that tries are counted in: 1M"),
    AP_INIT_TAKE_ARGV("AcctAuthAuditLog", acct_set_audit_log, NULL,
                      RSRC_CONF,
                      "Off, or where events are told, one JSON object a line: "
                      "a file, \"|program\" or syslog:facility; then the "
                      "events, guard=all, ip=network"),
    AP_INIT_TAKE_ARGV("AcctAuthMail", acct_set_mail, NULL, RSRC_CONF,
                      "who takes mails: sendmail, sendmail:/PATH, "
                      "smtp://HOST:PORT, spool or Off"),
    AP_INIT_TAKE1("AcctAuthMailPassword", acct_set_mail_password, NULL,
                  RSRC_CONF,
                  "file:/PATH of the mail server's user and password"),
    AP_INIT_TAKE1("AcctAuthMailFrom", acct_set_mail_from, NULL, RSRC_CONF,
                  "the address that mails come from, with a name or without"),
    AP_INIT_TAKE1("AcctAuthMailLinkBase", acct_set_mail_link_base, NULL,
                  RSRC_CONF,
                  "what links in mails begin with: "
                  "https://www.example.com/me/"),
    AP_INIT_TAKE1("AcctAuthMailTemplateDir", acct_set_mail_template_dir,
                  NULL, RSRC_CONF,
                  "directory of the templates of mails"),
    AP_INIT_TAKE1("AcctAuthMailLanguage", acct_set_mail_language, NULL,
                  RSRC_CONF,
                  "the language of a mail where the client's has no template"),
    AP_INIT_ITERATE("AcctAuthMailLimit", acct_set_mail_limit, NULL,
                    RSRC_CONF,
                    "how many mails are sent: address=3/h,10/d "
                    "server=1000/h"),
    AP_INIT_TAKE1("AcctAuthSiteName", acct_set_site_name, NULL, RSRC_CONF,
                  "how the site is called in mails"),
    AP_INIT_TAKE1("AcctAuthUnknownPath", acct_set_unknown_path, NULL,
                  RSRC_CONF | ACCESS_CONF,
                  "404 or Pass: what becomes of a path below an API that no "
                  "route has"),
    /* Others' directives, which are theirs to act on: which section has
     * them decides whether they are about an API (request/access.h). */
    AP_INIT_RAW_ARGS("AuthType", acct_note_auth_type, NULL, OR_AUTHCFG,
                     "noted for the locations of APIs"),
    AP_INIT_RAW_ARGS("Require", acct_note_require, NULL, OR_AUTHCFG,
                     "noted for the locations of APIs"),
    AP_INIT_TAKE1("AcctAuthRequireTLS", acct_set_require_tls, NULL,
                  RSRC_CONF | ACCESS_CONF,
                  "Remote, On or Off: refuse credentials over plain HTTP"),
    { NULL, { NULL }, NULL, 0, RAW_ARGS, NULL }
};
