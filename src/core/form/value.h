/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is wrong with one value of a body: type, length, form, and whether
 * what is sent twice is the same.
 *
 * No state; safe from any thread.
 */
#ifndef ACCT_FORM_VALUE_H
#define ACCT_FORM_VALUE_H

#include <apr_pools.h>
#include "form/form.h"
#include "form/source.h"

/* What is needed to check one field after the other. */
typedef struct acct_check_t {
    const acct_fields_t *fields;
    acct_form_t *form;
    acct_result_t *result;
    apr_pool_t *pool;
} acct_check_t;

/** Check what was found of a field: a problem in the result, or a value in
 *  the form, a copy in the pool. */
void acct_value_check(const acct_check_t *check, const acct_field_t *field,
                      const acct_raw_t *raw);

/** What is to be sent twice, once all fields are read: whether it was, and
 *  is the same. */
void acct_value_check_repeated(const acct_check_t *check);

/** Overwrite a value of the form and take it away. */
void acct_value_wipe(acct_form_t *form, acct_role_e role);

#endif
