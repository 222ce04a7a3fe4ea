/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The room of templates: text and JSON with placeholders,
 * "{account.username}". Parsed once, when a dialect is loaded; filled in for
 * every answer. It may use the rooms below (form … base).
 *
 * The files:
 *   template.c        parses them
 *   placeholder.c     what a placeholder can stand for, and what that is of
 *                     a result
 *   format.c          how it is written: as a pattern of a time, in base 36
 *   fill.c            a template and a result to text or JSON
 *   suggest.c         words of a file in what is said about it
 *
 * A parsed template is a flat list of pieces: bytes that stand as they are,
 * values, and lists, each with the template of its items. The bytes of a JSON
 * template are JSON already, compact and in the order of the file, so that
 * filling it in is one pass that writes each value in its type or, inside of a
 * string, as escaped text.
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
#include "template/format.h"
#include "template/placeholder.h"

#define ACCT_TEMPLATE_DEPTH 32  /* of nesting in a body */

/* A part of a template: bytes, or the first of some values that is not
 * empty. */
typedef struct acct_piece_t {
    const char *bytes;          /* NULL: a value */
    apr_size_t length;
    const acct_value_e *values;
    int nvalues;
    acct_format_e format;
    const char *pattern;        /* of ACCT_FORMAT_PATTERN */
    int whole;                  /* a JSON value of its own, not text inside
                                 * of a string */
    const struct acct_template_t *each;     /* of the items of the list that
                                             * is the only value; NULL: it
                                             * is no list */
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
    uint64_t uses;              /* set of values, without those that items
                                 * of its lists have themselves */
    const acct_use_t *places;
    int nplaces;
} acct_template_t;

/** Hears of something wrong in a template.
 *  @param path below the template's root, "" for the root itself
 *  @param what what is wrong; what to write. In the pool parsed with */
typedef void (*acct_template_report_fn)(void *baton, const char *path,
                                        const char *what);

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

#endif
