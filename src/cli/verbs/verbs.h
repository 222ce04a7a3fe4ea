/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verbs of the command, and what they share. This room uses src/core and
 * all of src/cli.
 *   acctauth.c      main()
 *   verbs.c         the table of all verbs
 *   user.c          user add, list, show, block, unblock, passwd, delete
 *   user_set.c      user set, activate, totp-reset, release, verify
 *   tokens.c        token list, revoke
 *   token_check.c   token check
 *   limit_verbs.c   limit list, clear
 *   mail_verbs.c    mail list, run, test
 *   link_verbs.c    link make
 *   dialects.c      dialect check
 * Those of init and upgrade are in their rooms.
 */
#ifndef ACCT_CLI_VERBS_H
#define ACCT_CLI_VERBS_H

#include "configuration/configuration.h"
#include "console/cli.h"

/** The table; its last row has no name. */
extern const acct_cli_verb_t acct_cli_verbs[];

int acct_cli_user_add(acct_cli_t *cli);
int acct_cli_user_list(acct_cli_t *cli);
int acct_cli_user_show(acct_cli_t *cli);
int acct_cli_user_block(acct_cli_t *cli);
int acct_cli_user_unblock(acct_cli_t *cli);
int acct_cli_user_passwd(acct_cli_t *cli);
int acct_cli_user_delete(acct_cli_t *cli);
int acct_cli_user_set(acct_cli_t *cli);
int acct_cli_user_activate(acct_cli_t *cli);
int acct_cli_user_release(acct_cli_t *cli);
int acct_cli_user_verify(acct_cli_t *cli);
int acct_cli_user_totp_reset(acct_cli_t *cli);
int acct_cli_token_list(acct_cli_t *cli);
int acct_cli_token_revoke(acct_cli_t *cli);
int acct_cli_token_check(acct_cli_t *cli);
int acct_cli_limit_list(acct_cli_t *cli);
int acct_cli_limit_clear(acct_cli_t *cli);
int acct_cli_dialect_check(acct_cli_t *cli);
int acct_cli_mail_list(acct_cli_t *cli);
int acct_cli_mail_run(acct_cli_t *cli);
int acct_cli_mail_test(acct_cli_t *cli);
int acct_cli_link_make(acct_cli_t *cli);

/**
 * Open the database and find the account that the first word names.
 * @return ACCT_EXIT_OK, or another after saying what is wrong
 */
int acct_cli_find(acct_cli_t *cli, acct_account_t *account);

/** How an account is called in messages: its username or address, and
 *  its id. */
const char *acct_cli_name(const acct_account_t *account, apr_pool_t *pool);

#endif
