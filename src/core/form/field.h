/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a route's fields are, for the code that reads a body into them. Made
 * when a dialect is loaded, constant since; all that is zero is a field as
 * it is without being said more of.
 */
#ifndef ACCT_FIELD_H
#define ACCT_FIELD_H

#include <apr_time.h>
#include "base/operation.h"

#define ACCT_LABEL_MAX 64       /* characters */

/* Whether a member that is there may be empty. */
typedef enum {
    ACCT_BLANK_AS_REQUIRED,     /* one that need not be there may */
    ACCT_BLANK_REFUSED,
    ACCT_BLANK_TAKEN
} acct_blank_e;

/* How much of an address is kept in lower case. */
typedef enum {
    ACCT_LOWER_NOTHING,
    ACCT_LOWER_DOMAIN,
    ACCT_LOWER_ALL
} acct_lower_e;

/* One member of a request's body. */
typedef struct acct_field_t {
    const char *name;           /* as the dialect writes it: a member of the
                                 * request, or "user.email", the member
                                 * "email" of the object "user" */
    acct_role_e role;
    const char *const *aliases; /* NULL-terminated: other names, taken in
                                 * this order when the name is absent */
    int required;               /* an optional one may be absent */
    int index;                  /* place in the route's list */
    acct_blank_e blank;
    int max;                    /* characters; 0: what the role has */
    acct_outcome_e absent;      /* what comes of a request without it;
                                 * ACCT_OK: nothing, or the problem that it
                                 * is required */
    apr_interval_time_t recent; /* a current password need not be there for
                                 * so long after the token's sign-in; 0: as
                                 * required says */
    int is_nested;              /* its name or an alias is of an object's
                                 * member */
    int tells_all;              /* all that is wrong with it, where else the
                                 * first of some would do */
    int refuses_blanks;         /* a password of nothing but blanks is none;
                                 * one that has others keeps them */
    int is_exact;               /* blanks around it belong to it, as to a
                                 * password */
    acct_lower_e lower;         /* of an address */
    const char *key;            /* problems are told under it; NULL: the
                                 * name */
    const char *const *report;  /* by problem, goes before the key; NULL:
                                 * none does */
    const unsigned char *told_as;   /* by problem: the one that it is told
                                     * as; NULL: each as itself */
} acct_field_t;

/* All of a route. */
typedef struct acct_fields_t {
    const acct_operation_t *operation;  /* they are read for */
    const acct_field_t *field;
    int count;
    int is_partial;             /* a change of what is sent: nothing has to
                                 * be there but what proves something */
    int takes_multipart;        /* a body may be multipart/form-data too */
    const struct acct_stages_t *stages;     /* form/stage.h; NULL: all
                                             * problems are told together */
} acct_fields_t;

/** Whether a member that is absent is a problem by itself. */
int acct_field_is_required(const acct_fields_t *fields,
                           const acct_field_t *field);

/** Whether a member that is there and empty is a problem. */
int acct_field_refuses_blank(const acct_field_t *field);

/** The most characters a field may have, by its role or by the dialect; 0: as
 *  many as a body holds (passwords have a limit of bytes besides). */
int acct_field_limit(const acct_field_t *field);

/** The problem that a problem with a field is told as. */
acct_problem_e acct_field_as(const acct_field_t *field,
                             acct_problem_e problem);

/** The name under which a problem with a field is told. */
const char *acct_field_told(const acct_field_t *field,
                            acct_problem_e problem);

/** Whether a role is a password: taken exactly, at most ACCT_PASSWORD_MAX
 *  bytes. */
int acct_role_is_password(acct_role_e role);

/** Whether a role is a part of a mailed link. */
int acct_role_is_of_link(acct_role_e role);

/** Whether a role shows that the client may do what it asks for. */
int acct_role_is_proof(acct_role_e role);

/** Whether a role is a secret that is wiped from memory after use. */
int acct_role_is_secret(acct_role_e role);

#endif
