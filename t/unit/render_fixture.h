/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Results of operations, and the answers that are expected of them.
 */
#ifndef ACCT_RENDER_FIXTURE_H
#define ACCT_RENDER_FIXTURE_H

#include "dialect_fixture.h"

#define TOKEN_64 "2cc83e0073251de579f35e1050ce25ad" \
                 "57316b60f7862be1c92c77510b7e13da"

/* ---------------------------------------------------------- small helpers */

static inline acct_result_t *good(apr_pool_t *pool)
{
    acct_result_t *result = acct_result_make(ACCT_OK, pool);

    result->account = some_account(pool);
    result->token = TOKEN_40;
    result->token_id = "0123456789abcdef0123456789abcdef";
    return result;
}

/* Problems, each "field.code", in any order; too_long comes with 150. */
static inline acct_result_t *problems(apr_pool_t *pool, const acct_route_t *route,
                               const char *list)
{
    acct_result_t *result = acct_result_make(ACCT_INVALID, pool);
    char *copy = apr_pstrdup(pool, list), *last = NULL, *word, *dot;

    for (word = apr_strtok(copy, " ", &last); word != NULL;
         word = apr_strtok(NULL, " ", &last)) {
        dot = strrchr(word, '.');
        *dot = '\0';
        assert_true(acct_problem_find(dot + 1) >= 0);
        acct_result_add_problem(result, field_of(route, word),
                                (acct_problem_e)acct_problem_find(dot + 1),
                                150, pool);
    }
    return result;
}

static inline void outcome(apr_pool_t *pool, const char *name, const char *method,
                    const char *path, acct_outcome_e what, int status,
                    const char *body)
{
    const acct_dialect_t *dialect = load_named(pool, name);
    acct_result_t *result = acct_result_make(what, pool);

    result->method = "GET";
    result->retry_after = 60;
    answers(dialect, method != NULL ? route_of(dialect, method, path) : NULL,
            result, status, JSON, body, pool);
}

static inline void invalid(apr_pool_t *pool, const char *name, const char *path,
                    const char *list, int status, const char *body)
{
    const acct_dialect_t *dialect = load_named(pool, name);
    const acct_route_t *route = route_of(dialect, "POST", path);

    answers(dialect, route, problems(pool, route, list), status, JSON, body,
            pool);
}

static inline void ok(apr_pool_t *pool, const char *name, const char *method,
               const char *path, const acct_result_t *result, int status,
               const char *body)
{
    const acct_dialect_t *dialect = load_named(pool, name);

    answers(dialect, route_of(dialect, method, path), result, status, JSON,
            body, pool);
}

#endif
