/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What changes of an account. See store/store.h for what holds for all
 * functions.
 */
#ifndef ACCT_ACCOUNT_CHANGES_H
#define ACCT_ACCOUNT_CHANGES_H

#include <apr_pools.h>
#include <apr_time.h>
#include "database/database.h"

/* Each APR_NOTFOUND when the account is gone. */

/** Block it (0) or not. It is not pending any more. */
apr_status_t acct_store_account_set_active(acct_db_t *db, apr_int64_t id,
                                           int is_active, apr_pool_t *pool);
apr_status_t acct_store_account_set_last_login(acct_db_t *db,
                                               apr_int64_t id,
                                               apr_time_t when,
                                               apr_pool_t *pool);

/** Activate it; APR_NOTFOUND when it is not pending. */
apr_status_t acct_store_account_activate(acct_db_t *db, apr_int64_t id,
                                         apr_pool_t *pool);

/**
 * Give it another name, or another address, or none (NULL). In a transaction
 * that has the account locked. What was to be the next address is dropped
 * with a new one.
 * @param verified_at of the address; 0: it is not
 * @return APR_EEXIST when it is taken, or held for another account, or the
 *         account is gone: roll back
 */
apr_status_t acct_store_account_set_username(acct_db_t *db, apr_int64_t id,
                                             const char *username,
                                             const char *key,
                                             apr_pool_t *pool);
apr_status_t acct_store_account_set_email(acct_db_t *db, apr_int64_t id,
                                          const char *email, const char *key,
                                          apr_time_t verified_at,
                                          apr_pool_t *pool);

/** The address that it is to have once that is verified; NULL: none. */
apr_status_t acct_store_account_set_email_pending(acct_db_t *db,
                                                  apr_int64_t id,
                                                  const char *email,
                                                  const char *key,
                                                  apr_pool_t *pool);

/** When the address was verified (0: not); APR_NOTFOUND when the account has
 *  another one by now. */
apr_status_t acct_store_account_set_verified(acct_db_t *db, apr_int64_t id,
                                             const char *email_key,
                                             apr_time_t when,
                                             apr_pool_t *pool);

/** The same of all accounts that are not pending and whose address is not.
 *  Looks at all of them; for the command.
 *  @param count how many there were */
apr_status_t acct_store_verify_all(acct_db_t *db, apr_time_t when,
                                   apr_int64_t *count, apr_pool_t *pool);
apr_status_t acct_store_account_set_names(acct_db_t *db, apr_int64_t id,
                                          const char *first_name,
                                          const char *last_name,
                                          apr_pool_t *pool);
apr_status_t acct_store_account_set_staff(acct_db_t *db, apr_int64_t id,
                                          int is_staff, apr_pool_t *pool);

/** Another password, changed at @a when, if it still is @a old (NULL:
 *  whatever it is).
 *  @return APR_NOTFOUND when it is not, or the account is gone. */
apr_status_t acct_store_account_change_password(acct_db_t *db,
                                                apr_int64_t id,
                                                const char *old,
                                                const char *hash,
                                                apr_time_t when,
                                                apr_pool_t *pool);

/** Another hash of the same password, with the same result. */
apr_status_t acct_store_account_set_password(acct_db_t *db, apr_int64_t id,
                                             const char *old,
                                             const char *hash,
                                             apr_pool_t *pool);

#endif
