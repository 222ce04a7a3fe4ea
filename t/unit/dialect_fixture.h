/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of dialects share: a pool for each test, the dialects of
 * conf/ (the tests run in the project's folder), an account, results.
 */
#ifndef ACCT_T_DIALECT_FIXTURE_H
#define ACCT_T_DIALECT_FIXTURE_H

#include "apr_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <apr_file_io.h>
#include <apr_pools.h>
#include <apr_strings.h>

#include "dialect/dialect.h"
#include "dialect/render.h"
#include "form/result.h"
#include "account/operations.h"

#define COUNT(list) ((int)(sizeof(list) / sizeof(*(list))))

static inline int begin_pool(void **state)
{
    return apr_pool_create((apr_pool_t **)state, NULL) != APR_SUCCESS;
}

static inline int end_pool(void **state)
{
    apr_pool_destroy(*state);
    return 0;
}

#define POOL_TEST(test) \
    cmocka_unit_test_setup_teardown(test, begin_pool, end_pool)

static inline const acct_dialect_t *load_file(apr_pool_t *pool,
                                              const char *path)
{
    const acct_dialect_t *dialect;
    apr_array_header_t *errors;
    apr_status_t status = acct_dialect_load(path, &acct_operations, &dialect,
                                            &errors, pool);

    if (status != APR_SUCCESS) {
        fail_msg("%s", errors->nelts > 0
                       ? APR_ARRAY_IDX(errors, 0, const char *) : "no error");
    }
    assert_int_equal(errors->nelts, 0);
    return dialect;
}

static inline const acct_dialect_t *load_named(apr_pool_t *pool,
                                               const char *name)
{
    return load_file(pool, apr_pstrcat(pool, "conf/dialects/", name, ".json",
                                       NULL));
}

/* 2021-08-20 22:09:15.829531 UTC */
#define SOME_TIME APR_INT64_C(1629497355829531)
#define TOKEN_40 "e239f83efacc5ffb84fb622abffc2806eac46e8a"

static inline acct_account_t *some_account(apr_pool_t *pool)
{
    acct_account_t *account = apr_pcalloc(pool, sizeof(*account));

    account->id = 1;
    account->username = "admin";
    account->email = "admin@admin.com";
    account->first_name = "admin";
    account->last_name = "admin";
    account->is_active = 1;
    account->created_at = SOME_TIME;
    account->last_login = SOME_TIME;
    return account;
}

static inline const acct_route_t *route_of(const acct_dialect_t *dialect,
                                           const char *method,
                                           const char *path)
{
    int i;

    for (i = 0; i < dialect->nroutes; i++) {
        if (strcmp(dialect->routes[i].method, method) == 0
            && strcmp(dialect->routes[i].path, path) == 0) {
            return &dialect->routes[i];
        }
    }
    fail_msg("no route %s %s", method, path);
    return NULL;
}

static inline const acct_field_t *field_of(const acct_route_t *route,
                                           const char *name)
{
    int i;

    for (i = 0; i < route->fields.count; i++) {
        if (strcmp(route->fields.field[i].name, name) == 0) {
            return &route->fields.field[i];
        }
    }
    fail_msg("no field %s", name);
    return NULL;
}

/* The answer's status, type and body are these. */
static inline void answers(const acct_dialect_t *dialect,
                           const acct_route_t *route,
                           const acct_result_t *result, int status,
                           const char *type, const char *body,
                           apr_pool_t *pool)
{
    acct_answer_t answer;

    acct_render(dialect, route, result, &answer, pool);
    if (body == NULL) {
        assert_null(answer.body);
        assert_null(answer.content_type);
        assert_int_equal(answer.length, 0);
    }
    else {
        assert_non_null(answer.body);
        assert_string_equal(answer.body, body);
        assert_int_equal(answer.length, strlen(body));
        assert_string_equal(answer.content_type, type);
    }
    assert_int_equal(answer.status, status);
}

#define JSON "application/json"

#endif
