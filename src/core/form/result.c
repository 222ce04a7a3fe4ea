/* SPDX-License-Identifier: Apache-2.0 */
#include "form/result.h"

acct_result_t *acct_result_make(acct_outcome_e outcome, apr_pool_t *pool)
{
    acct_result_t *result = apr_pcalloc(pool, sizeof(*result));

    result->outcome = outcome;
    return result;
}

/* A place for a problem of a field: behind the problems of earlier fields and
 * behind those this field already has. */
static acct_field_problem_t *insert(acct_result_t *result,
                                    const acct_field_t *field,
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
    for (i = result->problems->nelts - 1;
         i > 0 && list[i - 1].field->index > field->index; i--) {
        list[i] = list[i - 1];
    }
    list[i].field = field;
    return &list[i];
}

/* Whether the field has the problem already. */
static int has(const acct_result_t *result, const acct_field_t *field,
               acct_problem_e problem)
{
    int i;

    for (i = 0; result->problems != NULL && i < result->problems->nelts;
         i++) {
        const acct_field_problem_t *place =
            &APR_ARRAY_IDX(result->problems, i, acct_field_problem_t);

        if (place->field == field && place->problem == problem) {
            return 1;
        }
    }
    return 0;
}

void acct_result_add_problem(acct_result_t *result,
                             const acct_field_t *field,
                             acct_problem_e problem, int limit,
                             apr_pool_t *pool)
{
    acct_problem_e as = acct_field_as(field, problem);
    acct_field_problem_t *place;

    if (has(result, field, as)) {
        return;
    }
    place = insert(result, field, pool);
    place->problem = as;
    place->limit = as == problem ? limit : 0;
    place->attribute = ACCT_ROLE__COUNT;
}

void acct_result_add_similar(acct_result_t *result,
                             const acct_field_t *field,
                             acct_role_e attribute, apr_pool_t *pool)
{
    acct_field_problem_t *place;

    if (acct_field_as(field, ACCT_PROBLEM_TOO_SIMILAR)
        != ACCT_PROBLEM_TOO_SIMILAR) {
        acct_result_add_problem(result, field, ACCT_PROBLEM_TOO_SIMILAR, 0,
                                pool);
        return;
    }
    place = insert(result, field, pool);
    place->problem = ACCT_PROBLEM_TOO_SIMILAR;
    place->limit = 0;
    place->attribute = attribute;
}
