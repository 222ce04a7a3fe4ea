/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a request's body, capped while it is read. Only from the
 * content handler.
 */
#ifndef ACCT_BODY_H
#define ACCT_BODY_H

#include <httpd.h>

#include "form/form.h"

typedef enum {
    ACCT_BODY_READ,
    ACCT_BODY_TOO_LARGE,
    ACCT_BODY_MALFORMED,        /* cut off, or chunks that are none */
    ACCT_BODY_STALLED,          /* RequestReadTimeout, Timeout */
    ACCT_BODY_ANSWERED          /* a filter has sent an answer already */
} acct_body_e;

/** Whether the request announces a body: a length over 0, or chunked. One
 *  of HTTP/2 may have a body all the same. */
int acct_body_announced(const request_rec *r);

/** The most bytes that a body may have at the location of a request. */
apr_off_t acct_body_limit(const request_rec *r);

/**
 * Whether a body of the kind that the request's header names would be read
 * into fields; as acct_form_accepts().
 */
acct_outcome_e acct_body_accepts(const request_rec *r,
                                 const acct_fields_t *fields,
                                 acct_result_t *result);

/**
 * Read the whole body.
 * @param limit  the most bytes it may have
 * @param bytes  the body, in r->pool; wipe it when it held a password
 * @param length of it
 * Unless it was read, the connection will be closed.
 */
acct_body_e acct_body_read(request_rec *r, apr_off_t limit, char **bytes,
                           apr_size_t *length);

/** Check only the size of a body that is not wanted, and drop it. */
acct_body_e acct_body_drop(request_rec *r, apr_off_t limit);

#endif
