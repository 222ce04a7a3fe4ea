/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An application/x-www-form-urlencoded body. The first byte chooses the
 * route.
 */
#include "form_routes.h"

#include <apr_strings.h>

#include "form/urlencoded.h"

#define TYPE "application/x-www-form-urlencoded"

/* Every byte as %XX. */
static const char *encoded(const char *text, size_t length, apr_pool_t *pool)
{
    static const char digits[] = "0123456789ABCDEF";
    char *made = apr_palloc(pool, 3 * length + 1);
    char *to = made;

    for (size_t i = 0; i < length; i++) {
        *to++ = '%';
        *to++ = digits[(unsigned char)text[i] >> 4];
        *to++ = digits[(unsigned char)text[i] & 15];
    }
    *to = '\0';
    return made;
}

static void read_again(const acct_fields_t *route, const acct_form_t *form,
                       apr_pool_t *pool)
{
    const char *body = "&";

    for (int i = 0; i < route->count; i++) {
        acct_role_e role = route->field[i].role;
        const char *value = form->value[role];

        if (value == NULL && (form->sent & ACCT_ROLE_BIT(role)) != 0) {
            value = "";         /* it may be blank */
        }
        if (value != NULL) {
            body = apr_pstrcat(pool, body, route->field[i].name, "=",
                               encoded(value, strlen(value), pool), "&",
                               NULL);
        }
    }
    check_same(route, form, TYPE, body, strlen(body), pool);
}

/* What was decoded, encoded and decoded again, is the same. */
static void check_pairs(const char *text, size_t length, apr_pool_t *pool)
{
    apr_array_header_t *pairs, *again;
    const char *error = acct_urlencoded_decode(text, length, &pairs, pool);
    apr_array_header_t *pieces = apr_array_make(pool, 8, sizeof(char *));
    const char *body;

    HOLDS(pairs != NULL && pairs->nelts <= ACCT_FORM_MEMBERS);
    if (error != NULL) {
        HOLDS(strlen(error) < 100 && !acct_fuzz_has_control(error));
        return;
    }
    for (int i = 0; i < pairs->nelts; i++) {
        acct_pair_t *pair = &APR_ARRAY_IDX(pairs, i, acct_pair_t);

        HOLDS(acct_fuzz_is_utf8(pair->name)
              && pair->value[pair->length] == '\0');
        APR_ARRAY_PUSH(pieces, const char *) = apr_pstrcat(
            pool, encoded(pair->name, strlen(pair->name), pool), "=",
            encoded(pair->value, pair->length, pool), NULL);
    }
    body = apr_array_pstrcat(pool, pieces, '&');
    HOLDS(acct_urlencoded_decode(body, strlen(body), &again, pool) == NULL
          && again->nelts == pairs->nelts);
    for (int i = 0; i < pairs->nelts; i++) {
        acct_pair_t *a = &APR_ARRAY_IDX(pairs, i, acct_pair_t);
        acct_pair_t *b = &APR_ARRAY_IDX(again, i, acct_pair_t);

        HOLDS(strcmp(a->name, b->name) == 0 && a->length == b->length
              && memcmp(a->value, b->value, a->length) == 0);
    }
    acct_pairs_wipe(pairs);
    acct_pairs_wipe(again);
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
    check_pairs(text, length, pool);
    result = acct_result_make(ACCT_ERROR, pool);
    outcome = acct_form_read(route, TYPE, text, length, &form, result, pool);
    check_form(route, outcome, &form, result);
    HOLDS(outcome != ACCT_NOT_AN_OBJECT && outcome != ACCT_NO_DATA);
    if (outcome == ACCT_OK) {
        read_again(route, &form, pool);
    }
    acct_form_wipe(&form);
}

static const char *const pieces[] = {
    "username=", "email=", "mail=", "login=", "password=", "password2=",
    "first_name=", "last_name=", "ann", "ann%40example.org", "&", "=", "+",
    "%00", "%2", "%C3%9F", "%EF%AC%81", "%ff"
};

/* A piece is put in, mostly behind a '&'; else libFuzzer's own changes. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most,
                               unsigned int seed)
{
    const char *piece = pieces[seed / 4 % (sizeof(pieces)
                                           / sizeof(*pieces))];
    size_t length = strlen(piece), at = size > 0 ? seed / 128 % size : 0;

    if (seed % 4 == 0 || size + length > most) {
        return LLVMFuzzerMutate(data, size, most);
    }
    while (seed % 4 == 1 && at > 0 && data[at - 1] != '&') {
        at--;
    }
    at = at == 0 && size > 0 ? 1 : at;
    memmove(data + at + length, data + at, size - at);
    memcpy(data + at, piece, length);
    return size + length;
}

const acct_fuzz_target_t acct_fuzz_target = {
    "urlencoded", NULL, one, 65536, 400
};
