/* SPDX-License-Identifier: Apache-2.0 */
/* Signing up; see account/account.h. */
#include "account/issue.h"

#include <string.h>

#include "text/identifier.h"
#include "token/check_row.h"
#include "database/unit.h"

typedef struct taken_t {
    const char *username_key;
    const char *email_key;
    int username;
    int email;
} taken_t;

static apr_status_t look_for_taken(acct_db_t *db, void *baton,
                                   apr_pool_t *pool)
{
    taken_t *taken = baton;

    return acct_store_taken(db, taken->username_key, taken->email_key,
                            &taken->username, &taken->email, pool);
}

/* Add a problem for each name that an account has. */
static apr_status_t add_taken(const acct_service_t *service,
                              const acct_account_t *account,
                              const acct_form_t *form,
                              acct_result_t *result, apr_pool_t *pool)
{
    taken_t taken = { account->username_key, account->email_key, 0, 0 };
    apr_status_t status;

    if (taken.username_key == NULL && taken.email_key == NULL) {
        return APR_SUCCESS;
    }
    status = acct_unit_run(service, ACCT_UNIT_READ, look_for_taken, &taken,
                           pool);
    if (status != APR_SUCCESS) {
        return status;
    }
    if (taken.username) {
        acct_result_add_problem(result, form->field[ACCT_ROLE_USERNAME],
                                ACCT_PROBLEM_TAKEN, 0, pool);
    }
    if (taken.email) {
        acct_result_add_problem(result, form->field[ACCT_ROLE_EMAIL],
                                ACCT_PROBLEM_TAKEN, 0, pool);
    }
    return APR_SUCCESS;
}

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

static apr_status_t account_of_form(const acct_form_t *form,
                                    acct_account_t *account,
                                    apr_pool_t *pool)
{
    apr_status_t status;

    memset(account, 0, sizeof(*account));
    account->username = form->value[ACCT_ROLE_USERNAME];
    account->email = form->value[ACCT_ROLE_EMAIL];
    account->first_name = or_empty(form->value[ACCT_ROLE_FIRST_NAME]);
    account->last_name = or_empty(form->value[ACCT_ROLE_LAST_NAME]);
    account->is_active = 1;
    account->created_at = apr_time_now();
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

static void judge_password(const acct_service_t *service,
                           const acct_form_t *form,
                           const acct_account_t *account,
                           acct_result_t *result, apr_pool_t *pool)
{
    const char *password = form->value[ACCT_ROLE_PASSWORD];
    const char *own[] = { or_empty(account->username),
                          or_empty(account->email), account->first_name,
                          account->last_name, NULL };
    acct_problem_e problem;

    if (service->rules == NULL || password == NULL) {
        return;
    }
    problem = acct_password_judge(service->rules, password, own, pool);
    if (problem != ACCT_PROBLEM__COUNT) {
        acct_result_add_problem(result, form->field[ACCT_ROLE_PASSWORD],
                                problem, service->rules->min_length, pool);
    }
}

static apr_status_t sign_up(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    acct_issue_t *issue = baton;
    apr_status_t status;

    status = acct_store_account_insert(db, issue->account, pool);
    if (status == APR_SUCCESS && issue->route->mints_token) {
        status = acct_issue_token(issue, db, pool);
    }
    return status;
}

void acct_register(const acct_service_t *service,
                   const acct_route_t *route, const acct_form_t *form,
                   acct_result_t *result, apr_pool_t *pool)
{
    acct_account_t *account = apr_palloc(pool, sizeof(*account));
    acct_issue_t issue = { service, route, account, 0, NULL, NULL, NULL, { 0 },
                      0 };
    acct_hash_t hash = { service, form->value[ACCT_ROLE_PASSWORD], NULL, NULL,
                    ACCT_PASSWORD_FAILED, NULL, APR_SUCCESS, pool };
    apr_status_t status;
    int try;

    if (account_of_form(form, account, pool) != APR_SUCCESS) {
        result->outcome = ACCT_ERROR;
        return;
    }
    judge_password(service, form, account, result, pool);
    if (result->problems != NULL) {
        result->outcome = ACCT_INVALID;
        if (add_taken(service, account, form, result, pool)
            != APR_SUCCESS) {
            acct_unavailable(result, ACCT_RETRY_DATABASE);
        }
        return;
    }

    status = acct_gate_run(service, acct_do_hash, &hash);
    if (status != APR_SUCCESS || hash.status != APR_SUCCESS) {
        acct_unavailable(result, ACCT_RETRY_GATE);
        return;
    }
    account->password = hash.hash;
    for (try = 0; try < ACCT_TRIES; try++) {
        status = acct_transaction_run(service, sign_up, &issue, pool);
        if (status == APR_SUCCESS) {
            result->outcome = ACCT_OK;
            result->account = account;
            acct_tell_token(result, &issue);
            acct_log(service, ACCT_LOG_INFO, APR_SUCCESS, pool,
                     "account_registered: account %" APR_INT64_T_FMT,
                     account->id);
            return;
        }
        if (status == ACCT_CHECK_STANDS && acct_end_check(service, pool)) {
            continue;
        }
        if (!APR_STATUS_IS_EEXIST(status)
            || add_taken(service, account, form, result, pool)
               != APR_SUCCESS) {
            break;
        }
        if (result->problems != NULL) {
            result->outcome = ACCT_INVALID;
            return;
        }
        /* Taken when it was tried, free when it was looked at: again. */
    }
    acct_unavailable(result, ACCT_RETRY_DATABASE);
}
