/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is verified in the place of a hash that is not there: a dummy of a kind
 * and cost that stored hashes have (password/password_mix.h). What they have
 * is read now and then, a bounded sample of it, and shared by the threads of a
 * process. The key by which names are given kinds is a row of meta, made by
 * the first sign-in: so all servers of a database, before and after a restart,
 * give a name the same kind, and whoever can read the key can read the names
 * too.
 */
#ifndef ACCT_ACCOUNT_DUMMY_H
#define ACCT_ACCOUNT_DUMMY_H

#include <apr_pools.h>
#include "base/service.h"
#include "database/database.h"
#include "limit/subject.h"
#include "password/password.h"
#include "password/password_mix.h"

typedef struct acct_dummies_t acct_dummies_t;

/** Make it for a database. @param pool has it for as long as threads may
 *  use it; not used by them */
apr_status_t acct_dummies_make(acct_dummies_t **dummies, apr_pool_t *pool);

/** How long what was read is believed, in microseconds. */
#define ACCT_DUMMIES_AGE apr_time_from_sec(10)

/**
 * The dummy for a name, whether or not there is such an account: to be
 * called before that is known, so that it takes all names as long. Any
 * thread; holds no connection when it returns, and may have waited for one.
 * @param name  in canonical form; NULL: it has none
 * @param dummy out, in @a pool; the service's own where it keeps no mix, or
 *        no account has a hash that can be verified
 * @return another than APR_SUCCESS when it cannot be known now
 */
apr_status_t acct_dummy_for(const acct_service_t *service, const char *name,
                            const char **dummy, apr_pool_t *pool);

#define ACCT_NAMES_KEY_BYTES ACCT_MIX_KEY_BYTES

/** The database's key for what is made of names: the same row of meta, and
 *  zeros where the service keeps no mix. As acct_dummy_for(). */
apr_status_t acct_names_key(const acct_service_t *service,
                            unsigned char key[ACCT_NAMES_KEY_BYTES],
                            apr_pool_t *pool);

/** The key that attempts are counted under where no key file is configured,
 *  read by a connection of the caller's. APR_NOTFOUND: nobody has signed in
 *  yet, and there is none. */
apr_status_t acct_names_limit_key(acct_db_t *db, acct_limit_key_t *key,
                                  apr_pool_t *pool);

#endif
