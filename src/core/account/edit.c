/* SPDX-License-Identifier: Apache-2.0 */
/* Changing what is shown of the account of a token; see account/account.h. */
#include "account/account.h"

#include <string.h>

#include "account/mail_request.h"
#include "credential/admission.h"
#include "credential/attempt.h"
#include "credential/issue.h"
#include "credential/reauthentication.h"
#include "database/unit.h"
#include "text/identifier.h"

typedef struct edit_t {
    acct_reauthentication_t act;
    acct_account_t wanted;      /* its names and address, as they were or as
                                 * they were sent */
    acct_account_t *account;    /* out: as it is after the change */
    int claims;                 /* the address is another's, who never proved
                                 * it */
} edit_t;

/* ---- what is wanted ---- */

static int is_sent(const acct_call_t *call, acct_role_e role)
{
    return (call->form->sent & ACCT_ROLE_BIT(role)) != 0;
}

/* Where it was not sent, what the account has; where it is empty, "". */
static const char *text_of(const acct_call_t *call, acct_role_e role,
                           const char *own)
{
    const char *sent = call->form->value[role];

    if (!is_sent(call, role)) {
        return own;
    }
    return sent != NULL ? sent : "";
}

static apr_status_t find_keys(edit_t *edit)
{
    const acct_call_t *call = edit->act.call;
    const char *username = call->form->value[ACCT_ROLE_USERNAME];
    const char *email = call->form->value[ACCT_ROLE_EMAIL];
    acct_account_t *wanted = &edit->wanted;
    apr_status_t status = APR_SUCCESS;

    if (username != NULL) {
        wanted->username = username;
        status = acct_username_key(username, &wanted->username_key,
                                   call->pool);
    }
    if (status == APR_SUCCESS && is_sent(call, ACCT_ROLE_EMAIL)) {
        wanted->email = email;
        wanted->email_key = NULL;
        if (email != NULL) {
            status = acct_email_key(email, &wanted->email_key, call->pool);
        }
    }
    return status;
}

static int find_wanted(edit_t *edit)
{
    const acct_call_t *call = edit->act.call;
    acct_account_t *wanted = &edit->wanted;

    *wanted = edit->act.account;
    wanted->first_name = text_of(call, ACCT_ROLE_FIRST_NAME,
                                 wanted->first_name);
    wanted->last_name = text_of(call, ACCT_ROLE_LAST_NAME,
                                wanted->last_name);
    if (find_keys(edit) == APR_SUCCESS) {
        return 1;
    }
    call->result->outcome = ACCT_ERROR;
    return 0;
}

/* ---- whether it may have it ---- */

static int is_same(const char *key, const char *other)
{
    return key == NULL || other == NULL ? key == other
                                        : strcmp(key, other) == 0;
}

static int is_free(edit_t *edit)
{
    const acct_account_t *wanted = &edit->wanted;
    const acct_call_t *call = edit->act.call;

    if (!acct_call_look_for_taken(call, &edit->act.account,
                                  wanted->username_key, wanted->email_key)) {
        return 0;
    }
    edit->claims = !is_same(wanted->email_key, edit->act.account.email_key)
        && acct_call_claims(call, wanted);
    if (wanted->username_key == NULL && wanted->email_key == NULL) {
        /* An account needs a name: its only one was to be taken away. */
        acct_result_add_problem(call->result,
                                call->form->field[ACCT_ROLE_EMAIL],
                                ACCT_PROBLEM_BLANK, 0, call->pool);
    }
    return acct_call_is_sound(call);
}

/* A mail to an address of the client's choice is one of those that its network
 * may ask for, whether or not the address is the account's before. */
static int may_mail(const edit_t *edit)
{
    const acct_call_t *call = edit->act.call;
    acct_attempt_t attempt;

    if (edit->wanted.email_key == NULL
        || is_same(edit->wanted.email_key, edit->act.account.email_key)
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

/* ---- the change, in one transaction ---- */

static apr_status_t set_username(const edit_t *edit, acct_db_t *db,
                                 apr_pool_t *pool)
{
    const acct_account_t *wanted = &edit->wanted;
    acct_account_t *account = edit->account;
    apr_status_t status;

    if (wanted->username == NULL
        || (account->username != NULL
            && strcmp(wanted->username, account->username) == 0)) {
        return APR_SUCCESS;
    }
    status = acct_store_account_set_username(db, account->id,
                                             wanted->username,
                                             wanted->username_key, pool);
    account->username = wanted->username;
    account->username_key = wanted->username_key;
    return status;
}

/* An address that was verified stays the account's until another one is: a
 * presented token alone does not move the address that a forgotten password
 * is mailed to. An empty one goes at once. */
static apr_status_t set_email(const edit_t *edit, acct_db_t *db,
                              apr_pool_t *pool)
{
    const acct_account_t *wanted = &edit->wanted;
    acct_account_t *account = edit->account;
    int is_own = is_same(wanted->email_key, account->email_key);
    apr_status_t status;

    if (!is_sent(edit->act.call, ACCT_ROLE_EMAIL)) {
        return APR_SUCCESS;
    }
    if (!is_own && wanted->email != NULL
        && (account->email_verified_at > 0 || edit->claims)) {
        account->email_pending = wanted->email;
        account->email_pending_key = wanted->email_key;
        return acct_store_account_set_email_pending(db, account->id,
                                                    wanted->email,
                                                    wanted->email_key, pool);
    }
    if (!is_own) {
        account->email_verified_at = 0;
    }
    status = acct_store_account_set_email(db, account->id, wanted->email,
                                          wanted->email_key,
                                          account->email_verified_at, pool);
    account->email = wanted->email;
    account->email_key = wanted->email_key;
    account->email_pending = account->email_pending_key = NULL;
    return status;
}

/* The new address is asked to prove itself, the one of before is told. */
static apr_status_t order_mails(const edit_t *edit, acct_db_t *db,
                                const acct_account_t *before,
                                apr_pool_t *pool)
{
    const acct_account_t *after = edit->account;
    const acct_call_t *call = edit->act.call;
    int is_pending = after->email_pending != NULL;
    const char *address = is_pending ? after->email_pending : after->email;
    const char *key = is_pending ? after->email_pending_key
                                 : after->email_key;
    apr_status_t status = APR_SUCCESS;

    if (!is_sent(call, ACCT_ROLE_EMAIL) || is_same(key, before->email_key)) {
        return APR_SUCCESS;
    }
    if (address != NULL) {
        status = acct_mail_notice(call, db, ACCT_MAIL_VERIFY_EMAIL, after,
                                  address, key, pool);
    }
    return status != APR_SUCCESS ? status
        : acct_mail_notice(call, db, ACCT_MAIL_EMAIL_CHANGED, before, NULL,
                           NULL, pool);
}

static apr_status_t change(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    edit_t *edit = baton;
    acct_account_t *account = edit->account;
    acct_account_t before;
    apr_status_t status = acct_reauthentication_lock(&edit->act, db, account,
                                                     pool);

    before = *account;
    if (status == APR_SUCCESS) {
        status = set_username(edit, db, pool);
    }
    if (status == APR_SUCCESS) {
        status = set_email(edit, db, pool);
    }
    if (status == APR_SUCCESS) {
        status = acct_name_change(edit->act.call->service, db, &before,
                                  account->username_key, account->email_key,
                                  pool);
    }
    if (status == APR_SUCCESS) {
        account->first_name = edit->wanted.first_name;
        account->last_name = edit->wanted.last_name;
        status = acct_store_account_set_names(db, account->id,
                                              account->first_name,
                                              account->last_name, pool);
    }
    if (status == APR_SUCCESS) {
        /* The cached identities of the account hold its names. */
        status = acct_store_revocation_insert(db, account->id, pool);
    }
    return status == APR_SUCCESS ? order_mails(edit, db, &before, pool)
                                 : status;
}

/* One try. 0: what stood in the way of a name is gone, so that it has to be
 * tried again. */
static int try_edit(edit_t *edit)
{
    const acct_call_t *call = edit->act.call;
    apr_status_t status = acct_transaction_run(call->service, change, edit,
                                               call->pool);

    if (APR_STATUS_IS_EEXIST(status)) {
        return !is_free(edit);
    }
    acct_reauthentication_end(&edit->act, edit->account, status);
    if (call->result->outcome == ACCT_OK) {
        acct_log(call->service, ACCT_LOG_INFO, APR_SUCCESS, call->pool,
                 "account_edited: account %" APR_INT64_T_FMT,
                 edit->account->id);
    }
    return 1;
}

void acct_edit(const acct_call_t *call)
{
    edit_t edit = {
        .account = apr_pcalloc(call->pool, sizeof(*edit.account))
    };

    if (!acct_reauthenticate(&edit.act, call) || !find_wanted(&edit)
        || !is_free(&edit) || !may_mail(&edit)) {
        return;
    }
    for (int try = 0; try < ACCT_TRIES; try++) {
        if (try_edit(&edit)) {
            return;
        }
    }
    acct_unavailable(call->result, ACCT_RETRY_DATABASE);
}
