/* SPDX-License-Identifier: Apache-2.0 */
/* Signing up; see account/account.h. */
#include "account/account.h"

#include <string.h>

#include "account/mail_request.h"
#include "credential/admission.h"
#include "credential/attempt.h"
#include "credential/issue.h"
#include "database/unit.h"
#include "dialect/mailing.h"
#include "form/stage.h"
#include "text/identifier.h"
#include "token/check_row.h"

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

static apr_status_t account_of_form(const acct_form_t *form,
                                    const acct_dialect_t *dialect,
                                    acct_account_t *account,
                                    apr_pool_t *pool)
{
    apr_status_t status;

    memset(account, 0, sizeof(*account));
    account->username = form->value[ACCT_ROLE_USERNAME];
    account->email = form->value[ACCT_ROLE_EMAIL];
    account->first_name = or_empty(form->value[ACCT_ROLE_FIRST_NAME]);
    account->last_name = or_empty(form->value[ACCT_ROLE_LAST_NAME]);
    account->created_at = apr_time_now();
    account->is_active = !dialect->registers_pending;
    if (dialect->registers_pending) {
        account->pending_until = account->created_at
            + acct_link_lifetime(dialect->mails, ACCT_MAIL_ACTIVATION);
    }
    if (account->username != NULL) {
        status = acct_username_key(account->username,
                                   &account->username_key, pool);
        if (status != APR_SUCCESS) {
            return status;
        }
    }
    if (account->email != NULL) {
        return acct_email_key(account->email, &account->email_key, pool);
    }
    return APR_SUCCESS;
}

/* What activates the account, or else proves its address and welcomes. */
static apr_status_t order_mails(const acct_call_t *call, acct_db_t *db,
                                const acct_account_t *account,
                                apr_pool_t *pool)
{
    apr_status_t status;

    if (call->route->dialect->registers_pending) {
        return acct_mail_notice(call, db, ACCT_MAIL_ACTIVATION, account,
                                NULL, NULL, pool);
    }
    status = acct_mail_notice(call, db, ACCT_MAIL_VERIFY_EMAIL, account,
                              account->email_pending,
                              account->email_pending_key, pool);
    return status != APR_SUCCESS ? status
        : acct_mail_notice(call, db, ACCT_MAIL_ACTIVATION_DONE, account, NULL,
                           NULL, pool);
}

static apr_status_t sign_up(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    acct_issue_t *issue = baton;
    apr_status_t status;

    status = acct_store_account_insert(db, issue->account, pool);
    if (status == APR_SUCCESS && issue->account->email_pending != NULL) {
        status = acct_store_account_set_email_pending(
            db, issue->account->id, issue->account->email_pending,
            issue->account->email_pending_key, pool);
    }
    if (status == APR_SUCCESS) {
        status = acct_known_note(issue->attempt, db, issue->account->id,
                                 issue->known, pool);
    }
    if (status == APR_SUCCESS && issue->call->route->mints_token) {
        status = acct_issue_token(issue, db, pool);
    }
    return status == APR_SUCCESS
        ? order_mails(issue->call, db, issue->account, pool) : status;
}

/* Problems that need more than the form. 0 when there are any, or when it
 * cannot be known. Whether a name is taken costs the client no hash then, but
 * one of the looks that its network has. */
static int check(const acct_call_t *call, const acct_account_t *account,
                 acct_attempt_t *attempt)
{
    acct_call_judge_password(call, account);
    if (call->result->problems == NULL) {
        return acct_call_network(call, attempt, ACCT_BUDGET_REGISTER);
    }
    call->result->outcome = ACCT_INVALID;
    if (!acct_stage_open(&call->route->fields, call->result,
                         ACCT_STAGE_TAKEN)) {
        return 0;
    }
    if ((account->username_key != NULL || account->email_key != NULL)
        && !acct_call_network(call, attempt, ACCT_BUDGET_NAMES)) {
        return 0;
    }
    if (acct_call_add_taken(call, account) != APR_SUCCESS) {
        acct_unavailable(call->result, ACCT_RETRY_DATABASE);
    }
    return 0;
}

/* An address that another account has and never proved is the new one's as
 * soon as it proves it. */
static void claim(const acct_call_t *call, acct_account_t *account)
{
    if (acct_call_claims(call, account)) {
        account->email_pending = account->email;
        account->email_pending_key = account->email_key;
        account->email = account->email_key = NULL;
    }
}

/* One try. 0: what stood in the way is gone, so that it has to be tried
 * again. */
static int try_register(const acct_call_t *call, acct_account_t *account,
                        const acct_attempt_t *attempt)
{
    static const acct_known_t unknown = { .is_due = 1 };
    acct_issue_t issue = {
        .call = call, .account = account, .attempt = attempt,
        .known = &unknown
    };
    acct_result_t *result = call->result;
    apr_status_t status;

    status = acct_transaction_run(call->service, sign_up, &issue,
                                  call->pool);
    if (status == APR_SUCCESS) {
        result->outcome = ACCT_OK;
        acct_tell_token(&issue);
        acct_log(call->service, ACCT_LOG_INFO, APR_SUCCESS, call->pool,
                 "account_registered: account %" APR_INT64_T_FMT,
                 account->id);
        return 1;
    }
    if (status == ACCT_CHECK_STANDS
        && acct_end_check(call->service, call->pool)) {
        return 0;
    }
    if (!APR_STATUS_IS_EEXIST(status)
        || acct_call_add_taken(call, account) != APR_SUCCESS) {
        acct_unavailable(result, ACCT_RETRY_DATABASE);
        return 1;
    }
    if (result->problems == NULL) {
        /* Taken when it was tried, free when it was looked at, or claimed. */
        claim(call, account);
        return 0;
    }
    result->outcome = ACCT_INVALID;
    return 1;
}

static void register_account(const acct_call_t *call,
                             acct_account_t *account,
                             const acct_attempt_t *attempt)
{
    int try;

    account->password = acct_call_hash(call, 0);
    if (account->password == NULL) {
        return;
    }
    for (try = 0; try < ACCT_TRIES; try++) {
        if (try_register(call, account, attempt)) {
            return;
        }
    }
    acct_unavailable(call->result, ACCT_RETRY_DATABASE);
}

void acct_register(const acct_call_t *call)
{
    acct_account_t *account = apr_palloc(call->pool, sizeof(*account));
    acct_attempt_t attempt;

    if (account_of_form(call->form, call->route->dialect, account,
                        call->pool) != APR_SUCCESS) {
        call->result->outcome = ACCT_ERROR;
        return;
    }
    if (!acct_call_begin(call, &attempt)
        || !check(call, account, &attempt)) {
        return;
    }
    register_account(call, account, &attempt);
    /* A name that is taken was told for its price: that stays taken. */
    acct_attempt_end(&attempt, call->result->outcome == ACCT_OK
                               || call->result->outcome == ACCT_INVALID);
}
