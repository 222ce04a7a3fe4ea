/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom a server trusts with its files (base/file_safety.h): root, the user
 * that its children run as, and the owner of a database.
 */
#ifndef ACCT_TRUSTED_H
#define ACCT_TRUSTED_H

#include <apr_pools.h>

#include "base/file_safety.h"

/** All users' groups, as the system's lists of users and groups have them now,
 *  in @a pconf. Parent, while it has one thread. */
const acct_trusted_t *acct_trusted_make(apr_pool_t *pconf);

/** The same for the database @a path: its owner is trusted, too. */
acct_trusted_t acct_trusted_with(const acct_trusted_t *trusted,
                                 const char *path);

/** All that is not right, as a sentence and the commands that end it, in
 *  @a p; NULL when nothing is.
 *  @param owner as of acct_unsafe_remedy() */
const char *acct_trusted_complaint(const acct_trusted_t *trusted,
                                   const char *path, acct_secret_e kind,
                                   const char *owner, apr_pool_t *p);

#endif
