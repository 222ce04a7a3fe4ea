/* SPDX-License-Identifier: Apache-2.0 */
#include "account/admission.h"

#include "database/unit.h"
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
