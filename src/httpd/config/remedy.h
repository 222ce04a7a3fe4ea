/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands that messages tell an operator to paste.
 */
#ifndef ACCT_REMEDY_H
#define ACCT_REMEDY_H

#include <httpd.h>

#include "config/config.h"

/** The user that httpd's children run as, for chown; NULL where the server
 *  does not change to another. */
const char *acct_remedy_user(void);

/** Whose a database's file should be: that user's, or the user's that runs the
 *  server. Valid until the next call that looks up a user; parent. */
const char *acct_remedy_owner(void);

/** The command that makes a server's database and its key: their folders
 *  too, and what lies in the key's place is moved away. In @a p. */
const char *acct_remedy_remake(const acct_server_conf_t *conf,
                               apr_pool_t *p);

#endif
