/* SPDX-License-Identifier: Apache-2.0 */
#include "credential/attempt.h"

#include <openssl/crypto.h>

#include "credential/dummy.h"
#include "credential/issue.h"

/* Where no key file is configured the secret is the database's own, which is
 * the same on all servers as well. */
static apr_status_t begin(acct_attempt_t *attempt,
                          const acct_service_t *service, apr_pool_t *pool)
{
    unsigned char names[ACCT_NAMES_KEY_BYTES];
    apr_status_t status;

    acct_attempt_begin(attempt, service, pool);
    if (service->limits == NULL || service->limits->mode == ACCT_LIMITS_OFF
        || service->limits->has_key) {
        return APR_SUCCESS;
    }
    status = acct_names_key(service, names, pool);
    if (status == APR_SUCCESS) {
        status = acct_limit_key_make(&attempt->key, names, sizeof(names));
    }
    OPENSSL_cleanse(names, sizeof(names));
    return status;
}

/* Whether it may go on; else the outcome is the result's. */
static int is_passed(acct_result_t *result, const acct_attempt_t *attempt,
                     acct_limit_e verdict)
{
    switch (verdict) {
    case ACCT_LIMIT_PASSED:
        return 1;
    case ACCT_LIMIT_THROTTLED:
        result->outcome = ACCT_THROTTLED;
        result->retry_after = acct_attempt_seconds(attempt);
        result->problems = NULL;
        return 0;
    case ACCT_LIMIT_CROWDED:
        break;
    }
    acct_unavailable(result, ACCT_RETRY_GATE);
    return 0;
}

int acct_call_begin(const acct_call_t *call, acct_attempt_t *attempt)
{
    if (begin(attempt, call->service, call->pool) == APR_SUCCESS) {
        return 1;
    }
    acct_unavailable(call->result, ACCT_RETRY_DATABASE);
    return 0;
}

int acct_call_network(const acct_call_t *call, acct_attempt_t *attempt,
                      acct_budget_e budget)
{
    return is_passed(call->result, attempt,
                     acct_attempt_network(attempt, budget));
}

int acct_call_name(const acct_call_t *call, acct_attempt_t *attempt,
                   const char *name, int is_known, apr_int64_t account)
{
    return is_passed(call->result, attempt,
                     acct_attempt_name(attempt, name, is_known, account));
}

int acct_may_try(const acct_service_t *service, acct_budget_e budget,
                 acct_result_t *result, apr_pool_t *pool)
{
    acct_attempt_t attempt;

    if (budget == ACCT_BUDGET_NONE || service->limits == NULL
        || service->client == NULL) {
        return 1;
    }
    /* Where the secret cannot be read now the operation will find that out
     * too. */
    return begin(&attempt, service, pool) != APR_SUCCESS
        || is_passed(result, &attempt, acct_attempt_look(&attempt, budget));
}
