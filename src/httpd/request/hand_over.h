/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the guard to the handler: what a request takes over from another that
 * it stands for (a sub-request it has become, the request it was redirected
 * from), and what its handler learns of the identity that was let in: the
 * user, identity headers, and the token where it shall have that.
 */
#ifndef ACCT_HAND_OVER_H
#define ACCT_HAND_OVER_H

#include <httpd.h>

#include "request/verdict.h"

/** Let a request in as the identity of a verdict: it is the answer of the
 *  request's location, whose settings hold from here on. */
void acct_hand_over(request_rec *r, const acct_verdict_t *verdict);

/** Hooks fixups, handler. */
void acct_hand_over_hooks(void);

#endif
