/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON (RFC 8259) of a request's body: jansson behind limits, and with
 * nothing of it left in memory that could be a password. (What jansson's
 * lexer works on is its own and freed as it is.)
 *
 * No state; safe from any thread.
 */
#ifndef ACCT_FORM_JSON_H
#define ACCT_FORM_JSON_H

#include <apr_pools.h>
#include <jansson.h>
#include "form/result.h"

/**
 * Parse a body.
 * @param json   what it holds, NULL when there is nothing; freed with
 *               @a pool, or before with acct_json_free()
 * @param result {format}, {reason} (our own words and a place, nothing of
 *               the body), {type}
 * @return ACCT_OK: an object; ACCT_PARSE_ERROR; ACCT_NOT_AN_OBJECT;
 *         ACCT_NO_DATA: null; ACCT_UNAVAILABLE: no memory
 * Refused beside what is not JSON: nesting deeper than ACCT_FORM_DEPTH,
 * objects of more than ACCT_FORM_MEMBERS, a member named twice, a byte
 * order mark, a null character in a name. In a value it is let through.
 * Numbers beyond 64 bits or a double come as strings of their text.
 */
acct_outcome_e acct_json_parse(const char *body, apr_size_t length,
                               json_t **json, acct_result_t *result,
                               apr_pool_t *pool);

/** Overwrite all strings and free. NULL is fine. */
void acct_json_free(json_t *json, apr_pool_t *pool);

/**
 * A real number as Python's str() writes it: the fewest digits that read
 * back as the same number; with an exponent below 1e-04 and from 1e+16.
 */
char *acct_json_real_text(double value, apr_pool_t *pool);

#endif
