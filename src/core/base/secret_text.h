/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that holds a secret as a text: a connection string, a password.
 *
 * No state; safe from any thread.
 */
#ifndef ACCT_SECRET_TEXT_H
#define ACCT_SECRET_TEXT_H

#include <apr_pools.h>

/**
 * Read the file: a plain one, of root's or of the user that runs this, that
 * no other user can read. Never waits.
 * @param path  absolute
 * @param most  bytes that it may have
 * @param text  out, on APR_SUCCESS: NUL-terminated, in @a pool and the
 *              caller's to change; secret
 * @param error out otherwise: what is wrong, and where a command ends it
 *              that command; in @a pool, shows nothing of the text
 */
apr_status_t acct_secret_text_read(const char *path, apr_size_t most,
                                   char **text, const char **error,
                                   apr_pool_t *pool);

#endif
