/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a route's fields are, for the code that reads a body into them. Made
 * when a dialect is loaded, constant since.
 */
#ifndef ACCT_FIELD_H
#define ACCT_FIELD_H

#include "base/operation.h"

/* One member of a request's body. */
typedef struct acct_field_t {
    const char *name;           /* on the wire; problems are keyed by it */
    acct_role_e role;
    const char *const *aliases; /* NULL-terminated: other names, taken in
                                 * this order when the name is absent */
    int required;               /* an optional one may be absent or "" */
    int index;                  /* place in the route's list */
} acct_field_t;

/* All of a route. */
typedef struct acct_fields_t {
    const acct_operation_t *operation;  /* they are read for */
    const acct_field_t *field;
    int count;
} acct_fields_t;

#endif
