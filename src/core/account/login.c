/* SPDX-License-Identifier: Apache-2.0 */
/* Signing in; see account/account.h. */
#include "account/account.h"

#include <apr_strings.h>
#include <string.h>

#include "account/login_refusal.h"
#include "account/mail_request.h"
#include "credential/attempt.h"
#include "credential/dummy.h"
#include "credential/issue.h"
#include "credential/second_factor.h"
#include "database/unit.h"
#include "text/identifier.h"
#include "token/check_row.h"

typedef struct find_account_t {
    const acct_route_t *route;
    const char *username_key;   /* NULL: do not look by it */
    const char *email_key;
    const char *dummy;          /* verified where there is no such account */
    acct_account_t account;
    acct_attempt_t attempt;
    acct_known_t known;
    int is_counted;             /* the try of the name is */
    int is_wrong;               /* the password, or the second factor */
} find_account_t;

static apr_status_t find_by_keys(acct_db_t *db, find_account_t *find,
                                 apr_pool_t *pool)
{
    int username_first = find->route->dialect->by_username
        < find->route->dialect->by_email;
    apr_status_t status = APR_NOTFOUND;
    int turn;

    for (turn = 0; turn < 2 && APR_STATUS_IS_NOTFOUND(status); turn++) {
        if ((turn == 0) == username_first) {
            if (find->username_key != NULL) {
                status = acct_store_account_by_username(
                    db, find->username_key, &find->account, pool);
            }
        }
        else if (find->email_key != NULL) {
            status = acct_store_account_by_email(db, find->email_key,
                                                 &find->account, pool);
        }
    }
    return status;
}

/* The account, and whether the client's network is one of its own: what is
 * asked is the same where there is no account. */
static apr_status_t find_account(acct_db_t *db, void *baton,
                                 apr_pool_t *pool)
{
    find_account_t *find = baton;
    apr_status_t status = find_by_keys(db, find, pool);
    apr_status_t known;

    if (status != APR_SUCCESS && !APR_STATUS_IS_NOTFOUND(status)) {
        return status;
    }
    known = acct_known_find(&find->attempt, db, status == APR_SUCCESS
                            ? find->account.id : 0, &find->known, pool);
    return known != APR_SUCCESS ? known : status;
}

/* Which keys an identifier may stand for. One that has no canonical form is no
 * account's. */
static void identifier_keys(find_account_t *find, const acct_form_t *form,
                            apr_pool_t *pool)
{
    const acct_dialect_t *dialect = find->route->dialect;
    const char *text = form->value[ACCT_ROLE_IDENTIFIER];
    const char *name;

    if (form->value[ACCT_ROLE_EMAIL] != NULL) {
        if (acct_email_key(form->value[ACCT_ROLE_EMAIL], &find->email_key,
                           pool) != APR_SUCCESS) {
            find->email_key = NULL;
        }
        return;
    }
    if (text == NULL) {
        return;
    }
    if (dialect->by_email
        && acct_email_key(text, &find->email_key, pool) != APR_SUCCESS) {
        find->email_key = NULL;
    }
    if (dialect->by_username
        && (acct_username_normalize(text, &name, pool) != APR_SUCCESS
            || acct_username_key(name, &find->username_key, pool)
               != APR_SUCCESS)) {
        find->username_key = NULL;
    }
}

/* The one name that the request stands for, whether or not there is such an
 * account; NULL: it has no canonical form. */
static const char *name_of(const find_account_t *find)
{
    return find->email_key != NULL ? find->email_key : find->username_key;
}

/* The second factor, where the account has one by now. APR_EAGAIN: it came to
 * have one after it was looked at. */
static apr_status_t prove(acct_issue_t *issue, acct_db_t *db,
                          apr_pool_t *pool)
{
    const acct_call_t *call = issue->call;
    const acct_account_t *account = issue->account;
    apr_status_t status;

    issue->used_recovery_code = 0;
    if (!account->has_totp) {
        return APR_SUCCESS;
    }
    if (!acct_factor_is_taken(call) || acct_factor_sent(call) == NULL) {
        return APR_EAGAIN;
    }
    status = acct_factor_accept(call, db, account->id,
                                &issue->used_recovery_code, pool);
    return status != APR_SUCCESS || !issue->used_recovery_code ? status
        : acct_mail_notice(call, db, ACCT_MAIL_RECOVERY_CODE_USED, account,
                           NULL, NULL, pool);
}

/* In one transaction: the account as it is now, its second factor, its last
 * login, a token. APR_EACCES: blocked meanwhile, or still pending;
 * ACCT_FACTOR_WRONG; ACCT_TOKENS_ENOUGH: it has its tokens; APR_NOTFOUND:
 * gone; APR_EAGAIN: its password is another now, or another request gave it
 * its one token. */
static apr_status_t sign_in(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    acct_issue_t *issue = baton;
    acct_account_t *account = issue->account;
    apr_time_t now = apr_time_now();
    apr_status_t status;

    status = acct_store_account_lock(db, issue->id, account, pool);
    if (status != APR_SUCCESS) {
        return status;
    }
    if (account->password == NULL
        || strcmp(account->password, issue->verified) != 0) {
        return APR_EAGAIN;
    }
    if (!account->is_active) {
        return APR_EACCES;
    }
    status = prove(issue, db, pool);
    if (status == APR_SUCCESS) {
        status = acct_check_limit(issue, db, pool);
    }
    if (status != APR_SUCCESS) {
        return status;
    }
    if (issue->rehashed != NULL) {
        status = acct_store_account_set_password(db, account->id,
                                                 issue->verified,
                                                 issue->rehashed, pool);
        if (status != APR_SUCCESS) {
            return status;
        }
    }
    status = acct_store_account_set_last_login(db, account->id, now, pool);
    if (status != APR_SUCCESS) {
        return status;
    }
    account->last_login = now;
    status = acct_known_note(issue->attempt, db, account->id, issue->known,
                             pool);
    if (status != APR_SUCCESS) {
        return status;
    }
    status = acct_make_room(issue, db, pool);
    if (status != APR_SUCCESS) {
        return status;
    }
    status = acct_issue_token(issue, db, pool);
    /* A reusable token came to be after we had looked for one: back, and
     * look again. */
    return APR_STATUS_IS_EEXIST(status) ? APR_EAGAIN : status;
}

static void log_dropped(const acct_issue_t *issue, apr_pool_t *pool)
{
    if (issue->dropped == 0) {
        return;
    }
    if (issue->call->route->dialect->policy.kind == ACCT_POLICY_REUSE) {
        acct_log(issue->call->service, ACCT_LOG_INFO, APR_SUCCESS, pool,
                 "session_expired: account %" APR_INT64_T_FMT ": its token "
                 "was over, and another was made", issue->account->id);
        return;
    }
    acct_log(issue->call->service, ACCT_LOG_INFO, APR_SUCCESS, pool,
             "excess_sessions_exceeded: account %" APR_INT64_T_FMT
             ": %d older token%s ended", issue->account->id,
             issue->dropped, issue->dropped == 1 ? "" : "s");
}

/* The outcome for an account that is not active. */
static acct_outcome_e shut_out(const acct_account_t *account)
{
    return acct_account_state(account) == ACCT_STATE_PENDING ? ACCT_PENDING
                                                             : ACCT_BLOCKED;
}

/* Before anything is hashed, and after the database was asked, so that names
 * that no account has take as long. */
static int count_try(const acct_call_t *call, find_account_t *find,
                     apr_int64_t account)
{
    if (find->is_counted) {
        return 1;
    }
    find->is_counted = 1;
    return acct_call_name(call, &find->attempt, name_of(find),
                          find->known.is_known, account);
}

/* Whether the password is the account's, or the dummy was verified in its
 * place. 0: the call has its outcome.
 * @param rehashed a better hash, or NULL */
static int verify(const acct_call_t *call, find_account_t *find,
                  const char **rehashed)
{
    acct_hash_t hash = {
        .service = call->service, .pool = call->pool, .dummy = find->dummy,
        .password = call->form->value[ACCT_ROLE_PASSWORD],
        .verdict = ACCT_PASSWORD_FAILED
    };
    apr_status_t status;
    int known;

    status = acct_unit_run(call->service, ACCT_UNIT_READ, find_account, find,
                           call->pool);
    known = status == APR_SUCCESS;
    if (!known && !APR_STATUS_IS_NOTFOUND(status)) {
        acct_unavailable(call->result, ACCT_RETRY_DATABASE);
        return 0;
    }
    if (!count_try(call, find, known ? find->account.id : 0)) {
        return 0;
    }
    hash.stored = known ? find->account.password : NULL;
    hash.never_matches = known
        && acct_login_is_shut(call, &find->account);
    status = acct_gate_run(call->service, find->known.is_known,
                           acct_do_verify, &hash);
    if (status != APR_SUCCESS || hash.verdict == ACCT_PASSWORD_FAILED) {
        acct_unavailable(call->result, ACCT_RETRY_GATE);
        return 0;
    }
    if (hash.verdict != ACCT_PASSWORD_MATCH) {
        acct_login_refuse_password(call, known ? &find->account : NULL);
        find->is_wrong = 1;
        return 0;
    }
    *rehashed = hash.hash;
    return 1;
}

/* What came of the transaction. 0 when the account changed between the
 * look and the writing, so that it has to be tried again. */
static int conclude(const acct_call_t *call, find_account_t *find,
                    acct_issue_t *issue, apr_status_t status)
{
    if (APR_STATUS_IS_EAGAIN(status) || APR_STATUS_IS_NOTFOUND(status)) {
        return 0;
    }
    if (APR_STATUS_IS_EACCES(status)) {
        acct_login_refuse(call, issue->account, shut_out(issue->account));
        return 1;
    }
    if (status == ACCT_FACTOR_WRONG) {
        acct_login_refuse_factor(call, issue->account);
        find->is_wrong = 1;
        return 1;
    }
    if (status == ACCT_TOKENS_ENOUGH) {
        acct_login_refuse(call, issue->account, ACCT_TOO_MANY_TOKENS);
        return 1;
    }
    if (status == ACCT_CHECK_STANDS
        && acct_end_check(call->service, call->pool)) {
        return 0;
    }
    if (status != APR_SUCCESS) {
        acct_unavailable(call->result, ACCT_RETRY_DATABASE);
        return 1;
    }
    call->result->outcome = ACCT_OK;
    acct_tell_token(issue);
    acct_log(call->service, ACCT_LOG_INFO, APR_SUCCESS, call->pool,
             "authn_login_success: account %" APR_INT64_T_FMT ", token %s",
             issue->account->id, issue->token.id);
    log_dropped(issue, call->pool);
    if (issue->used_recovery_code) {
        acct_factor_tell_recovery(call, issue->account->id);
    }
    return 1;
}

/* One try; 0: again. */
static int try_login(const acct_call_t *call, find_account_t *find)
{
    acct_issue_t issue = {
        .call = call, .attempt = &find->attempt, .known = &find->known
    };
    apr_status_t status;

    if (!verify(call, find, &issue.rehashed)) {
        return 1;
    }
    if (!find->account.is_active) {
        acct_login_refuse(call, &find->account, shut_out(&find->account));
        return 1;
    }
    if (call->route->dialect->demands_verified
        && find->account.email_verified_at == 0) {
        acct_login_refuse(call, &find->account, ACCT_UNVERIFIED);
        return 1;
    }
    if (find->account.has_totp && acct_factor_sent(call) == NULL) {
        acct_login_refuse(call, &find->account, ACCT_SECOND_FACTOR_REQUIRED);
        return 1;
    }
    issue.account = apr_pmemdup(call->pool, &find->account,
                                sizeof(find->account));
    issue.id = find->account.id;
    issue.verified = find->account.password;
    call->result->about = issue.id;
    status = acct_transaction_run(call->service, sign_in, &issue,
                                  call->pool);
    if (issue.dropped > 0) {
        /* Which tokens went only the database knows, so all of the
         * account's are asked for once more. Also when the commit's fate
         * is unknown: it may be done. */
        acct_service_revoked(call->service, issue.id);
    }
    return conclude(call, find, &issue, status);
}

static void login(const acct_call_t *call, find_account_t *find)
{
    int try;

    if (acct_dummy_for(call->service, name_of(find), &find->dummy,
                       call->pool) != APR_SUCCESS) {
        acct_unavailable(call->result, ACCT_RETRY_DATABASE);
        return;
    }
    for (try = 0; try < ACCT_TRIES; try++) {
        if (try_login(call, find)) {
            return;
        }
    }
    acct_unavailable(call->result, ACCT_RETRY_GATE);
}

static int is_named(const acct_form_t *form)
{
    return form->value[ACCT_ROLE_IDENTIFIER] != NULL
        || form->value[ACCT_ROLE_EMAIL] != NULL;
}

/* A form that has a field for either, and is sound without both. */
static int lacks_name(const acct_call_t *call)
{
    const acct_form_t *form = call->form;

    if (is_named(form) || form->field[ACCT_ROLE_IDENTIFIER] == NULL
        || form->field[ACCT_ROLE_EMAIL] == NULL) {
        return 0;
    }
    call->result->outcome = ACCT_IDENTIFIER_ABSENT;
    return 1;
}

void acct_login(const acct_call_t *call)
{
    const acct_form_t *form = call->form;
    find_account_t find = { .route = call->route };

    if (call->result->outcome != ACCT_OK || lacks_name(call)
        || !acct_call_begin(call, &find.attempt)
        || !acct_call_network(call, &find.attempt, ACCT_BUDGET_FAILURES)) {
        return;
    }
    if (!is_named(form) || form->value[ACCT_ROLE_PASSWORD] == NULL) {
        /* What no account can have: nobody learns anything from how long
         * this takes. */
        acct_login_refuse_password(call, NULL);
        find.is_wrong = 1;
    }
    else {
        identifier_keys(&find, form, call->pool);
        login(call, &find);
    }
    acct_attempt_end(&find.attempt, find.is_wrong);
}
