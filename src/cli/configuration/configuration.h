/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The database that the command line, the environment or httpd's configuration
 * names, and the command's one connection to it. This room uses src/core and
 * the rooms console and files.
 *   configuration.c  the connection
 *   httpd_conf.c     what httpd's configuration says of databases
 *   httpd_says.c     httpd asked for it
 *   httpd_user.c     the user that httpd's children run as
 *   mail_sites.c     the sites' directives about mail
 */
#ifndef ACCT_CLI_CONFIGURATION_H
#define ACCT_CLI_CONFIGURATION_H

#include "console/cli.h"

/**
 * Open the database of -d and -p (or the environment) and check that its
 * schema is the one this command knows; the service is ready then.
 * Closed with the pool.
 * @return ACCT_EXIT_OK, or another after saying what is wrong and what to
 *         do
 */
int acct_cli_connect(acct_cli_t *cli);

/** Only the driver and parameters, not the connection. */
int acct_cli_configure(acct_cli_t *cli);

/**
 * Open the database without any statement and look at its schema; for commands
 * that can do with another than the current one.
 * @param db     on ACCT_EXIT_OK a connection to close
 * @param detail what is missing of a damaged one, or NULL
 */
int acct_cli_look(acct_cli_t *cli, acct_db_t **db, acct_schema_e *found,
                  int *version, const char **detail);

/** Say why a schema is not the current one and what to do.
 *  @return ACCT_EXIT_OK when it is */
int acct_cli_judge_schema(const acct_cli_t *cli, acct_schema_e found,
                          int version, const char *detail);

#endif
