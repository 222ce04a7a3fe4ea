/* SPDX-License-Identifier: Apache-2.0 */
#include "credential/admission.h"

#include <string.h>

#include "credential/attempt.h"
#include "credential/issue.h"
#include "database/unit.h"
#include "dialect/mailing.h"
#include "form/stage.h"
#include "password/password.h"
#include "tables/links.h"
#include "tables/name_holds.h"
#include "text/identifier.h"

typedef struct taken_t {
    const acct_account_t *account;
    int username;
    int email;
} taken_t;

static apr_status_t look_for_taken(acct_db_t *db, void *baton,
                                   apr_pool_t *pool)
{
    taken_t *taken = baton;

    return acct_store_taken(db, taken->account, &taken->username,
                            &taken->email, pool);
}

apr_status_t acct_names_taken(const acct_service_t *service,
                              const acct_account_t *account,
                              int *username_taken, int *email_taken,
                              apr_pool_t *pool)
{
    taken_t taken = { .account = account };
    apr_status_t status = APR_SUCCESS;

    if (account->username_key != NULL || account->email_key != NULL) {
        status = acct_unit_run(service, ACCT_UNIT_READ, look_for_taken,
                               &taken, pool);
    }
    *username_taken = taken.username;
    *email_taken = taken.email;
    return status;
}

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

uint32_t acct_new_password_judge(const acct_service_t *service,
                                 const acct_account_t *account,
                                 const char *password, acct_role_e *like,
                                 apr_pool_t *pool)
{
    /* The order in which one of several that are alike is named. */
    static const acct_role_e roles[] = {
        ACCT_ROLE_USERNAME, ACCT_ROLE_FIRST_NAME, ACCT_ROLE_LAST_NAME,
        ACCT_ROLE_EMAIL
    };
    const char *own[5] = { NULL };
    uint32_t problems;
    int which = 0;

    if (account != NULL) {
        own[0] = or_empty(account->username);
        own[1] = or_empty(account->first_name);
        own[2] = or_empty(account->last_name);
        own[3] = or_empty(account->email);
    }
    problems = acct_password_judge(service->rules, password, own, &which,
                                   pool);
    if ((problems & ACCT_PROBLEM_BIT(ACCT_PROBLEM_TOO_SIMILAR)) != 0) {
        *like = roles[which];
    }
    return problems;
}

/* Those of a call's rules that have their turn. */
static uint32_t open_rules(const acct_call_t *call, int which)
{
    static const uint32_t likeness =
        ACCT_PROBLEM_BIT(ACCT_PROBLEM_TOO_SIMILAR);
    const acct_fields_t *fields = &call->route->fields;
    uint32_t rules = 0;

    if ((which & ACCT_JUDGE_RULES) != 0
        && acct_stage_open(fields, call->result, ACCT_STAGE_RULES)) {
        rules |= ~likeness;
    }
    if ((which & ACCT_JUDGE_SIMILARITY) != 0
        && acct_stage_open(fields, call->result, ACCT_STAGE_SIMILARITY)) {
        rules |= likeness;
    }
    return rules;
}

/* Add those of a set that a field tells, in its order. */
static void add_problems(const acct_call_t *call, uint32_t problems,
                         acct_role_e like)
{
    static const acct_problem_e orders[2][4] = {
        { ACCT_PROBLEM_TOO_SHORT, ACCT_PROBLEM_TOO_COMMON,
          ACCT_PROBLEM_TOO_SIMILAR, ACCT_PROBLEM_TOO_NUMERIC },
        { ACCT_PROBLEM_TOO_SIMILAR, ACCT_PROBLEM_TOO_SHORT,
          ACCT_PROBLEM_TOO_COMMON, ACCT_PROBLEM_TOO_NUMERIC }
    };
    const acct_field_t *field = call->form->field[ACCT_ROLE_PASSWORD];
    const acct_problem_e *order = orders[field->tells_all != 0];
    int i;

    for (i = 0; i < 4; i++) {
        if ((problems & ACCT_PROBLEM_BIT(order[i])) == 0) {
            continue;
        }
        if (order[i] == ACCT_PROBLEM_TOO_SIMILAR) {
            acct_result_add_similar(call->result, field, like, call->pool);
        }
        else {
            acct_result_add_problem(call->result, field, order[i],
                                    order[i] == ACCT_PROBLEM_TOO_SHORT
                                    ? call->service->rules->min_length : 0,
                                    call->pool);
        }
        if (!field->tells_all) {
            return;
        }
    }
}

void acct_call_judge_rules(const acct_call_t *call,
                           const acct_account_t *account, int which)
{
    const char *password = call->form->value[ACCT_ROLE_PASSWORD];
    acct_role_e like = ACCT_ROLE__COUNT;
    uint32_t rules, problems;

    if (password == NULL || call->service->rules == NULL
        || (rules = open_rules(call, which)) == 0) {
        return;
    }
    problems = acct_new_password_judge(call->service, account, password,
                                       &like, call->pool) & rules;
    add_problems(call, problems, like);
}

void acct_call_judge_password(const acct_call_t *call,
                              const acct_account_t *account)
{
    acct_call_judge_rules(call, account,
                          ACCT_JUDGE_RULES | ACCT_JUDGE_SIMILARITY);
}

/* ---- addresses that nobody has proved ---- */

typedef struct holder_t {
    const char *key;
    acct_account_t account;
} holder_t;

static apr_status_t find_holder(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    holder_t *holder = baton;

    return acct_store_account_by_email(db, holder->key, &holder->account,
                                       pool);
}

/* Another has it as a name, or holds it: then there is no such row. */
int acct_call_claims(const acct_call_t *call, const acct_account_t *account)
{
    holder_t holder = { .key = account->email_key };

    return account->email_key != NULL && account->pending_until == 0
        && (account->id != 0 || account->username_key != NULL)
        && call->service->mail != NULL
        && call->route->dialect->mails->kind[ACCT_MAIL_VERIFY_EMAIL].is_named
        && acct_unit_run(call->service, ACCT_UNIT_READ, find_holder, &holder,
                         call->pool) == APR_SUCCESS
        && holder.account.email_verified_at == 0
        && holder.account.username_key != NULL;
}

/* What was mailed to the address is not the other's any more. */
static apr_status_t give_up_address(acct_db_t *db, apr_int64_t id,
                                    apr_pool_t *pool)
{
    apr_status_t status = acct_store_account_set_email(db, id, NULL, NULL, 0,
                                                       pool);

    if (status == APR_SUCCESS) {
        status = acct_store_link_delete(db, id, NULL, NULL, pool);
    }
    /* Its cached identities hold the address. */
    return status == APR_SUCCESS
        ? acct_store_revocation_insert(db, id, pool) : status;
}

apr_status_t acct_address_take(acct_db_t *db, const acct_account_t *account,
                               const char *key, apr_int64_t *other,
                               apr_pool_t *pool)
{
    acct_account_t holder;
    apr_status_t status = acct_store_account_by_email(db, key, &holder, pool);

    *other = 0;
    if (status == APR_SUCCESS && holder.id != account->id) {
        status = acct_store_account_lock(db, holder.id, &holder, pool);
    }
    if (status != APR_SUCCESS || holder.id == account->id
        || holder.email_verified_at != 0 || holder.email_key == NULL
        || strcmp(holder.email_key, key) != 0) {
        return APR_STATUS_IS_NOTFOUND(status) ? APR_SUCCESS : status;
    }
    if (holder.username_key != NULL) {
        *other = holder.id;
        return give_up_address(db, holder.id, pool);
    }
    return acct_account_state(&holder) == ACCT_STATE_PENDING
        ? acct_store_account_delete(db, holder.id, pool) : APR_SUCCESS;
}

/* ---- of a call ---- */

apr_status_t acct_call_add_taken(const acct_call_t *call,
                                 const acct_account_t *account)
{
    int username_taken, email_taken;
    apr_status_t status = acct_names_taken(call->service, account,
                                           &username_taken, &email_taken,
                                           call->pool);

    if (status != APR_SUCCESS) {
        return status;
    }
    if (username_taken) {
        acct_result_add_problem(call->result,
                                call->form->field[ACCT_ROLE_USERNAME],
                                ACCT_PROBLEM_TAKEN, 0, call->pool);
    }
    if (email_taken && !acct_call_claims(call, account)) {
        acct_result_add_problem(call->result,
                                call->form->field[ACCT_ROLE_EMAIL],
                                ACCT_PROBLEM_TAKEN, 0, call->pool);
    }
    return APR_SUCCESS;
}

int acct_call_username_key(const acct_call_t *call, const char **key)
{
    const char *username = call->form->value[ACCT_ROLE_USERNAME];

    *key = NULL;
    if (username != NULL
        && acct_username_key(username, key, call->pool) != APR_SUCCESS) {
        call->result->outcome = ACCT_ERROR;
        return 0;
    }
    return 1;
}

/* A key that is another than the account's own; else NULL. */
static const char *unless_own(const char *key, const char *own)
{
    return key != NULL && own != NULL && strcmp(key, own) == 0 ? NULL : key;
}

int acct_call_look_for_taken(const acct_call_t *call,
                             const acct_account_t *own,
                             const char *username_key, const char *email_key)
{
    acct_account_t wanted = {
        .id = own->id,
        .username_key = unless_own(username_key, own->username_key),
        .email_key = unless_own(email_key, own->email_key)
    };
    acct_attempt_t attempt;
    apr_status_t status;

    if (wanted.username_key == NULL && wanted.email_key == NULL) {
        return 1;
    }
    if (!acct_call_begin(call, &attempt)
        || !acct_call_network(call, &attempt, ACCT_BUDGET_NAMES)) {
        return 0;
    }
    status = acct_call_add_taken(call, &wanted);
    if (status != APR_SUCCESS) {
        acct_unavailable(call->result, ACCT_RETRY_DATABASE);
    }
    /* Whatever it told, it was told for its price. */
    acct_attempt_end(&attempt, status == APR_SUCCESS);
    return status == APR_SUCCESS;
}

int acct_call_is_sound(const acct_call_t *call)
{
    if (call->result->problems == NULL) {
        return 1;
    }
    call->result->outcome = ACCT_INVALID;
    return 0;
}

/* ---- names that are given up ---- */

static const char *name_of(const acct_account_t *account)
{
    return account->username_key != NULL ? account->username_key
                                         : account->email_key;
}

apr_status_t acct_name_hold(const acct_service_t *service, acct_db_t *db,
                            const acct_account_t *account, apr_pool_t *pool)
{
    const char *name = name_of(account);

    if (service->name_hold <= 0 || name == NULL
        || acct_account_state(account) == ACCT_STATE_PENDING) {
        return APR_SUCCESS;
    }
    return acct_store_name_hold_set(db, name, account->id,
                                    apr_time_now() + service->name_hold,
                                    pool);
}

apr_status_t acct_name_change(const acct_service_t *service, acct_db_t *db,
                              const acct_account_t *account,
                              const char *username_key,
                              const char *email_key, apr_pool_t *pool)
{
    acct_account_t changed = {
        .username_key = username_key, .email_key = email_key
    };
    const char *before = name_of(account);
    const char *after = name_of(&changed);

    return before != NULL && after != NULL && strcmp(before, after) == 0
        ? APR_SUCCESS : acct_name_hold(service, db, account, pool);
}
