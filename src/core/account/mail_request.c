/* SPDX-License-Identifier: Apache-2.0 */
/* Asking for a mail with a link; see account/account.h. */
#include "account/mail_request.h"

#include "credential/admission.h"
#include "credential/attempt.h"
#include "credential/issue.h"
#include "database/unit.h"
#include "dialect/mailing.h"
#include "mail/order.h"
#include "text/identifier.h"

/* ---- of what was done ---- */

int acct_mail_is_wanted(const acct_call_t *call, acct_mail_kind_e kind)
{
    return call->service->mail != NULL
        && call->route->dialect->mails->kind[kind].is_named;
}

apr_status_t acct_mail_notice(const acct_call_t *call, acct_db_t *db,
                              acct_mail_kind_e kind,
                              const acct_account_t *account,
                              const char *address, const char *address_key,
                              apr_pool_t *pool)
{
    const acct_dialect_t *dialect = call->route->dialect;
    acct_mail_order_t order = {
        .kind = kind, .dialect = dialect,
        .accept_language = call->service->accept_language,
        .account_id = account->id,
        .address = address != NULL ? address : account->email,
        .address_key = address != NULL ? address_key : account->email_key
    };
    apr_status_t status;

    if (order.address == NULL || !acct_mail_is_wanted(call, kind)) {
        return APR_SUCCESS;
    }
    status = acct_mail_order(db, call->service->mail, &order,
                             apr_time_now(), pool);
    return status == APR_ENOSPC ? APR_SUCCESS : status;
}

/* ---- of what is asked for ---- */

typedef struct mail_request_t {
    const acct_call_t *call;
    acct_mail_order_t order;
} mail_request_t;

static apr_status_t order_mail(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    mail_request_t *request = baton;

    return acct_mail_order(db, request->call->service->mail,
                           &request->order, apr_time_now(), pool);
}

/* The same for any address, whether or not it is an account's: one row, one
 * answer. */
static void ask_for(const acct_call_t *call, acct_mail_kind_e kind)
{
    mail_request_t request = { .call = call, .order = {
        .kind = kind, .dialect = call->route->dialect,
        .accept_language = call->service->accept_language,
        .address = call->form->value[ACCT_ROLE_EMAIL]
    } };
    acct_attempt_t attempt;

    if (call->service->mail == NULL) {
        call->result->outcome = ACCT_NOT_ENABLED;
        return;
    }
    if (!acct_call_is_sound(call)) {
        return;
    }
    if (acct_email_key(request.order.address, &request.order.address_key,
                       call->pool) != APR_SUCCESS) {
        call->result->outcome = ACCT_ERROR;
        return;
    }
    if (!acct_call_begin(call, &attempt)
        || !acct_call_network(call, &attempt, ACCT_BUDGET_MAILS)) {
        return;
    }
    if (acct_transaction_run(call->service, order_mail, &request, call->pool)
        == APR_SUCCESS) {
        call->result->outcome = ACCT_OK;
    }
    else {
        acct_unavailable(call->result, ACCT_RETRY_DATABASE);
    }
    acct_attempt_end(&attempt, call->result->outcome == ACCT_OK);
}

void acct_password_reset_send(const acct_call_t *call)
{
    ask_for(call, ACCT_MAIL_PASSWORD_RESET);
}

void acct_username_reset_send(const acct_call_t *call)
{
    ask_for(call, ACCT_MAIL_USERNAME_RESET);
}

/* Where accounts are active at once, there is nothing to activate, and what is
 * asked for is the mail that proves the address. */
void acct_activate_send(const acct_call_t *call)
{
    const acct_dialect_t *dialect = call->route->dialect;

    if (dialect->registers_pending) {
        ask_for(call, ACCT_MAIL_ACTIVATION);
    }
    else if (acct_mail_is_wanted(call, ACCT_MAIL_VERIFY_EMAIL)) {
        ask_for(call, ACCT_MAIL_VERIFY_EMAIL);
    }
    else {
        call->result->outcome = ACCT_NOT_ENABLED;
    }
}
