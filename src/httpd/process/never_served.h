/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Databases with their journals, keys and files of connection strings are
 * never handed out, whatever led a request to one: a link, a rewrite rule,
 * a user's folder, an included part, another method. What a request is
 * about to serve is compared by device and inode.
 *
 * What they are now is looked up once a second in each child, and at once
 * for a file that none but the children may read: journals come and go.
 */
#ifndef ACCT_NEVER_SERVED_H
#define ACCT_NEVER_SERVED_H

#include <httpd.h>

/** Note a file while the configuration is checked. Parent.
 *  @param with_journals whether sqlite's files beside it are meant too */
void acct_never_served_add(server_rec *main_server, const char *path,
                           int with_journals, apr_pool_t *pconf);

/** Hooks child_init and handler. */
void acct_never_served_hooks(void);

#endif
