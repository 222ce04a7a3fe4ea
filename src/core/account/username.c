/* SPDX-License-Identifier: Apache-2.0 */
/* Another username, for a token's account or by a mailed link; see
 * account/account.h. */
#include "account/admission.h"
#include "account/attempt.h"
#include "account/issue.h"
#include "account/mail_request.h"
#include "account/mailed_link.h"
#include "account/reauthentication.h"
#include "database/unit.h"

/* ---- for the account of a token ---- */

typedef struct username_change_t {
    acct_reauthentication_t act;
    const char *username;
    const char *key;
    acct_account_t *account;    /* out: as it is after the change */
} username_change_t;

/* The cached identities of the account hold its name, so they are revoked,
 * although no token ends. */
static apr_status_t change_username(acct_db_t *db, void *baton,
                                    apr_pool_t *pool)
{
    username_change_t *work = baton;
    acct_account_t *account = work->account;
    apr_status_t status = acct_reauthentication_lock(&work->act, db, account,
                                                     pool);

    if (status == APR_SUCCESS) {
        status = acct_name_change(work->act.call->service, db, account,
                                  work->key, account->email_key, pool);
    }
    if (status == APR_SUCCESS) {
        status = acct_store_account_set_username(db, account->id,
                                                 work->username, work->key,
                                                 pool);
    }
    if (status == APR_SUCCESS) {
        status = acct_store_revocation_insert(db, account->id, pool);
    }
    account->username = work->username;
    account->username_key = work->key;
    return status != APR_SUCCESS ? status
        : acct_mail_notice(work->act.call, db, ACCT_MAIL_USERNAME_CHANGED,
                           account, NULL, NULL, pool);
}

void acct_username_change(const acct_call_t *call)
{
    username_change_t work = {
        .username = call->form->value[ACCT_ROLE_USERNAME],
        .account = apr_pcalloc(call->pool, sizeof(*work.account))
    };
    apr_status_t status;

    if (!acct_call_username_key(call, &work.key)
        || !acct_reauthenticate(&work.act, call)
        || !acct_call_look_for_taken(call, &work.act.account, work.key)
        || !acct_call_is_sound(call)) {
        return;
    }
    status = acct_transaction_run(call->service, change_username, &work,
                                  call->pool);
    if (APR_STATUS_IS_EEXIST(status)) {
        /* Another request was faster. */
        acct_call_add_taken(call, ACCT_ROLE_USERNAME);
        (void)acct_call_is_sound(call);
        return;
    }
    acct_reauthentication_end(&work.act, work.account, status);
    if (call->result->outcome == ACCT_OK) {
        acct_log(call->service, ACCT_LOG_INFO, APR_SUCCESS, call->pool,
                 "account_renamed: account %" APR_INT64_T_FMT,
                 work.account->id);
    }
}

/* ---- by a mailed link ---- */

typedef struct username_reset_t {
    acct_mailed_link_t by;
    const char *username;
    const char *key;
    acct_account_t *account;    /* out: as it is after the reset */
} username_reset_t;

static apr_status_t reset_username(acct_db_t *db, void *baton,
                                   apr_pool_t *pool)
{
    username_reset_t *work = baton;
    acct_account_t *account = work->account;
    apr_status_t status = acct_mailed_link_lock(&work->by, db, account, pool);

    if (status == APR_SUCCESS) {
        status = acct_mailed_link_use(&work->by, db, pool);
    }
    if (status == APR_SUCCESS) {
        status = acct_name_change(work->by.call->service, db, account,
                                  work->key, account->email_key, pool);
    }
    if (status == APR_SUCCESS) {
        status = acct_store_account_set_username(db, account->id,
                                                 work->username, work->key,
                                                 pool);
    }
    account->username = work->username;
    account->username_key = work->key;
    if (status == APR_SUCCESS) {
        /* The cached identities of the account hold its name. */
        status = acct_store_revocation_insert(db, account->id, pool);
    }
    return status != APR_SUCCESS ? status
        : acct_mail_notice(work->by.call, db, ACCT_MAIL_USERNAME_CHANGED,
                           account, NULL, NULL, pool);
}

static void conclude_reset(const username_reset_t *work, apr_status_t status)
{
    const acct_call_t *call = work->by.call;

    if (APR_STATUS_IS_EEXIST(status)) {
        acct_call_add_taken(call, ACCT_ROLE_USERNAME);
        (void)acct_call_is_sound(call);
        return;
    }
    if (APR_STATUS_IS_NOTFOUND(status)) {
        acct_mailed_link_refuse(call);
        return;
    }
    /* Also when the commit's fate is unknown: it may be done. */
    acct_service_revoked(call->service, work->by.link.account_id);
    if (status != APR_SUCCESS) {
        acct_unavailable(call->result, ACCT_RETRY_DATABASE);
        return;
    }
    call->result->outcome = ACCT_OK;
    call->result->account = work->account;
    acct_log(call->service, ACCT_LOG_INFO, APR_SUCCESS, call->pool,
             "account_renamed: account %" APR_INT64_T_FMT,
             work->account->id);
}

void acct_username_reset(const acct_call_t *call)
{
    static const char *const purposes[] = { ACCT_LINK_USERNAME_RESET, NULL };
    username_reset_t work = {
        .username = call->form->value[ACCT_ROLE_USERNAME],
        .account = apr_pcalloc(call->pool, sizeof(*work.account))
    };
    acct_attempt_t attempt;

    if (!acct_call_begin(call, &attempt)
        || !acct_call_network(call, &attempt, ACCT_BUDGET_FAILURES)) {
        return;
    }
    if (acct_call_username_key(call, &work.key)
        && acct_mailed_link_find(&work.by, call, purposes)
        && acct_call_look_for_taken(call, &work.by.account, work.key)
        && acct_call_is_sound(call)) {
        conclude_reset(&work, acct_transaction_run(call->service,
                                                   reset_username, &work,
                                                   call->pool));
    }
    acct_attempt_end(&attempt, work.by.is_wrong);
}
