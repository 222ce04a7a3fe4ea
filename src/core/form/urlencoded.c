/* SPDX-License-Identifier: Apache-2.0 */
#include "form/urlencoded.h"

#include <apr_strings.h>
#include <openssl/crypto.h>
#include <string.h>

#include "form/form.h"
#include "text/identifier.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

/* Decodes into @a out, which has room for length + 1 bytes; -1 when a '%'
 * is not followed by two hex digits. */
static apr_ssize_t decode(const char *text, apr_size_t length, char *out)
{
    apr_size_t count = 0;
    apr_size_t i;

    for (i = 0; i < length; i++) {
        char c = text[i];

        if (c == '+') {
            c = ' ';
        }
        else if (c == '%') {
            int high = i + 1 < length ? hex_digit(text[i + 1]) : -1;
            int low = i + 2 < length ? hex_digit(text[i + 2]) : -1;

            if (high < 0 || low < 0) {
                OPENSSL_cleanse(out, count);
                return -1;
            }
            c = (char)(unsigned char)(high * 16 + low);
            i += 2;
        }
        out[count++] = c;
    }
    out[count] = '\0';
    return (apr_ssize_t)count;
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

/* Decodes one pair into @a pair, which is in the list already so that it
 * gets wiped in any case. */
static const char *decode_pair(const char *text, apr_size_t length,
                               acct_pair_t *pair, apr_pool_t *pool)
{
    const char *equals = memchr(text, '=', length);
    apr_size_t name_length = equals != NULL ? (apr_size_t)(equals - text)
                                            : length;
    apr_size_t value_length = equals != NULL ? length - name_length - 1 : 0;
    apr_ssize_t count;

    pair->name = apr_palloc(pool, name_length + 1);
    pair->value = apr_palloc(pool, value_length + 1);
    pair->name[0] = pair->value[0] = '\0';
    pair->length = 0;
    pair->is_file = 0;

    count = decode(text, name_length, pair->name);
    if (count < 0) {
        return "'%' without two hex digits";
    }
    if (strlen(pair->name) != (apr_size_t)count) {
        return "a null character in the name of a member";
    }
    if (acct_utf8_length(pair->name) < 0) {
        return "not UTF-8";
    }
    count = equals != NULL ? decode(equals + 1, value_length, pair->value)
                           : 0;
    if (count < 0) {
        return "'%' without two hex digits";
    }
    pair->length = (apr_size_t)count;
    return is_utf8(pair->value, pair->length) ? NULL : "not UTF-8";
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

const char *acct_urlencoded_decode(const char *body, apr_size_t length,
                                   apr_array_header_t **pairs,
                                   apr_pool_t *pool)
{
    const char *end = body + length;
    const char *start = body;

    *pairs = apr_array_make(pool, 8, sizeof(acct_pair_t));
    while (start < end) {
        const char *stop = memchr(start, '&', (apr_size_t)(end - start));
        const char *what;

        if (stop == NULL) {
            stop = end;
        }
        if (stop == start) {
            start++;
            continue;
        }
        if ((*pairs)->nelts == ACCT_FORM_MEMBERS) {
            what = "too many members";
        }
        else {
            acct_pair_t *pair = apr_array_push(*pairs);

            what = decode_pair(start, (apr_size_t)(stop - start), pair,
                               pool);
            if (what == NULL && is_named_twice(*pairs)) {
                what = "a member is named twice";
            }
        }
        if (what != NULL) {
            return apr_psprintf(pool, "%s: byte %" APR_SIZE_T_FMT, what,
                                (apr_size_t)(start - body) + 1);
        }
        start = stop + 1;
    }
    return NULL;
}

void acct_urlencoded_wipe(apr_array_header_t *pairs)
{
    int i;

    for (i = 0; i < pairs->nelts; i++) {
        acct_pair_t *pair = &APR_ARRAY_IDX(pairs, i, acct_pair_t);

        OPENSSL_cleanse(pair->name, strlen(pair->name));
        OPENSSL_cleanse(pair->value, pair->length);
    }
}
