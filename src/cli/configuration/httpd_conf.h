/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What httpd's configuration says, as httpd itself tells it: it is called with
 * -t -D ACCTAUTH_DUMP, for which the module prints a line of JSON for each
 * server that has accounts (src/httpd/config/dump.c).
 */
#ifndef ACCT_CLI_HTTPD_CONF_H
#define ACCT_CLI_HTTPD_CONF_H

#include <jansson.h>
#include "console/cli.h"

/**
 * The servers that have accounts.
 * @param servers out: array of objects, freed with the pool
 * @return ACCT_EXIT_OK, or another after saying what is wrong
 */
int acct_cli_httpd_servers(acct_cli_t *cli, json_t **servers);

/** A member's text, or NULL. */
const char *acct_cli_httpd_text(const json_t *object, const char *name);

/**
 * Where neither option nor environment names a database: the one that httpd
 * has, if it has one; of the driver that is set, if one is.
 * @return ACCT_EXIT_OK with driver and params set, or another after saying
 *         what is wrong
 */
int acct_cli_httpd_database(acct_cli_t *cli);

/**
 * What httpd says to -t -D DEFINE: the program of --httpd, else that of
 * ACCTAUTH_APACHECTL, apachectl, or httpd, about the configuration of --conf,
 * else its own.
 * @param mark    what stands in it
 * @param program out: which it was
 * @return NULL where none says it, or in time
 */
char *acct_httpd_tells(const acct_cli_t *cli, const char *define,
                       const char *mark, const char **program);

#endif
