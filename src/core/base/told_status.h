/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ACCT_TOLD_STATUS_H
#define ACCT_TOLD_STATUS_H

#include <apr_errno.h>

/**
 * What of a status is worth telling beside a message: an error of the system,
 * or that a time has passed, whose text is a reason. Others are APR's or our
 * own way to say which kind of failure it is; their text ("Internal error
 * (specific information not available)", "Could not find specified socket in
 * poll list") tells an operator nothing, or something wrong.
 * @return the status, or APR_SUCCESS (which httpd leaves out of a line)
 */
apr_status_t acct_told_status(apr_status_t status);

#endif
