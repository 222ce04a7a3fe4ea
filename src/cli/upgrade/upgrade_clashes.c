/* SPDX-License-Identifier: Apache-2.0 */
/* Several accounts that claim one key; see upgrade.h. */
#include "upgrade/upgrade.h"

#include <stdio.h>

static void print_claim(const acct_cli_t *cli, const acct_claim_t *claim)
{
    const char *when = acct_cli_time(claim->created_at, cli->pool);

    printf("  #%" APR_INT64_T_FMT " has the %s %s since %s: ",
           claim->account, claim->is_address ? "address" : "name",
           acct_cli_visible(claim->text, cli->pool),
           when != NULL ? when : "it was made");
    if (!claim->is_lost) {
        printf("keeps it\n");
    }
    else if (claim->is_address) {
        printf("loses it\n");
    }
    else {
        printf("keeps it to show, and signs in as #%" APR_INT64_T_FMT
               "\n", claim->account);
    }
}

void acct_upgrade_print_clashes(const acct_cli_t *cli,
                                const acct_rekey_t *rekey)
{
    for (int i = 0; i < rekey->clashes->nelts; i++) {
        const acct_clash_t *clash = APR_ARRAY_IDX(rekey->clashes, i,
                                                  acct_clash_t *);

        printf("%s is one name now:\n",
               acct_cli_visible(clash->key, cli->pool));
        for (int j = 0; j < clash->claims->nelts; j++) {
            print_claim(cli, APR_ARRAY_IDX(clash->claims, j,
                                           acct_claim_t *));
        }
    }
}
