/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom httpd's children run as. httpd tells when it is asked for what it
 * would run with; where it cannot (its configuration has a mistake, say)
 * the users that systems make for it are looked for.
 */
#include "configuration/httpd_conf.h"
#include "console/privilege.h"

#include <apr_strings.h>
#include <string.h>

/* Debian and its kin; Fedora, Alpine, macOS' ports; FreeBSD; SUSE; Arch. */
static const char *const usual[] = {
    "www-data", "apache", "www", "wwwrun", "http"
};

#define LABEL "User: name=\""

/* User: name="www-data" id=33 */
static const char *take_name(char *text)
{
    char *name = strstr(text, LABEL) + strlen(LABEL);

    name[strcspn(name, "\"")] = '\0';
    return name;
}

apr_status_t acct_user_of_httpd(const acct_cli_t *cli, acct_user_t *user,
                                const char **how)
{
    apr_pool_t *pool = cli->pool;
    const char *program;
    char *text = acct_httpd_tells(cli, "DUMP_RUN_CFG", LABEL, &program);

    if (text != NULL
        && acct_user_find(user, take_name(text), pool) == APR_SUCCESS
        && user->uid != 0) {
        *how = apr_pstrcat(pool, "as ", program, " says", NULL);
        return APR_SUCCESS;
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
