/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acctauth user set, activate, totp-reset, release, verify
 */
#include "verbs/verbs.h"

#include <openssl/crypto.h>
#include <stdio.h>

static int has(const acct_cli_t *cli, unsigned int option)
{
    return (cli->given & option) != 0;
}

/* What stands in an account's row; see options.c. */
#define MEMBERS (ACCT_OPT_EMAIL | ACCT_OPT_USERNAME | ACCT_OPT_FIRST_NAME \
                 | ACCT_OPT_LAST_NAME | ACCT_OPT_STAFF | ACCT_OPT_NO_STAFF \
                 | ACCT_OPT_VERIFIED | ACCT_OPT_UNVERIFIED)

/* ------------------------------------------------------------------- set */

static int check_set(const acct_cli_t *cli)
{
    if (has(cli, ACCT_OPT_ALL)) {
        return cli->nargs == 0
            && (cli->given & MEMBERS) == ACCT_OPT_VERIFIED ? ACCT_EXIT_OK
            : acct_cli_fail(cli, ACCT_EXIT_USAGE, "--all goes with "
                            "--verified alone");
    }
    if (cli->nargs == 0) {
        return acct_cli_fail(cli, ACCT_EXIT_USAGE, "which NAME? Or use "
                             "--all --verified");
    }
    if (!has(cli, MEMBERS)) {
        return acct_cli_fail(cli, ACCT_EXIT_USAGE, "nothing is to be set "
                             "(acctauth user set --help)");
    }
    if (has(cli, ACCT_OPT_STAFF) && has(cli, ACCT_OPT_NO_STAFF)) {
        return acct_cli_fail(cli, ACCT_EXIT_USAGE, "give either --staff or "
                             "--no-staff");
    }
    return has(cli, ACCT_OPT_VERIFIED) && has(cli, ACCT_OPT_UNVERIFIED)
        ? acct_cli_fail(cli, ACCT_EXIT_USAGE, "give either --verified or "
                        "--unverified")
        : ACCT_EXIT_OK;
}

/* 1, 0, or -1 where neither was given. */
static int choice(const acct_cli_t *cli, unsigned int yes, unsigned int no)
{
    return has(cli, yes) ? 1 : has(cli, no) ? 0 : -1;
}

static int set_all(acct_cli_t *cli)
{
    apr_int64_t count = 0;
    apr_status_t status;
    int how = acct_cli_connect(cli);

    if (how != ACCT_EXIT_OK) {
        return how;
    }
    status = acct_account_verify_all(&cli->service, &count, cli->pool);
    if (status != APR_SUCCESS) {
        return acct_cli_database_failed(cli, status);
    }
    printf("%" APR_INT64_T_FMT " address%s verified now\n", count,
           count == 1 ? " is" : "es are");
    return ACCT_EXIT_OK;
}

int acct_cli_user_set(acct_cli_t *cli)
{
    acct_account_t account = { 0 };
    const char *problem = NULL;
    acct_account_set_t set = {
        .username = acct_cli_value(cli, ACCT_OPT_USERNAME),
        .email = acct_cli_value(cli, ACCT_OPT_EMAIL),
        .first_name = acct_cli_value(cli, ACCT_OPT_FIRST_NAME),
        .last_name = acct_cli_value(cli, ACCT_OPT_LAST_NAME),
        .is_staff = choice(cli, ACCT_OPT_STAFF, ACCT_OPT_NO_STAFF),
        .is_verified = choice(cli, ACCT_OPT_VERIFIED, ACCT_OPT_UNVERIFIED)
    };
    apr_status_t status;
    int how = check_set(cli);

    if (how == ACCT_EXIT_OK && has(cli, ACCT_OPT_ALL)) {
        return set_all(cli);
    }
    if (how == ACCT_EXIT_OK) {
        how = acct_cli_find(cli, &account);
    }
    if (how != ACCT_EXIT_OK) {
        return how;
    }
    status = acct_account_set(&cli->service, account.id, &set, &problem,
                              cli->pool);
    if (problem != NULL) {
        return acct_cli_fail(cli, ACCT_EXIT_REFUSED, "%s", problem);
    }
    if (APR_STATUS_IS_NOTFOUND(status)) {
        return acct_cli_fail(cli, ACCT_EXIT_REFUSED, "no account \"%s\"",
                             cli->args[0]);
    }
    if (status != APR_SUCCESS) {
        return acct_cli_database_failed(cli, status);
    }
    printf("changed %s\n", acct_cli_name(&account, cli->pool));
    return ACCT_EXIT_OK;
}

/* -------------------------------------------------------------- activate */

int acct_cli_user_activate(acct_cli_t *cli)
{
    acct_account_t account = { 0 };
    apr_status_t status;
    int how = acct_cli_find(cli, &account);

    if (how != ACCT_EXIT_OK) {
        return how;
    }
    status = acct_account_activate(&cli->service, account.id, cli->pool);
    if (APR_STATUS_IS_EINVAL(status)) {
        return acct_cli_fail(cli, ACCT_EXIT_REFUSED, "%s is %s, not pending",
                             acct_cli_name(&account, cli->pool),
                             acct_state_name(acct_account_state(&account)));
    }
    if (APR_STATUS_IS_NOTFOUND(status)) {
        return acct_cli_fail(cli, ACCT_EXIT_REFUSED, "no account \"%s\"",
                             cli->args[0]);
    }
    if (status != APR_SUCCESS) {
        return acct_cli_database_failed(cli, status);
    }
    printf("activated %s\n", acct_cli_name(&account, cli->pool));
    return ACCT_EXIT_OK;
}

/* ------------------------------------------------------------ totp-reset */

int acct_cli_user_totp_reset(acct_cli_t *cli)
{
    acct_account_t account = { 0 };
    apr_status_t status;
    int how = acct_cli_find(cli, &account);

    if (how != ACCT_EXIT_OK) {
        return how;
    }
    status = acct_account_totp_reset(&cli->service, account.id, cli->pool);
    if (APR_STATUS_IS_EINVAL(status)) {
        return acct_cli_fail(cli, ACCT_EXIT_REFUSED, "%s has no second "
                             "factor", acct_cli_name(&account, cli->pool));
    }
    if (APR_STATUS_IS_NOTFOUND(status)) {
        return acct_cli_fail(cli, ACCT_EXIT_REFUSED, "no account \"%s\"",
                             cli->args[0]);
    }
    if (status != APR_SUCCESS) {
        return acct_cli_database_failed(cli, status);
    }
    printf("ended the second factor of %s",
           acct_cli_name(&account, cli->pool));
    return acct_cli_tokens_ended(cli, "; its tokens are ended");
}

/* --------------------------------------------------------------- release */

int acct_cli_user_release(acct_cli_t *cli)
{
    apr_status_t status;
    int how = acct_cli_connect(cli);

    if (how != ACCT_EXIT_OK) {
        return how;
    }
    status = acct_account_release(&cli->service, cli->args[0], cli->pool);
    if (APR_STATUS_IS_NOTFOUND(status)) {
        return acct_cli_fail(cli, ACCT_EXIT_REFUSED, "\"%s\" is not held",
                             acct_cli_visible(cli->args[0], cli->pool));
    }
    if (status != APR_SUCCESS) {
        return acct_cli_database_failed(cli, status);
    }
    printf("released %s\n", acct_cli_visible(cli->args[0], cli->pool));
    return ACCT_EXIT_OK;
}

/* ---------------------------------------------------------------- verify */

int acct_cli_user_verify(acct_cli_t *cli)
{
    char password[ACCT_CLI_PASSWORD_SIZE] = "";
    acct_account_t account = { 0 };
    apr_status_t status;
    int is_right = 0;
    int how = has(cli, ACCT_OPT_PASSWORD_STDIN)
        ? acct_cli_find(cli, &account)
        : acct_cli_fail(cli, ACCT_EXIT_USAGE, "user verify needs "
                        "--password-stdin");

    if (how == ACCT_EXIT_OK) {
        how = acct_cli_ask_password(cli, password);
    }
    if (how != ACCT_EXIT_OK) {
        return how;
    }
    status = acct_account_verify_password(&cli->service, &account, password,
                                          &is_right, cli->pool);
    OPENSSL_cleanse(password, sizeof(password));
    if (APR_STATUS_IS_EINVAL(status)) {
        return acct_cli_fail(cli, ACCT_EXIT_REFUSED, "the stored password of "
                             "%s is of no form that can be verified",
                             acct_cli_name(&account, cli->pool));
    }
    if (status != APR_SUCCESS) {
        return acct_cli_fail(cli, ACCT_EXIT_FAILED, "out of memory");
    }
    printf("the password is %s\n", is_right ? "right" : "wrong");
    return is_right ? ACCT_EXIT_OK : ACCT_EXIT_REFUSED;
}
