/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What logs learn of a request: lines of the error log about guards, events of
 * the audit log (audit/audit.h), variables for a LogFormat.
 */
#ifndef ACCT_TOLD_H
#define ACCT_TOLD_H

#include <httpd.h>

#include "dialect/dialect.h"
#include "form/result.h"
#include "request/verdict.h"

/**
 * A guard has refused a request. One line and one event for a client's
 * request, however many hooks and parts of it are refused: a tool that counts
 * refusals counts lines.
 */
void acct_told_refusal(request_rec *r, acct_outcome_e why);

/**
 * An endpoint has answered: the event of its operation, and ACCTAUTH_EVENT,
 * ACCTAUTH_OUTCOME and (with the outcome ok) ACCTAUTH_ID in the environment,
 * where nothing but logs looks by then.
 * @param asked   the route whose path was asked for; NULL: there is none
 * @param verdict on the presented token; NULL: none was looked at
 */
void acct_told_endpoint(request_rec *r, const acct_route_t *asked,
                        const acct_result_t *result,
                        const acct_verdict_t *verdict);

/** Hook log_transaction. */
void acct_told_hooks(void);

#endif
