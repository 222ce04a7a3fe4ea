/* SPDX-License-Identifier: Apache-2.0 */
#include "form/stage.h"

#include <string.h>

static const char *const names[ACCT_STAGE__COUNT] = {
    [ACCT_STAGE_FIELDS] = "fields",
    [ACCT_STAGE_TAKEN] = "taken",
    [ACCT_STAGE_CURRENT_PASSWORD] = "current_password",
    [ACCT_STAGE_UID] = "uid",
    [ACCT_STAGE_TOKEN] = "token",
    [ACCT_STAGE_RULES] = "rules",
    [ACCT_STAGE_SIMILARITY] = "similarity",
    [ACCT_STAGE_MISMATCH] = "mismatch"
};

const char *acct_stage_name(acct_stage_e stage)
{
    return names[stage];
}

int acct_stage_find(const char *name)
{
    int i;

    for (i = 0; i < ACCT_STAGE__COUNT; i++) {
        if (strcmp(names[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

acct_stage_e acct_stage_of(const acct_field_t *field, acct_problem_e problem)
{
    switch (problem) {
    case ACCT_PROBLEM_TAKEN:
        return ACCT_STAGE_TAKEN;
    case ACCT_PROBLEM_WRONG:
        return field->role == ACCT_ROLE_CURRENT_PASSWORD
            ? ACCT_STAGE_CURRENT_PASSWORD : ACCT_STAGE_TOKEN;
    case ACCT_PROBLEM_UNKNOWN:
        return ACCT_STAGE_UID;
    case ACCT_PROBLEM_TOO_SHORT:
    case ACCT_PROBLEM_TOO_COMMON:
    case ACCT_PROBLEM_TOO_NUMERIC:
        return ACCT_STAGE_RULES;
    case ACCT_PROBLEM_TOO_SIMILAR:
        return ACCT_STAGE_SIMILARITY;
    case ACCT_PROBLEM_MISMATCH:
        return ACCT_STAGE_MISMATCH;
    default:
        return ACCT_STAGE_FIELDS;
    }
}

int acct_stage_follows(const acct_fields_t *fields, acct_stage_e stage,
                       acct_stage_e other)
{
    return fields->stages != NULL
        && fields->stages->turn[stage] > fields->stages->turn[other];
}

static int turn_of(const acct_stages_t *stages,
                   const acct_field_problem_t *problem)
{
    return stages->turn[acct_stage_of(problem->field, problem->problem)];
}

/* The first turn that a problem has; one after all where there is none. */
static int first_turn(const acct_stages_t *stages,
                      const acct_result_t *result)
{
    int first = ACCT_STAGE__COUNT + 1;
    int i;

    for (i = 0; result->problems != NULL && i < result->problems->nelts;
         i++) {
        int turn = turn_of(stages, &APR_ARRAY_IDX(result->problems, i,
                                                  acct_field_problem_t));

        first = turn < first ? turn : first;
    }
    return first;
}

int acct_stage_open(const acct_fields_t *fields, const acct_result_t *result,
                    acct_stage_e stage)
{
    return fields->stages == NULL
        || first_turn(fields->stages, result) >= fields->stages->turn[stage];
}

void acct_stage_cut(const acct_fields_t *fields, acct_result_t *result)
{
    acct_field_problem_t *list;
    int i, kept = 0, first;

    if (fields->stages == NULL || result->problems == NULL) {
        return;
    }
    first = first_turn(fields->stages, result);
    list = (acct_field_problem_t *)result->problems->elts;
    for (i = 0; i < result->problems->nelts; i++) {
        if (turn_of(fields->stages, &list[i]) == first) {
            list[kept++] = list[i];
        }
    }
    result->problems->nelts = kept;
}
