/* SPDX-License-Identifier: Apache-2.0 */
/*
 * application/x-www-form-urlencoded (WHATWG URL, 5.1), read strictly:
 * what a lenient reader would guess at is an error here.
 *
 * No state; safe from any thread.
 */
#ifndef ACCT_FORM_URLENCODED_H
#define ACCT_FORM_URLENCODED_H

#include <apr_pools.h>
#include <apr_tables.h>
#include "form/pairs.h"

/**
 * Decode a body: '&' between pairs, '+' for a blank, %XX for a byte. A
 * pair without '=' has the value "". Empty pairs are skipped.
 * @param pairs acct_pair_t; never NULL, on an error those before it. In
 *              @a pool; may hold secrets: wipe them.
 * @return NULL, or what is wrong, in @a pool, without anything of the
 *         body: '%' without two hex digits, not UTF-8, a name that is
 *         there twice or holds NUL, more than ACCT_FORM_MEMBERS pairs
 */
const char *acct_urlencoded_decode(const char *body, apr_size_t length,
                                   apr_array_header_t **pairs,
                                   apr_pool_t *pool);

#endif
