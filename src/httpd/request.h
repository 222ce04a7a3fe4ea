/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the module remembers about one request_rec.
 */
#ifndef ACCT_REQUEST_H
#define ACCT_REQUEST_H

#include <httpd.h>

#include "../core/outcome.h"

struct acct_verdict_t;

typedef struct acct_request_t {
    struct acct_verdict_t *verdict; /* initial request only */
    int guarded;                /* a location's guard had its say */
    const struct acct_verdict_t *admitted;  /* let in as this identity;
                                 * NULL: refused, or anonymous */
    acct_outcome_e refusal;     /* why the guard refused; ACCT_OK: it
                                 * did not */
    const char *allow;          /* endpoint: value of Allow, or NULL */
} acct_request_t;

/** The memory of a request, made when first asked for. */
acct_request_t *acct_request(request_rec *r);

/** The memory of a request, or NULL when nobody made one. */
acct_request_t *acct_request_if_any(const request_rec *r);

/** The request the client sent: the top of sub-requests and redirects. */
request_rec *acct_initial_request(request_rec *r);

#endif
