/* SPDX-License-Identifier: Apache-2.0 */
#include "configuration/httpd_conf.h"

#include <apr_strings.h>
#include <string.h>

const char *acct_cli_httpd_text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static apr_status_t free_json(void *json)
{
    json_decref(json);
    return APR_SUCCESS;
}

/* Each line that is an object; the program may say other things too. */
static json_t *read_lines(char *text)
{
    json_t *list = json_array();
    char *state;

    for (char *line = apr_strtok(text, "\n", &state); line != NULL;
         line = apr_strtok(NULL, "\n", &state)) {
        json_t *one = line[0] == '{' ? json_loads(line, 0, NULL) : NULL;

        if (one != NULL && acct_cli_httpd_text(one, "driver") != NULL) {
            json_array_append(list, one);
        }
        json_decref(one);
    }
    return list;
}

/* @return 0: none of them tells anything */
static int find_servers(acct_cli_t *cli, json_t **servers)
{
    const char *program;
    char *text = acct_httpd_tells(cli, "ACCTAUTH_DUMP", "{", &program);

    if (text == NULL) {
        return 0;
    }
    *servers = read_lines(text);
    apr_pool_cleanup_register(cli->pool, *servers, free_json,
                              apr_pool_cleanup_null);
    return 1;
}

int acct_cli_httpd_servers(acct_cli_t *cli, json_t **servers)
{
    return find_servers(cli, servers) ? ACCT_EXIT_OK
        : acct_cli_fail(cli, ACCT_EXIT_FAILED, "httpd does not tell of a "
                        "configuration that has accounts; see what "
                        "'apachectl configtest' says, or name the program "
                        "with --httpd and its file with --conf");
}

/* "driver params", for those that httpd does not keep to itself. */
static const char *describe(const json_t *server, apr_pool_t *pool)
{
    const char *params = acct_cli_httpd_text(server, "params");

    return params == NULL ? NULL
        : apr_pstrcat(pool, acct_cli_httpd_text(server, "driver"), " ",
                      params, NULL);
}

/* Whether it is of another driver than was asked for. */
static int is_other(const acct_cli_t *cli, const json_t *server)
{
    return cli->config.driver != NULL
        && strcmp(cli->config.driver,
                  acct_cli_httpd_text(server, "driver")) != 0;
}

int acct_cli_httpd_database(acct_cli_t *cli)
{
    const json_t *found = NULL;
    json_t *servers;
    size_t count = find_servers(cli, &servers) ? json_array_size(servers) : 0;

    for (size_t i = 0; i < count; i++) {
        const json_t *server = json_array_get(servers, i);
        const char *one = describe(server, cli->pool);

        if (is_other(cli, server)) {
            continue;
        }
        if (one == NULL) {
            return acct_cli_fail(cli, ACCT_EXIT_USAGE, "the connection "
                                 "string with a password stands in httpd's "
                                 "configuration; use -p, or ACCTAUTH_PARAMS");
        }
        if (found != NULL && strcmp(describe(found, cli->pool), one) != 0) {
            return acct_cli_fail(cli, ACCT_EXIT_USAGE, "httpd has several "
                                 "databases: %s, %s; name one with -d and "
                                 "-p", describe(found, cli->pool), one);
        }
        found = server;
    }
    if (found == NULL) {
        return acct_cli_fail(cli, ACCT_EXIT_USAGE, "which database? Use -p "
                             "or set ACCTAUTH_PARAMS (httpd names none%s%s)",
                             cli->config.driver != NULL ? " of " : "",
                             cli->config.driver != NULL ? cli->config.driver
                                                        : "");
    }
    cli->config.driver = acct_cli_httpd_text(found, "driver");
    cli->config.params = acct_cli_httpd_text(found, "params");
    return ACCT_EXIT_OK;
}
