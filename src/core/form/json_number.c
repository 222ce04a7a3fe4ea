/* SPDX-License-Identifier: Apache-2.0 */
#include "form/json_number.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_lib.h>
#include <openssl/crypto.h>

#define INT64_DIGITS 19
#define MOST "9223372036854775807"      /* 2^63 - 1 */
#define LEAST "9223372036854775808"     /* without its sign */
#define DOUBLE_DIGITS 309       /* before the point, of the largest double */
#define EXPONENT_MAX 100000000L /* what is more is as good as this, and no
                                 * body is so long as to make up for it */

/* A number taken apart, by RFC 8259's grammar. */
typedef struct number_t {
    int negative;
    const char *whole;          /* digits before the point */
    size_t nwhole;
    const char *fraction;       /* and behind it */
    size_t nfraction;
    int is_real;
    long exponent;
} number_t;

static size_t digits(const char *at, const char *end)
{
    const char *begin = at;

    while (at < end && apr_isdigit(*at)) {
        at++;
    }
    return (size_t)(at - begin);
}

/* Behind the 'e'; NULL where there is none. */
static const char *take_exponent(const char *at, const char *end,
                                 number_t *number)
{
    int negative = at < end && *at == '-';
    size_t count;

    if (at < end && (*at == '-' || *at == '+')) {
        at++;
    }
    count = digits(at, end);
    if (count == 0) {
        return NULL;
    }
    for (; count > 0; at++, count--) {
        if (number->exponent < EXPONENT_MAX) {
            number->exponent = number->exponent * 10 + (*at - '0');
        }
    }
    if (negative) {
        number->exponent = -number->exponent;
    }
    number->is_real = 1;
    return at;
}

/* What is behind the number that begins here; NULL where none does. */
static const char *take_number(const char *at, const char *end,
                               number_t *number)
{
    memset(number, 0, sizeof(*number));
    number->negative = *at == '-';
    at += number->negative;
    number->whole = at;
    number->nwhole = digits(at, end);
    if (number->nwhole == 0 || (number->nwhole > 1 && *at == '0')) {
        return NULL;
    }
    at += number->nwhole;
    if (at < end && *at == '.') {
        number->fraction = ++at;
        number->nfraction = digits(at, end);
        number->is_real = 1;
        at += number->nfraction;
        if (number->nfraction == 0) {
            return NULL;
        }
    }
    return at < end && (*at == 'e' || *at == 'E')
        ? take_exponent(at + 1, end, number) : at;
}

/* As a document's text without a point, which is the locale's in strtod(). */
static int is_infinite(const number_t *number, apr_pool_t *pool)
{
    size_t room = number->nwhole + number->nfraction + 32;
    char *text = apr_palloc(pool, room);
    double value;

    snprintf(text, room, "%.*s%.*se%ld", (int)number->nwhole, number->whole,
             (int)number->nfraction,
             number->fraction != NULL ? number->fraction : "",
             number->exponent - (long)number->nfraction);
    value = strtod(text, NULL);
    OPENSSL_cleanse(text, room);
    return isinf(value);
}

/* Digits before the point once the exponent has moved it; a number of no
 * digit but 0 has none. */
static long magnitude(const number_t *number)
{
    size_t zeros = strspn(number->whole, "0");
    size_t i;

    if (zeros < number->nwhole) {
        return (long)(number->nwhole - zeros) + number->exponent;
    }
    for (i = 0; i < number->nfraction; i++) {
        if (number->fraction[i] != '0') {
            return number->exponent - (long)i;
        }
    }
    return LONG_MIN;
}

static int is_large(const number_t *number, apr_pool_t *pool)
{
    long size;

    if (!number->is_real) {
        return number->nwhole > INT64_DIGITS
            || (number->nwhole == INT64_DIGITS
                && memcmp(number->whole, number->negative ? LEAST : MOST,
                          INT64_DIGITS) > 0);
    }
    size = magnitude(number);
    return size > DOUBLE_DIGITS
        || (size == DOUBLE_DIGITS && is_infinite(number, pool));
}

/* Whether a value may end here: a member's name may not be a number. */
static int is_end(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\n'
                        || *at == '\r')) {
        at++;
    }
    return at == end || *at == ',' || *at == ']' || *at == '}';
}

static int is_word(char c)
{
    return apr_isalnum(c) || c == '-' || c == '+' || c == '.' || c == '_';
}

static const char *skip_string(const char *at, const char *end)
{
    for (at++; at < end && *at != '"'; at++) {
        if (*at == '\\' && at + 1 < end) {
            at++;
        }
    }
    return at < end ? at + 1 : end;
}

static const char *skip_word(const char *at, const char *end)
{
    while (at < end && is_word(*at)) {
        at++;
    }
    return at;
}

/* The next large number from *at on, or NULL; *at is moved behind it. */
static const char *find_large(const char **at, const char *end,
                              apr_pool_t *pool)
{
    const char *begin = *at;

    while (begin < end) {
        number_t number;
        const char *behind = NULL;

        if (*begin == '"') {
            begin = skip_string(begin, end);
            continue;
        }
        if (!is_word(*begin)) {
            begin++;
            continue;
        }
        if (*begin == '-' || apr_isdigit(*begin)) {
            behind = take_number(begin, end, &number);
        }
        *at = skip_word(begin, end);
        if (behind == *at && is_end(behind, end)
            && is_large(&number, pool)) {
            return begin;
        }
        begin = *at;
    }
    return NULL;
}

/* Copies up to @a until, and notes and puts the quote. */
static void put_quote(acct_json_text_t *quoted, const char **from,
                      const char *until)
{
    size_t count = (size_t)(until - *from);

    memcpy(quoted->copy + quoted->length, *from, count);
    quoted->length += count;
    *from = until;
    APR_ARRAY_PUSH(quoted->quotes, apr_size_t) = quoted->length;
    quoted->copy[quoted->length++] = '"';
}

/* Twice the ends of each large number. */
static void copy_quoted(const char *body, const char *end,
                        const apr_array_header_t *ends,
                        acct_json_text_t *quoted, apr_pool_t *pool)
{
    quoted->copy = apr_palloc(pool, (apr_size_t)(end - body)
                                    + (apr_size_t)ends->nelts + 1);
    quoted->quotes = apr_array_make(pool, ends->nelts, sizeof(apr_size_t));
    quoted->text = quoted->copy;
    quoted->length = 0;
    for (int i = 0; i < ends->nelts; i++) {
        put_quote(quoted, &body, APR_ARRAY_IDX(ends, i, const char *));
    }
    memcpy(quoted->copy + quoted->length, body, (size_t)(end - body));
    quoted->length += (apr_size_t)(end - body);
}

void acct_json_quote_numbers(const char *body, apr_size_t length,
                             acct_json_text_t *quoted, apr_pool_t *pool)
{
    const char *at = body, *end = body + length, *large;
    apr_array_header_t *ends = NULL;

    memset(quoted, 0, sizeof(*quoted));
    quoted->text = body;
    quoted->length = length;
    while ((large = find_large(&at, end, pool)) != NULL) {
        if (ends == NULL) {
            ends = apr_array_make(pool, 8, sizeof(const char *));
        }
        APR_ARRAY_PUSH(ends, const char *) = large;
        APR_ARRAY_PUSH(ends, const char *) = at;
    }
    if (ends != NULL) {
        copy_quoted(body, end, ends, quoted, pool);
    }
}

int acct_json_quotes_before(const acct_json_text_t *quoted,
                            apr_size_t position)
{
    apr_size_t line = position;
    int count = 0;

    while (line > 0 && quoted->text[line - 1] != '\n') {
        line--;
    }
    for (int i = 0; quoted->quotes != NULL && i < quoted->quotes->nelts;
         i++) {
        apr_size_t at = APR_ARRAY_IDX(quoted->quotes, i, apr_size_t);

        count += at >= line && at < position;
    }
    return count;
}

int acct_json_is_real(const char *number, apr_size_t length)
{
    return memchr(number, '.', length) != NULL
        || memchr(number, 'e', length) != NULL
        || memchr(number, 'E', length) != NULL;
}
