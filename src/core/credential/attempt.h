/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The limits (limit/limit.h) of an operation: what an attempt has to pass, and
 * the outcome where it does not.
 *
 * In the request's thread.
 */
#ifndef ACCT_ACCOUNT_ATTEMPT_H
#define ACCT_ACCOUNT_ATTEMPT_H

#include "credential/credential.h"
#include "limit/limit.h"

/** Begin an attempt. @return 0: it cannot be known whether it may be made,
 *  and the call has its outcome */
int acct_call_begin(const acct_call_t *call, acct_attempt_t *attempt);

/** Take one out of a budget of the client's network, as
 *  acct_attempt_network(). @return the same */
int acct_call_network(const acct_call_t *call, acct_attempt_t *attempt,
                      acct_budget_e budget);

/** Count a try of a name, as acct_attempt_name(). @return the same */
int acct_call_name(const acct_call_t *call, acct_attempt_t *attempt,
                   const char *name, int is_known, apr_int64_t account);

#endif
