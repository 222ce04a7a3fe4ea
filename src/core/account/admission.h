/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether an account may have what was asked for it: names that no other has,
 * a password that keeps the site's rules. For who signs up, and for the
 * operator.
 */
#ifndef ACCT_ADMISSION_H
#define ACCT_ADMISSION_H

#include <apr_pools.h>
#include "account/account.h"
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
 * @return ACCT_PROBLEM__COUNT when it keeps them, or there are none
 */
acct_problem_e acct_new_password_judge(const acct_service_t *service,
                                       const acct_account_t *account,
                                       const char *password,
                                       apr_pool_t *pool);

/** Judge the new password of a call's form, and add what is wrong with it to
 *  the call's problems. */
void acct_call_judge_password(const acct_call_t *call,
                              const acct_account_t *account);

#endif
