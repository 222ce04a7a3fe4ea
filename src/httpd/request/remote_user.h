/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The identity a request is served for: r->user and the environment.
 * (request/hand_over.h: how the handler comes to know, request/forged.h: what
 * a client pretends, request/privacy.h: that no other client gets the answer.)
 */
#ifndef ACCT_REMOTE_USER_H
#define ACCT_REMOTE_USER_H

#include <httpd.h>

#include "request/verdict.h"

/** The names of identity headers begin with this; whatever a client sends
 *  under a name that folds to it is removed. */
#define ACCT_HEADER_PREFIX "X-Acct-"

/** The name that stands for an account in r->user and X-Acct-User: its
 *  username, its address, or "#" and its id. Of the account, or in pool. */
const char *acct_identity_user(const acct_account_t *account,
                               apr_pool_t *pool);

/** The names of our variables begin with this. */
#define ACCT_VARIABLE_PREFIX "ACCTAUTH_"

/** Set the identity: r->user, r->ap_auth_type and the environment. */
void acct_identity_set(request_rec *r, const acct_verdict_t *verdict);

/** Tell r->user and r->ap_auth_type again, over what another module has
 *  said since (mod_ssl's SSLUserName): one request has one identity. */
void acct_identity_stand(request_rec *r, const acct_verdict_t *verdict);

/** Take the identity back (the request is refused after all). */
void acct_identity_forget(request_rec *r);

/** Take the variables of the identity out of an environment, or give each of
 *  them a value that no account has. */
void acct_identity_blank(apr_table_t *env, int with_variables);

#endif
