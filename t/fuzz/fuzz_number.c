/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers in JSON that no machine number holds: the text is a document. And
 * a double, of its first bytes, as text.
 */
#include "fuzz.h"

#include <apr_strings.h>
#include <jansson.h>
#include <math.h>

#include "form/json.h"
#include "form/json_number.h"

/* Without the quotes it is the body again. */
static void check_quotes(const char *body, size_t length,
                         const acct_json_text_t *quoted, apr_pool_t *pool)
{
    size_t count = quoted->quotes != NULL ? (size_t)quoted->quotes->nelts
                                          : 0;
    char *without = apr_palloc(pool, quoted->length + 1);
    size_t to = 0, next = 0, i;

    HOLDS(quoted->length == length + count && count % 2 == 0);
    HOLDS((quoted->copy == NULL) == (count == 0));
    for (i = 0; i < quoted->length; i++) {
        if (next < count
            && APR_ARRAY_IDX(quoted->quotes, (int)next, apr_size_t) == i) {
            HOLDS(quoted->text[i] == '"');
            next++;
            continue;
        }
        without[to++] = quoted->text[i];
    }
    HOLDS(next == count && to == length
          && memcmp(without, body, length) == 0);
    HOLDS(acct_json_quotes_before(quoted, quoted->length) <= (int)count);
}

/* jansson takes what is quoted where it took the body, and where it did
 * not for a number alone; and else it still does not. */
static void check_parser(const char *body, size_t length,
                         const acct_json_text_t *quoted)
{
    json_error_t before;
    json_t *plain = json_loadb(body, length, JSON_DECODE_ANY, &before);
    json_t *made = json_loadb(quoted->text, quoted->length, JSON_DECODE_ANY,
                              NULL);

    if (plain != NULL) {
        HOLDS(quoted->copy == NULL && made != NULL);
    }
    else {
        HOLDS(made == NULL
              || json_error_code(&before) == json_error_numeric_overflow);
    }
    json_decref(plain);
    json_decref(made);
}

static void check_double(const char *text, size_t length, apr_pool_t *pool)
{
    double value;
    char *made;
    json_t *json;

    if (length < sizeof(value)) {
        return;
    }
    memcpy(&value, text, sizeof(value));
    if (!isfinite(value)) {
        return;
    }
    made = acct_json_real_text(value, pool);
    HOLDS(strlen(made) < 30 && strtod(made, NULL) == value);
    json = json_loads(made, JSON_DECODE_ANY, NULL);
    HOLDS(json_is_real(json) && json_real_value(json) == value);
    HOLDS(acct_json_is_real(made, strlen(made)));
    json_decref(json);
}

static void one(const char *text, size_t length, apr_pool_t *pool)
{
    acct_json_text_t quoted;

    acct_json_quote_numbers(text, length, &quoted, pool);
    check_quotes(text, length, &quoted, pool);
    check_parser(text, length, &quoted);
    check_double(text, length, pool);
}

const acct_fuzz_target_t acct_fuzz_target = {
    "number", NULL, one, 16384, 400
};
