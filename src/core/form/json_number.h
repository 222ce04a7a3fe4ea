/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers of JSON that no machine number holds. RFC 8259, 6, sets them no
 * range, and what is asked of them is their text; jansson refuses the whole
 * document over one, also where it is not read. So they become strings before
 * it is parsed.
 *
 * No state; safe from any thread.
 */
#ifndef ACCT_JSON_NUMBER_H
#define ACCT_JSON_NUMBER_H

#include <apr_pools.h>
#include <apr_tables.h>

typedef struct acct_json_text_t {
    const char *text;           /* the body itself where it holds none */
    apr_size_t length;
    char *copy;                 /* to be wiped, for any number may be a
                                 * password; NULL where there is none */
    apr_array_header_t *quotes; /* apr_size_t: where in the text those stand
                                 * that were put in; NULL: nowhere */
} acct_json_text_t;

/**
 * Put quotes around each number that is beyond 64 bits, or beyond a double
 * where it has a fraction or an exponent. What is not JSON stays that: only
 * a whole number where a value may end is touched. In one pass, and one
 * more where there is such a number.
 */
void acct_json_quote_numbers(const char *body, apr_size_t length,
                             acct_json_text_t *quoted, apr_pool_t *pool);

/** How many of the quotes stand in the line before @a position: by so much
 *  a column is too high. */
int acct_json_quotes_before(const acct_json_text_t *quoted,
                            apr_size_t position);

/** Whether a number's text has a fraction or an exponent. */
int acct_json_is_real(const char *number, apr_size_t length);

#endif
