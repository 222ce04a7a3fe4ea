/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the presented token is worth: found out once for each request of a
 * client and kept on its initial request, where sub-requests and internal
 * redirects find it again. The policy of each location is applied to it
 * anew (request/guard.c). Never kept on a connection, which HTTP/2 shares
 * among requests.
 */
#ifndef ACCT_VERDICT_H
#define ACCT_VERDICT_H

#include <httpd.h>

#include "account/account.h"
#include "config/config.h"

typedef struct acct_verdict_t {
    acct_outcome_e outcome;     /* ACCT_OK, ACCT_NOT_AUTHENTICATED,
                                 * ACCT_TOKEN_*, ACCT_INVALID_TOKEN,
                                 * ACCT_UNAVAILABLE, ACCT_ERROR */
    const char *token;          /* as presented; secret; with ACCT_OK */
    acct_identity_t identity;   /* with ACCT_OK */
    const char *scheme;         /* the header was read with */
} acct_verdict_t;

/** The verdict on the token of a request, asking the database if that was not
 *  done before. Never NULL; lives as long as the initial request. */
const acct_verdict_t *acct_verdict(request_rec *r);

/**
 * The verdict once more, as of now: for an operation that has waited for the
 * client since and acts only then. It takes the place of the first.
 * @param verdict the first, with ACCT_OK
 */
const acct_verdict_t *acct_verdict_again(request_rec *r,
                                         const acct_verdict_t *verdict);

/** Whether credentials may travel on the connection of a request. */
int acct_transport_allowed(request_rec *r);

/** Log, once a minute, that a request was refused for how it came: an operator
 *  who ends TLS on another machine finds the reason here. */
void acct_transport_log(request_rec *r);

#endif
