/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Content-Type on the first line, and a multipart/form-data body. The first
 * byte chooses the route.
 */
#include "form_routes.h"

#include <apr_strings.h>

#include "form/multipart.h"

/* A boundary that nothing which was read can hold. */
#define BOUNDARY "=_a boundary that is in no value_="
#define TYPE "multipart/form-data; boundary=\"" BOUNDARY "\""

/* Whether a value, which may hold NUL, holds the boundary. */
static int holds_boundary(const acct_pair_t *pair)
{
    const char *at = pair->value;
    const char *end = pair->value + pair->length;

    for (; (at = memchr(at, BOUNDARY[0], (size_t)(end - at))) != NULL; at++) {
        if (strncmp(at, BOUNDARY, strlen(BOUNDARY)) == 0) {
            return 1;
        }
    }
    return 0;
}

/* A name as a quoted string. */
static const char *quoted(const char *name, apr_pool_t *pool)
{
    char *made = apr_palloc(pool, 2 * strlen(name) + 1);
    char *to = made;

    for (; *name != '\0'; name++) {
        if (*name == '"' || *name == '\\') {
            *to++ = '\\';
        }
        *to++ = *name;
    }
    *to = '\0';
    return made;
}

/* What was decoded, encoded and decoded again, is the same. */
static void check_same_pairs(const apr_array_header_t *pairs,
                             apr_pool_t *pool)
{
    size_t size = strlen(BOUNDARY) + 8, length = 0;
    apr_array_header_t *again;
    char *body;

    for (int i = 0; i < pairs->nelts; i++) {
        const acct_pair_t *pair = &APR_ARRAY_IDX(pairs, i, acct_pair_t);

        if (strpbrk(pair->name, "\r\n") != NULL
            || holds_boundary(pair)) {
            return;             /* cannot be written so */
        }
        size += strlen(BOUNDARY) + 2 * strlen(pair->name) + pair->length
                + 80;
    }
    body = apr_palloc(pool, size);
    for (int i = 0; i < pairs->nelts; i++) {
        const acct_pair_t *pair = &APR_ARRAY_IDX(pairs, i, acct_pair_t);

        length += (size_t)apr_snprintf(body + length, size - length,
            "--" BOUNDARY "\r\nContent-Disposition: form-data; name=\"%s\"%s"
            "\r\n\r\n", quoted(pair->name, pool),
            pair->is_file ? "; filename=x" : "");
        memcpy(body + length, pair->value, pair->length);
        length += pair->length;
        memcpy(body + length, "\r\n", 2);
        length += 2;
    }
    memcpy(body + length, "--" BOUNDARY "--", strlen(BOUNDARY) + 4);
    length += strlen(BOUNDARY) + 4;
    HOLDS(acct_multipart_decode(TYPE, body, length, &again, pool) == NULL
          && again->nelts == pairs->nelts);
    for (int i = 0; i < pairs->nelts; i++) {
        acct_pair_t *a = &APR_ARRAY_IDX(pairs, i, acct_pair_t);
        acct_pair_t *b = &APR_ARRAY_IDX(again, i, acct_pair_t);

        HOLDS(strcmp(a->name, b->name) == 0 && a->length == b->length
              && memcmp(a->value, b->value, a->length) == 0
              && a->is_file == b->is_file);
    }
    acct_pairs_wipe(again);
}

static void check_pairs(const char *type, const char *text, size_t length,
                        apr_pool_t *pool)
{
    apr_array_header_t *pairs;
    const char *error = acct_multipart_decode(type, text, length, &pairs,
                                              pool);

    HOLDS(pairs != NULL && pairs->nelts <= ACCT_FORM_MEMBERS);
    HOLDS(error == NULL
          || (strlen(error) < 100 && !acct_fuzz_has_control(error)));
    for (int i = 0; error == NULL && i < pairs->nelts; i++) {
        const acct_pair_t *pair = &APR_ARRAY_IDX(pairs, i, acct_pair_t);

        HOLDS(acct_fuzz_is_utf8(pair->name)
              && pair->value[pair->length] == '\0');
        HOLDS(!pair->is_file || pair->length == 0);
    }
    if (error == NULL) {
        check_same_pairs(pairs, pool);
    }
    acct_pairs_wipe(pairs);
}

static void one(const char *text, size_t length, apr_pool_t *pool)
{
    acct_result_t *result = acct_result_make(ACCT_ERROR, pool);
    acct_fields_t route;
    const char *type;
    acct_outcome_e outcome;
    acct_form_t form;

    if (length == 0) {
        return;
    }
    route = fuzz_route[(unsigned char)*text % FUZZ_ROUTES];
    route.takes_multipart = 1;
    text++;
    length--;
    type = acct_fuzz_line(&text, &length, pool);
    type = apr_pstrcat(pool, "multipart/form-data;", type, NULL);
    check_pairs(type, text, length, pool);
    outcome = acct_form_read(&route, type, text, length, &form, result, pool);
    check_form(&route, outcome, &form, result);
    HOLDS(outcome != ACCT_NOT_AN_OBJECT && outcome != ACCT_NO_DATA);
    acct_form_wipe(&form);
}

const acct_fuzz_target_t acct_fuzz_target = {
    "multipart", NULL, one, 65536, 400
};
