/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operator does to accounts, by the command. The same rules and
 * the same transactions as the operations of account/account.h.
 */
#ifndef ACCT_ACCOUNT_ADMIN_H
#define ACCT_ACCOUNT_ADMIN_H

#include "base/service.h"
#include "store/store.h"

/* Each ends tokens in the same transaction where it says so.
 * APR_NOTFOUND: no such account. */

/** Make an account. Exactly the checks of acct_register without a form.
 *  @param account username, email, names, is_staff; id is filled in
 *  @param problem on APR_EINVAL / APR_EEXIST what is wrong, in @a pool */
apr_status_t acct_account_add(const acct_service_t *service,
                              acct_account_t *account,
                              const char *password, const char **problem,
                              apr_pool_t *pool);

/** Find an account by what an operator types: id as "#12", a username, an
 *  email address. */
apr_status_t acct_account_find(const acct_service_t *service,
                               const char *name, acct_account_t *account,
                               apr_pool_t *pool);

/** Block (ends all tokens) or unblock. */
apr_status_t acct_account_set_blocked(const acct_service_t *service,
                                      apr_int64_t account, int blocked,
                                      apr_pool_t *pool);

/** Set the password; ends all tokens.
 *  @param problem on APR_EINVAL what is wrong with it, in @a pool */
apr_status_t acct_account_set_password(const acct_service_t *service,
                                       const acct_account_t *account,
                                       const char *password,
                                       const char **problem,
                                       apr_pool_t *pool);

/** Delete the account and its tokens. */
apr_status_t acct_account_delete(const acct_service_t *service,
                                 apr_int64_t account, apr_pool_t *pool);

/** End one token by its public id (APR_NOTFOUND), or all of an account
 *  (id NULL). @param ended how many; may be NULL */
apr_status_t acct_account_revoke(const acct_service_t *service,
                                 apr_int64_t account, const char *token_id,
                                 int *ended, apr_pool_t *pool);

/** End all tokens of all accounts, in one transaction; servers learn of it
 *  as of any other revocation.
 *  @param tokens, accounts how many there were */
apr_status_t acct_account_revoke_everyone(const acct_service_t *service,
                                          apr_int64_t *tokens,
                                          apr_int64_t *accounts,
                                          apr_pool_t *pool);

#endif
