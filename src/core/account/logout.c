/* SPDX-License-Identifier: Apache-2.0 */
/* Signing out, here or everywhere; see account/account.h. */
#include "account/account.h"

#include "credential/issue.h"
#include "database/unit.h"

typedef struct logout_t {
    const acct_identity_t *identity;
    int all;
    int reusable;
    acct_account_t *account;    /* out: whose tokens were ended */
} logout_t;

static apr_status_t sign_out(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    logout_t *logout = baton;
    apr_int64_t account = logout->identity->account.id;
    apr_status_t status;
    int changed = 0;

    /* First, as in everything that ends tokens: two that end each other's
     * in their own order would wait for each other. */
    status = acct_store_account_lock(db, account, logout->account, pool);
    if (status == APR_SUCCESS) {
        status = acct_store_token_delete(db, logout->identity->token.id,
                                         &changed, pool);
    }
    if (status == APR_SUCCESS && changed == 0) {
        /* Another request ended it after this one looked. */
        return APR_NOTFOUND;
    }
    if (status == APR_SUCCESS && logout->all) {
        status = acct_store_token_delete_all(db, account, NULL, pool);
    }
    else if (status == APR_SUCCESS && logout->reusable) {
        status = acct_store_token_delete_reusable(db, account, NULL, pool);
    }
    if (status != APR_SUCCESS) {
        return status;
    }
    return acct_store_revocation_insert(db, account, pool);
}

static void run_logout(const acct_call_t *call, logout_t *logout)
{
    const acct_account_t *account = &call->identity->account;
    acct_result_t *result = call->result;
    apr_status_t status;

    logout->identity = call->identity;
    logout->account = apr_pcalloc(call->pool, sizeof(*logout->account));
    status = acct_transaction_run(call->service, sign_out, logout,
                                  call->pool);
    if (APR_STATUS_IS_NOTFOUND(status)) {
        result->outcome = ACCT_INVALID_TOKEN;
        return;
    }
    /* Also when the commit's fate is unknown: it may be done. */
    acct_service_revoked(call->service, account->id);
    if (status != APR_SUCCESS) {
        acct_unavailable(result, ACCT_RETRY_DATABASE);
        return;
    }
    result->outcome = ACCT_OK;
    result->account = logout->account;
    acct_log(call->service, ACCT_LOG_INFO, APR_SUCCESS, call->pool,
             "%s: account %" APR_INT64_T_FMT ", token %s",
             logout->all ? "authn_logout_all" : "authn_token_revoked",
             account->id, logout->identity->token.id);
}

void acct_logout(const acct_call_t *call)
{
    logout_t logout = {
        .reusable = call->route->dialect->policy.kind == ACCT_POLICY_REUSE
    };

    if (call->identity == NULL) {
        call->result->outcome = ACCT_OK;
        return;
    }
    run_logout(call, &logout);
}

void acct_logout_all(const acct_call_t *call)
{
    logout_t logout = { .all = 1 };

    run_logout(call, &logout);
}
