/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether an account may have what was asked for it: names that no other has,
 * a password that keeps the site's rules. For who signs up, and for the
 * operator.
 */
#ifndef ACCT_ADMISSION_H
#define ACCT_ADMISSION_H

#include <apr_pools.h>
#include "credential/credential.h"
#include "base/outcome.h"
#include "base/service.h"
#include "store/store.h"

/**
 * Which of an account's names another one has, as a name or as an address.
 * In a unit of work of its own: by the time the caller writes, the unique
 * indexes decide.
 * @param account with its keys
 * @return what the database did not do; APR_SUCCESS where there is no name
 */
apr_status_t acct_names_taken(const acct_service_t *service,
                              const acct_account_t *account,
                              int *username_taken, int *email_taken,
                              apr_pool_t *pool);

/**
 * In the transaction in which an account gives up the name that requests call
 * it by (its username, or its address where it has none): hold it, for as long
 * as the service says. The name of an account that was never activated is no
 * request's, and is not held.
 * @param account as it is locked
 */
apr_status_t acct_name_hold(const acct_service_t *service, acct_db_t *db,
                            const acct_account_t *account, apr_pool_t *pool);

/** The same where it changes name or address: held is the name that it was
 *  called by, if it is called by another one with the new keys (NULL: it has
 *  none). */
apr_status_t acct_name_change(const acct_service_t *service, acct_db_t *db,
                              const acct_account_t *account,
                              const char *username_key,
                              const char *email_key, apr_pool_t *pool);

/**
 * Judge a new password by the service's rules, comparing it with the
 * account's own names.
 * @param account NULL: likeness to one is not looked at
 * @param like    what of the account it is too similar to; untouched where it
 *                is not
 * @return the set (ACCT_PROBLEM_BIT) of what is wrong with it; 0 when it
 *         keeps the rules, or there are none
 */
uint32_t acct_new_password_judge(const acct_service_t *service,
                                 const acct_account_t *account,
                                 const char *password, acct_role_e *like,
                                 apr_pool_t *pool);

/* Which of the rules. */
#define ACCT_JUDGE_RULES 1          /* those that the password alone breaks */
#define ACCT_JUDGE_SIMILARITY 2     /* the one that compares */

/**
 * Judge the new password of a call's form, where there is one, and add what
 * is wrong with it to the result, for the stages that are open: where the
 * field tells all, likeness, length, the block list, digits; else the first
 * of length, the block list, likeness, digits.
 * @param account whose password it shall be; NULL: it is not known yet
 * @param which   set of ACCT_JUDGE_…
 */
void acct_call_judge_rules(const acct_call_t *call,
                           const acct_account_t *account, int which);

/** The same by all of them at once, where the account is known. */
void acct_call_judge_password(const acct_call_t *call,
                              const acct_account_t *account);

/**
 * Whether an account of this call can ask for the address that another one
 * has: the other never proved it and has a name besides, and what proves it is
 * mailed. Then it is the account's pending one, and the first that proves it
 * has it. 0 also when it cannot be known.
 * @param account with its keys, and its id where it is there already
 */
int acct_call_claims(const acct_call_t *call, const acct_account_t *account);

/**
 * In the transaction in which an account proves an address: take it from
 * another one that never did. That keeps its name and its tokens; where it has
 * no name it goes if it never was activated, and keeps the address else.
 * @param other out: whose it was, for acct_service_revoked(); 0: nobody's
 */
apr_status_t acct_address_take(acct_db_t *db, const acct_account_t *account,
                               const char *key, apr_int64_t *other,
                               apr_pool_t *pool);

/** Add to the call's problems each name that another account has, as
 *  acct_names_taken(), but for an address that the account claims. */
apr_status_t acct_call_add_taken(const acct_call_t *call,
                                 const acct_account_t *account);

/**
 * The canonical form of the username in a call's form.
 * @param key out; NULL: none was sent
 * @return 0: it cannot be known, and the call has its outcome
 */
int acct_call_username_key(const acct_call_t *call, const char **key);

/**
 * The same for an account that wants another name or address (NULL: it does
 * not). Its own, however they are spelled, are never taken. Such a look costs
 * the client no hash, but one of those that its network has.
 * @return 0: the call has its outcome
 */
int acct_call_look_for_taken(const acct_call_t *call,
                             const acct_account_t *own,
                             const char *username_key,
                             const char *email_key);

/** Whether nothing is wrong with what was sent; else the call is
 *  ACCT_INVALID. */
int acct_call_is_sound(const acct_call_t *call);

#endif
