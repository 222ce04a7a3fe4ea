/* SPDX-License-Identifier: Apache-2.0 */
#include "form/pairs.h"

#include <apr_strings.h>
#include <openssl/crypto.h>
#include <string.h>

#include "form/form.h"
#include "text/identifier.h"

acct_pair_t *acct_pairs_add(apr_array_header_t *pairs)
{
    acct_pair_t *pair;

    if (pairs->nelts == ACCT_FORM_MEMBERS) {
        return NULL;
    }
    pair = apr_array_push(pairs);
    pair->name = apr_pstrdup(pairs->pool, "");
    pair->name_length = 0;
    pair->value = apr_pstrdup(pairs->pool, "");
    pair->length = 0;
    pair->is_file = 0;
    return pair;
}

/* Whether text that may hold NUL, and ends in one more, is UTF-8. */
static int is_utf8(const char *text, apr_size_t length)
{
    const char *end = text + length;

    for (;;) {
        if (acct_utf8_length(text) < 0) {
            return 0;
        }
        text += strlen(text);
        if (text == end) {
            return 1;
        }
        text++;
    }
}

static int is_named_twice(const apr_array_header_t *pairs)
{
    const acct_pair_t *list = (const acct_pair_t *)pairs->elts;
    const char *name = list[pairs->nelts - 1].name;
    int i;

    for (i = 0; i < pairs->nelts - 1; i++) {
        if (strcmp(list[i].name, name) == 0) {
            return 1;
        }
    }
    return 0;
}

const char *acct_pairs_check_last(const apr_array_header_t *pairs)
{
    const acct_pair_t *pair = &APR_ARRAY_IDX(pairs, pairs->nelts - 1,
                                             acct_pair_t);

    if (strlen(pair->name) != pair->name_length) {
        return "a null character in the name of a member";
    }
    if (acct_utf8_length(pair->name) < 0
        || !is_utf8(pair->value, pair->length)) {
        return "not UTF-8";
    }
    return is_named_twice(pairs) ? "a member is named twice" : NULL;
}

void acct_pairs_wipe(apr_array_header_t *pairs)
{
    int i;

    for (i = 0; i < pairs->nelts; i++) {
        acct_pair_t *pair = &APR_ARRAY_IDX(pairs, i, acct_pair_t);

        OPENSSL_cleanse(pair->name, pair->name_length);
        OPENSSL_cleanse(pair->value, pair->length);
    }
}
