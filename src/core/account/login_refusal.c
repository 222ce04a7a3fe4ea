/* SPDX-License-Identifier: Apache-2.0 */
#include "account/login_refusal.h"

#include "credential/second_factor.h"

/* Of an account that is known, in the log. */
static const char *reason_of(acct_outcome_e outcome)
{
    switch (outcome) {
    case ACCT_BLOCKED:
        return "blocked";
    case ACCT_PENDING:
        return "not activated";
    case ACCT_UNVERIFIED:
        return "its address is not verified";
    case ACCT_TOO_MANY_TOKENS:
        return "it has as many tokens as its dialect allows";
    case ACCT_SECOND_FACTOR_REQUIRED:
        return "no second factor was sent";
    case ACCT_INVALID:
        return "wrong second factor";
    default:
        return "wrong password";
    }
}

void acct_login_refuse(const acct_call_t *call, const acct_account_t *account,
                       acct_outcome_e outcome)
{
    call->result->outcome = outcome;
    call->result->about = account != NULL ? account->id : 0;
    if (account == NULL) {
        acct_log(call->service, ACCT_LOG_INFO, APR_SUCCESS, call->pool,
                 "authn_login_fail: no such account");
        return;
    }
    acct_log(call->service, ACCT_LOG_INFO, APR_SUCCESS, call->pool,
             "authn_login_fail: account %" APR_INT64_T_FMT ": %s",
             account->id, reason_of(outcome));
}

int acct_login_is_shut(const acct_call_t *call, const acct_account_t *account)
{
    return account->has_totp && !acct_factor_is_taken(call);
}

/* The client is not told; the operator is, who is asked why. */
void acct_login_refuse_password(const acct_call_t *call,
                                const acct_account_t *account)
{
    acct_login_refuse(call, account, ACCT_WRONG_CREDENTIALS);
    if (account != NULL && acct_login_is_shut(call, account)) {
        acct_log(call->service, ACCT_LOG_INFO, APR_SUCCESS, call->pool,
                 "account %" APR_INT64_T_FMT " has a second factor, and the "
                 "route \"%s\" of the dialect %s takes none: whatever the "
                 "password, it is not signed in to there", account->id,
                 call->route->path, call->route->dialect->name);
    }
}

void acct_login_refuse_factor(const acct_call_t *call,
                              const acct_account_t *account)
{
    acct_login_refuse(call, account, ACCT_INVALID);
    acct_factor_refuse(call);
}
