/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What came of a request, in the terms of base/outcome.h: filled in by
 * form/form.c, the operations and the server, spelled by dialect/render.c.
 * Lives in the request's pool.
 */
#ifndef ACCT_RESULT_H
#define ACCT_RESULT_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>
#include "base/outcome.h"
#include "form/field.h"
#include "store/store.h"
#include "tables/stored.h"

/* Something wrong with a field. */
typedef struct acct_field_problem_t {
    const acct_field_t *field;
    acct_problem_e problem;
    int limit;                  /* {limit} of its message; 0 for none */
    acct_role_e attribute;      /* {attribute}: what of the account a
                                 * password is too similar to; any other
                                 * problem: ACCT_ROLE__COUNT */
} acct_field_problem_t;

typedef struct acct_result_t {
    acct_outcome_e outcome;
    apr_array_header_t *problems;   /* acct_field_problem_t; with
                                     * ACCT_INVALID at least one */
    const acct_account_t *account;  /* {account.…}; with ACCT_OK of every
                                     * operation */
    apr_int64_t about;              /* whose account it is about, also when
                                     * the request was refused; 0: none is
                                     * known. Never for the answer */
    const char *token;              /* {token}; secret */
    const char *token_id;           /* {token.id} */
    apr_time_t token_expires;       /* {token.expires}; 0: never (null) */
    const acct_token_t *token_read; /* {token.label} and the like; NULL: no
                                     * token was read */
    const apr_array_header_t *tokens;   /* acct_token_t, of "each": "tokens";
                                         * NULL: they were not read */
    const apr_array_header_t **stored;  /* by acct_stored_e, of the other
                                         * lists; NULL: likewise */
    const char *totp_secret;        /* {totp.secret}; secret, as the next
                                     * two */
    const char *totp_uri;           /* {totp.uri} */
    const char *const *recovery_codes;  /* {recovery_codes}; ends with NULL */
    int codes_left;                 /* {recovery_codes.left} */
    const char *method;             /* {method} */
    const char *media_type;         /* {media_type} */
    const char *encoding;           /* {encoding} */
    const char *format;             /* {format}: "JSON", "Form", … */
    const char *reason;             /* {reason} of a parse error */
    const char *type;               /* {type}: list, str, int, … */
    int retry_after;                /* {retry_after}, seconds */
    const char *site_name;          /* {site.name}; NULL: "" */
} acct_result_t;

/** A result with no more than its outcome, in @a pool. */
acct_result_t *acct_result_make(acct_outcome_e outcome, apr_pool_t *pool);

/** Add a problem; problems are kept in the order of their fields. */
void acct_result_add_problem(acct_result_t *result,
                             const acct_field_t *field,
                             acct_problem_e problem, int limit,
                             apr_pool_t *pool);

/** The same of a password that is too similar to the account's own
 *  @a attribute (username, email, first_name, last_name). */
void acct_result_add_similar(acct_result_t *result,
                             const acct_field_t *field,
                             acct_role_e attribute, apr_pool_t *pool);

#endif
