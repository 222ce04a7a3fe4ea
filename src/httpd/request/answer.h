/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An endpoint's answer: what the dialect says of a result, on the wire.
 */
#ifndef ACCT_ANSWER_H
#define ACCT_ANSWER_H

#include <httpd.h>
#include "dialect/dialect.h"
#include "form/result.h"

/** Send the answer of the matched route and dialect to a result.
 *  @param status instead of the dialect's; 0: that
 *  Only the log says whether the client was still there. */
void acct_answer_send(request_rec *r, const acct_match_t *match,
                      const acct_result_t *result, int status);

/** Set the headers that every answer below a mount carries, also one that
 *  httpd gives in the endpoint's place. */
void acct_answer_standing_headers(request_rec *r);

#endif
