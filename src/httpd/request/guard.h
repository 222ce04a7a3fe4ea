/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Authentication of whatever a location serves: "AuthType Token" with any
 * Require, and AcctAuthProtect, the one-line form.
 */
#ifndef ACCT_GUARD_H
#define ACCT_GUARD_H

#include <httpd.h>

#include "base/outcome.h"

/** Hooks check_access, check_access_ex, check_authn, note_auth_failure. */
void acct_guard_hooks(void);

/** Whether the location of a request authenticates by tokens. */
int acct_guard_is_on(request_rec *r);

/** Write the challenge (RFC 9110, 11.6.1) for a 401, once. */
void acct_guard_challenge(request_rec *r);

/**
 * Set what a refusal carries: that it is not to be kept, when to come
 * back, the challenge.
 * @param challenge value of WWW-Authenticate, or NULL
 * @return the status of the refusal
 */
int acct_guard_refusal_headers(request_rec *r, acct_outcome_e why,
                               const char *challenge);

#endif
