/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The secret of an account's codes (columns of the table account), and the
 * table recovery_code. See store/store.h for what holds for all functions.
 */
#ifndef ACCT_STORE_SECOND_FACTORS_H
#define ACCT_STORE_SECOND_FACTORS_H

#include "store/store.h"

typedef struct acct_totp_t {
    const char *sealed;         /* the secret, under the key file */
    apr_time_t confirmed_at;    /* 0: not yet */
    apr_int64_t step;           /* of time; the last one whose code was
                                 * accepted */
} acct_totp_t;

/** APR_NOTFOUND: the account has none, not even one to be confirmed. */
apr_status_t acct_store_totp_find(acct_db_t *db, apr_int64_t account,
                                  acct_totp_t *totp, apr_pool_t *pool);

/** Give it a secret that is yet to be confirmed, in place of another such;
 *  APR_NOTFOUND: it has one that is confirmed, or the account is gone. */
apr_status_t acct_store_totp_begin(acct_db_t *db, apr_int64_t account,
                                   const char *sealed, apr_pool_t *pool);

/** The secret is confirmed by a code of @a step; APR_NOTFOUND: it is confirmed
 *  already, or another one by now. */
apr_status_t acct_store_totp_confirm(acct_db_t *db, apr_int64_t account,
                                     const char *sealed, apr_time_t when,
                                     apr_int64_t step, apr_pool_t *pool);

/** Accept a code of a step that is behind all those before: of any number that
 *  try at once one has APR_SUCCESS and the others have APR_NOTFOUND. */
apr_status_t acct_store_totp_accept(acct_db_t *db, apr_int64_t account,
                                    apr_int64_t step, apr_pool_t *pool);

/** Take the secret away, and all recovery codes; APR_NOTFOUND: there was
 *  none. */
apr_status_t acct_store_totp_end(acct_db_t *db, apr_int64_t account,
                                 apr_pool_t *pool);

/** Add a recovery code. @param digest 64 hex digits */
apr_status_t acct_store_recovery_code_insert(acct_db_t *db,
                                             apr_int64_t account,
                                             const char *digest,
                                             apr_pool_t *pool);

/** Use one up: of any number that try at once one has APR_SUCCESS and the
 *  others have APR_NOTFOUND. */
apr_status_t acct_store_recovery_code_use(acct_db_t *db, apr_int64_t account,
                                          const char *digest,
                                          apr_pool_t *pool);

/** Delete all of an account. */
apr_status_t acct_store_recovery_code_delete_all(acct_db_t *db,
                                                 apr_int64_t account,
                                                 apr_pool_t *pool);

/** How many are left. */
apr_status_t acct_store_recovery_code_count(acct_db_t *db,
                                            apr_int64_t account, int *count,
                                            apr_pool_t *pool);

#endif
