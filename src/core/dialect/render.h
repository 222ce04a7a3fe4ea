/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Outcome to status, headers and body: fills in the templates a dialect
 * holds. Safe from any thread; everything is in the pool passed.
 */
#ifndef ACCT_RENDER_H
#define ACCT_RENDER_H

#include <apr_pools.h>
#include <apr_tables.h>
#include "dialect/dialect.h"
#include "form/result.h"

typedef struct acct_answer_t {
    int status;                 /* HTTP status, from the dialect; 0 where
                                 * even its words for an error cannot be
                                 * filled in */
    const char *content_type;   /* NULL where there is no body */
    const char *body;           /* NULL where there is none */
    apr_size_t length;
    apr_table_t *headers;       /* the response's own, values without CR,
                                 * LF or other controls; may be empty */
} acct_answer_t;

/**
 * Spell a result.
 * @param dialect whose responses to use
 * @param route   the route, or NULL (not found, the guard's refusals)
 * @param result  with ACCT_INVALID: problems that have no response of their
 *                own are gathered in {errors} and answered first; else the
 *                first that has one, in the order in which the route lists its
 *                responses
 * A response that shows what the result does not hold (a token that is
 * missing) is not sent; the dialect's response for ACCT_ERROR is, at worst
 * an empty 500. Bytes of a text that are not UTF-8 become U+FFFD.
 */
void acct_render(const acct_dialect_t *dialect, const acct_route_t *route,
                 const acct_result_t *result, acct_answer_t *answer,
                 apr_pool_t *pool);

#endif
