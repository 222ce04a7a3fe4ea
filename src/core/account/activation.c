/* SPDX-License-Identifier: Apache-2.0 */
/* Activating an account and proving an address by a mailed link; see
 * account/account.h. */
#include "account/account.h"

#include <string.h>

#include "account/mail_request.h"
#include "credential/admission.h"
#include "credential/issue.h"
#include "credential/mailed_link.h"
#include "database/unit.h"

typedef struct activation_t {
    acct_mailed_link_t by;
    int is_done;                /* out: it was done before */
    acct_account_t *account;    /* out: as it is now */
    apr_int64_t other;          /* out: that had the address and did not prove
                                 * it; 0: none */
} activation_t;

/* An account that was pending, and is active from now on. Its link stays for
 * its time: a client that posts it twice is told what is the case. */
static apr_status_t activate(activation_t *work, acct_db_t *db,
                             apr_pool_t *pool)
{
    acct_account_t *account = work->account;
    apr_time_t now = apr_time_now();
    apr_status_t status;

    work->is_done = acct_account_state(account) != ACCT_STATE_PENDING;
    if (work->is_done) {
        return APR_SUCCESS;
    }
    status = acct_store_account_activate(db, account->id, pool);
    if (status == APR_SUCCESS && acct_mailed_link_proves(&work->by)) {
        account->email_verified_at = now;
        status = acct_store_account_set_verified(db, account->id,
                                                 account->email_key, now,
                                                 pool);
    }
    account->is_active = 1;
    account->pending_until = 0;
    return status != APR_SUCCESS ? status
        : acct_mail_notice(work->by.call, db, ACCT_MAIL_ACTIVATION_DONE,
                           account, NULL, NULL, pool);
}

/* The pending address becomes the account's; the one of before is held as any
 * name that is given up. */
static apr_status_t move_address(activation_t *work, acct_db_t *db,
                                 apr_pool_t *pool)
{
    acct_account_t *account = work->account;
    apr_status_t status = acct_address_take(db, account,
                                            account->email_pending_key,
                                            &work->other, pool);

    if (status == APR_SUCCESS) {
        status = acct_name_change(work->by.call->service, db, account,
                                  account->username_key,
                                  account->email_pending_key, pool);
    }
    if (status == APR_SUCCESS) {
        status = acct_store_account_set_email(db, account->id,
                                              account->email_pending,
                                              account->email_pending_key,
                                              apr_time_now(), pool);
    }
    account->email = account->email_pending;
    account->email_key = account->email_pending_key;
    account->email_pending = account->email_pending_key = NULL;
    /* The cached identities of the account hold its address. */
    return status == APR_SUCCESS
        ? acct_store_revocation_insert(db, account->id, pool) : status;
}

static apr_status_t verify(activation_t *work, acct_db_t *db,
                           apr_pool_t *pool)
{
    acct_account_t *account = work->account;
    apr_status_t status = acct_mailed_link_use(&work->by, db, pool);

    if (status != APR_SUCCESS) {
        return status;
    }
    if (account->email_key != NULL
        && strcmp(account->email_key, work->by.link.address_key) == 0) {
        account->email_verified_at = apr_time_now();
        return acct_store_account_set_verified(db, account->id,
                                               account->email_key,
                                               account->email_verified_at,
                                               pool);
    }
    return move_address(work, db, pool);
}

static apr_status_t change(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    activation_t *work = baton;
    apr_status_t status = acct_mailed_link_lock(&work->by, db, work->account,
                                                pool);

    if (status != APR_SUCCESS) {
        return status;
    }
    return strcmp(work->by.link.purpose, ACCT_LINK_ACTIVATION) == 0
        ? activate(work, db, pool) : verify(work, db, pool);
}

static void conclude(const activation_t *work, apr_status_t status)
{
    const acct_call_t *call = work->by.call;

    if (work->other != 0) {
        /* Whatever came of the commit. */
        acct_service_revoked(call->service, work->other);
    }
    if (APR_STATUS_IS_EEXIST(status)) {
        /* Another account has proved the address first. */
        status = APR_NOTFOUND;
    }
    if (!acct_mailed_link_conclude(&work->by, work->account, status)) {
        return;
    }
    if (work->is_done) {
        call->result->outcome = ACCT_LINK_SPENT;
        return;
    }
    acct_log(call->service, ACCT_LOG_INFO, APR_SUCCESS, call->pool,
             "account_verified: account %" APR_INT64_T_FMT,
             work->account->id);
}

void acct_activate(const acct_call_t *call)
{
    static const char *const purposes[] = {
        ACCT_LINK_ACTIVATION, ACCT_LINK_VERIFY_EMAIL, NULL
    };
    activation_t work = {
        .account = apr_pcalloc(call->pool, sizeof(*work.account))
    };

    if (acct_mailed_link_begin(&work.by, call, purposes)
        && acct_call_is_sound(call)) {
        conclude(&work, acct_transaction_run(call->service, change, &work,
                                             call->pool));
    }
    acct_mailed_link_end(&work.by);
}

/* Nothing but what acct_mailed_link_begin() says. */
void acct_link_check(const acct_call_t *call)
{
    static const char *const purposes[] = {
        ACCT_LINK_PASSWORD_RESET, ACCT_LINK_USERNAME_RESET,
        ACCT_LINK_ACTIVATION, ACCT_LINK_VERIFY_EMAIL, NULL
    };
    acct_mailed_link_t *by = apr_pcalloc(call->pool, sizeof(*by));

    if (acct_mailed_link_begin(by, call, purposes)
        && acct_call_is_sound(call)) {
        call->result->outcome = ACCT_OK;
        call->result->account = &by->account;
    }
    acct_mailed_link_end(by);
}
