/* SPDX-License-Identifier: Apache-2.0 */
/* Routes of a form, for the targets that read bodies. */
#ifndef ACCT_FUZZ_FORM_ROUTES_H
#define ACCT_FUZZ_FORM_ROUTES_H

#include "fuzz.h"

#include "form/form.h"
#include "password/password.h"
#include "text/identifier.h"

static const char *const email_alias[] = { "mail", "username", NULL };

#define ROUTE(of, fields) { .operation = &(of), .field = (fields), \
                            .count = sizeof(fields) / sizeof(*(fields)) }

static const acct_operation_t storing = {
    .name = "storing", .reads_fields = 1, .stores_fields = 1
};
static const acct_operation_t asking = { .name = "asking", .reads_fields = 1 };

static const acct_field_t fields_up[] = {
    { .name = "username", .role = ACCT_ROLE_USERNAME,
      .required = 1, .index = 0 },
    { .name = "email", .role = ACCT_ROLE_EMAIL, .index = 1 },
    { .name = "password", .role = ACCT_ROLE_PASSWORD,
      .required = 1, .index = 2 },
    { .name = "password2", .role = ACCT_ROLE_PASSWORD_AGAIN, .index = 3 },
    { .name = "first_name", .role = ACCT_ROLE_FIRST_NAME, .index = 4 },
    { .name = "last_name", .role = ACCT_ROLE_LAST_NAME, .index = 5 },
};
static const acct_field_t fields_in[] = {
    { .name = "email", .role = ACCT_ROLE_EMAIL,
      .aliases = email_alias, .required = 1, .index = 0 },
    { .name = "password", .role = ACCT_ROLE_PASSWORD,
      .required = 1, .index = 1 },
};
static const acct_field_t fields_by[] = {
    { .name = "login", .role = ACCT_ROLE_IDENTIFIER,
      .required = 1, .index = 0 },
    { .name = "password", .role = ACCT_ROLE_PASSWORD,
      .required = 1, .index = 1 },
};
static const acct_field_t fields_name[] = {
    { .name = "username", .role = ACCT_ROLE_USERNAME,
      .required = 1, .index = 0 },
    { .name = "password", .role = ACCT_ROLE_PASSWORD,
      .required = 1, .index = 1 },
};

static const acct_field_t fields_link[] = {
    { .name = "uid", .role = ACCT_ROLE_LINK_UID, .required = 1, .index = 0 },
    { .name = "token", .role = ACCT_ROLE_LINK_TOKEN,
      .required = 1, .blank = ACCT_BLANK_TAKEN, .index = 1 },
    { .name = "key", .role = ACCT_ROLE_LINK_KEY, .max = 40, .index = 2 },
    { .name = "code", .role = ACCT_ROLE_SECOND_FACTOR, .index = 3,
      .blank = ACCT_BLANK_REFUSED },
    { .name = "current", .role = ACCT_ROLE_CURRENT_PASSWORD, .index = 4 },
    { .name = "label", .role = ACCT_ROLE_LABEL, .index = 5 },
};
static const acct_field_t fields_edit[] = {
    { .name = "username", .role = ACCT_ROLE_USERNAME,
      .required = 1, .index = 0, .tells_all = 1, .max = 30 },
    { .name = "again", .role = ACCT_ROLE_USERNAME_AGAIN,
      .required = 1, .index = 1 },
    { .name = "email", .role = ACCT_ROLE_EMAIL,
      .required = 1, .index = 2, .tells_all = 1 },
    { .name = "password", .role = ACCT_ROLE_PASSWORD,
      .required = 1, .index = 3, .max = 128 },
    { .name = "password2", .role = ACCT_ROLE_PASSWORD_AGAIN,
      .required = 1, .index = 4 },
};
static const acct_field_t fields_absent[] = {
    { .name = "login", .role = ACCT_ROLE_IDENTIFIER, .index = 0,
      .absent = ACCT_WRONG_CREDENTIALS },
    { .name = "password", .role = ACCT_ROLE_PASSWORD, .index = 1,
      .absent = ACCT_WRONG_CREDENTIALS },
};
/* {"email": {"username": ..., "login": ...}} */
static const acct_field_t fields_inside[] = {
    { .name = "email.username", .role = ACCT_ROLE_IDENTIFIER,
      .is_nested = 1, .key = "username", .required = 1, .index = 0 },
    { .name = "email.login.password", .role = ACCT_ROLE_PASSWORD,
      .is_nested = 1, .key = "password", .index = 1 },
};

#define FUZZ_ROUTES 8

static const acct_fields_t fuzz_route[FUZZ_ROUTES] = {
    ROUTE(storing, fields_up), ROUTE(asking, fields_in),
    ROUTE(asking, fields_by), ROUTE(asking, fields_name),
    ROUTE(storing, fields_link),
    { .operation = &storing, .field = fields_edit, .count = 5,
      .is_partial = 1 },
    ROUTE(asking, fields_absent), ROUTE(asking, fields_inside)
};

static inline void check_problems(const acct_fields_t *route,
                                  const acct_result_t *result)
{
    for (int i = 0; result->problems != NULL && i < result->problems->nelts;
         i++) {
        const acct_field_problem_t *p =
            &APR_ARRAY_IDX(result->problems, i, acct_field_problem_t);

        HOLDS(p->field >= route->field
              && p->field < route->field + route->count);
        HOLDS((unsigned int)p->problem < ACCT_PROBLEM__COUNT);
        HOLDS(i == 0 || p->field->index >= APR_ARRAY_IDX(
                  result->problems, i - 1, acct_field_problem_t)
                  .field->index);
    }
}

static inline void check_value(const acct_fields_t *route, int role,
                               const char *value)
{
    int length = acct_utf8_length(value);

    if (role == ACCT_ROLE_PASSWORD_AGAIN || role == ACCT_ROLE_USERNAME_AGAIN) {
        HOLDS(length >= 0);
    }
    else {
        HOLDS(length > 0);
    }
    switch (role) {
    case ACCT_ROLE_PASSWORD:
    case ACCT_ROLE_PASSWORD_AGAIN:
    case ACCT_ROLE_CURRENT_PASSWORD:
        HOLDS(strlen(value) <= ACCT_PASSWORD_MAX);
        return;
    case ACCT_ROLE_LINK_UID:
    case ACCT_ROLE_LINK_TOKEN:
    case ACCT_ROLE_LINK_KEY:
    case ACCT_ROLE_SECOND_FACTOR:
        break;                  /* as long as a body */
    case ACCT_ROLE_LABEL:
        HOLDS(length <= ACCT_LABEL_MAX && acct_text_printable(value));
        break;
    case ACCT_ROLE_USERNAME:
    case ACCT_ROLE_USERNAME_AGAIN:
    case ACCT_ROLE_FIRST_NAME:
    case ACCT_ROLE_LAST_NAME:
        HOLDS(length <= ACCT_USERNAME_MAX);
        break;
    default:
        HOLDS(length <= ACCT_EMAIL_MAX);
        break;
    }
    if (role == ACCT_ROLE_USERNAME && route->operation->stores_fields) {
        HOLDS(strpbrk(value, " \t\r\n\"\\/:<>") == NULL);
    }
}

/* What must be so of any outcome of acct_form_read(). */
static inline void check_form(const acct_fields_t *route,
                              acct_outcome_e outcome,
                              const acct_form_t *form,
                              const acct_result_t *result)
{
    int problems = result->problems != NULL ? result->problems->nelts : 0;

    HOLDS(outcome == result->outcome);
    HOLDS((outcome == ACCT_INVALID) == (problems > 0));
    HOLDS((outcome == ACCT_PARSE_ERROR) == (result->reason != NULL));
    HOLDS((outcome == ACCT_NOT_AN_OBJECT) == (result->type != NULL));
    HOLDS(outcome == ACCT_OK || outcome == ACCT_INVALID
          || outcome == ACCT_PARSE_ERROR || outcome == ACCT_NOT_AN_OBJECT
          || outcome == ACCT_NO_DATA || outcome == ACCT_WRONG_CREDENTIALS);
    /* our own words, and nothing of the body */
    HOLDS(result->reason == NULL
          || (strlen(result->reason) < 100
              && !acct_fuzz_has_control(result->reason)));
    check_problems(route, result);
    for (int role = 0; role < ACCT_ROLE__COUNT; role++) {
        if (form->value[role] != NULL) {
            HOLDS(form->field[role] != NULL
                  && (form->sent & ACCT_ROLE_BIT(role)) != 0);
            HOLDS(acct_field_limit(form->field[role]) == 0
                  || acct_utf8_length(form->value[role])
                     <= acct_field_limit(form->field[role]));
            check_value(route, role, form->value[role]);
        }
    }
    for (int i = 0; outcome == ACCT_OK && i < route->count; i++) {
        HOLDS(!acct_field_is_required(route, &route->field[i])
              || (form->sent & ACCT_ROLE_BIT(route->field[i].role)) != 0);
        HOLDS(!acct_field_refuses_blank(&route->field[i])
              || (form->sent & ACCT_ROLE_BIT(route->field[i].role)) == 0
              || form->value[route->field[i].role] != NULL);
    }
}

/* A body that says what was read is read as the same. */
static inline void check_same(const acct_fields_t *route,
                              const acct_form_t *form, const char *type,
                              const char *body, size_t length,
                              apr_pool_t *pool)
{
    acct_result_t *result = acct_result_make(ACCT_ERROR, pool);
    acct_form_t again;

    HOLDS(acct_form_read(route, type, body, length, &again, result, pool)
          == ACCT_OK);
    for (int role = 0; role < ACCT_ROLE__COUNT; role++) {
        const char *one = form->value[role], *other = again.value[role];

        HOLDS((one == NULL) == (other == NULL));
        HOLDS(one == NULL || strcmp(one, other) == 0);
    }
    acct_form_wipe(&again);
    HOLDS(again.value[ACCT_ROLE_PASSWORD] == NULL);
}

#endif
