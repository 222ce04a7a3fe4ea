/* SPDX-License-Identifier: Apache-2.0 */
#include "form/multipart.h"

#include <apr_cstr.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <openssl/crypto.h>
#include <string.h>

#include "text/http_token.h"

#define BLANKS " \t"
#define HEADERS_MAX 16          /* of a part */

/* The rest of what is read; not ended by NUL. */
typedef struct cursor_t {
    const char *at;
    const char *end;
} cursor_t;

static apr_size_t left(const cursor_t *cursor)
{
    return (apr_size_t)(cursor->end - cursor->at);
}

/* Whether the rest begins so; behind it then. */
static int skip(cursor_t *cursor, const char *bytes, apr_size_t length)
{
    if (left(cursor) < length || memcmp(cursor->at, bytes, length) != 0) {
        return 0;
    }
    cursor->at += length;
    return 1;
}

static int is_next(const cursor_t *cursor, char c)
{
    return cursor->at < cursor->end && *cursor->at == c;
}

static void skip_blanks(cursor_t *cursor)
{
    while (is_next(cursor, ' ') || is_next(cursor, '\t')) {
        cursor->at++;
    }
}

/* ---------------------------------------------------------- parameters */

/* The end of a word: of a quoted string its closing quote, which may not be
 * there. */
static const char *word_end(const cursor_t *cursor, int quoted)
{
    const char *at = cursor->at;

    while (at < cursor->end && *at != '"'
           && (quoted || memchr("; \t", *at, 3) == NULL)) {
        at += quoted && *at == '\\' && at + 1 < cursor->end ? 2 : 1;
    }
    return at;
}

/* A token or a quoted string (RFC 9110, 5.6.4) without its quotes; NULL:
 * neither. In the pool, may hold NUL. */
static char *read_word(cursor_t *cursor, apr_size_t *length,
                       apr_pool_t *pool)
{
    int quoted = skip(cursor, "\"", 1);
    const char *end = word_end(cursor, quoted);
    char *word = apr_palloc(pool, (apr_size_t)(end - cursor->at) + 1);

    for (*length = 0; cursor->at < end; cursor->at++) {
        if (quoted && *cursor->at == '\\' && cursor->at + 1 < end) {
            cursor->at++;
        }
        word[(*length)++] = *cursor->at;
    }
    word[*length] = '\0';
    if (quoted ? skip(cursor, "\"", 1)
               : acct_is_http_token(word, *length)) {
        return word;
    }
    OPENSSL_cleanse(word, *length);
    return NULL;
}

/* The next of "; name=word; name=word". @return 1, 0 at the end, -1 where it
 * is none */
static int next_parameter(cursor_t *cursor, const char **name, char **word,
                          apr_size_t *length, apr_pool_t *pool)
{
    const char *begin;

    skip_blanks(cursor);
    if (left(cursor) == 0) {
        return 0;
    }
    if (!skip(cursor, ";", 1)) {
        return -1;
    }
    skip_blanks(cursor);
    if (left(cursor) == 0) {
        return 0;               /* a semicolon at the end */
    }
    begin = cursor->at;
    while (cursor->at < cursor->end && *cursor->at != '=') {
        cursor->at++;
    }
    *name = apr_pstrmemdup(pool, begin, (apr_size_t)(cursor->at - begin));
    if (!acct_is_http_token(*name, (apr_size_t)(cursor->at - begin))
        || !skip(cursor, "=", 1)) {
        return -1;
    }
    *word = read_word(cursor, length, pool);
    return *word != NULL ? 1 : -1;
}

/* RFC 2046, 5.1.1: what a boundary may hold. A blank at its end would not be
 * told from padding. */
static int is_boundary(const char *text, apr_size_t length)
{
    static const char signs[] = "'()+_,-./:=? ";
    apr_size_t i;

    for (i = 0; i < length; i++) {
        if (!apr_isalnum(text[i])
            && (text[i] == '\0' || strchr(signs, text[i]) == NULL)) {
            return 0;
        }
    }
    return length > 0 && length <= ACCT_BOUNDARY_MAX
        && text[length - 1] != ' ';
}

/* What stands between parts, CRLF included, of a Content-Type; NULL where it
 * does not say. */
static const char *delimiter_of(const char *content_type, apr_pool_t *pool)
{
    const char *begin = strchr(content_type, ';');
    const char *name, *boundary = NULL;
    cursor_t cursor;
    apr_size_t length;
    char *word;
    int more;

    if (begin == NULL) {
        return NULL;
    }
    cursor.at = begin;
    cursor.end = begin + strlen(begin);
    while ((more = next_parameter(&cursor, &name, &word, &length, pool))
           == 1) {
        if (apr_cstr_casecmp(name, "boundary") != 0) {
            continue;
        }
        if (boundary != NULL || !is_boundary(word, length)) {
            return NULL;
        }
        boundary = word;
    }
    return more == 0 && boundary != NULL
        ? apr_pstrcat(pool, "\r\n--", boundary, NULL) : NULL;
}

/* ---------------------------------------------------------------- a part */

/* One part while its header is read. */
typedef struct part_t {
    acct_pair_t *pair;
    int has_disposition;
    int has_name;
} part_t;

static int is_named(const char *name, apr_size_t length, const char *other)
{
    return length == strlen(other)
        && apr_cstr_casecmpn(name, other, length) == 0;
}

/* "form-data; name="user"", with a file name where it is a file. */
static const char *read_disposition(part_t *part, cursor_t value,
                                    apr_pool_t *pool)
{
    const char *name;
    apr_size_t length;
    char *word;
    int more;

    if (part->has_disposition || left(&value) < 9
        || apr_cstr_casecmpn(value.at, "form-data", 9) != 0) {
        return "a part that is no form-data";
    }
    part->has_disposition = 1;
    value.at += 9;
    while ((more = next_parameter(&value, &name, &word, &length, pool))
           == 1) {
        if (apr_cstr_casecmp(name, "name") == 0) {
            if (part->has_name) {
                OPENSSL_cleanse(word, length);
                return "a part with two names";
            }
            part->has_name = 1;
            part->pair->name = word;
            part->pair->name_length = length;
            continue;
        }
        if (apr_cstr_casecmp(name, "filename") == 0
            || apr_cstr_casecmp(name, "filename*") == 0) {
            part->pair->is_file = 1;
        }
        OPENSSL_cleanse(word, length);
    }
    return more == 0 ? NULL : "a malformed header of a part";
}

/* RFC 7578, 4.7: nobody encodes a part any more. */
static int is_plain(const cursor_t *value)
{
    static const char *const plain[] = { "7bit", "8bit", "binary" };
    int i;

    for (i = 0; i < 3; i++) {
        if (is_named(value->at, left(value), plain[i])) {
            return 1;
        }
    }
    return 0;
}

/* One line of a part's header, without its end. */
static const char *read_header(part_t *part, const char *line,
                               apr_size_t length, apr_pool_t *pool)
{
    const char *colon = memchr(line, ':', length);
    apr_size_t name_length = colon != NULL ? (apr_size_t)(colon - line) : 0;
    cursor_t value = { colon, line + length };

    if (colon == NULL || !acct_is_http_token(line, name_length)) {
        return "a malformed header of a part";
    }
    value.at++;
    skip_blanks(&value);
    while (left(&value) > 0 && strchr(BLANKS, value.end[-1]) != NULL
           && value.end[-1] != '\0') {
        value.end--;
    }
    if (is_named(line, name_length, "Content-Disposition")) {
        return read_disposition(part, value, pool);
    }
    return is_named(line, name_length, "Content-Transfer-Encoding")
        && !is_plain(&value) ? "a part that is encoded" : NULL;
}

/* Where a text begins in the rest; NULL: nowhere. */
static const char *find(const cursor_t *cursor, const char *text)
{
    apr_size_t length = strlen(text);
    const char *at = cursor->at;

    while (at != NULL && (apr_size_t)(cursor->end - at) >= length) {
        if (memcmp(at, text, length) == 0) {
            return at;
        }
        at++;
        at = memchr(at, *text, (apr_size_t)(cursor->end - at));
    }
    return NULL;
}

/* All lines up to the empty one, which is behind the cursor then. */
static const char *read_headers(part_t *part, cursor_t *cursor,
                                apr_pool_t *pool)
{
    const char *end, *what = NULL;
    int count = 0;

    while (what == NULL && !skip(cursor, "\r\n", 2)) {
        end = find(cursor, "\r\n");
        if (end == NULL) {
            return "the document ends too early";
        }
        if (++count > HEADERS_MAX) {
            return "too many headers of a part";
        }
        what = read_header(part, cursor->at, (apr_size_t)(end - cursor->at),
                           pool);
        cursor->at = end + 2;
    }
    if (what == NULL && !part->has_name) {
        what = "a part without a name";
    }
    return what;
}

/* A part, from its header up to the delimiter behind it, which is behind the
 * cursor then. */
static const char *read_part(cursor_t *cursor, const char *delimiter,
                             apr_array_header_t *pairs, apr_pool_t *pool)
{
    part_t part = { acct_pairs_add(pairs), 0, 0 };
    const char *what, *end;

    if (part.pair == NULL) {
        return "too many members";
    }
    what = read_headers(&part, cursor, pool);
    if (what != NULL) {
        return what;
    }
    /* A part that is empty ends with the line end of its header's end. */
    cursor->at -= 2;
    end = find(cursor, delimiter);
    if (end == NULL) {
        return "the document ends too early";
    }
    if (end > cursor->at && !part.pair->is_file) {
        cursor->at += 2;
        part.pair->length = (apr_size_t)(end - cursor->at);
        part.pair->value = apr_pstrmemdup(pool, cursor->at,
                                          part.pair->length);
    }
    cursor->at = end + strlen(delimiter);
    return acct_pairs_check_last(pairs);
}

/* ---------------------------------------------------------------- a body */

static const char *read_parts(cursor_t *cursor, const char *delimiter,
                              apr_array_header_t *pairs, apr_pool_t *pool)
{
    const char *what = NULL;

    if (!skip(cursor, delimiter + 2, strlen(delimiter) - 2)) {
        return "it does not begin with its boundary";
    }
    while (what == NULL && !skip(cursor, "--", 2)) {
        what = skip(cursor, "\r\n", 2)
            ? read_part(cursor, delimiter, pairs, pool)
            : "a boundary is followed by something else";
    }
    if (what != NULL) {
        return what;
    }
    (void)skip(cursor, "\r\n", 2);
    return left(cursor) == 0 ? NULL : "something follows the document";
}

const char *acct_multipart_decode(const char *content_type, const char *body,
                                  apr_size_t length,
                                  apr_array_header_t **pairs,
                                  apr_pool_t *pool)
{
    const char *delimiter = delimiter_of(content_type, pool);
    cursor_t cursor = { body, body + length };
    const char *what;

    *pairs = apr_array_make(pool, 8, sizeof(acct_pair_t));
    if (delimiter == NULL) {
        return "no boundary that parts can be told by";
    }
    what = read_parts(&cursor, delimiter, *pairs, pool);
    return what == NULL ? NULL
        : apr_psprintf(pool, "%s: byte %" APR_SIZE_T_FMT, what,
                       (apr_size_t)(cursor.at - body) + 1);
}
