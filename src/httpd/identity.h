/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the protected handler is told about who it serves, and what a
 * client may not pretend: r->user, the environment, identity headers for
 * proxied applications, and that the answer is nobody else's.
 */
#ifndef ACCT_IDENTITY_H
#define ACCT_IDENTITY_H

#include <httpd.h>

#include "verdict.h"

/** The names of identity headers begin with this; whatever a client sends
 *  under a name that folds to it is removed. */
#define ACCT_HEADER_PREFIX "X-Acct-"

/** Tell who it is: r->user, r->ap_auth_type and the environment. */
void acct_identity_set(request_rec *r, const acct_verdict_t *verdict);

/** Take back what was told (the request is refused after all). */
void acct_identity_forget(request_rec *r);

/** Say that the answer depends on the token: no cache may share it. */
void acct_identity_private(request_rec *r);

/** Hooks post_config, post_read_request, fixups, insert_filter, handler. */
void acct_identity_hooks(void);

#endif
