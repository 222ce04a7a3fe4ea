/* SPDX-License-Identifier: Apache-2.0 */
/* Directives about limits; see config/config.h and limit/limit.h. */
#include "config/directives.h"

#include <apr_network_io.h>
#include <apr_strings.h>
#include <string.h>

#define MODES "On, Observe or Off"

/* ---- making and merging ---- */

void acct_limit_conf_init(acct_limit_conf_t *conf, apr_pool_t *pool)
{
    conf->mode = -1;
    conf->words = apr_array_make(pool, 2, sizeof(const char *));
    conf->trusted = apr_array_make(pool, 2, sizeof(apr_ipsubnet_t *));
}

/* A virtual host changes what it names, and adds networks that it trusts. */
acct_limit_conf_t acct_limit_conf_merge(const acct_limit_conf_t *base,
                                        const acct_limit_conf_t *add,
                                        apr_pool_t *pool)
{
    acct_limit_conf_t conf = {
        .mode = add->mode >= 0 ? add->mode : base->mode,
        .words = apr_array_append(pool, base->words, add->words),
        .trusted = apr_array_append(pool, base->trusted, add->trusted)
    };

    return conf;
}

acct_limit_numbers_t acct_limit_conf_numbers(const acct_limit_conf_t *conf,
                                             apr_pool_t *pool)
{
    acct_limit_numbers_t numbers = acct_limit_defaults;

    for (int i = 0; i < conf->words->nelts; i++) {
        /* each was tried when it was read */
        (void)acct_limit_set_number(&numbers,
                                    APR_ARRAY_IDX(conf->words, i,
                                                  const char *), pool);
    }
    return numbers;
}

acct_limits_mode_e acct_limit_conf_mode(const acct_limit_conf_t *conf)
{
    return conf->mode >= 0 ? (acct_limits_mode_e)conf->mode : ACCT_LIMITS_ON;
}

/* ---- setters ---- */

/* -1: the word is no mode. */
static int find_mode(const char *word)
{
    if (ap_cstr_casecmp(word, "On") == 0) {
        return ACCT_LIMITS_ON;
    }
    if (ap_cstr_casecmp(word, "Observe") == 0) {
        return ACCT_LIMITS_OBSERVE;
    }
    return ap_cstr_casecmp(word, "Off") == 0 ? ACCT_LIMITS_OFF : -1;
}

const char *acct_set_limit(cmd_parms *cmd, void *dir, const char *word)
{
    acct_limit_conf_t *conf = &acct_server_conf(cmd->server)->limit;
    const char *error = ap_check_cmd_context(cmd, NOT_IN_DIR_CONTEXT);
    acct_limit_numbers_t numbers = acct_limit_defaults;
    int mode = find_mode(word);

    (void)dir;
    if (error != NULL) {
        return error;
    }
    if (mode >= 0) {
        conf->mode = mode;
        return NULL;
    }
    if (strchr(word, '=') == NULL) {
        return apr_psprintf(cmd->pool, "AcctAuthLimit: \"%s\" is not one of "
                            MODES ", nor a number such as failures=30/5m",
                            word);
    }
    error = acct_limit_set_number(&numbers, word, cmd->pool);
    if (error != NULL) {
        return apr_pstrcat(cmd->pool, "AcctAuthLimit: ", error, NULL);
    }
    APR_ARRAY_PUSH(conf->words, const char *) = word;
    return NULL;
}

const char *acct_add_limit_trusted(cmd_parms *cmd, void *dir,
                                   const char *network)
{
    acct_limit_conf_t *conf = &acct_server_conf(cmd->server)->limit;
    const char *error = ap_check_cmd_context(cmd, NOT_IN_DIR_CONTEXT);
    char *address = apr_pstrdup(cmd->temp_pool, network);
    char *bits = strchr(address, '/');
    apr_ipsubnet_t *subnet;

    (void)dir;
    if (error != NULL) {
        return error;
    }
    if (bits != NULL) {
        *bits++ = '\0';
    }
    if (apr_ipsubnet_create(&subnet, address, bits, cmd->pool)
        != APR_SUCCESS) {
        return apr_psprintf(cmd->pool, "AcctAuthLimitTrusted: \"%s\" is no "
                            "address or network; write 192.0.2.7, "
                            "192.0.2.0/24 or 2001:db8::/32", network);
    }
    APR_ARRAY_PUSH(conf->trusted, apr_ipsubnet_t *) = subnet;
    return NULL;
}

#define LIMIT_LEAST APR_INT64_C(65536)
#define LIMIT_MOST APR_INT64_C(67108864)

const char *acct_set_limit_memory(cmd_parms *cmd, void *dir,
                                  const char *text)
{
    const char *error = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    apr_int64_t bytes = acct_parse_size(text, cmd->temp_pool);

    (void)dir;
    if (error != NULL) {
        return error;
    }
    if (bytes < LIMIT_LEAST || bytes > LIMIT_MOST) {
        return apr_psprintf(cmd->pool, "AcctAuthLimitMemory: \"%s\" is not a "
                            "size from 64K to 64M; the default is 1M, room "
                            "for 16,000 names and networks", text);
    }
    acct_server_conf(cmd->server)->limit_bytes = (apr_size_t)bytes;
    return NULL;
}
