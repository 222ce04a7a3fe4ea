/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <apr_strings.h>
#include "dialect/render.h"
#include "dialect/draft.h"

/* What is answered, and with what. */
typedef struct choice_t {
    const acct_response_t *response;
    const acct_template_t *message;
    int limit;
    const char *attribute;
    const acct_told_t *told;
    int ntold;
    acct_told_t problem;        /* that is answered alone; field NULL: none
                                 * is */
} choice_t;

static const char *message_text(const acct_template_t *message,
                                const acct_result_t *result, int limit,
                                const char *attribute, apr_pool_t *pool)
{
    acct_values_t values;
    apr_size_t length;

    if (message == NULL) {
        return NULL;
    }
    memset(&values, 0, sizeof(values));
    values.result = result;
    values.limit = limit;
    values.attribute = attribute;
    return acct_template_fill(message, &values, &length, pool);
}

static void choose_outcome(choice_t *choice, const acct_dialect_t *dialect,
                           const acct_route_t *route, acct_outcome_e outcome)
{
    memset(choice, 0, sizeof(*choice));
    if ((unsigned int)outcome >= ACCT_OUTCOME__COUNT) {
        return;
    }
    if (route != NULL) {
        choice->response = route->p->response[outcome];
        choice->message = route->p->message[outcome];
    }
    else {
        choice->response = dialect->p->response[outcome];
        choice->message = dialect->p->message[outcome];
    }
}

/* What {attribute} is of a problem; NULL where it is not known of it. */
static const char *attribute_of(const acct_route_t *route,
                                const acct_field_problem_t *problem)
{
    return problem->problem == ACCT_PROBLEM_TOO_SIMILAR
        && (unsigned int)problem->attribute < ACCT_ROLE__COUNT
        ? route->dialect->p->attribute[problem->attribute] : NULL;
}

/* How the route answers a problem; NULL for one that is none of its. */
static const acct_problem_answer_t *answer_to(
    const acct_route_t *route, const acct_field_problem_t *problem)
{
    if (problem->field == NULL || problem->field->index < 0
        || problem->field->index >= route->fields.count
        || (unsigned int)problem->problem >= ACCT_PROBLEM__COUNT) {
        return NULL;
    }
    return &route->p->problem[problem->field->index][problem->problem];
}

/* Add a problem to those that are told: behind the last under the same name,
 * so that those of one name stand together. */
static void tell(choice_t *choice, acct_told_t *told, acct_told_t one)
{
    int i, at = choice->ntold;

    while (at > 0 && strcmp(told[at - 1].field, one.field) != 0) {
        at--;
    }
    if (at == 0) {
        at = choice->ntold;
    }
    for (i = choice->ntold; i > at; i--) {
        told[i] = told[i - 1];
    }
    told[at] = one;
    choice->ntold++;
}

/* What a problem is told as, but for its message. */
static acct_told_t told_as(const acct_field_problem_t *problem)
{
    const acct_told_t told = {
        .field = acct_field_told(problem->field, problem->problem),
        .member = problem->field->name,
        .code = acct_problem_name(problem->problem)
    };

    return told;
}

/* Problems: those without a response of their own together, else the one
 * whose response the route lists first. */
static void choose_problem(choice_t *choice, const acct_route_t *route,
                           const acct_result_t *result, apr_pool_t *pool)
{
    const acct_problem_answer_t *first = NULL;
    acct_told_t *told;
    int i, count;

    if (route == NULL || result->problems == NULL) {
        choice->response = NULL;
        return;
    }
    count = result->problems->nelts;
    told = apr_palloc(pool, ((apr_size_t)count + 1) * sizeof(*told));
    choice->told = told;
    for (i = 0; i < count; i++) {
        const acct_field_problem_t *problem =
            &APR_ARRAY_IDX(result->problems, i, acct_field_problem_t);
        const acct_problem_answer_t *answer = answer_to(route, problem);

        if (answer == NULL) {
            choice->response = NULL;
            return;
        }
        if (answer->response == NULL) {
            acct_told_t one = told_as(problem);

            one.message = message_text(answer->message, result,
                                       problem->limit,
                                       attribute_of(route, problem), pool);
            tell(choice, told, one);
        }
        else if (first == NULL || answer->turn < first->turn) {
            first = answer;
            choice->limit = problem->limit;
            choice->problem = told_as(problem);
            choice->attribute = attribute_of(route, problem);
        }
    }
    if (choice->ntold == 0) {
        choice->response = first != NULL ? first->response : NULL;
        choice->message = first != NULL ? first->message : NULL;
    }
}

static int uses_any(const choice_t *choice, uint64_t values)
{
    return (choice->response->uses & values) != 0;
}

/* Whether the result holds what is shown of tokens. */
static int has_tokens(const choice_t *choice, const acct_result_t *result)
{
    return !(uses_any(choice, ACCT_VALUE_BIT(ACCT_VALUE_TOKEN))
             && result->token == NULL)
        && !(uses_any(choice, ACCT_VALUES_TOKEN_NAMED)
             && result->token == NULL && result->token_read == NULL)
        && !(uses_any(choice, ACCT_VALUES_TOKEN_READ)
             && result->token_read == NULL)
        && !(uses_any(choice, ACCT_VALUE_BIT(ACCT_VALUE_TOKENS))
             && result->tokens == NULL)
        && !(uses_any(choice, ACCT_VALUES_STORED) && result->stored == NULL);
}

/* Likewise of a second factor. */
static int has_codes(const choice_t *choice, const acct_result_t *result)
{
    return !(uses_any(choice, ACCT_VALUES_TOTP)
             && (result->totp_secret == NULL || result->totp_uri == NULL))
        && !(uses_any(choice, ACCT_VALUE_BIT(ACCT_VALUE_RECOVERY_CODES))
             && result->recovery_codes == NULL);
}

/* Whether the result holds what the response shows. Loading has checked
 * that it should; an answer that shows a token which is not there must
 * not be sent whatever went wrong. */
static int can_fill(const choice_t *choice, const acct_result_t *result)
{
    int i;

    if (choice->response == NULL) {
        return 0;
    }
    for (i = 0; i < choice->ntold; i++) {
        if (choice->told[i].message == NULL) {
            return 0;
        }
    }
    return !(uses_any(choice, ACCT_VALUES_ACCOUNT) && result->account == NULL)
        && has_tokens(choice, result) && has_codes(choice, result)
        && !(uses_any(choice, ACCT_VALUES_ERRORS) && choice->ntold == 0)
        && !(uses_any(choice, ACCT_VALUES_PROBLEM)
             && choice->problem.field == NULL)
        && !(uses_any(choice, ACCT_VALUE_BIT(ACCT_VALUE_MESSAGE))
             && choice->message == NULL);
}

/* A value that cannot end its line. */
static char *without_controls(const char *text, apr_pool_t *pool)
{
    char *copy = apr_pstrdup(pool, text);
    char *to = copy;

    for (; *text != '\0'; text++) {
        if ((unsigned char)*text >= 0x20 && *text != 0x7f) {
            *to++ = *text;
        }
    }
    *to = '\0';
    return copy;
}

static void fill(const choice_t *choice, const acct_result_t *result,
                 acct_answer_t *answer, apr_pool_t *pool)
{
    const acct_response_t *response = choice->response;
    acct_values_t values;
    apr_size_t length;
    int i;

    memset(&values, 0, sizeof(values));
    values.result = result;
    values.status = response->status;
    values.limit = choice->limit;
    values.now = apr_time_now();
    values.attribute = choice->attribute;
    values.told = choice->told;
    values.ntold = choice->ntold;
    values.problem = &choice->problem;
    values.message = message_text(choice->message, result, choice->limit,
                                  choice->attribute, pool);
    answer->status = response->status;
    if (response->body != NULL) {
        answer->content_type = response->content_type;
        answer->body = acct_template_fill(response->body, &values,
                                          &answer->length, pool);
    }
    for (i = 0; i < response->nheaders; i++) {
        const char *value = without_controls(
            acct_template_fill(response->headers[i].value, &values, &length,
                               pool), pool);

        if (value[0] != '\0') {
            apr_table_setn(answer->headers, response->headers[i].name,
                           value);
        }
    }
}

void acct_render(const acct_dialect_t *dialect, const acct_route_t *route,
                 const acct_result_t *result, acct_answer_t *answer,
                 apr_pool_t *pool)
{
    choice_t choice;

    memset(answer, 0, sizeof(*answer));
    answer->headers = apr_table_make(pool, 2);
    choose_outcome(&choice, dialect, route, result->outcome);
    if (result->outcome == ACCT_INVALID) {
        choose_problem(&choice, route, result, pool);
    }
    if (!can_fill(&choice, result)) {
        choose_outcome(&choice, dialect, route, ACCT_ERROR);
    }
    if (can_fill(&choice, result)) {
        fill(&choice, result, answer, pool);
    }
}
