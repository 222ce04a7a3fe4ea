/* SPDX-License-Identifier: Apache-2.0 */
#include "base/uid.h"

#include <string.h>

#include <apr_base64.h>
#include <apr_strings.h>

#include "base/base64.h"

#define DIGITS_MAX 19           /* of the largest id in decimal */

static const char base36[] = "0123456789abcdefghijklmnopqrstuvwxyz";

static const char *const names[ACCT_UID__COUNT] = {
    "base64url", "base36", "decimal"
};

const char *acct_uid_name(acct_uid_e spelling)
{
    return names[spelling];
}

int acct_uid_find(const char *name)
{
    for (int i = 0; i < ACCT_UID__COUNT; i++) {
        if (strcmp(names[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

/* ------------------------------------------------------------- numbers */

static const char *number(apr_int64_t n, unsigned int base, apr_pool_t *pool)
{
    char text[64];
    char *at = text + sizeof(text);

    *--at = '\0';
    do {
        *--at = base36[(apr_uint64_t)n % base];
        n /= base;
    } while (n > 0);
    return apr_pstrdup(pool, at);
}

static int digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'Z' ? c - 'A' + 10 : 36;
}

/* 0: it is none, too large, or has zeros before it. */
static apr_int64_t read_number(const char *text, int base)
{
    apr_int64_t n = 0;

    if (*text == '0') {
        return 0;
    }
    for (; *text != '\0'; text++) {
        int d = digit(*text);

        if (d >= base || n > (APR_INT64_MAX - d) / base) {
            return 0;
        }
        n = n * base + d;
    }
    return n;
}

/* ----------------------------------------------------------- base64url */

/* The texts of decimal digits have neither '+' nor '/', which are others in
 * base64url: the bits that make those are of other characters. */
static const char *write_base64url(const char *digits, apr_pool_t *pool)
{
    int length = (int)strlen(digits);
    char *text = apr_palloc(pool, (apr_size_t)apr_base64_encode_len(length));

    apr_base64_encode(text, digits, length);
    text[strcspn(text, "=")] = '\0';
    return text;
}

static apr_int64_t read_base64url(const char *text)
{
    unsigned char digits[DIGITS_MAX + 1];
    size_t length;

    if (!acct_base64_digits(&text, digits, DIGITS_MAX, &length)
        || *text != '\0') {
        return 0;
    }
    digits[length] = '\0';
    if (strlen((const char *)digits) != length) {
        return 0;
    }
    return read_number((const char *)digits, 10);
}

/* ----------------------------------------------------------------- ids */

const char *acct_uid_write(acct_uid_e spelling, apr_int64_t id,
                           apr_pool_t *pool)
{
    switch (spelling) {
    case ACCT_UID_BASE64URL:
        return write_base64url(number(id, 10, pool), pool);
    case ACCT_UID_BASE36:
        return number(id, 36, pool);
    default:
        return number(id, 10, pool);
    }
}

apr_int64_t acct_uid_read(acct_uid_e spelling, const char *text)
{
    switch (spelling) {
    case ACCT_UID_BASE64URL:
        return read_base64url(text);
    case ACCT_UID_BASE36:
        return read_number(text, 36);
    default:
        return read_number(text, 10);
    }
}
