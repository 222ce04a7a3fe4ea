/* SPDX-License-Identifier: Apache-2.0 */
#include "credential/credential.h"

void acct_unavailable(acct_result_t *result, int retry_after)
{
    result->outcome = ACCT_UNAVAILABLE;
    result->retry_after = retry_after;
}

int acct_call_read(const acct_call_t *call, acct_work_fn work, void *baton,
                   const acct_account_t *account)
{
    acct_result_t *result = call->result;
    apr_status_t status = acct_unit_run(call->service, ACCT_UNIT_READ, work,
                                        baton, call->pool);

    if (APR_STATUS_IS_NOTFOUND(status)) {
        result->outcome = ACCT_INVALID_TOKEN;
        return 0;
    }
    if (status != APR_SUCCESS) {
        acct_unavailable(result, ACCT_RETRY_DATABASE);
        return 0;
    }
    result->outcome = ACCT_OK;
    result->account = account;
    return 1;
}
