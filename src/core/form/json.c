/* SPDX-License-Identifier: Apache-2.0 */
#include "form/json.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "form/form.h"
#include "form/json_number.h"

/* What is wrong, and where: line and column (in characters) from 1. */
static const char *at_offset(const char *what, const char *body,
                             apr_size_t offset, apr_pool_t *pool)
{
    apr_size_t i;
    int line = 1;
    int column = 1;

    for (i = 0; i < offset; i++) {
        if (body[i] == '\n') {
            line++;
            column = 1;
        }
        else if (((unsigned char)body[i] & 0xc0) != 0x80) {
            column++;
        }
    }
    return apr_psprintf(pool, "%s: line %d column %d", what, line, column);
}

/*
 * Nesting and numbers of members, before the parser recurses for the one
 * and fills tables for the other. Text that is not JSON may pass: the
 * parser finds that. Every member has its own ':' outside of strings, and
 * what stands there in valid JSON is a member's.
 */
static const char *scan(const char *body, apr_size_t length,
                        apr_pool_t *pool)
{
    int members[ACCT_FORM_DEPTH + 1] = { 0 };
    int depth = 0;
    int in_string = 0;
    apr_size_t i;

    if (length >= 3 && memcmp(body, "\xef\xbb\xbf", 3) == 0) {
        return "it starts with a byte order mark";
    }
    for (i = 0; i < length; i++) {
        char c = body[i];

        if (in_string) {
            if (c == '\\') {
                i++;
            }
            else if (c == '"') {
                in_string = 0;
            }
        }
        else if (c == '"') {
            in_string = 1;
        }
        else if (c == '{' || c == '[') {
            if (++depth > ACCT_FORM_DEPTH) {
                return at_offset("nested too deep", body, i, pool);
            }
            members[depth] = 0;
        }
        else if ((c == '}' || c == ']') && depth > 0) {
            depth--;
        }
        else if (c == ':' && ++members[depth] > ACCT_FORM_MEMBERS) {
            return at_offset("too many members", body, i, pool);
        }
    }
    return NULL;
}

/* The parser's verdict in words of our own: its own text holds pieces of
 * the body, which may be a password. */
static const char *parser_reason(const json_error_t *error,
                                 const acct_json_text_t *quoted,
                                 apr_pool_t *pool)
{
    const char *what;

    switch (json_error_code(error)) {
    case json_error_premature_end_of_input:
        what = "the document ends too early";
        break;
    case json_error_end_of_input_expected:
        what = "something follows the document";
        break;
    case json_error_invalid_utf8:
        what = "not UTF-8";
        break;
    case json_error_duplicate_key:
        what = "a member is named twice";
        break;
    case json_error_null_byte_in_key:
        what = "a null character in the name of a member";
        break;
    default:
        what = "invalid syntax";
        break;
    }
    return apr_psprintf(pool, "%s: line %d column %d", what, error->line,
                        error->column - acct_json_quotes_before(
                            quoted, (apr_size_t)error->position));
}

/* Overwrites every string: any of them may be a password, one under a
 * name that no field has as well. Not deeper than scan() lets through. */
static void wipe_json(json_t *json)
{
    const char *name;
    json_t *item;
    size_t i;

    switch (json_typeof(json)) {
    case JSON_STRING:
        /* The object is ours alone and about to go: what it holds may be
         * written, though its interface has no way to say so. */
        OPENSSL_cleanse((char *)json_string_value(json),
                        json_string_length(json));
        break;
    case JSON_OBJECT:
        json_object_foreach(json, name, item) {
            wipe_json(item);
        }
        break;
    case JSON_ARRAY:
        json_array_foreach(json, i, item) {
            wipe_json(item);
        }
        break;
    default:
        break;
    }
}

static apr_status_t free_json(void *json)
{
    wipe_json(json);
    json_decref(json);
    return APR_SUCCESS;
}

/* What Python calls the type of a value that is not an object: the word
 * that clients of these APIs know. */
static const char *type_word(const json_t *json)
{
    switch (json_typeof(json)) {
    case JSON_ARRAY:
        return "list";
    case JSON_STRING:
        return "str";
    case JSON_INTEGER:
        return "int";
    case JSON_REAL:
        return "float";
    default:
        return "bool";
    }
}

/* The same of a whole body; what was a number in it is one. */
static const char *body_type(const json_t *json,
                             const acct_json_text_t *quoted)
{
    const char *number = json_string_value(json);

    if (number == NULL || quoted->copy == NULL) {
        return type_word(json);
    }
    return acct_json_is_real(number, json_string_length(json)) ? "float"
                                                               : "int";
}

static json_t *load_once(const acct_json_text_t *quoted, json_error_t *error)
{
    /* A null character in a value is a problem of its field, reported
     * later. */
    return json_loadb(quoted->text, quoted->length, JSON_REJECT_DUPLICATES
                      | JSON_DECODE_ANY | JSON_ALLOW_NUL, error);
}

/* jansson calls a string that it gets no memory for invalid syntax, and its
 * allocator is the process's, not ours to watch. What is wrong is so the
 * second time, too, and costs as little. */
static json_t *load(const acct_json_text_t *quoted, json_error_t *error)
{
    json_t *json = load_once(quoted, error);

    return json != NULL ? json : load_once(quoted, error);
}

/* jansson gives up without a word where it gets no memory: the error is as
 * it began, before the first line, and its code is not set. */
static int is_out_of_memory(const json_error_t *error)
{
    return error->line < 0
        || json_error_code(error) == json_error_out_of_memory;
}

/* @a quoted is what is parsed of the body. */
static acct_outcome_e parse(const acct_json_text_t *quoted, json_t **json,
                            acct_result_t *result, apr_pool_t *pool)
{
    json_error_t error;

    *json = load(quoted, &error);
    if (*json == NULL) {
        if (is_out_of_memory(&error)) {
            return ACCT_UNAVAILABLE;
        }
        result->reason = parser_reason(&error, quoted, pool);
        return ACCT_PARSE_ERROR;
    }
    apr_pool_cleanup_register(pool, *json, free_json,
                              apr_pool_cleanup_null);
    if (json_is_null(*json)) {
        return ACCT_NO_DATA;
    }
    if (!json_is_object(*json)) {
        result->type = body_type(*json, quoted);
        return ACCT_NOT_AN_OBJECT;
    }
    return ACCT_OK;
}

acct_outcome_e acct_json_parse(const char *body, apr_size_t length,
                               json_t **json, acct_result_t *result,
                               apr_pool_t *pool)
{
    acct_json_text_t quoted;
    acct_outcome_e outcome;

    *json = NULL;
    result->format = "JSON";
    result->reason = scan(body, length, pool);
    if (result->reason != NULL) {
        return ACCT_PARSE_ERROR;
    }
    acct_json_quote_numbers(body, length, &quoted, pool);
    outcome = parse(&quoted, json, result, pool);
    if (quoted.copy != NULL) {
        OPENSSL_cleanse(quoted.copy, quoted.length);
    }
    return outcome;
}

/* Digits are picked out of printf's text, whose decimal point is the
 * locale's. */
char *acct_json_real_text(double value, apr_pool_t *pool)
{
    char text[40];
    char digits[24];
    const char *p;
    int precision = 0;
    int count = 0;
    int exponent;
    const char *sign;

    do {
        snprintf(text, sizeof(text), "%.*e", precision, value);
    } while (strtod(text, NULL) != value && ++precision <= 16);

    sign = text[0] == '-' ? "-" : "";
    for (p = text; *p != 'e' && *p != '\0'; p++) {
        if (apr_isdigit(*p) && count < (int)sizeof(digits) - 1) {
            digits[count++] = *p;
        }
    }
    digits[count] = '\0';
    exponent = *p == 'e' ? (int)strtol(p + 1, NULL, 10) : 0;

    if (exponent < -4 || exponent >= 16) {
        return apr_psprintf(pool, "%s%c%s%s%s", sign, digits[0],
                            count > 1 ? "." : "", digits + 1, p);
    }
    if (exponent < 0) {
        return apr_psprintf(pool, "%s0.%.*s%s", sign, -exponent - 1, "0000",
                            digits);
    }
    if (exponent < count - 1) {
        return apr_psprintf(pool, "%s%.*s.%s", sign, exponent + 1, digits,
                            digits + exponent + 1);
    }
    return apr_psprintf(pool, "%s%s%.*s.0", sign, digits,
                        exponent + 1 - count, "0000000000000000");
}

void acct_json_free(json_t *json, apr_pool_t *pool)
{
    if (json != NULL) {
        apr_pool_cleanup_run(pool, json, free_json);
    }
}
