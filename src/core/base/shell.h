/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words of a command that a message tells an operator to paste.
 *
 * No state; safe from any thread.
 */
#ifndef ACCT_SHELL_H
#define ACCT_SHELL_H

#include <apr_pools.h>

/** A text as one word of a POSIX shell: @a text itself where it needs no
 *  quotes, else in @a pool, in single quotes. */
const char *acct_shell_word(const char *text, apr_pool_t *pool);

#endif
