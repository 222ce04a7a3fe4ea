/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a sign-in is refused: the outcome, and a line of the log, by which tools
 * bar addresses. In the request's thread.
 */
#ifndef ACCT_LOGIN_REFUSAL_H
#define ACCT_LOGIN_REFUSAL_H

#include "account/account.h"

/** Refuse with an outcome. @param account NULL: there is none */
void acct_login_refuse(const acct_call_t *call, const acct_account_t *account,
                       acct_outcome_e outcome);

/** Refuse a wrong password, or what is answered as one. */
void acct_login_refuse_password(const acct_call_t *call,
                                const acct_account_t *account);

/** Refuse a wrong second factor. */
void acct_login_refuse_factor(const acct_call_t *call,
                              const acct_account_t *account);

/** Whether the account has a second factor that the call's route has no place
 *  for: whatever its password, the client is told that it is wrong, for the
 *  same work, and learns nothing. */
int acct_login_is_shut(const acct_call_t *call,
                       const acct_account_t *account);

#endif
