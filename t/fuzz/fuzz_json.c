/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A JSON body. The first byte chooses the route.
 */
#include "form_routes.h"

#include <jansson.h>

#include "form/json.h"
#include "json_mutator.h"

#define TYPE "application/json"

/* Put a text where "object.object.member" says. */
static void put(json_t *object, const char *name, const char *value)
{
    const char *dot;

    while ((dot = strchr(name, '.')) != NULL) {
        char *outer = strndup(name, (size_t)(dot - name));

        HOLDS(outer != NULL);
        if (json_object_get(object, outer) == NULL) {
            json_object_set_new(object, outer, json_object());
        }
        object = json_object_get(object, outer);
        free(outer);
        name = dot + 1;
    }
    json_object_set_new(object, name, json_string(value));
}

/* The read values as another body. */
static void read_again(const acct_fields_t *route, const acct_form_t *form,
                       apr_pool_t *pool)
{
    json_t *object = json_object();
    char *text;

    for (int i = 0; i < route->count; i++) {
        acct_role_e role = route->field[i].role;
        const char *value = form->value[role];

        if (value == NULL && (form->sent & ACCT_ROLE_BIT(role)) != 0) {
            value = "";         /* it may be blank */
        }
        if (value != NULL) {
            put(object, route->field[i].name, value);
        }
    }
    text = json_dumps(object, JSON_COMPACT);
    HOLDS(text != NULL);
    check_same(route, form, TYPE, text, strlen(text), pool);
    free(text);
    json_decref(object);
}

/* No document that jansson takes by itself is refused as no JSON, but for
 * the bounds; and none is taken that it refuses, but for numbers. */
static void check_parser(const char *body, size_t length,
                         acct_outcome_e outcome, const acct_result_t *result)
{
    json_error_t error;
    json_t *json = json_loadb(body, length, JSON_REJECT_DUPLICATES
                              | JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);

    if (json != NULL) {
        HOLDS(outcome != ACCT_PARSE_ERROR
              || strncmp(result->reason, "nested too deep", 15) == 0
              || strncmp(result->reason, "too many members", 16) == 0);
        HOLDS((outcome == ACCT_NO_DATA) == json_is_null(json)
              || outcome == ACCT_PARSE_ERROR);
    }
    else {
        HOLDS(outcome == ACCT_PARSE_ERROR
              || json_error_code(&error) == json_error_numeric_overflow);
    }
    json_decref(json);
}

static void one(const char *text, size_t length, apr_pool_t *pool)
{
    const acct_fields_t *route;
    acct_result_t *result;
    acct_outcome_e outcome;
    acct_form_t form;

    if (length == 0) {
        return;
    }
    route = &fuzz_route[(unsigned char)*text % FUZZ_ROUTES];
    text++;
    length--;
    result = acct_result_make(ACCT_ERROR, pool);
    outcome = acct_form_read(route, TYPE, text, length, &form, result, pool);
    check_form(route, outcome, &form, result);
    if (length > 0) {
        check_parser(text, length, outcome, result);
    }
    if (outcome == ACCT_OK) {
        read_again(route, &form, pool);
    }
    acct_form_wipe(&form);
    HOLDS(form.value[ACCT_ROLE_PASSWORD] == NULL
          && form.value[ACCT_ROLE_PASSWORD_AGAIN] == NULL);
}

static const char *const words[] = {
    "username", "email", "mail", "login", "password", "password2",
    "first_name", "last_name", "ann", "ann@example.org", "ANN@EXAMPLE.ORG",
    " ann ", "", "\xef\xac\x81", "stra\xc3\x9f", "x\xcc\x81", "\x01"
};

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most,
                               unsigned int seed)
{
    if (size < 2 || most < 2 || seed % 3 == 0) {
        return LLVMFuzzerMutate(data, size, most);
    }
    return 1 + acct_json_mutate(data + 1, size - 1, most - 1, seed, words,
                                sizeof(words) / sizeof(*words));
}

const acct_fuzz_target_t acct_fuzz_target = {
    "json", NULL, one, 65536, 400
};
