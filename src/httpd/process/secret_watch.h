/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that only root may read: keys and connection strings. Children
 * cannot look at them, so a thread of the parent does, every second, and
 * reloads the server when one that could not be used can be, or when one
 * that is in use is not safe any more (and closes what needs it, with the
 * check of that reload).
 *
 * That thread asks the kernel and calls nothing else that has a lock or
 * memory of its own: the parent forks at any moment.
 */
#ifndef ACCT_SECRET_WATCH_H
#define ACCT_SECRET_WATCH_H

#include <httpd.h>

#include "base/file_safety.h"

/**
 * Look at a file while the configuration is checked, and from then on.
 * @param trusted whom it may belong to; its lists live as long as @a pconf
 * @param unsafe  what is wrong with it and which commands end it, in
 *                @a pconf
 * @return 1 when it is safe, or is not there
 */
int acct_secret_watch_add(server_rec *main_server, const char *path,
                          const acct_trusted_t *trusted,
                          const char **unsafe, apr_pool_t *pconf);

/** That what is in it is used now. One that is not is waited for. */
void acct_secret_watch_used(server_rec *main_server, const char *path,
                            int is_used);

/** That it could not be found out whether a key is the database's: once it is
 *  another file it is tried anew. */
void acct_secret_watch_unproven(server_rec *main_server, const char *path);

/** Hook post_config. */
void acct_secret_watch_hooks(void);

#endif
