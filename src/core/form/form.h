/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The room of request bodies: from a body to fields and problems. JSON
 * (RFC 8259), application/x-www-form-urlencoded or, where a dialect says so,
 * multipart/form-data, told apart by the media type. Checks what can be found
 * without a database: required, null, blank, types, lengths, grammar, what is
 * sent twice. It may use the rooms below (token … base), and uses store (for
 * its structs), text and base.
 *
 * Safe from any thread; values are in the pool passed.
 *
 * The files:
 *   form.c            fields and problems of a body of either kind
 *   value.c           what is wrong with one value
 *   source.c          where a field's value is looked up
 *   json.c            a JSON text to jansson's objects
 *   json_number.c     the numbers in it that no machine number holds
 *   urlencoded.c      a form to names and values
 *   multipart.c       a form in parts to the same
 *   pairs.c           those names and values
 *   basic.c           name and password of HTTP Basic, in place of a body
 *   field.c           what a route's fields are
 *   stage.c           which problems are told together
 *   result.c          what came of a request: an operation fills it in, a
 *                     dialect spells it
 */
#ifndef ACCT_FORM_H
#define ACCT_FORM_H

#include <apr_pools.h>
#include "form/field.h"
#include "form/result.h"

#define ACCT_FORM_DEPTH 32      /* of nesting, the outer object is 1 */
#define ACCT_FORM_MEMBERS 64    /* of one object, and of a form */

typedef struct acct_form_t {
    const char *value[ACCT_ROLE__COUNT];    /* NULL: absent, or "" of a
                                 * field that may be blank, but for
                                 * repetitions. Passwords are
                                 * exact, usernames normalised, all others
                                 * trimmed */
    const acct_field_t *field[ACCT_ROLE__COUNT];    /* NULL: no such field
                                                     * on this route */
    uint32_t sent;              /* set of roles (ACCT_ROLE_BIT) whose member
                                 * is there, whatever it holds: with no
                                 * value and no problem, it is blank */
} acct_form_t;

/**
 * Whether a body of this kind would be read at all: ask before reading
 * it. Parameters of JSON's media type are ignored; multipart/form-data is read
 * where the fields say so.
 * @param content_type     value of Content-Type, or NULL
 * @param content_encoding value of Content-Encoding, or NULL
 * @param result           {media_type} or {encoding} on refusal
 * @return ACCT_OK, ACCT_UNSUPPORTED_MEDIA_TYPE, ACCT_UNSUPPORTED_ENCODING
 */
acct_outcome_e acct_form_accepts(const acct_fields_t *fields,
                                 const char *content_type,
                                 const char *content_encoding,
                                 acct_result_t *result, apr_pool_t *pool);

/**
 * Read a body into a route's fields.
 * @param content_type as accepted; ignored when @a length is 0, which is
 *                     read as an empty object
 * @param body         @a length bytes, need not end in NUL
 * @param form         the fields; wipe it with acct_form_wipe()
 * @param result       outcome, problems, {reason}, {type}, {format}. With
 *                     ACCT_INVALID the form holds what was right, so that
 *                     the caller can look for names that are taken too
 * @return the outcome: ACCT_OK, ACCT_PARSE_ERROR, ACCT_NOT_AN_OBJECT,
 *         ACCT_NO_DATA, ACCT_INVALID; ACCT_UNAVAILABLE without memory; what
 *         the dialect says that comes of a field which is absent, where
 *         there are no problems
 * What the body's strings were copied to on the way is overwritten; the
 * body itself is the caller's.
 */
acct_outcome_e acct_form_read(const acct_fields_t *fields,
                              const char *content_type, const char *body,
                              apr_size_t length, acct_form_t *form,
                              acct_result_t *result, apr_pool_t *pool);

/** Overwrite the secrets: passwords, links, codes. Call when they are not
 *  needed any more. */
void acct_form_wipe(acct_form_t *form);

#endif
