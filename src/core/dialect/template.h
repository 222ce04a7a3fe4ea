/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Templates: text and JSON with placeholders, "{account.username}".
 * Parsed once, when a dialect is loaded; filled in for every answer.
 *
 * A parsed template is a flat list of pieces: bytes that stand as they
 * are, and values. The bytes of a JSON template are JSON already, compact
 * and in the order of the file, so that filling it in is one pass that
 * writes each value in its type or, inside of a string, as escaped text.
 * No JSON object is built for an answer and a token is copied nowhere
 * but into the body.
 *
 * Templates are constant and safe from any thread.
 */
#ifndef ACCT_TEMPLATE_H
#define ACCT_TEMPLATE_H

#include <apr_pools.h>
#include <jansson.h>
#include <stdint.h>
#include "dialect/dialect.h"
#include "form/result.h"

#define ACCT_TEMPLATE_DEPTH 32  /* of nesting in a body */

/* What a placeholder can stand for. */
typedef enum {
    ACCT_VALUE_ACCOUNT_ID,
    ACCT_VALUE_ACCOUNT_USERNAME,
    ACCT_VALUE_ACCOUNT_EMAIL,
    ACCT_VALUE_ACCOUNT_FIRST_NAME,
    ACCT_VALUE_ACCOUNT_LAST_NAME,
    ACCT_VALUE_ACCOUNT_IS_ACTIVE,
    ACCT_VALUE_ACCOUNT_IS_STAFF,
    ACCT_VALUE_ACCOUNT_CREATED_AT,
    ACCT_VALUE_ACCOUNT_LAST_LOGIN,
    ACCT_VALUE_TOKEN,
    ACCT_VALUE_TOKEN_ID,
    ACCT_VALUE_TOKEN_EXPIRES,
    ACCT_VALUE_ERRORS,
    ACCT_VALUE_MESSAGE,
    ACCT_VALUE_STATUS,
    ACCT_VALUE_METHOD,
    ACCT_VALUE_MEDIA_TYPE,
    ACCT_VALUE_ENCODING,
    ACCT_VALUE_FORMAT,
    ACCT_VALUE_REASON,
    ACCT_VALUE_TYPE,
    ACCT_VALUE_LIMIT,
    ACCT_VALUE_RETRY_AFTER,
    ACCT_VALUE__COUNT
} acct_value_e;

/* Of what type a value is. */
typedef enum {
    ACCT_KIND_TEXT,
    ACCT_KIND_INT,
    ACCT_KIND_BOOL,
    ACCT_KIND_TIME,
    ACCT_KIND_OBJECT
} acct_kind_e;

/* Sets of values. */
#define ACCT_VALUE_BIT(value) (UINT64_C(1) << (unsigned)(value))
#define ACCT_VALUES_ACCOUNT \
    (ACCT_VALUE_BIT(ACCT_VALUE_ACCOUNT_LAST_LOGIN + 1) - 1)
#define ACCT_VALUES_TOKEN (ACCT_VALUE_BIT(ACCT_VALUE_TOKEN) \
                           | ACCT_VALUE_BIT(ACCT_VALUE_TOKEN_ID) \
                           | ACCT_VALUE_BIT(ACCT_VALUE_TOKEN_EXPIRES))

/* A part of a template: bytes, or the first of some values that is not
 * empty. */
typedef struct acct_piece_t {
    const char *bytes;          /* NULL: a value */
    apr_size_t length;
    const acct_value_e *values;
    int nvalues;
    const char *format;         /* of a time */
    int whole;                  /* a JSON value of its own, not text inside
                                 * of a string */
} acct_piece_t;

/* Where a value is used: path below the template's root (".data.id"). */
typedef struct acct_use_t {
    acct_value_e value;
    const char *path;
} acct_use_t;

typedef struct acct_template_t {
    const acct_piece_t *pieces;
    int npieces;
    int json;                   /* JSON, else plain text */
    uint64_t uses;              /* set of values */
    const acct_use_t *places;
    int nplaces;
} acct_template_t;

/* A response header. */
typedef struct acct_header_t {
    const char *name;
    const acct_template_t *value;
} acct_header_t;

/* How an outcome or a problem is answered. */
struct acct_response_t {
    int status;
    const acct_template_t *body;    /* NULL: none */
    const char *content_type;       /* NULL: there is no body */
    const acct_header_t *headers;
    int nheaders;
    uint64_t uses;                  /* values of body and headers */
};

/* A problem as it is answered. */
typedef struct acct_told_t {
    const char *field;
    const char *message;
} acct_told_t;

/* What a template is filled in with. */
typedef struct acct_values_t {
    const acct_result_t *result;
    int status;
    int limit;
    const char *message;        /* filled in already, or NULL */
    const acct_told_t *told;    /* {errors}: problems of one field stand
                                 * together */
    int ntold;
} acct_values_t;

/** Hears of something wrong in a template.
 *  @param path below the template's root, "" for the root itself
 *  @param what what is wrong; what to write. In the pool parsed with */
typedef void (*acct_template_report_fn)(void *baton, const char *path,
                                        const char *what);

/** The name of a value in a placeholder, e.g. "account.id". */
const char *acct_value_name(acct_value_e value);

/** The type of a value. */
acct_kind_e acct_value_kind(acct_value_e value);

/** An ASCII character as it is written inside of a JSON string (RFC 8259,
 *  7). @return how many bytes of @a escaped were set, at most all */
#define ACCT_JSON_ESCAPE_MAX 6
apr_size_t acct_json_escape(char c, char escaped[ACCT_JSON_ESCAPE_MAX]);

/**
 * Parse plain text with placeholders (a message, a header's value).
 * @param text UTF-8; copied
 * @return the template in @a pool, or NULL after reporting at least once
 */
const acct_template_t *acct_template_text(const char *text,
                                          acct_template_report_fn report,
                                          void *baton, apr_pool_t *pool);

/**
 * Parse a JSON value with placeholders in its strings.
 * @param value copied; may be freed afterwards
 * @return the template in @a pool, or NULL after reporting at least once
 */
const acct_template_t *acct_template_json(const json_t *value,
                                          acct_template_report_fn report,
                                          void *baton, apr_pool_t *pool);

/**
 * Fill a template in.
 * @param values holds what the template uses; a text that is NULL is
 *               empty. Bytes that are not UTF-8 become U+FFFD in JSON
 * @param length of what is returned, without the NUL behind it
 * @return in @a pool
 */
const char *acct_template_fill(const acct_template_t *template,
                               const acct_values_t *values,
                               apr_size_t *length, apr_pool_t *pool);

/** The nearest of @a names (NULL-terminated) to a misspelt @a word, as
 *  the end of a sentence: 'did you mean "x"?', or a list of all. */
const char *acct_suggest(const char *word, const char *const *names,
                         apr_pool_t *pool);

/** @a text fit for a line of output: no controls, not too long. */
const char *acct_shown(const char *text, apr_pool_t *pool);

#endif
