/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accounts written out, page by page: as our own lines of JSON, as a fixture
 * of Django's, as an htpasswd file. What is written holds stored hashes, and
 * with the key file tokens: it is as secret as the database.
 */
#ifndef ACCT_TRANSFER_LINES_OUT_H
#define ACCT_TRANSFER_LINES_OUT_H

#include "database/database.h"
#include "token/token.h"

typedef struct acct_lines_out_t {
    acct_db_t *db;              /* of acct_import_connect() */
    const acct_key_t *key;      /* opens sealed tokens; NULL: their digests
                                 * are written */
    void *file;                 /* FILE *, to be written to */
    apr_pool_t *pool;
    apr_int64_t accounts;       /* out: what was written */
    apr_int64_t tokens;
    apr_int64_t left_out;       /* out: accounts that the form cannot hold */
    apr_int64_t closed;         /* out: tokens that cannot be opened */
    apr_int64_t factors;        /* out: second factors, which are not
                                 * written */
} acct_lines_out_t;

/** @return APR_EGENERAL where the file could not be written, or the database
 *  not read */
apr_status_t acct_export_jsonl(acct_lines_out_t *out);
apr_status_t acct_export_django(acct_lines_out_t *out);
apr_status_t acct_export_htpasswd(acct_lines_out_t *out);

#endif
