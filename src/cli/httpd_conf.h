/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What httpd's configuration says, as httpd itself tells it: it is called with
 * -t -D ACCTAUTH_DUMP, for which the module prints a line of JSON for each
 * server that has accounts (src/httpd/config/dump.c).
 */
#ifndef ACCT_CLI_HTTPD_CONF_H
#define ACCT_CLI_HTTPD_CONF_H

#include <jansson.h>
#include "cli.h"

/**
 * Ask httpd: the program of --httpd, else apachectl, else httpd, about the
 * configuration of --conf, else its own.
 * @param servers out: array of objects, freed with the pool
 * @return ACCT_EXIT_OK, or another after saying what is wrong
 */
int acct_cli_httpd_servers(acct_cli_t *cli, json_t **servers);

/** A member's text, or NULL. */
const char *acct_cli_httpd_text(const json_t *object, const char *name);

/**
 * Where neither option nor environment names a database: the one that httpd
 * has, if it has one.
 * @return ACCT_EXIT_OK with driver and params set, or another after saying
 *         what is wrong
 */
int acct_cli_httpd_database(acct_cli_t *cli);

/** What a program said, into @a text. @param args ends with NULL
 *  @return 0 where it said nothing or took too long */
int acct_httpd_says(const char *const *args, char *text, apr_size_t size,
                    apr_pool_t *pool);

#endif
