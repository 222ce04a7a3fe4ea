/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of a database connection share (database/database.h lists
 * them).
 */
#ifndef ACCT_CONNECTION_H
#define ACCT_CONNECTION_H

#include <apr_dbd.h>
#include "database/database.h"
#include "database/driver.h"

typedef struct acct_db_prepared_t {
    apr_dbd_prepared_t *prepared;       /* NULL: prepare before use */
    int nargs;
    int is_guarded;             /* the guard held when it was prepared */
} acct_db_prepared_t;

struct acct_db_t {
    apr_pool_t *pool;
    const acct_db_driver_t *driver;
    const apr_dbd_driver_t *dbd;
    apr_dbd_t *handle;
    void *session;              /* the driver's, in pool */
    const char *params;         /* in pool; may hold a secret */
    unsigned int generation;
    const char *guard_sql;      /* NULL: no guard */
    const char *guard_value;
    acct_db_identity_t identity;
    const acct_statement_t *statements;
    acct_db_prepared_t *slots;
    int count;
    int heals;
    const void *follower;       /* who read all at... */
    apr_int64_t followed;       /* this version; 0: no follower since the
                                 * connection wrote something */
    unsigned int in_transaction : 1;
    unsigned int doomed : 1;    /* a statement of the transaction failed */
    unsigned int broken : 1;
    unsigned int busy : 1;      /* the last failure was another's lock */
    unsigned int conflict : 1;  /* the last failure was one */
    unsigned int outdated : 1;  /* the guard found another value */
    char error[256];
};

/* database/database.c */

/** Keep the first line of a text as the last failure: PostgreSQL's further
 *  lines (DETAIL) hold values. */
void acct_db_set_error(acct_db_t *db, const char *text);

/** Judge a failed call's code, and keep it as the last failure. */
acct_db_failure_e acct_db_note_failure(acct_db_t *db, int code);

/** Failures that leave connection and statement as they were. */
int acct_db_is_harmless(acct_db_failure_e failure);

/** APR_SUCCESS, or why nothing may run on the connection now. The text of
 *  the first failure stays. */
apr_status_t acct_db_may_run(acct_db_t *db);

/** A result's rows. Their texts are where the driver left them: in @a pool,
 *  which the statement was run with, or until it is cleared. */
apr_status_t acct_db_take_rows(acct_db_t *db, apr_dbd_results_t *results,
                               acct_rows_t *rows, apr_pool_t *pool);

#endif
