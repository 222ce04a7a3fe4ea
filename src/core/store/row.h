/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows to structs, for the store. The columns of a row are taken one after
 * the other; the first that makes no sense spoils the row, which is asked
 * once at the end. What was taken from a spoilt row must not be used.
 */
#ifndef ACCT_STORE_ROW_H
#define ACCT_STORE_ROW_H

#include "store/store.h"

#define ACCT_TOKEN_ID_CHARS 32
#define ACCT_DIGEST_CHARS   64

/* The columns in the order in which the functions below take them, of the
 * tables account a and token t. */
#define ACCT_ACCOUNT_COLUMNS \
    "a.id, a.username, a.username_key, a.email, a.email_key, " \
    "a.first_name, a.last_name, a.is_active, a.is_staff, a.created_at, " \
    "a.last_login, a.pending_until, a.email_verified_at, " \
    "a.email_pending, a.email_pending_key, a.password_changed_at, " \
    "CASE WHEN a.totp_confirmed_at > 0 THEN 1 ELSE 0 END"
#define ACCT_PASSWORD_COLUMN "a.password"
/* What a protected request needs, and no more: apr_dbd's cost goes by the
 * column. ends_at and sliding come as words behind expires_at, and only where
 * they matter: not of a token that expires at its end, which no use prolongs,
 * nor of one that has no end and does not slide. One comparison shows it of
 * those we make. What others put in with an end and another time to expire at
 * expires at its end as well. is_active and is_staff come as one number:
 * is_staff, or 2 for a blocked account. (All of it as the words of one column
 * was tried: putting them together costs sqlite as much.) */
#define ACCT_IDENTITY_COLUMNS \
    "t.digest, t.id, CASE WHEN t.ends_at = t.expires_at " \
    "OR (t.sliding = 0 AND t.ends_at = 0) " \
    "THEN CAST(t.expires_at AS TEXT) " \
    "ELSE t.expires_at || ' ' || t.ends_at || ' ' || t.sliding END, " \
    "t.last_used, a.id, a.username, a.email, " \
    "CASE a.is_active WHEN 1 THEN a.is_staff WHEN 0 THEN 2 END"
#define ACCT_TOKEN_COLUMNS \
    "t.id, t.account_id, t.digest, t.label, t.created_at, t.expires_at, " \
    "t.last_used, t.ends_at, t.sliding, t.network"

typedef struct acct_taker_t {
    const char **cell;
    int next;
    int columns;
    int spoilt;
} acct_taker_t;

/** Begin with row @a i, which must be there. */
acct_taker_t acct_take_row(const acct_rows_t *rows, int i);

/** APR_SUCCESS when every column was taken and made sense. */
apr_status_t acct_taken(const acct_taker_t *from);

/** The next column: text, or NULL for SQL's NULL. */
const char *acct_take_maybe(acct_taker_t *from);

/** The next column: text; NULL spoils the row. */
const char *acct_take_text(acct_taker_t *from);

/** The next column: a number from @a min to @a max. */
apr_int64_t acct_take_number(acct_taker_t *from, apr_int64_t min,
                             apr_int64_t max);

/** The next columns: ACCT_ACCOUNT_COLUMNS; the password is left NULL. */
void acct_take_account(acct_taker_t *from, acct_account_t *account);

/** The next column: ACCT_PASSWORD_COLUMN. */
void acct_take_password(acct_taker_t *from, acct_account_t *account);

/** The next columns: ACCT_IDENTITY_COLUMNS; what is not in them is left
 *  NULL, 0 and "". */
void acct_take_identity(acct_taker_t *from, acct_token_t *token,
                        acct_account_t *account);

/** The next columns: ACCT_TOKEN_COLUMNS; sealed is left NULL. */
void acct_take_token(acct_taker_t *from, acct_token_t *token);

#endif
