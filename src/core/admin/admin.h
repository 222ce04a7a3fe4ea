/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The room of what an operator does to accounts, by the command. The same
 * rules and the same transactions as the operations of account/account.h. It
 * may use every other room of the core.
 *
 * The files:
 *   admin.c           accounts made, found, blocked and deleted; tokens ended
 *   account_set.c     what else an operator changes of an account, and asks
 *   account_check.c   what is wrong with what an operator says of one
 */
#ifndef ACCT_ACCOUNT_ADMIN_H
#define ACCT_ACCOUNT_ADMIN_H

#include "base/service.h"
#include "store/store.h"

/* Each ends tokens in the same transaction where it says so.
 * APR_NOTFOUND: no such account. */

/** Make an account. Exactly the checks of acct_register without a form.
 *  @param account username, email, names, is_staff, email_verified_at; id is
 *         filled in
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

/** Block (ends all tokens and links), or unblock: APR_EINVAL where the account
 *  is pending, which is for acct_account_activate(). */
apr_status_t acct_account_set_blocked(const acct_service_t *service,
                                      apr_int64_t account, int blocked,
                                      apr_pool_t *pool);

/** Set the password; ends all tokens and links.
 *  @param problem on APR_EINVAL what is wrong with it, in @a pool */
apr_status_t acct_account_set_password(const acct_service_t *service,
                                       const acct_account_t *account,
                                       const char *password,
                                       const char **problem,
                                       apr_pool_t *pool);

/** End the account's second factor, or the secret that is yet to be confirmed,
 *  and its recovery codes, with all tokens and links. APR_EINVAL: it has
 *  none. */
apr_status_t acct_account_totp_reset(const acct_service_t *service,
                                     apr_int64_t account, apr_pool_t *pool);

/** Delete the account and its tokens; its name is held (acct_name_hold()). */
apr_status_t acct_account_delete(const acct_service_t *service,
                                 apr_int64_t account, apr_pool_t *pool);

/** Activate an account that is pending; APR_EINVAL where it is not. */
apr_status_t acct_account_activate(const acct_service_t *service,
                                   apr_int64_t account, apr_pool_t *pool);

/* What is to be changed of an account. */
typedef struct acct_account_set_t {
    const char *username;       /* NULL: as it is; "": none */
    const char *email;          /* likewise */
    const char *first_name;     /* NULL: as it is */
    const char *last_name;
    int is_staff;               /* -1: as it is */
    int is_verified;            /* whether the address is; -1: as it is, and a
                                 * new one is */
} acct_account_set_t;

/**
 * Change an account, all or nothing. Its tokens live on, and servers ask for
 * them once more. A name that it had is held; another address ends its links.
 * @param problem on APR_EINVAL / APR_EEXIST what is wrong, in @a pool
 */
apr_status_t acct_account_set(const acct_service_t *service,
                              apr_int64_t account,
                              const acct_account_set_t *set,
                              const char **problem, apr_pool_t *pool);

/** The addresses of all accounts that are not pending are verified.
 *  @param count how many were not before */
apr_status_t acct_account_verify_all(const acct_service_t *service,
                                     apr_int64_t *count, apr_pool_t *pool);

/** Free a name that is held, by what an operator types; APR_NOTFOUND: it is
 *  not. */
apr_status_t acct_account_release(const acct_service_t *service,
                                  const char *name, apr_pool_t *pool);

/** Whether a password is the account's. Counts as no try, and changes
 *  nothing. APR_EINVAL: its hash cannot be verified. */
apr_status_t acct_account_verify_password(const acct_service_t *service,
                                          const acct_account_t *account,
                                          const char *password, int *is_right,
                                          apr_pool_t *pool);

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
