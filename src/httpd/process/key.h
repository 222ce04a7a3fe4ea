/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key files' keys, read by the parent and used by the children: between
 * the two they lie in a segment (memory/segment.h), so that no process has one
 * in its memory that is not a child of the MPM's.
 */
#ifndef ACCT_KEY_H
#define ACCT_KEY_H

#include <httpd.h>

#include "token/token.h"

/**
 * Read a key file, once for each configuration.
 * @param key   in @a pconf: the key's ids alone, until a child fills the
 *              rest in
 * @param error on failure, what is wrong and what to do, in @a ptemp
 * @return as acct_key_read(), or that there is no memory for it
 * Parent, while it reads the configuration.
 */
apr_status_t acct_keys_read(const char *path, const acct_key_t **key,
                            apr_pool_t *pconf, apr_pool_t *ptemp,
                            const char **error);

/** Get a hold of the keys; drop_privileges. */
apr_status_t acct_keys_enter(server_rec *main_server);

/** Fill the keys in; child_init. Where that fails none of them may be
 *  used. */
apr_status_t acct_keys_child_init(server_rec *main_server);

#endif
