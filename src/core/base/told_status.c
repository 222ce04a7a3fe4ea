/* SPDX-License-Identifier: Apache-2.0 */
#include "base/told_status.h"

apr_status_t acct_told_status(apr_status_t status)
{
    return (status > 0 && status < APR_OS_START_ERROR)
        || APR_STATUS_IS_TIMEUP(status) ? status : APR_SUCCESS;
}
