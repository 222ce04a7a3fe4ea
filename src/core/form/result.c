/* SPDX-License-Identifier: Apache-2.0 */
#include "form/result.h"

acct_result_t *acct_result_make(acct_outcome_e outcome, apr_pool_t *pool)
{
    acct_result_t *result = apr_pcalloc(pool, sizeof(*result));

    result->outcome = outcome;
    return result;
}

void acct_result_add_problem(acct_result_t *result,
                             const acct_field_t *field,
                             acct_problem_e problem, int limit,
                             apr_pool_t *pool)
{
    acct_field_problem_t *list;
    int i;

    if (result->problems == NULL) {
        result->problems = apr_array_make(pool, 4,
                                          sizeof(acct_field_problem_t));
    }
    apr_array_push(result->problems);
    list = (acct_field_problem_t *)result->problems->elts;
    /* Stable insertion: behind the problems of earlier fields and behind
     * those this field already has. */
    for (i = result->problems->nelts - 1;
         i > 0 && list[i - 1].field->index > field->index; i--) {
        list[i] = list[i - 1];
    }
    list[i].field = field;
    list[i].problem = problem;
    list[i].limit = limit;
}
