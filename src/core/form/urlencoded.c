/* SPDX-License-Identifier: Apache-2.0 */
#include "form/urlencoded.h"

#include <apr_strings.h>
#include <openssl/crypto.h>
#include <string.h>

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

/* One more pair of a list. */
static const char *decode_pair(const char *text, apr_size_t length,
                               apr_array_header_t *pairs, apr_pool_t *pool)
{
    const char *equals = memchr(text, '=', length);
    apr_size_t name_length = equals != NULL ? (apr_size_t)(equals - text)
                                            : length;
    apr_size_t value_length = equals != NULL ? length - name_length - 1 : 0;
    acct_pair_t *pair = acct_pairs_add(pairs);
    apr_ssize_t name, value = 0;

    if (pair == NULL) {
        return "too many members";
    }
    pair->name = apr_pcalloc(pool, name_length + 1);
    pair->value = apr_pcalloc(pool, value_length + 1);
    name = decode(text, name_length, pair->name);
    pair->name_length = name > 0 ? (apr_size_t)name : 0;
    if (name >= 0 && equals != NULL) {
        value = decode(equals + 1, value_length, pair->value);
    }
    if (name < 0 || value < 0) {
        return "'%' without two hex digits";
    }
    pair->length = (apr_size_t)value;
    return acct_pairs_check_last(pairs);
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
        what = decode_pair(start, (apr_size_t)(stop - start), *pairs, pool);
        if (what != NULL) {
            return apr_psprintf(pool, "%s: byte %" APR_SIZE_T_FMT, what,
                                (apr_size_t)(start - body) + 1);
        }
        start = stop + 1;
    }
    return NULL;
}
