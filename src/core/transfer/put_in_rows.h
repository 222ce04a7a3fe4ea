/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A batch of accounts, or of tokens, put in within the caller's transaction,
 * with what was made of which source keys.
 */
#ifndef ACCT_TRANSFER_PUT_IN_ROWS_H
#define ACCT_TRANSFER_PUT_IN_ROWS_H

#include "transfer/transfer.h"

/* Columns of ACCT_WORK_ACCOUNTS. */
enum { A_N, A_KEY, A_ID, A_USERNAME, A_UKEY, A_EMAIL, A_EKEY, A_FIRST, A_LAST,
       A_PASSWORD, A_FLAGS, A_CREATED, A_LOGIN, A_VERIFIED, A_PRINT };

/* A batch under way. */
typedef struct acct_batch_t {
    acct_import_t *import;
    acct_put_in_t *put;
    acct_rows_t rows;           /* of the work database */
    apr_int64_t last;           /* their highest number */
    acct_rows_t missed;         /* ids that were not put in */
    const char **id;            /* of each row, once it has one */
} acct_batch_t;

/** @param baton acct_batch_t: its rows are of ACCT_WORK_ACCOUNTS, or
 *         ACCT_WORK_TOKENS
 *  @return ACCT_CHECK_STANDS where tokens have to be admitted first */
apr_status_t acct_put_accounts(acct_db_t *db, void *baton, apr_pool_t *pool);
apr_status_t acct_put_tokens(acct_db_t *db, void *baton, apr_pool_t *pool);

/** Whether a row with this id was not put in. */
int acct_batch_missed(const acct_batch_t *batch, const char *id);

#endif
