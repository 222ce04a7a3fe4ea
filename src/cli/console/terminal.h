/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ACCT_CLI_TERMINAL_H
#define ACCT_CLI_TERMINAL_H

#include <apr_errno.h>
#include <stddef.h>

/**
 * Ask for a line on the terminal without echo. Ctrl-C and the like do what
 * they do elsewhere, and the terminal is as it was whichever way this ends:
 * a signal that ends the process takes effect once it is; one that stops it
 * does as well, and when it goes on it asks again.
 * @param text what to ask
 * @param line without its end; a byte more than fits says that it is too
 *             long for @a size - 1. Wiped by the caller
 * @param size of @a line, with room for the NUL
 * @return APR_EOF: the end of input instead of a line; another: there is no
 *         terminal
 */
apr_status_t acct_terminal_ask(const char *text, char *line, size_t size);

#endif
