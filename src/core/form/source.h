/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a route's fields are looked up: a JSON object, or names and values of
 * a form.
 *
 * No state; safe from any thread.
 */
#ifndef ACCT_FORM_SOURCE_H
#define ACCT_FORM_SOURCE_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <jansson.h>
#include "form/field.h"

typedef struct acct_form_source_t {
    json_t *object;             /* NULL: a form */
    const apr_array_header_t *pairs;    /* acct_pair_t; NULL: nothing was
                                         * sent */
} acct_form_source_t;

/* What a body holds under one name. */
typedef struct acct_raw_t {
    enum {
        ACCT_RAW_ABSENT, ACCT_RAW_NULL, ACCT_RAW_TEXT, ACCT_RAW_OTHER
    } kind;
    const char *text;           /* the source's own or made; ends in NUL, may
                                 * hold others */
    apr_size_t length;
    char *made;                 /* a number's text was made in the pool, to
                                 * be wiped; else NULL */
} acct_raw_t;

/**
 * What a body holds of a field, under its name or the first alias that is
 * there. Of a member of an object whose place holds something else: null
 * where that is null, else what no text is. A form spells it in one name,
 * "user.email".
 */
acct_raw_t acct_source_find(const acct_form_source_t *source,
                            const acct_field_t *field, apr_pool_t *pool);

#endif
