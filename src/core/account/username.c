/* SPDX-License-Identifier: Apache-2.0 */
/* Another username, for a token's account or by a mailed link; see
 * account/account.h. */
#include "account/account.h"

#include "account/mail_request.h"
#include "credential/admission.h"
#include "credential/issue.h"
#include "credential/mailed_link.h"
#include "credential/reauthentication.h"
#include "database/unit.h"

typedef struct username_t {
    const acct_call_t *call;
    const char *username;
    const char *key;
    acct_account_t *account;    /* out: as it is after the change */
    acct_reauthentication_t act;    /* a token's account */
    acct_mailed_link_t by;          /* or whose link it is */
} username_t;

/* Of an account that is locked. Its cached identities hold the name, so they
 * are revoked, although no token ends. */
static apr_status_t set_username(const username_t *work, acct_db_t *db,
                                 apr_pool_t *pool)
{
    acct_account_t *account = work->account;
    apr_status_t status;

    status = acct_name_change(work->call->service, db, account, work->key,
                              account->email_key, pool);
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
        : acct_mail_notice(work->call, db, ACCT_MAIL_USERNAME_CHANGED,
                           account, NULL, NULL, pool);
}

/* @return 0: the call has its outcome */
static int begin(username_t *work, const acct_call_t *call)
{
    work->call = call;
    work->username = call->form->value[ACCT_ROLE_USERNAME];
    work->account = apr_pcalloc(call->pool, sizeof(*work->account));
    return acct_call_username_key(call, &work->key);
}

/* Whether the name went to another account since it was looked for; that is
 * the call's problem then. */
static int was_lost(const username_t *work, apr_status_t status)
{
    const acct_call_t *call = work->call;

    if (!APR_STATUS_IS_EEXIST(status)) {
        return 0;
    }
    acct_result_add_problem(call->result,
                            call->form->field[ACCT_ROLE_USERNAME],
                            ACCT_PROBLEM_TAKEN, 0, call->pool);
    return !acct_call_is_sound(call);
}

static void log_change(const username_t *work)
{
    acct_log(work->call->service, ACCT_LOG_INFO, APR_SUCCESS,
             work->call->pool, "account_renamed: account %" APR_INT64_T_FMT,
             work->account->id);
}

/* ---- for the account of a token ---- */

static apr_status_t change(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    username_t *work = baton;
    apr_status_t status = acct_reauthentication_lock(&work->act, db,
                                                     work->account, pool);

    return status == APR_SUCCESS ? set_username(work, db, pool) : status;
}

void acct_username_change(const acct_call_t *call)
{
    username_t work = { .call = call };
    apr_status_t status;

    if (!begin(&work, call) || !acct_reauthenticate(&work.act, call)
        || !acct_call_look_for_taken(call, &work.act.account, work.key, NULL)
        || !acct_call_is_sound(call)) {
        return;
    }
    status = acct_transaction_run(call->service, change, &work, call->pool);
    if (was_lost(&work, status)) {
        return;
    }
    acct_reauthentication_end(&work.act, work.account, status);
    if (call->result->outcome == ACCT_OK) {
        log_change(&work);
    }
}

/* ---- by a mailed link ---- */

static apr_status_t reset(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    username_t *work = baton;
    apr_status_t status = acct_mailed_link_lock(&work->by, db, work->account,
                                                pool);

    if (status == APR_SUCCESS) {
        status = acct_mailed_link_use(&work->by, db, pool);
    }
    return status == APR_SUCCESS ? set_username(work, db, pool) : status;
}

void acct_username_reset(const acct_call_t *call)
{
    static const char *const purposes[] = { ACCT_LINK_USERNAME_RESET, NULL };
    username_t work = { .call = call };
    apr_status_t status;

    if (!begin(&work, call)) {
        return;
    }
    if (acct_mailed_link_begin(&work.by, call, purposes)
        && acct_call_look_for_taken(call, &work.by.account, work.key, NULL)
        && acct_call_is_sound(call)) {
        status = acct_transaction_run(call->service, reset, &work,
                                      call->pool);
        if (!was_lost(&work, status)
            && acct_mailed_link_conclude(&work.by, work.account, status)) {
            log_change(&work);
        }
    }
    acct_mailed_link_end(&work.by);
}
