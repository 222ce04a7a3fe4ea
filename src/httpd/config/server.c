/* SPDX-License-Identifier: Apache-2.0 */
/* Directives of a server, or of all; see config/config.h. */
#include "config/directives.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_core.h>

#include "connections/pool.h"

#ifndef ACCT_DIALECT_DIR
#error "ACCT_DIALECT_DIR: where dialect files are installed"
#endif

/* What was written stays in the tree of directives, which mod_info shows
 * and -D DUMP_CONFIG prints; it need not be kept there in full. */
static void mask_directive(const cmd_parms *cmd, const char *driver,
                           const char *shown)
{
    ap_directive_t *directive = (ap_directive_t *)cmd->directive;

    directive->args = apr_pstrcat(cmd->pool, driver, " \"", shown, "\"",
                                  NULL);
}

static const char *set_server(cmd_parms *cmd, acct_server_conf_t *conf,
                              const char *params)
{
    acct_db_config_t *db = &conf->db;
    acct_db_config_t look = *db;
    const char *error;
    int held_secret;

    mask_directive(cmd, db->driver, acct_db_mask(db->driver, params,
                                                 cmd->pool, &held_secret));
    db->written = held_secret ? NULL : params;
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
        /* reported by the check: this server's log is not set up yet */
        conf->db_password_place = acct_place_of(cmd);
    }
    return NULL;
}

const char *acct_set_database(cmd_parms *cmd, void *dir,
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
    conf->db_place = acct_place_of(cmd);
    conf->db_password_place.file = NULL;
    conf->db.written = NULL;
    if (!acct_db_is_file(driver)) {
        return set_server(cmd, conf, params);
    }
    conf->db.params = ap_server_root_relative(cmd->pool, params);
    if (conf->db.params == NULL || params[0] == '\0'
        || strcmp(params, ":memory:") == 0
        || strncmp(params, "file:", 5) == 0) {
        return apr_psprintf(cmd->pool, "AcctAuthDatabase: \"%s\" is no "
                            "usable path; write the absolute path of the "
                            "file that 'acctauth init' made", params);
    }
    return NULL;
}

const char *acct_set_db_connections(cmd_parms *cmd, void *dir,
                                    const char *text)
{
    acct_server_conf_t *conf = acct_server_conf(cmd->server);
    const char *error = ap_check_cmd_context(cmd, NOT_IN_DIR_CONTEXT);
    apr_int64_t connections = acct_parse_number(text, 1, 64);

    (void)dir;
    if (error != NULL) {
        return error;
    }
    if (connections < 0) {
        return apr_psprintf(cmd->pool, "AcctAuthDatabaseConnections: \"%s\" "
                            "is not a number from 1 to 64; the default is "
                            "%d", text, ACCT_POOL_CONNECTIONS);
    }
    conf->db_connections = (int)connections;
    conf->db_connections_place = acct_place_of(cmd);
    return NULL;
}

const char *acct_set_key_file(cmd_parms *cmd, void *dir, const char *path)
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
    conf->key_place = acct_place_of(cmd);
    return NULL;
}

const char *acct_set_dialect_dir(cmd_parms *cmd, void *dir,
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

const char *acct_set_hash_concurrency(cmd_parms *cmd, void *dir,
                                      const char *text)
{
    const char *error = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    apr_int64_t slots = acct_parse_number(text, 1, 64);

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

apr_int64_t acct_parse_size(const char *text, apr_pool_t *pool)
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
    number = acct_parse_number(text, 1, 1024 * MIB);
    return number < 0 ? -1 : number * unit;
}

const char *acct_set_cache(cmd_parms *cmd, void *dir, const char *word)
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
    bytes = acct_parse_size(word, cmd->temp_pool);
    if (bytes < CACHE_LEAST || bytes > CACHE_MOST) {
        return apr_psprintf(cmd->pool, "AcctAuthCache: \"%s\" is not known; "
                            "write On (about 16M, the default), Off or a size "
                            "from 256K to 1024M", word);
    }
    conf->cache_bytes = (apr_off_t)bytes;
    return NULL;
}

const char *acct_set_revocation_bound(cmd_parms *cmd, void *dir,
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

const char *acct_set_max_tokens(cmd_parms *cmd, void *dir,
                                const char *text)
{
    const char *error = ap_check_cmd_context(cmd, NOT_IN_DIR_CONTEXT);
    apr_int64_t tokens = acct_parse_number(text, 1, 100000);

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

/* "30d" in seconds; -1 when it is nothing of the kind, or over ten years. */
static apr_int64_t parse_days(const char *text, apr_pool_t *pool)
{
    static const char units[] = "smhd";
    static const apr_int64_t seconds[] = { 1, 60, 3600, 86400 };
    apr_size_t length = strlen(text);
    const char *unit = length > 1 ? strchr(units, text[length - 1]) : NULL;
    apr_int64_t most = APR_INT64_C(10) * 366 * 86400;
    apr_int64_t number;

    if (strcmp(text, "0") == 0) {
        return 0;
    }
    if (unit == NULL) {
        return -1;
    }
    number = acct_parse_number(apr_pstrmemdup(pool, text, length - 1), 0,
                               most / seconds[unit - units]);
    return number < 0 ? -1 : number * seconds[unit - units];
}

const char *acct_set_name_hold(cmd_parms *cmd, void *dir, const char *text)
{
    const char *error = ap_check_cmd_context(cmd, NOT_IN_DIR_CONTEXT);
    apr_int64_t seconds = parse_days(text, cmd->temp_pool);

    (void)dir;
    if (error != NULL) {
        return error;
    }
    if (seconds < 0) {
        return apr_psprintf(cmd->pool, "AcctAuthNameHold: \"%s\" is not a "
                            "time as 12h or 30d (the default) of up to ten "
                            "years, nor 0 for none", text);
    }
    acct_server_conf(cmd->server)->name_hold = apr_time_from_sec(seconds);
    return NULL;
}

const char *acct_set_password_hash(cmd_parms *cmd, void *dir, int argc,
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
        number = acct_parse_number(word + 11, 1, 128);
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
    if (ap_cstr_casecmp(word, "not-numeric") == 0) {
        rules->not_numeric = 1;
        return NULL;
    }
    return apr_psprintf(cmd->pool, "AcctAuthPasswordRules: \"%s\" is not "
                        "known; write Off, or any of min-length=12, "
                        "block-list=FILE, not-similar, not-numeric", word);
}

const char *acct_set_password_rules(cmd_parms *cmd, void *dir, int argc,
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
               "block-list=FILE, not-similar, not-numeric";
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
