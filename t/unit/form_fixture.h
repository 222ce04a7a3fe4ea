/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of bodies share: routes with fields, a pool for each test,
 * and what is told of a body.
 */
#ifndef ACCT_FORM_FIXTURE_H
#define ACCT_FORM_FIXTURE_H

#include "apr_fixture.h"

#include <apr_strings.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "form/form.h"

#define JSON "application/json"
#define FORM "application/x-www-form-urlencoded"

static const char *const email_alias[] = { "mail", "username", NULL };

#define ROUTE(of, fields) { .operation = &(of), .field = (fields), \
                            .count = sizeof(fields) / sizeof(*(fields)) }

/* As far as a form asks. */
static const acct_operation_t storing = {
    .name = "storing", .reads_fields = 1, .stores_fields = 1
};
static const acct_operation_t asking = {
    .name = "asking", .reads_fields = 1
};

static const acct_field_t register_fields[] = {
    { .name = "username", .role = ACCT_ROLE_USERNAME,
      .required = 1, .index = 0 },
    { .name = "email", .role = ACCT_ROLE_EMAIL, .index = 1 },
    { .name = "password", .role = ACCT_ROLE_PASSWORD,
      .required = 1, .index = 2 },
    { .name = "password2", .role = ACCT_ROLE_PASSWORD_AGAIN, .index = 3 },
    { .name = "first_name", .role = ACCT_ROLE_FIRST_NAME, .index = 4 },
    { .name = "last_name", .role = ACCT_ROLE_LAST_NAME, .index = 5 },
};
static const acct_fields_t register_route = ROUTE(storing, register_fields);

static const acct_field_t login_fields[] = {
    { .name = "email", .role = ACCT_ROLE_EMAIL,
      .aliases = email_alias, .required = 1, .index = 0 },
    { .name = "password", .role = ACCT_ROLE_PASSWORD,
      .required = 1, .index = 1 },
};
static const acct_fields_t login_route = ROUTE(asking, login_fields);

static const acct_field_t identifier_fields[] = {
    { .name = "login", .role = ACCT_ROLE_IDENTIFIER,
      .required = 1, .index = 0 },
    { .name = "password", .role = ACCT_ROLE_PASSWORD,
      .required = 1, .index = 1 },
};
static const acct_fields_t identifier_route = ROUTE(asking, identifier_fields);

static apr_pool_t *pool;
static acct_form_t form;
static acct_result_t *result;

static inline int set_up(void **state)
{
    (void)state;
    return apr_pool_create(&pool, NULL);
}

static inline int tear_down(void **state)
{
    (void)state;
    apr_pool_destroy(pool);
    return 0;
}

/* The body is copied to the end of a block of its own size, so that a
 * sanitizer sees any read behind it. */
static inline acct_outcome_e read_bytes(const acct_fields_t *route,
                                        const char *type, const char *body,
                                        size_t length)
{
    char *exact = malloc(length > 0 ? length : 1);
    acct_outcome_e outcome;

    assert_non_null(exact);
    memcpy(exact, body, length);
    result = acct_result_make(ACCT_ERROR, pool);
    outcome = acct_form_read(route, type, exact, length, &form, result,
                             pool);
    free(exact);
    assert_int_equal(outcome, result->outcome);
    return outcome;
}

static inline acct_outcome_e read_text(const acct_fields_t *route,
                                       const char *type, const char *body)
{
    return read_bytes(route, type, body, strlen(body));
}

/* The outcome and all problems as one line. */
static inline const char *told(const acct_fields_t *route, const char *type,
                               const char *body)
{
    const char *line = acct_outcome_name(read_text(route, type, body));
    int i;

    for (i = 0; result->problems != NULL && i < result->problems->nelts;
         i++) {
        const acct_field_problem_t *p =
            &APR_ARRAY_IDX(result->problems, i, acct_field_problem_t);

        line = apr_psprintf(pool, "%s %s.%s", line, p->field->name,
                            acct_problem_name(p->problem));
        if (p->limit != 0) {
            line = apr_psprintf(pool, "%s(%d)", line, p->limit);
        }
    }
    return line;
}

static inline const char *repeat(const char *text, int times)
{
    size_t length = strlen(text);
    char *all = apr_palloc(pool, length * (size_t)times + 1);
    int i;

    for (i = 0; i < times; i++) {
        memcpy(all + length * (size_t)i, text, length);
    }
    all[length * (size_t)times] = '\0';
    return all;
}

#define VALUE(role) form.value[ACCT_ROLE_##role]

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
