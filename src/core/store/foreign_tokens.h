/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens of other systems that were imported and not used since: rows of the
 * table token whose form is not 0. How a form's digest is made of a token is
 * told by token/foreign.h.
 */
#ifndef ACCT_FOREIGN_TOKENS_H
#define ACCT_FOREIGN_TOKENS_H

#include "store/store.h"

/* As in the column form, and so never to be changed. */
typedef enum {
    ACCT_FORM_NATIVE,
    ACCT_FORM_KNOX_SALTED,      /* django-rest-knox up to 4.1 */
    ACCT_FORM_KNOX_BYTES,       /* 4.2 */
    ACCT_FORM_KNOX_TEXT,        /* 5.0 and newer */
    ACCT_FORM_NUMBERED,         /* Laravel Sanctum */
    ACCT_FORM__COUNT
} acct_form_e;

/* Hex digits of a digest of SHA-512. */
#define ACCT_FOREIGN_CHARS 128

/* How many digests a token can have in other systems, but for the salted
 * one; and how many rows are looked at at most for one key. */
#define ACCT_FOREIGN_DIGESTS 3
#define ACCT_FOREIGN_ROWS 16

/* A row that may be a presented token's. */
typedef struct acct_foreign_row_t {
    acct_token_t token;         /* as acct_store_token_find() fills it in */
    acct_account_t account;
    acct_form_e form;
    const char *digest;         /* NULL where token.digest is all of it */
    const char *salt;           /* hex digits; KNOX_SALTED alone */
    const char *key;            /* KNOX_SALTED and NUMBERED alone */
} acct_foreign_row_t;

/**
 * Rows with one of some digests, and with a form that is not native.
 * @param digests ACCT_FOREIGN_DIGESTS of them, 64 hex digits each; NULL:
 *        none
 * @param key of rows that are found by it (KNOX_SALTED); NULL: none
 * @param rows array of acct_foreign_row_t, in @a pool; what a row holds was
 *        not compared with anything yet
 */
apr_status_t acct_store_foreign_find(acct_db_t *db,
                                     const char *const *digests,
                                     const char *key,
                                     apr_array_header_t **rows,
                                     apr_pool_t *pool);

/** How many rows of each form there are, and when one of them was used last;
 *  looks at all tokens, for the command.
 *  @param count ACCT_FORM__COUNT of them */
apr_status_t acct_store_foreign_count(acct_db_t *db, apr_int64_t *count,
                                      apr_time_t *used, apr_pool_t *pool);

/** The name of a form in messages and files: "native", "knox41", … */
const char *acct_form_name(acct_form_e form);

#endif
