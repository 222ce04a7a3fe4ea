/* SPDX-License-Identifier: Apache-2.0 */
/* Deleting the account of a token; see account/account.h. */
#include "account/account.h"

#include "credential/admission.h"
#include "credential/issue.h"
#include "credential/reauthentication.h"
#include "database/unit.h"

typedef struct delete_t {
    acct_reauthentication_t act;
    acct_account_t *account;    /* out: as it was */
} delete_t;

/* Its tokens go with its row. */
static apr_status_t delete_account(acct_db_t *db, void *baton,
                                   apr_pool_t *pool)
{
    delete_t *work = baton;
    apr_status_t status = acct_reauthentication_lock(&work->act, db,
                                                     work->account, pool);

    if (status == APR_SUCCESS) {
        status = acct_name_hold(work->act.call->service, db, work->account,
                                pool);
    }
    if (status == APR_SUCCESS) {
        status = acct_store_account_delete(db, work->account->id, pool);
    }
    if (status == APR_SUCCESS) {
        status = acct_store_revocation_insert(db, work->account->id, pool);
    }
    return status;
}

void acct_delete(const acct_call_t *call)
{
    delete_t work = {
        .account = apr_pcalloc(call->pool, sizeof(*work.account))
    };
    apr_status_t status;

    if (!acct_reauthenticate(&work.act, call) || !acct_call_is_sound(call)) {
        return;
    }
    status = acct_transaction_run(call->service, delete_account, &work,
                                  call->pool);
    acct_reauthentication_end(&work.act, work.account, status);
    if (call->result->outcome == ACCT_OK) {
        acct_log(call->service, ACCT_LOG_INFO, APR_SUCCESS, call->pool,
                 "account_deleted: account %" APR_INT64_T_FMT,
                 work.account->id);
    }
}
