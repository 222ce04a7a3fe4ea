/* SPDX-License-Identifier: Apache-2.0 */
#include "credential/reauthentication.h"

#include <string.h>

#include "credential/issue.h"
#include "credential/second_factor.h"
#include "database/unit.h"
#include "form/stage.h"

/* What is read before a password is compared. */
typedef struct before_t {
    acct_reauthentication_t *act;
    apr_time_t signed_in_at;    /* when the token was made; 0: not asked */
} before_t;

static const char *sent_password(const acct_call_t *call)
{
    return call->form != NULL
        ? call->form->value[ACCT_ROLE_CURRENT_PASSWORD] : NULL;
}

/* The route's field for the password, where there is one and it is empty; else
 * NULL. */
static const acct_field_t *empty_field(const acct_call_t *call)
{
    return call->form != NULL && sent_password(call) == NULL
        ? call->form->field[ACCT_ROLE_CURRENT_PASSWORD] : NULL;
}

/* Whether when the client signed in decides if that may be. */
static int wants_sign_in(const acct_call_t *call)
{
    const acct_field_t *field = empty_field(call);

    return field != NULL && field->recent > 0;
}

static int has_problem(const acct_result_t *result,
                       const acct_field_t *field)
{
    int i;

    for (i = 0; result->problems != NULL && i < result->problems->nelts; i++) {
        if (APR_ARRAY_IDX(result->problems, i, acct_field_problem_t).field
            == field) {
            return 1;
        }
    }
    return 0;
}

/* A token that is handed out again is older than the last sign-in by it. */
static int is_young(const before_t *before, const acct_field_t *field)
{
    apr_time_t signed_in_at = before->signed_in_at;

    if (before->act->call->route->dialect->policy.kind == ACCT_POLICY_REUSE
        && before->act->account.last_login > signed_in_at) {
        signed_in_at = before->act->account.last_login;
    }
    return apr_time_now() - signed_in_at < field->recent;
}

/* Where there has to be a password and is none, that is a problem, whatever
 * the form made of it: nothing is ever done without asking. */
static void ask_for_password(const before_t *before)
{
    const acct_call_t *call = before->act->call;
    const acct_field_t *field = empty_field(call);

    if (field != NULL && !has_problem(call->result, field)
        && (field->recent > 0 ? !is_young(before, field) : field->required)) {
        acct_result_add_problem(call->result, field, ACCT_PROBLEM_REQUIRED, 0,
                                call->pool);
    }
}

/* Whether something is compared, so that its try is counted. */
static int is_tried(const acct_call_t *call)
{
    return call->form != NULL
        && (sent_password(call) != NULL || acct_factor_sent(call) != NULL);
}

static apr_status_t read_account(acct_db_t *db, void *baton,
                                 apr_pool_t *pool)
{
    before_t *before = baton;
    acct_reauthentication_t *act = before->act;
    apr_int64_t id = act->call->identity->account.id;
    apr_status_t status = acct_store_account_by_id(db, id, &act->account,
                                                   pool);

    if (status == APR_SUCCESS && wants_sign_in(act->call)) {
        status = acct_store_token_is_of(db, id, act->call->identity->token.id,
                                        &before->signed_in_at, pool);
    }
    if (status != APR_SUCCESS || !is_tried(act->call)) {
        return status;
    }
    return acct_known_find(&act->attempt, db, id, &act->known, pool);
}

/* The one name that tries of the account are counted under, as a sign-in by
 * its address or else its username. */
static const char *name_of(const acct_account_t *account)
{
    return account->email_key != NULL ? account->email_key
                                      : account->username_key;
}

/* The call has its outcome when this is 0; else the problem, if there is one,
 * is in its result. */
static int compare(acct_reauthentication_t *act)
{
    const acct_call_t *call = act->call;
    acct_hash_t hash = {
        .service = call->service, .pool = call->pool,
        .password = sent_password(call), .stored = act->account.password,
        .verdict = ACCT_PASSWORD_FAILED
    };

    if (!acct_call_name(call, &act->attempt, name_of(&act->account),
                        act->known.is_known, act->account.id)) {
        return 0;
    }
    if (acct_gate_run(call->service, act->known.is_known, acct_do_compare,
                      &hash) != APR_SUCCESS
        || hash.verdict == ACCT_PASSWORD_FAILED) {
        acct_unavailable(call->result, ACCT_RETRY_GATE);
        return 0;
    }
    if (hash.verdict == ACCT_PASSWORD_MATCH) {
        act->verified = act->account.password;
        return 1;
    }
    acct_result_add_problem(call->result,
                            call->form->field[ACCT_ROLE_CURRENT_PASSWORD],
                            ACCT_PROBLEM_WRONG, 0, call->pool);
    acct_log(call->service, ACCT_LOG_INFO, APR_SUCCESS, call->pool,
             "authn_reauthentication_fail: account %" APR_INT64_T_FMT,
             act->account.id);
    return 1;
}

static int compare_counted(acct_reauthentication_t *act)
{
    int goes_on;

    if (!acct_call_network(act->call, &act->attempt, ACCT_BUDGET_FAILURES)) {
        return 0;
    }
    act->is_counted = 1;
    goes_on = compare(act);
    if (act->verified == NULL || acct_factor_sent(act->call) == NULL) {
        acct_reauthentication_settle(act, goes_on && act->verified == NULL);
    }
    return goes_on;
}

int acct_reauthentication_try(acct_reauthentication_t *act)
{
    if (act->is_counted) {
        return 1;
    }
    if (!acct_call_network(act->call, &act->attempt, ACCT_BUDGET_FAILURES)) {
        return 0;
    }
    act->is_counted = 1;
    return acct_call_name(act->call, &act->attempt, name_of(&act->account),
                          act->known.is_known, act->account.id);
}

void acct_reauthentication_settle(acct_reauthentication_t *act,
                                  int is_failure)
{
    if (act->is_counted) {
        acct_attempt_end(&act->attempt, is_failure);
        act->is_counted = 0;
    }
}

int acct_reauthenticate(acct_reauthentication_t *act,
                        const acct_call_t *call)
{
    before_t before = { .act = act };
    apr_status_t status;

    memset(act, 0, sizeof(*act));
    act->call = call;
    if (!acct_call_begin(call, &act->attempt)) {
        return 0;
    }
    status = acct_unit_run(call->service, ACCT_UNIT_READ, read_account,
                           &before, call->pool);
    if (APR_STATUS_IS_NOTFOUND(status)
        || (status == APR_SUCCESS && !act->account.is_active)) {
        call->result->outcome = ACCT_INVALID_TOKEN;
        return 0;
    }
    if (status != APR_SUCCESS) {
        acct_unavailable(call->result, ACCT_RETRY_DATABASE);
        return 0;
    }
    call->result->about = act->account.id;
    ask_for_password(&before);
    /* Behind an earlier stage's problem nothing of it would be told. */
    return sent_password(call) == NULL
        || !acct_stage_open(&call->route->fields, call->result,
                            ACCT_STAGE_CURRENT_PASSWORD)
        || compare_counted(act);
}

apr_status_t acct_reauthentication_lock(const acct_reauthentication_t *act,
                                        acct_db_t *db,
                                        acct_account_t *account,
                                        apr_pool_t *pool)
{
    const acct_identity_t *identity = act->call->identity;
    apr_status_t status = acct_store_account_lock(db, identity->account.id,
                                                  account, pool);

    if (status == APR_SUCCESS) {
        status = acct_store_token_is_of(db, account->id, identity->token.id,
                                        NULL, pool);
    }
    if (status != APR_SUCCESS) {
        return status;
    }
    if (!account->is_active) {
        return APR_NOTFOUND;
    }
    if (act->verified != NULL
        && (account->password == NULL
            || strcmp(account->password, act->verified) != 0)) {
        return APR_EAGAIN;
    }
    return APR_SUCCESS;
}

void acct_reauthentication_end(const acct_reauthentication_t *act,
                               const acct_account_t *account,
                               apr_status_t status)
{
    acct_result_t *result = act->call->result;

    if (APR_STATUS_IS_NOTFOUND(status)) {
        result->outcome = ACCT_INVALID_TOKEN;
        return;
    }
    if (APR_STATUS_IS_EAGAIN(status)) {
        /* Another request changed the password in between: the client that
         * tries again is told what holds now. */
        acct_unavailable(result, ACCT_RETRY_GATE);
        return;
    }
    /* Also when the commit's fate is unknown: it may be done. */
    acct_service_revoked(act->call->service, act->account.id);
    if (status != APR_SUCCESS) {
        acct_unavailable(result, ACCT_RETRY_DATABASE);
        return;
    }
    result->outcome = ACCT_OK;
    result->account = account;
}
