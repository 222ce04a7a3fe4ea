/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verbs that bring accounts in and out. This room uses src/core and the
 * rooms configuration, console and files.
 *   import.c          import KIND SOURCE
 *   import_words.c    what its options say
 *   import_told.c     what came of it: the summary, the report
 *   import_runs.c     import status, import forget
 *   export_verbs.c    export KIND FILE
 */
#ifndef ACCT_CLI_IMPORT_H
#define ACCT_CLI_IMPORT_H

#include "configuration/configuration.h"
#include "console/cli.h"
#include "transfer/transfer.h"

/* How an import ends that was done, and left some out. */
#define ACCT_EXIT_LEFT_OUT 4

int acct_cli_import_jsonl(acct_cli_t *cli);
int acct_cli_import_django(acct_cli_t *cli);
int acct_cli_import_htpasswd(acct_cli_t *cli);
int acct_cli_import_laravel(acct_cli_t *cli);
int acct_cli_import_status(acct_cli_t *cli);
int acct_cli_import_forget(acct_cli_t *cli);
int acct_cli_export_jsonl(acct_cli_t *cli);
int acct_cli_export_django(acct_cli_t *cli);
int acct_cli_export_htpasswd(acct_cli_t *cli);

/**
 * What the options say. Sets the zone of this process (--time-zone).
 * @param batch rows a transaction
 * @return ACCT_EXIT_OK, or another after saying what is wrong
 */
int acct_import_words(acct_cli_t *cli, const char *kind,
                      acct_import_options_t *options, int *batch);

/** What it came to, on standard output: nothing of it a secret.
 *  @param counts out: the same as JSON; @param left_out out: whether rows were
 *         not taken as they are */
int acct_import_summary(acct_cli_t *cli, const acct_import_t *import,
                        const char **counts, int *left_out);

/** --report FILE: a line for each row that is not taken as it is; 0600.
 *  Made by the one who calls, before the database's owner is become.
 *  @param file FILE *; NULL without the option */
int acct_import_report_open(acct_cli_t *cli, void **file);

/** Write it, and close it. */
int acct_import_report(acct_cli_t *cli, const acct_import_t *import,
                       void *file);

/** --prove: ask for one name and password and verify it against what was
 *  read. @return ACCT_EXIT_OK where it is right */
int acct_import_prove(acct_cli_t *cli, const acct_import_t *import);

#endif
