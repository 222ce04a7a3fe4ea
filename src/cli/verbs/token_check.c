/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acctauth token check: whether servers refuse what they never minted
 * without looking it up.
 */
#include "verbs/verbs.h"

#include <stdio.h>
#include <string.h>

#include "token/check_row.h"

static int tell(const acct_check_row_t *row, apr_pool_t *pool)
{
    switch (row->state) {
    case ACCT_CHECK_ON:
        if (row->key_id[0] == '\0') {
            printf("on, in a form that this acctauth does not know\n");
            break;
        }
        printf("on: servers with the key %s refuse what it did not make "
               "without\nlooking it up\n", row->key_id);
        break;
    case ACCT_CHECK_PROMISED:
        printf("not on yet: tokens from before %s are\nstill there; when "
               "they have ended say 'acctauth token check on' again\n",
               acct_cli_time(row->from, pool));
        break;
    case ACCT_CHECK_ENDING:
        printf("about to be off: an 'acctauth token check off' waits, or was "
               "stopped; then say\n'acctauth token check off' again\n");
        break;
    case ACCT_CHECK_OFF:
        printf("off: each token is looked up in the database\n");
        break;
    }
    return ACCT_EXIT_OK;
}

static int turn_on(acct_cli_t *cli)
{
    acct_check_row_t row = { 0 };
    apr_status_t status;

    status = acct_check_begin(&cli->service, &row, cli->pool);
    if (APR_STATUS_IS_NOTFOUND(status)) {
        return acct_cli_fail(cli, ACCT_EXIT_REFUSED, "%s does not say which "
                             "key is its own (it was not made by 'acctauth "
                             "init'), so its tokens cannot be checked",
                             acct_db_describe(&cli->config));
    }
    return status == APR_SUCCESS ? tell(&row, cli->pool)
                                 : acct_cli_database_failed(cli, status);
}

static int turn_off(acct_cli_t *cli)
{
    apr_status_t status = acct_check_end(&cli->service, cli->pool);

    if (status != APR_SUCCESS) {
        return acct_cli_database_failed(cli, status);
    }
    printf("off: each token is looked up in the database; tokens of any "
           "origin may be\nput into it now\n");
    return ACCT_EXIT_OK;
}

static int show(acct_cli_t *cli)
{
    acct_check_row_t row = { 0 };
    apr_status_t status;

    status = acct_check_look(&cli->service, &row, cli->pool);
    return status == APR_SUCCESS ? tell(&row, cli->pool)
                                 : acct_cli_database_failed(cli, status);
}

int acct_cli_token_check(acct_cli_t *cli)
{
    static const struct {
        const char *word;
        int (*run)(acct_cli_t *cli);
    } words[] = {
        { "status", show }, { "on", turn_on }, { "off", turn_off }
    };
    const char *word = cli->nargs > 0 ? cli->args[0] : "status";
    size_t i;
    int how;

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(word, words[i].word) == 0) {
            how = acct_cli_connect(cli);
            return how == ACCT_EXIT_OK ? words[i].run(cli) : how;
        }
    }
    return acct_cli_fail(cli, ACCT_EXIT_USAGE, "token check: on, off or "
                         "status (acctauth token check --help)");
}
