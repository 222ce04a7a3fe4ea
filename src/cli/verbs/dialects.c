/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acctauth dialect …
 */
#include "verbs/verbs.h"

#include <apr_tables.h>
#include <stdio.h>

#include "account/operations.h"
#include "dialect/dialect.h"

static void print_lines(const acct_cli_t *cli, const char *what,
                        const apr_array_header_t *lines)
{
    int i;

    for (i = 0; lines != NULL && i < lines->nelts; i++) {
        fflush(stdout);
        fprintf(stderr, "%s%s\n", what, acct_cli_visible(
            APR_ARRAY_IDX(lines, i, const char *), cli->pool));
    }
}

/* What is wrong with one file, as many lines as there are mistakes. */
static int check_file(const acct_cli_t *cli, const char *file)
{
    const acct_dialect_t *dialect = NULL;
    apr_array_header_t *errors = NULL;
    apr_status_t status;

    status = acct_dialect_load(file, &acct_operations, &dialect, &errors,
                               cli->pool);
    print_lines(cli, "", errors);
    if (status == APR_SUCCESS) {
        print_lines(cli, "warning: ", dialect->warnings);
        printf("%s: ok (a running server takes it up when it is reloaded)\n",
               acct_cli_visible(file, cli->pool));
        return ACCT_EXIT_OK;
    }
    if (errors == NULL || errors->nelts == 0) {
        acct_cli_fail(cli, ACCT_EXIT_FAILED, "%s: cannot be read", file);
    }
    return status == APR_EINVAL ? ACCT_EXIT_REFUSED : ACCT_EXIT_FAILED;
}

int acct_cli_dialect_check(acct_cli_t *cli)
{
    int worst = ACCT_EXIT_OK;
    int i;

    for (i = 0; i < cli->nargs; i++) {
        int how = check_file(cli, cli->args[i]);

        worst = how > worst ? how : worst;
    }
    return worst;
}
