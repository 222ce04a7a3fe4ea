/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom httpd's children run as. httpd tells when it is asked for what it
 * would run with; where it cannot (its configuration has a mistake, say)
 * the users that systems make for it are looked for.
 */
#include "httpd_conf.h"
#include "privilege.h"

#include <apr_env.h>
#include <apr_strings.h>
#include <string.h>

#define SAID_MAX 65536          /* bytes */

/* Debian and its kin; Fedora, Alpine, macOS' ports; FreeBSD; SUSE; Arch. */
static const char *const usual[] = {
    "www-data", "apache", "www", "wwwrun", "http"
};

/* User: name="www-data" id=33 */
static const char *take_name(char *text)
{
    static const char label[] = "User: name=\"";
    char *name = strstr(text, label);
    char *end;

    if (name == NULL) {
        return NULL;
    }
    name += sizeof(label) - 1;
    end = strchr(name, '"');
    if (end == NULL) {
        return NULL;
    }
    *end = '\0';
    return name;
}

static int ask(acct_user_t *user, const char *program, apr_pool_t *pool)
{
    char *text = apr_palloc(pool, SAID_MAX);
    const char *const args[] = { program, "-t", "-D", "DUMP_RUN_CFG", NULL };
    const char *name = acct_httpd_says(args, text, SAID_MAX, pool)
        ? take_name(text) : NULL;

    return name != NULL && acct_user_find(user, name, pool) == APR_SUCCESS
        && user->uid != 0;
}

apr_status_t acct_user_of_httpd(acct_user_t *user, const char **how,
                                apr_pool_t *pool)
{
    const char *programs[] = { NULL, ACCT_APACHECTL, ACCT_HTTPD };
    char *set;

    if (apr_env_get(&set, "ACCTAUTH_APACHECTL", pool) == APR_SUCCESS
        && set[0] != '\0') {
        programs[0] = set;
    }
    for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++) {
        if (programs[i] != NULL && ask(user, programs[i], pool)) {
            *how = apr_pstrcat(pool, "as ", programs[i], " says", NULL);
            return APR_SUCCESS;
        }
    }
    *how = "the user that this system has for httpd";
    for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++) {
        if (acct_user_find(user, usual[i], pool) == APR_SUCCESS
            && user->uid != 0) {
            return APR_SUCCESS;
        }
    }
    return APR_NOTFOUND;
}
