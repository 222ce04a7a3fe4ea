/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passwords: from standard input or the terminal, never from arguments.
 */
#include "console/cli.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "console/terminal.h"

/* Up to ACCT_CLI_PASSWORD_SIZE bytes. Without stdio, whose buffer would keep
 * a copy. @return how many, or -1 and errno */
static ssize_t read_all(char *buffer)
{
    size_t length = 0;
    ssize_t count = 1;

    while (count != 0 && length < ACCT_CLI_PASSWORD_SIZE) {
        count = read(STDIN_FILENO, buffer + length,
                     ACCT_CLI_PASSWORD_SIZE - length);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return -1;
        }
        length += (size_t)count;
        if (isatty(STDIN_FILENO) && memchr(buffer, '\n', length) != NULL) {
            break;              /* a terminal sends no end of file by itself */
        }
    }
    return (ssize_t)length;
}

/* The first line's length, without its end, be it of Unix or of Windows.
 * @param more whether something follows it */
static size_t take_line(const char *text, size_t length, int *more)
{
    const char *end = memchr(text, '\n', length);

    *more = end != NULL && end + 1 != text + length;
    if (end == NULL) {
        return length;
    }
    return (size_t)(end - text) - (end > text && end[-1] == '\r');
}

/* A second line is no part of the password, and whoever wrote it may think
 * that it is. */
static int read_line(const acct_cli_t *cli, char *password)
{
    ssize_t got = read_all(password);
    size_t length;
    int more;

    if (got < 0) {
        return acct_cli_fail(cli, ACCT_EXIT_FAILED, "cannot read the "
                             "password from standard input");
    }
    length = take_line(password, (size_t)got, &more);
    if (length > ACCT_PASSWORD_MAX) {
        return acct_cli_fail(cli, ACCT_EXIT_REFUSED,
                             "the password is longer than %d bytes",
                             ACCT_PASSWORD_MAX);
    }
    if (more) {
        return acct_cli_fail(cli, ACCT_EXIT_REFUSED, "standard input holds "
                             "more than one line: write the password as one");
    }
    if (memchr(password, '\0', length) != NULL) {
        return acct_cli_fail(cli, ACCT_EXIT_REFUSED,
                             "the password holds a null character");
    }
    password[length] = '\0';
    return ACCT_EXIT_OK;
}

static int ask(const acct_cli_t *cli, const char *text, char *password)
{
    apr_status_t status = acct_terminal_ask(text, password,
                                            ACCT_CLI_PASSWORD_SIZE);
    size_t length = strnlen(password, ACCT_CLI_PASSWORD_SIZE);

    if (APR_STATUS_IS_EOF(status)) {
        return acct_cli_fail(cli, ACCT_EXIT_REFUSED,
                             "no password: nothing was done");
    }
    if (status != APR_SUCCESS) {
        return acct_cli_fail(cli, ACCT_EXIT_FAILED,
                             "cannot ask for the password: no terminal");
    }
    return length <= ACCT_PASSWORD_MAX ? ACCT_EXIT_OK
        : acct_cli_fail(cli, ACCT_EXIT_REFUSED,
                        "the password is longer than %d bytes",
                        ACCT_PASSWORD_MAX);
}

static int ask_twice(const acct_cli_t *cli, char *password)
{
    char again[ACCT_CLI_PASSWORD_SIZE] = "";
    int how = ask(cli, "Password: ", password);

    if (how == ACCT_EXIT_OK) {
        how = ask(cli, "Password again: ", again);
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
        how = ask_twice(cli, password);
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
