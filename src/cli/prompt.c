/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passwords: from standard input or the terminal, never from arguments.
 */
#include "cli.h"

#include <apr_lib.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <string.h>
#include <unistd.h>

/* The first line. Read without stdio, whose buffer would keep a copy. */
static int read_line(const acct_cli_t *cli, char *password)
{
    size_t length = 0;
    char *end = NULL;

    while (end == NULL && length < ACCT_CLI_PASSWORD_SIZE) {
        ssize_t count = read(STDIN_FILENO, password + length,
                             ACCT_CLI_PASSWORD_SIZE - length);

        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return acct_cli_fail(cli, ACCT_EXIT_FAILED,
                                 "cannot read the password from standard "
                                 "input");
        }
        if (count == 0) {
            break;
        }
        end = memchr(password + length, '\n', (size_t)count);
        length += (size_t)count;
    }
    if (end != NULL) {
        length = (size_t)(end - password);
    }
    if (length > ACCT_PASSWORD_MAX) {
        return acct_cli_fail(cli, ACCT_EXIT_REFUSED,
                             "the password is longer than %d bytes",
                             ACCT_PASSWORD_MAX);
    }
    if (memchr(password, '\0', length) != NULL) {
        return acct_cli_fail(cli, ACCT_EXIT_REFUSED,
                             "the password holds a null character");
    }
    password[length] = '\0';
    return ACCT_EXIT_OK;
}

/* What does not fit is cut off by APR; the room is one byte more than a
 * password may have, so that this shows. */
static int prompt(const acct_cli_t *cli, const char *text, char *password)
{
    apr_size_t size = ACCT_CLI_PASSWORD_SIZE;
    apr_status_t status = apr_password_get(text, password, &size);

    if (status == APR_ENAMETOOLONG
        || (status == APR_SUCCESS && strlen(password) > ACCT_PASSWORD_MAX)) {
        return acct_cli_fail(cli, ACCT_EXIT_REFUSED,
                             "the password is longer than %d bytes",
                             ACCT_PASSWORD_MAX);
    }
    if (status != APR_SUCCESS) {
        return acct_cli_fail(cli, ACCT_EXIT_FAILED,
                             "cannot ask for the password: no terminal");
    }
    return ACCT_EXIT_OK;
}

static int prompt_twice(const acct_cli_t *cli, char *password)
{
    char again[ACCT_CLI_PASSWORD_SIZE] = "";
    int how = prompt(cli, "Password: ", password);

    if (how == ACCT_EXIT_OK) {
        how = prompt(cli, "Password again: ", again);
    }
    if (how == ACCT_EXIT_OK && strcmp(password, again) != 0) {
        how = acct_cli_fail(cli, ACCT_EXIT_REFUSED,
                            "the two passwords are not the same");
    }
    OPENSSL_cleanse(again, sizeof(again));
    return how;
}

int acct_cli_ask_password(const acct_cli_t *cli,
                          char password[ACCT_CLI_PASSWORD_SIZE])
{
    int how;

    if (cli->given & ACCT_OPT_PASSWORD_STDIN) {
        how = read_line(cli, password);
    }
    else if (isatty(STDIN_FILENO)) {
        how = prompt_twice(cli, password);
    }
    else {
        how = acct_cli_fail(cli, ACCT_EXIT_USAGE,
                            "standard input is no terminal: use "
                            "--password-stdin");
    }
    if (how != ACCT_EXIT_OK) {
        OPENSSL_cleanse(password, ACCT_CLI_PASSWORD_SIZE);
    }
    return how;
}
