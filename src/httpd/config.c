/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>

#include "../core/identifier.h"

#ifndef ACCT_DIALECT_DIR
#error "ACCT_DIALECT_DIR: where dialect files are installed"
#endif

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

void *acct_merge_dir_conf(apr_pool_t *pool, void *basev, void *addv)
{
    const acct_dir_conf_t *base = basev;
    const acct_dir_conf_t *add = addv;
    acct_dir_conf_t *conf = apr_pmemdup(pool, base, sizeof(*conf));

    if (add->api != NULL) {
        conf->api = add->api;
    }
    if (add->protect != ACCT_PROTECT_UNSET) {
        conf->protect = add->protect;
    }
    if (add->scheme != NULL) {
        conf->scheme = add->scheme;
    }
    if (add->identity_headers != ACCT_UNSET) {
        conf->identity_headers = add->identity_headers;
    }
    if (add->forward_token != ACCT_UNSET) {
        conf->forward_token = add->forward_token;
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
    conf->cache_bytes = -1;
    conf->max_tokens = -1;
    conf->revocation_bound = -1;
    conf->apis = apr_array_make(pool, 2, sizeof(acct_api_t *));
    conf->protects = apr_array_make(pool, 2, sizeof(acct_place_t));
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
    conf->hash_concurrency = base->hash_concurrency;
    conf->cache_bytes = base->cache_bytes;
    conf->revocation_bound = base->revocation_bound;
    return conf;
}

/* ---- setters ---- */

static acct_place_t place_of(const cmd_parms *cmd)
{
    acct_place_t place = { cmd->directive->filename,
                           cmd->directive->line_num };

    return place;
}

/* What was written stays in the tree of directives, which mod_info shows
 * and -D DUMP_CONFIG prints; it need not be kept there in full. */
static void mask_directive(const cmd_parms *cmd, const char *driver,
                           const char *shown)
{
    ap_directive_t *directive = (ap_directive_t *)cmd->directive;

    directive->args = apr_pstrcat(cmd->pool, driver, " \"", shown, "\"",
                                  NULL);
}

static const char *set_server(cmd_parms *cmd, acct_db_config_t *db,
                              const char *params)
{
    acct_db_config_t look = *db;
    const char *error;
    int held_secret;

    mask_directive(cmd, db->driver, acct_db_mask(db->driver, params,
                                                 cmd->pool, &held_secret));
    if (strncmp(params, "file:", 5) == 0) {
        return params[5] == '/' ? NULL
            : "AcctAuthDatabase: the path behind file: must be absolute; "
              "write AcctAuthDatabase pgsql file:/etc/acctauth/database";
    }
    look.params = params;
    if (acct_db_resolve(&look, cmd->pool, &error) != APR_SUCCESS) {
        return apr_pstrcat(cmd->pool, "AcctAuthDatabase: ", error, "; write "
                           "AcctAuthDatabase pgsql \"host=/run/postgresql "
                           "dbname=accounts\", or file:/PATH of a file that "
                           "holds such a line", NULL);
    }
    if (held_secret) {
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_WARNING, 0,
                     cmd->server, "ACCT0122: AcctAuthDatabase on line %d of "
                     "%s: the password stands in the configuration; put the "
                     "connection string into a file of mode 0600 and write "
                     "AcctAuthDatabase %s file:/PATH",
                     cmd->directive->line_num, cmd->directive->filename,
                     db->driver);
    }
    return NULL;
}

static const char *set_database(cmd_parms *cmd, void *dir,
                                const char *driver, const char *params)
{
    acct_server_conf_t *conf = acct_server_conf(cmd->server);
    const char *error = ap_check_cmd_context(cmd, NOT_IN_DIR_CONTEXT);

    (void)dir;
    if (error != NULL) {
        return error;
    }
    if (!acct_db_is_known(driver)) {
        return apr_psprintf(cmd->pool, "AcctAuthDatabase: the driver \"%s\" "
                            "is not supported; write AcctAuthDatabase "
                            "sqlite3 \"/var/lib/acctauth/accounts.db\", or "
                            "pgsql and a connection string", driver);
    }
    conf->db.driver = driver;
    conf->db.params = params;
    conf->db_place = place_of(cmd);
    if (!acct_db_is_file(driver)) {
        return set_server(cmd, &conf->db, params);
    }
    conf->db.params = ap_server_root_relative(cmd->pool, params);
    if (conf->db.params == NULL || params[0] == '\0') {
        return apr_psprintf(cmd->pool, "AcctAuthDatabase: \"%s\" is no "
                            "usable path; write the absolute path of the "
                            "file that 'acctauth init' made", params);
    }
    return NULL;
}

static const char *set_key_file(cmd_parms *cmd, void *dir, const char *path)
{
    acct_server_conf_t *conf = acct_server_conf(cmd->server);
    const char *error = ap_check_cmd_context(cmd, NOT_IN_DIR_CONTEXT);

    (void)dir;
    if (error != NULL) {
        return error;
    }
    conf->key_file = ap_server_root_relative(cmd->pool, path);
    if (conf->key_file == NULL) {
        return apr_psprintf(cmd->pool, "AcctAuthKeyFile: \"%s\" is no "
                            "usable path; write an absolute path", path);
    }
    conf->key_place = place_of(cmd);
    return NULL;
}

static const char *set_dialect_dir(cmd_parms *cmd, void *dir,
                                   const char *path)
{
    acct_server_conf_t *conf = acct_server_conf(cmd->server);
    const char *error = ap_check_cmd_context(cmd, NOT_IN_DIR_CONTEXT);

    (void)dir;
    if (error != NULL) {
        return error;
    }
    conf->dialect_dir = ap_server_root_relative(cmd->pool, path);
    if (conf->dialect_dir == NULL
        || !ap_is_directory(cmd->temp_pool, conf->dialect_dir)) {
        return apr_psprintf(cmd->pool, "AcctAuthDialectDir: \"%s\" is not a "
                            "directory; the dialects that come with the "
                            "module are in " ACCT_DIALECT_DIR
                            ", which is the default", path);
    }
    return NULL;
}

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

/* Called once for each word; the words of one directive share its api. */
static const char *add_api(cmd_parms *cmd, void *dirv, const char *name)
{
    acct_dir_conf_t *dir = dirv;
    const char *error = not_in_limit(cmd);
    acct_server_conf_t *conf = acct_server_conf(cmd->server);
    acct_place_t place = place_of(cmd);
    acct_api_t *api = (acct_api_t *)dir->api;
    const char *path = cmd->path;

    if (error != NULL) {
        return error;
    }
    if (path == NULL || path[0] != '/'
        || cmd->directive->parent == NULL
        || ap_cstr_casecmp(cmd->directive->parent->directive, "<Location")
           != 0
        || ap_strchr_c(cmd->directive->parent->args, '~') != NULL) {
        return "AcctAuthAPI belongs into a section <Location "
               "\"/path/\"> (not <LocationMatch>, <Directory> or <If>): "
               "that path is where the API's paths begin";
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
        api->mount = apr_pstrcat(cmd->pool, path,
                                 path[strlen(path) - 1] == '/' ? NULL : "/",
                                 NULL);
        api->names = apr_array_make(cmd->pool, 2, sizeof(const char *));
        api->place = place;
        dir->api = api;
        APR_ARRAY_PUSH(conf->apis, acct_api_t *) = api;
    }
    APR_ARRAY_PUSH(api->names, const char *) = name;
    return NULL;
}

static const char *set_protect(cmd_parms *cmd, void *dirv, const char *word)
{
    acct_dir_conf_t *dir = dirv;
    const char *error = not_in_limit(cmd);
    acct_server_conf_t *conf = acct_server_conf(cmd->server);

    if (error != NULL) {
        return error;
    }
    if (ap_cstr_casecmp(word, "On") == 0) {
        dir->protect = ACCT_PROTECT_ON;
    }
    else if (ap_cstr_casecmp(word, "Optional") == 0) {
        dir->protect = ACCT_PROTECT_OPTIONAL;
    }
    else if (ap_cstr_casecmp(word, "Off") == 0) {
        dir->protect = ACCT_PROTECT_OFF;
        return NULL;
    }
    else {
        return apr_psprintf(cmd->pool, "AcctAuthProtect: \"%s\" is not "
                            "known; write On, Optional or Off", word);
    }
    /* A .htaccess is read when the server's settings are long final. */
    if (ap_check_cmd_context(cmd, NOT_IN_HTACCESS) == NULL) {
        APR_ARRAY_PUSH(conf->protects, acct_place_t) = place_of(cmd);
    }
    return NULL;
}

static const char *set_scheme(cmd_parms *cmd, void *dirv, const char *word)
{
    acct_dir_conf_t *dir = dirv;
    const char *error = not_in_limit(cmd);
    const char *c;

    if (error != NULL) {
        return error;
    }
    for (c = word; *c != '\0'; c++) {
        if (!apr_isalnum(*c) && ap_strchr_c("!#$%&'*+-.^_`|~", *c) == NULL) {
            return apr_psprintf(cmd->pool, "AcctAuthScheme: \"%s\" is no "
                                "authentication scheme (RFC 9110); write "
                                "one word such as Token or Bearer", word);
        }
    }
    if (c == word) {
        return "AcctAuthScheme: write one word such as Token or Bearer";
    }
    if (ap_cstr_casecmp(word, "Basic") == 0
        || ap_cstr_casecmp(word, "Digest") == 0) {
        return apr_psprintf(cmd->pool, "AcctAuthScheme: %s belongs to "
                            "another protocol and browsers would ask for a "
                            "password; write Token or Bearer", word);
    }
    dir->scheme = word;
    return NULL;
}

static const char *set_identity_headers(cmd_parms *cmd, void *dir, int on)
{
    const char *error = not_in_limit(cmd);

    if (error != NULL) {
        return error;
    }
    ((acct_dir_conf_t *)dir)->identity_headers = on ? ACCT_ON : ACCT_OFF;
    return NULL;
}

static const char *set_forward_token(cmd_parms *cmd, void *dir, int on)
{
    const char *error = not_in_limit(cmd);

    if (error != NULL) {
        return error;
    }
    ((acct_dir_conf_t *)dir)->forward_token = on ? ACCT_ON : ACCT_OFF;
    return NULL;
}

static const char *set_require_tls(cmd_parms *cmd, void *dirv,
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
    return NULL;
}

/* A whole number within bounds, digits alone; -1 when it is not. */
static apr_int64_t parse_number(const char *text, apr_int64_t least,
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

static const char *set_max_body(cmd_parms *cmd, void *dirv,
                                const char *text)
{
    acct_dir_conf_t *dir = dirv;
    const char *error = not_in_limit(cmd);
    apr_int64_t bytes = parse_number(text, 256, 1048576);

    if (error != NULL) {
        return error;
    }
    if (bytes < 0) {
        return apr_psprintf(cmd->pool, "AcctAuthMaxBody: \"%s\" is not a "
                            "number of bytes from 256 to 1048576; the "
                            "default is 16384", text);
    }
    dir->max_body = (apr_off_t)bytes;
    return NULL;
}

static const char *set_hash_concurrency(cmd_parms *cmd, void *dir,
                                        const char *text)
{
    const char *error = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    apr_int64_t slots = parse_number(text, 1, 64);

    (void)dir;
    if (error != NULL) {
        return error;
    }
    if (slots < 0) {
        return apr_psprintf(cmd->pool, "AcctAuthHashConcurrency: \"%s\" is "
                            "not a number from 1 to 64; the default is half "
                            "the number of cores", text);
    }
    acct_server_conf(cmd->server)->hash_concurrency = (int)slots;
    return NULL;
}

#define MIB APR_INT64_C(1048576)
#define CACHE_LEAST APR_INT64_C(262144)
#define CACHE_MOST (1024 * MIB)

/* A size: digits, then K, M or nothing; -1 when it is none. */
static apr_int64_t parse_size(const char *text, apr_pool_t *pool)
{
    apr_size_t length = strlen(text);
    apr_int64_t unit = 1;
    apr_int64_t number;

    if (length > 1 && apr_toupper(text[length - 1]) == 'K') {
        unit = 1024;
    }
    if (length > 1 && apr_toupper(text[length - 1]) == 'M') {
        unit = MIB;
    }
    if (unit > 1) {
        text = apr_pstrmemdup(pool, text, length - 1);
    }
    number = parse_number(text, 1, 1024 * MIB);
    return number < 0 ? -1 : number * unit;
}

static const char *set_cache(cmd_parms *cmd, void *dir, const char *word)
{
    acct_server_conf_t *conf = acct_server_conf(cmd->server);
    const char *error = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    apr_int64_t bytes;

    (void)dir;
    if (error != NULL) {
        return error;
    }
    if (ap_cstr_casecmp(word, "Off") == 0) {
        conf->cache_bytes = 0;
        return NULL;
    }
    if (ap_cstr_casecmp(word, "On") == 0) {
        conf->cache_bytes = ACCT_CACHE_BYTES_ON;
        return NULL;
    }
    bytes = parse_size(word, cmd->temp_pool);
    if (bytes < CACHE_LEAST || bytes > CACHE_MOST) {
        return apr_psprintf(cmd->pool, "AcctAuthCache: \"%s\" is not known; "
                            "write On (16M, the default), Off or a size "
                            "from 256K to 1024M", word);
    }
    conf->cache_bytes = (apr_off_t)bytes;
    return NULL;
}

static const char *set_revocation_bound(cmd_parms *cmd, void *dir,
                                        const char *text)
{
    acct_server_conf_t *conf = acct_server_conf(cmd->server);
    const char *error = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    apr_interval_time_t bound;

    (void)dir;
    if (error != NULL) {
        return error;
    }
    if (ap_timeout_parameter_parse(text, &bound, "s") != APR_SUCCESS
        || bound < 0 || bound > apr_time_from_sec(60)
        || (bound > 0 && bound < apr_time_from_msec(500))) {
        return apr_psprintf(cmd->pool, "AcctAuthRevocationBound: \"%s\" is "
                            "not a time from 500ms to 60s, or 0 to ask the "
                            "database for each request; the default is 2s",
                            text);
    }
    conf->revocation_bound = (int)apr_time_as_msec(bound);
    return NULL;
}

static const char *set_max_tokens(cmd_parms *cmd, void *dir,
                                  const char *text)
{
    const char *error = ap_check_cmd_context(cmd, NOT_IN_DIR_CONTEXT);
    apr_int64_t tokens = parse_number(text, 1, 100000);

    (void)dir;
    if (error != NULL) {
        return error;
    }
    if (ap_cstr_casecmp(text, "Off") == 0) {
        tokens = 0;
    }
    if (tokens < 0) {
        return apr_psprintf(cmd->pool, "AcctAuthMaxTokens: \"%s\" is not a "
                            "number from 1 to 100000, nor Off for any "
                            "number; the default is %d", text,
                            ACCT_MAX_TOKENS_DEFAULT);
    }
    acct_server_conf(cmd->server)->max_tokens = (int)tokens;
    return NULL;
}

static const char *set_password_hash(cmd_parms *cmd, void *dir, int argc,
                                     char *const argv[])
{
    acct_server_conf_t *conf = acct_server_conf(cmd->server);
    const char *error = ap_check_cmd_context(cmd, NOT_IN_DIR_CONTEXT);
    const char **words;
    int i;

    (void)dir;
    if (error != NULL) {
        return error;
    }
    words = apr_pcalloc(cmd->temp_pool,
                        ((apr_size_t)argc + 1) * sizeof(*words));
    for (i = 0; i < argc; i++) {
        words[i] = argv[i];
    }
    if (acct_password_params_parse(words, &conf->params, cmd->pool, &error)
        != APR_SUCCESS) {
        return apr_pstrcat(cmd->pool, "AcctAuthPasswordHash: ", error, NULL);
    }
    conf->params_set = 1;
    return NULL;
}

static const char *set_password_rule(cmd_parms *cmd, const char *word,
                                     acct_password_rules_t *rules)
{
    const char *error;
    apr_int64_t number;

    if (ap_cstr_casecmpn(word, "min-length=", 11) == 0) {
        number = parse_number(word + 11, 1, 128);
        if (number < 0) {
            return apr_psprintf(cmd->pool, "AcctAuthPasswordRules: \"%s\" "
                                "is not a number of characters from 1 to "
                                "128; write min-length=12", word);
        }
        rules->min_length = (int)number;
        return NULL;
    }
    if (ap_cstr_casecmpn(word, "block-list=", 11) == 0) {
        const char *path = ap_server_root_relative(cmd->pool, word + 11);

        if (path == NULL || word[11] == '\0') {
            return "AcctAuthPasswordRules: write block-list=FILE";
        }
        if (acct_password_block_list_read(path, &rules->block_list,
                                          cmd->pool, &error)
            != APR_SUCCESS) {
            return apr_pstrcat(cmd->pool, "AcctAuthPasswordRules: ", error,
                               NULL);
        }
        return NULL;
    }
    if (ap_cstr_casecmp(word, "not-similar") == 0) {
        rules->not_similar = 1;
        return NULL;
    }
    return apr_psprintf(cmd->pool, "AcctAuthPasswordRules: \"%s\" is not "
                        "known; write Off, or any of min-length=12, "
                        "block-list=FILE, not-similar", word);
}

static const char *set_password_rules(cmd_parms *cmd, void *dir, int argc,
                                      char *const argv[])
{
    acct_server_conf_t *conf = acct_server_conf(cmd->server);
    const char *error = ap_check_cmd_context(cmd, NOT_IN_DIR_CONTEXT);
    int i;

    (void)dir;
    if (error != NULL) {
        return error;
    }
    if (argc == 0) {
        return "AcctAuthPasswordRules: write Off, or any of min-length=12, "
               "block-list=FILE, not-similar";
    }
    memset(&conf->rules, 0, sizeof(conf->rules));
    conf->rules_set = 1;
    if (argc == 1 && ap_cstr_casecmp(argv[0], "Off") == 0) {
        return NULL;
    }
    for (i = 0; i < argc; i++) {
        error = set_password_rule(cmd, argv[i], &conf->rules);
        if (error != NULL) {
            return error;
        }
    }
    return NULL;
}

const command_rec acct_directives[] = {
    AP_INIT_TAKE2("AcctAuthDatabase", set_database, NULL, RSRC_CONF,
                  "driver and parameters of the accounts' database: "
                  "sqlite3 /var/lib/acctauth/accounts.db, or pgsql and a "
                  "connection string or file:/PATH of one"),
    AP_INIT_TAKE1("AcctAuthKeyFile", set_key_file, NULL, RSRC_CONF,
                  "file of the key that reusable tokens are sealed under"),
    AP_INIT_TAKE1("AcctAuthDialectDir", set_dialect_dir, NULL, RSRC_CONF,
                  "directory of the dialect files"),
    AP_INIT_ITERATE("AcctAuthAPI", add_api, NULL, ACCESS_CONF,
                    "names of the dialects to serve below this location"),
    AP_INIT_TAKE1("AcctAuthProtect", set_protect, NULL,
                  ACCESS_CONF | OR_AUTHCFG,
                  "On, Optional or Off: open this location to tokens only"),
    AP_INIT_TAKE1("AcctAuthScheme", set_scheme, NULL,
                  RSRC_CONF | ACCESS_CONF,
                  "the word before the token in Authorization"),
    AP_INIT_FLAG("AcctAuthIdentityHeaders", set_identity_headers, NULL,
                 RSRC_CONF | ACCESS_CONF,
                 "On or Off: tell the handler who it is in X-Acct-*"),
    AP_INIT_FLAG("AcctAuthForwardToken", set_forward_token, NULL,
                 RSRC_CONF | ACCESS_CONF,
                 "On or Off: leave Authorization for the handler to see"),
    AP_INIT_TAKE_ARGV("AcctAuthPasswordHash", set_password_hash, NULL,
                      RSRC_CONF,
                      "how new passwords are hashed: argon2id m=19456 t=2 "
                      "p=1"),
    AP_INIT_TAKE_ARGV("AcctAuthPasswordRules", set_password_rules, NULL,
                      RSRC_CONF,
                      "Off, or any of min-length=N, block-list=FILE, "
                      "not-similar"),
    AP_INIT_TAKE1("AcctAuthHashConcurrency", set_hash_concurrency, NULL,
                  RSRC_CONF,
                  "how many passwords are hashed at once, server-wide"),
    AP_INIT_TAKE1("AcctAuthCache", set_cache, NULL, RSRC_CONF,
                  "On, Off or the size of the identity cache"),
    AP_INIT_TAKE1("AcctAuthRevocationBound", set_revocation_bound, NULL,
                  RSRC_CONF,
                  "how late what others revoke may take effect: 2s"),
    AP_INIT_TAKE1("AcctAuthMaxBody", set_max_body, NULL,
                  RSRC_CONF | ACCESS_CONF,
                  "the most bytes an account request's body may have"),
    AP_INIT_TAKE1("AcctAuthMaxTokens", set_max_tokens, NULL, RSRC_CONF,
                  "how many live tokens an account may have, or Off"),
    AP_INIT_TAKE1("AcctAuthRequireTLS", set_require_tls, NULL,
                  RSRC_CONF | ACCESS_CONF,
                  "Remote, On or Off: refuse credentials over plain HTTP"),
    { NULL, { NULL }, NULL, 0, RAW_ARGS, NULL }
};
