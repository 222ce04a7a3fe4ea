/* SPDX-License-Identifier: Apache-2.0 */
/* Another address for a token's account; see account/account.h. edit.c changes
 * what is shown of it by the token alone; this is for routes that ask for the
 * password, by which the address moves at once where no mail can prove it. */
#include "account/account.h"

#include <string.h>

#include "account/mail_request.h"
#include "credential/admission.h"
#include "credential/attempt.h"
#include "credential/reauthentication.h"
#include "database/unit.h"
#include "text/identifier.h"

typedef struct email_change_t {
    acct_reauthentication_t act;
    const char *email;
    const char *key;
    acct_account_t *account;    /* out: as it is after the change */
} email_change_t;

static int is_own(const email_change_t *work, const acct_account_t *account)
{
    return account->email_key != NULL
        && strcmp(account->email_key, work->key) == 0;
}

/* Whether the new address is to be proved before it is the account's. A
 * presented token alone never moves a verified one. */
static int is_proved_first(const email_change_t *work,
                           const acct_account_t *account)
{
    return !is_own(work, account)
        && (acct_mail_is_wanted(work->act.call, ACCT_MAIL_VERIFY_EMAIL)
            || (work->act.verified == NULL
                && account->email_verified_at > 0));
}

/* ---- in one transaction ---- */

static apr_status_t keep_pending(const email_change_t *work, acct_db_t *db,
                                 apr_pool_t *pool)
{
    acct_account_t *account = work->account;
    apr_status_t status;

    account->email_pending = work->email;
    account->email_pending_key = work->key;
    status = acct_store_account_set_email_pending(db, account->id,
                                                  work->email, work->key,
                                                  pool);
    return status != APR_SUCCESS ? status
        : acct_mail_notice(work->act.call, db, ACCT_MAIL_VERIFY_EMAIL,
                           account, work->email, work->key, pool);
}

/* The cached identities of the account hold its address. */
static apr_status_t replace(const email_change_t *work, acct_db_t *db,
                            apr_pool_t *pool)
{
    acct_account_t *account = work->account;
    apr_status_t status = acct_name_change(work->act.call->service, db,
                                           account, account->username_key,
                                           work->key, pool);

    if (!is_own(work, account)) {
        account->email_verified_at = 0;
    }
    if (status == APR_SUCCESS) {
        status = acct_store_account_set_email(db, account->id, work->email,
                                              work->key,
                                              account->email_verified_at,
                                              pool);
    }
    account->email = work->email;
    account->email_key = work->key;
    account->email_pending = account->email_pending_key = NULL;
    return status == APR_SUCCESS
        ? acct_store_revocation_insert(db, account->id, pool) : status;
}

static apr_status_t change(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    email_change_t *work = baton;
    acct_account_t before;
    apr_status_t status = acct_reauthentication_lock(&work->act, db,
                                                     work->account, pool);

    if (status != APR_SUCCESS) {
        return status;
    }
    before = *work->account;
    status = is_proved_first(work, &before) ? keep_pending(work, db, pool)
                                            : replace(work, db, pool);
    return status != APR_SUCCESS || is_own(work, &before) ? status
        : acct_mail_notice(work->act.call, db, ACCT_MAIL_EMAIL_CHANGED,
                           &before, NULL, NULL, pool);
}

/* ---- the operation ---- */

/* A mail to an address of the client's choice is one of those that its network
 * may ask for. */
static int may_mail(const email_change_t *work)
{
    const acct_call_t *call = work->act.call;
    acct_attempt_t attempt;

    if (is_own(work, &work->act.account)
        || !acct_mail_is_wanted(call, ACCT_MAIL_VERIFY_EMAIL)) {
        return 1;
    }
    if (!acct_call_begin(call, &attempt)
        || !acct_call_network(call, &attempt, ACCT_BUDGET_MAILS)) {
        return 0;
    }
    acct_attempt_end(&attempt, 1);
    return 1;
}

/* @return 0: the call has its outcome */
static int find_key(email_change_t *work, const acct_call_t *call)
{
    work->email = call->form->value[ACCT_ROLE_EMAIL];
    if (work->email != NULL
        && acct_email_key(work->email, &work->key, call->pool)
           != APR_SUCCESS) {
        call->result->outcome = ACCT_ERROR;
        return 0;
    }
    return 1;
}

static void conclude(const email_change_t *work, apr_status_t status)
{
    const acct_call_t *call = work->act.call;

    if (APR_STATUS_IS_EEXIST(status)) {
        acct_result_add_problem(call->result,
                                call->form->field[ACCT_ROLE_EMAIL],
                                ACCT_PROBLEM_TAKEN, 0, call->pool);
        (void)acct_call_is_sound(call);
        return;
    }
    acct_reauthentication_end(&work->act, work->account, status);
    if (call->result->outcome == ACCT_OK) {
        acct_log(call->service, ACCT_LOG_INFO, APR_SUCCESS, call->pool,
                 "account_email_changed: account %" APR_INT64_T_FMT,
                 work->account->id);
    }
}

void acct_email_change(const acct_call_t *call)
{
    email_change_t work = {
        .account = apr_pcalloc(call->pool, sizeof(*work.account))
    };

    if (find_key(&work, call) && acct_reauthenticate(&work.act, call)
        && acct_call_look_for_taken(call, &work.act.account, NULL, work.key)
        && acct_call_is_sound(call) && may_mail(&work)) {
        conclude(&work, acct_transaction_run(call->service, change, &work,
                                             call->pool));
    }
}
