/* SPDX-License-Identifier: Apache-2.0 */
#include "account/admission.h"

#include <string.h>

#include "database/unit.h"
#include "tables/name_holds.h"
#include "text/password.h"

typedef struct taken_t {
    const acct_account_t *account;
    int username;
    int email;
} taken_t;

static apr_status_t look_for_taken(acct_db_t *db, void *baton,
                                   apr_pool_t *pool)
{
    taken_t *taken = baton;

    return acct_store_taken(db, taken->account->username_key,
                            taken->account->email_key, &taken->username,
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

acct_problem_e acct_new_password_judge(const acct_service_t *service,
                                       const acct_account_t *account,
                                       const char *password,
                                       apr_pool_t *pool)
{
    const char *own[] = { or_empty(account->username),
                          or_empty(account->email),
                          or_empty(account->first_name),
                          or_empty(account->last_name), NULL };

    return service->rules == NULL ? ACCT_PROBLEM__COUNT
        : acct_password_judge(service->rules, password, own, pool);
}

void acct_call_judge_password(const acct_call_t *call,
                              const acct_account_t *account)
{
    const char *password = call->form->value[ACCT_ROLE_PASSWORD];
    acct_problem_e problem;

    if (password == NULL) {
        return;
    }
    problem = acct_new_password_judge(call->service, account, password,
                                      call->pool);
    if (problem != ACCT_PROBLEM__COUNT) {
        acct_result_add_problem(call->result,
                                call->form->field[ACCT_ROLE_PASSWORD],
                                problem, call->service->rules->min_length,
                                call->pool);
    }
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
