/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What else is stored of an account than its own row and its tokens. Never a
 * digest, nor anything that opens something.
 */
#ifndef ACCT_TABLES_STORED_H
#define ACCT_TABLES_STORED_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>
#include "database/database.h"

typedef enum {
    ACCT_STORED_NETWORKS,       /* that were signed in from: when last */
    ACCT_STORED_LINKS,          /* that were mailed and not used yet */
    ACCT_STORED_MAILS,          /* that are to be sent */
    ACCT_STORED_NAMES,          /* given up, and held for the account */
    ACCT_STORED__COUNT
} acct_stored_e;

typedef struct acct_stored_t {
    const char *kind;           /* a link's purpose, a mail's kind; else "" */
    const char *text;           /* address or name; else "" */
    apr_time_t at;              /* made, or seen last; 0: not known */
    apr_time_t until;           /* 0: not known */
} acct_stored_t;

/**
 * Read it.
 * @param lists out: ACCT_STORED__COUNT arrays of acct_stored_t, each the
 *              newest first
 */
apr_status_t acct_store_stored(acct_db_t *db, apr_int64_t account,
                               const apr_array_header_t **lists,
                               apr_pool_t *pool);

#endif
