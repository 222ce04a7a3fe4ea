/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An account, a token of its, and the codes of its application: for tests of
 * second factors over a real store.
 */
#ifndef ACCT_SECOND_FACTOR_FIXTURE_H
#define ACCT_SECOND_FACTOR_FIXTURE_H

#include "account_fixture.h"

#include "tables/second_factors.h"
#include "token/totp.h"

/* A world with ann, and her token. */
typedef struct ann_t {
    world_t *world;
    apr_int64_t id;
    const char *token;
    acct_identity_t identity;
} ann_t;

static inline ann_t ann_of(void **state)
{
    ann_t ann = { .world = *state };

    ann.id = add_account(ann.world, "ann", "ann@example.com");
    ann.world->route.shows_codes = 1;
    ann.token = token_of(ann.world, "ann");
    assert_int_equal(authenticate(ann.world, ann.token, &ann.identity),
                     ACCT_OK);
    return ann;
}

/* The code of a step, so many away from now, of the secret that is stored. */
static inline const char *code_at(const ann_t *ann, apr_int64_t off)
{
    world_t *world = ann->world;
    char *code = apr_palloc(world->pool, ACCT_TOTP_DIGITS + 1);
    acct_totp_secret_t secret;
    acct_totp_t totp;

    assert_int_equal(acct_store_totp_find(world->db, ann->id, &totp,
                                          world->pool), APR_SUCCESS);
    assert_int_equal(acct_totp_unseal(world->service.key, ann->id,
                                      totp.sealed, &secret, world->pool),
                     APR_SUCCESS);
    assert_int_equal(acct_totp_code(&secret,
                                    acct_totp_step(apr_time_now()) + off,
                                    code), APR_SUCCESS);
    return code;
}

/* Six digits that are the code of no step about now. */
static inline const char *no_code(const ann_t *ann)
{
    static const char *const some[] = {
        "000000", "111111", "222222", "333333", "444444", "555555"
    };
    int i, off;

    for (i = 0; i < 6; i++) {
        for (off = -2; off <= 3 && strcmp(code_at(ann, off), some[i]) != 0;
             off++) {
        }
        if (off > 3) {
            return some[i];
        }
    }
    fail();
    return NULL;
}

static inline acct_result_t *act(ann_t *ann,
                                 void (*operation)(const acct_call_t *),
                                 const char *password, const char *code)
{
    ann->world->form.value[ACCT_ROLE_CURRENT_PASSWORD] = password;
    ann->world->form.value[ACCT_ROLE_SECOND_FACTOR] = code;
    return call_with(ann->world, operation, &ann->identity, ann->token);
}

/* On a route that asks for a code alone. */
static inline acct_result_t *confirm(ann_t *ann, const char *code)
{
    acct_form_t *form = &ann->world->form;
    const acct_field_t *field = form->field[ACCT_ROLE_CURRENT_PASSWORD];
    acct_result_t *result;

    form->field[ACCT_ROLE_CURRENT_PASSWORD] = NULL;
    result = act(ann, acct_totp_confirm, NULL, code);
    form->field[ACCT_ROLE_CURRENT_PASSWORD] = field;
    return result;
}

static inline acct_result_t *sign_in_by(const ann_t *ann,
                                        const char *password,
                                        const char *code)
{
    ann->world->form.value[ACCT_ROLE_SECOND_FACTOR] = code;
    return sign_in_as(ann->world, "ann", password);
}

/* Codes of now are good again. */
static inline void forget_steps(const ann_t *ann)
{
    change(ann->world, "UPDATE account SET totp_step = 0");
}

/* @return the recovery codes */
static inline const char *const *enrol(ann_t *ann)
{
    acct_result_t *result = act(ann, acct_totp_begin, PASSWORD, NULL);

    assert_int_equal(result->outcome, ACCT_OK);
    result = confirm(ann, code_at(ann, 0));
    assert_int_equal(result->outcome, ACCT_OK);
    assert_non_null(result->recovery_codes);
    return result->recovery_codes;
}

static inline void assert_wrong_code(const acct_result_t *result)
{
    const acct_field_problem_t *problem;

    assert_int_equal(result->outcome, ACCT_INVALID);
    assert_int_equal(result->problems->nelts, 1);
    problem = &APR_ARRAY_IDX(result->problems, 0, acct_field_problem_t);
    assert_int_equal(problem->problem, ACCT_PROBLEM_WRONG);
    assert_int_equal(problem->field->role, ACCT_ROLE_SECOND_FACTOR);
    assert_null(result->token);
}

#endif
