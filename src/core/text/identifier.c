/* SPDX-License-Identifier: Apache-2.0 */
#include "text/identifier.h"

#include <limits.h>
#include <string.h>

#include <apr_strings.h>
#include <openssl/crypto.h>
#include <utf8proc.h>

#define NORMAL (UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE)
#define FOLDED (NORMAL | UTF8PROC_CASEFOLD)

/* Rounds of folding after which a text has stopped changing: two are known
 * to be needed, and one more to see that nothing changed. */
#define ROUNDS_MAX 8

/* The next code point, and *at moved behind it; -1 where it is not UTF-8.
 * Not to be called at the end of the text. */
static utf8proc_int32_t next_char(const char **at)
{
    utf8proc_int32_t c;
    size_t room = strnlen(*at, 4);
    utf8proc_ssize_t size;

    size = utf8proc_iterate((const utf8proc_uint8_t *)*at,
                            (utf8proc_ssize_t)room, &c);
    if (size <= 0) {
        return -1;
    }
    *at += size;
    return c;
}

int acct_utf8_length(const char *text)
{
    int length = 0;

    while (*text != '\0') {
        if (next_char(&text) < 0 || length == INT_MAX) {
            return -1;
        }
        length++;
    }
    return length;
}

/* Marks, embeddings and overrides of direction (Unicode TR 9, 2): after one
 * of these what follows is not where it seems to be. */
static int turns_direction(utf8proc_int32_t c)
{
    return c == 0x061c || c == 0x200e || c == 0x200f
           || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

int acct_text_printable(const char *text)
{
    while (*text != '\0') {
        utf8proc_int32_t c = next_char(&text);
        utf8proc_category_t category = utf8proc_category(c);

        if (c < 0 || category == UTF8PROC_CATEGORY_CC
            || category == UTF8PROC_CATEGORY_ZL
            || category == UTF8PROC_CATEGORY_ZP || turns_direction(c)) {
            return 0;
        }
    }
    return 1;
}

int acct_text_is_numeric(const char *text)
{
    if (*text == '\0') {
        return 0;
    }
    while (*text != '\0') {
        utf8proc_int32_t c = next_char(&text);

        if (c < 0 || utf8proc_category(c) != UTF8PROC_CATEGORY_ND) {
            return 0;
        }
    }
    return 1;
}

/* The code points of which Python's str.isspace() is true. */
static int is_blank(utf8proc_int32_t c)
{
    return (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x20)
           || c == 0x85 || c == 0xa0 || c == 0x1680
           || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029
           || c == 0x202f || c == 0x205f || c == 0x3000;
}

int acct_text_is_blank(const char *text)
{
    while (*text != '\0') {
        if (!is_blank(next_char(&text))) {
            return 0;
        }
    }
    return 1;
}

const char *acct_trim(const char *text, apr_pool_t *pool)
{
    const char *at, *end;
    utf8proc_int32_t c;

    if (text == NULL) {
        return "";
    }
    for (at = text; *at != '\0'; text = at) {
        if (!is_blank(next_char(&at))) {
            break;
        }
    }
    for (at = end = text; *at != '\0';) {
        if ((c = next_char(&at)) < 0) {
            at++;               /* not UTF-8: keep the byte, go on */
        }
        if (!is_blank(c)) {
            end = at;
        }
    }
    return *end == '\0' ? text
                        : apr_pstrmemdup(pool, text, (apr_size_t)(end - text));
}

/* One pass of a mapping; NULL when the text is not UTF-8. What the pass
 * leaves behind in memory is wiped, for passwords are folded too. */
static char *map(const char *text, utf8proc_option_t how, apr_pool_t *pool)
{
    const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)text;
    utf8proc_ssize_t length = (utf8proc_ssize_t)strlen(text);
    utf8proc_ssize_t count, size;
    utf8proc_int32_t *buffer;
    size_t room;

    count = utf8proc_decompose(bytes, length, NULL, 0, how);
    if (count < 0) {
        return NULL;
    }
    room = ((size_t)count + 1) * sizeof(*buffer);
    buffer = apr_palloc(pool, room);
    size = utf8proc_decompose(bytes, length, buffer, count, how);
    if (size >= 0) {
        size = utf8proc_reencode(buffer, size, how);    /* in place */
    }
    if (size < 0) {
        OPENSSL_cleanse(buffer, room);
        return NULL;
    }
    OPENSSL_cleanse((char *)buffer + size + 1, room - (size_t)size - 1);
    return (char *)buffer;
}

apr_status_t acct_fold(const char *text, const char **folded,
                       apr_pool_t *pool)
{
    char *last, *next;
    int length, round;

    if ((length = acct_utf8_length(text)) < 0) {
        return APR_EINVAL;
    }
    if (length > ACCT_FOLD_MAX) {
        *folded = apr_pstrdup(pool, text);
        return APR_SUCCESS;
    }
    /* Marks have to be in order before they are folded: U+0345 folds to a
     * letter, which stays where it is. */
    last = map(text, NORMAL, pool);
    for (round = 0; last != NULL && round < ROUNDS_MAX; round++) {
        next = map(last, FOLDED, pool);
        if (next != NULL && strcmp(next, last) == 0) {
            OPENSSL_cleanse(last, strlen(last));
            *folded = next;
            return APR_SUCCESS;
        }
        OPENSSL_cleanse(last, strlen(last));
        last = next;
    }
    if (last != NULL) {
        OPENSSL_cleanse(last, strlen(last));
    }
    return APR_EINVAL;
}

apr_status_t acct_compose(const char *text, char **composed,
                          apr_pool_t *pool)
{
    if (acct_utf8_length(text) < 0) {
        return APR_EINVAL;
    }
    *composed = map(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE, pool);
    return *composed != NULL ? APR_SUCCESS : APR_EINVAL;
}

/* -------------------------------------------------------------- usernames */

apr_status_t acct_username_normalize(const char *text, const char **name,
                                     apr_pool_t *pool)
{
    const char *trimmed = acct_trim(text, pool), *mapped;
    int length = acct_utf8_length(trimmed);

    if (length < 0) {
        return APR_EINVAL;
    }
    if (length > ACCT_FOLD_MAX) {
        *name = trimmed;
        return APR_SUCCESS;
    }
    if ((mapped = map(trimmed, NORMAL, pool)) == NULL) {
        return APR_EINVAL;
    }
    /* Some signs come apart into a blank and a mark. */
    *name = acct_trim(mapped, pool);
    return APR_SUCCESS;
}

apr_status_t acct_username_key(const char *name, const char **key,
                               apr_pool_t *pool)
{
    apr_status_t status;

    status = acct_username_normalize(name, &name, pool);
    if (status != APR_SUCCESS) {
        return status;
    }
    /* Too long to be an account's: as it is; see acct_fold(). */
    return strchr(name, '@') != NULL && acct_utf8_length(name) <= ACCT_FOLD_MAX
        ? acct_address_key(name, key, pool) : acct_fold(name, key, pool);
}

/* What Python's \w matches, and the four signs of a username. */
static int is_username_char(utf8proc_int32_t c)
{
    const utf8proc_property_t *property;

    if (c < 0) {
        return 0;
    }
    if (c < 0x80) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')
               || (c >= 'a' && c <= 'z') || c == '_' || c == '@' || c == '.'
               || c == '+' || c == '-';
    }
    property = utf8proc_get_property(c);
    if (property->ignorable) {
        return 0;               /* a letter, but one without ink */
    }
    switch (property->category) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
        return 1;
    default:
        return 0;
    }
}

static int is_normal(const char *name, apr_pool_t *pool)
{
    const char *again;

    return acct_username_normalize(name, &again, pool) == APR_SUCCESS
           && strcmp(name, again) == 0;
}

int acct_username_valid(const char *name, apr_pool_t *pool)
{
    const char *at, *key, *again;

    if (name == NULL || *name == '\0') {
        return 0;
    }
    for (at = name; *at != '\0';) {
        if (!is_username_char(next_char(&at))) {
            return 0;
        }
    }
    return acct_utf8_length(name) <= ACCT_FOLD_MAX
           && is_normal(name, pool)
           && acct_username_key(name, &key, pool) == APR_SUCCESS
           && *key != '\0'
           && is_normal(key, pool)
           && acct_username_key(key, &again, pool) == APR_SUCCESS
           && strcmp(key, again) == 0;
}
