/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was ended in the database is believed by running servers for as long
 * as AcctAuthRevocationBound says, unless they look before.
 */
#include "console/cli.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define LONGEST 3600            /* seconds */

static double wait_seconds(const acct_cli_t *cli)
{
    const char *text = acct_cli_value(cli, ACCT_OPT_WAIT);
    char *end;
    double seconds;

    if (text == NULL) {
        return 0;
    }
    seconds = strtod(text, &end);
    return end == text || *end != '\0' || !isfinite(seconds) || seconds < 0
        || seconds > LONGEST ? -1 : seconds;
}

int acct_cli_check_wait(const acct_cli_t *cli)
{
    return wait_seconds(cli) >= 0 ? ACCT_EXIT_OK
        : acct_cli_fail(cli, ACCT_EXIT_USAGE, "--wait=%s: write seconds, 0 "
                        "to %d, such as --wait=2.5",
                        acct_cli_value(cli, ACCT_OPT_WAIT), LONGEST);
}

int acct_cli_tokens_ended(const acct_cli_t *cli, const char *done)
{
    if (cli->given & ACCT_OPT_WAIT) {
        fflush(stdout);         /* what is done is said before it waits */
        apr_sleep((apr_interval_time_t)(wait_seconds(cli)
                                        * (double)APR_USEC_PER_SEC));
        printf("%s\n", done);
    }
    else {
        printf("%s; servers follow within 2 s (AcctAuthRevocationBound; "
               "--wait waits for it)\n", done);
    }
    return ACCT_EXIT_OK;
}
