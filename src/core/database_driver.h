/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What differs from one apr_dbd driver to the next. Used by database.c
 * alone; each driver is a constant table in a file of its own.
 */
#ifndef ACCT_DATABASE_DRIVER_H
#define ACCT_DATABASE_DRIVER_H

#include <apr_dbd.h>
#include <sys/types.h>
#include "database.h"

/* What a failed statement means for what to do next. */
typedef enum {
    ACCT_DB_FAILURE_OTHER,      /* prepare it again; outside a transaction
                                 * run it again */
    ACCT_DB_FAILURE_STALE,      /* it did not begin: prepare and run it
                                 * again, in a transaction too */
    ACCT_DB_FAILURE_FINAL,      /* connection and statement are sound, the
                                 * answer would be the same: a constraint,
                                 * a full disk */
    ACCT_DB_FAILURE_BUSY        /* the same, for a while: another's lock */
} acct_db_failure_e;

/* Which file a connection reads. */
typedef struct acct_db_identity_t {
    dev_t device;
    ino_t file;
} acct_db_identity_t;

typedef struct acct_db_driver_t {
    const char *name;           /* apr_dbd's */
    const char *package;        /* where Debian has it, for messages */
    const char *begin;          /* begins a transaction that will write */

    /** Open @a handle, which with all it holds lives in @a own. On
     *  failure @a handle is NULL and @a error says why (in @a own or
     *  @a pool, which is for scratch). */
    apr_status_t (*connect)(const apr_dbd_driver_t *dbd, apr_pool_t *own,
                            const acct_db_config_t *config,
                            apr_dbd_t **handle, apr_pool_t *pool,
                            const char **error);

    /** Make the settings of a fresh connection, before any statement is
     *  prepared. */
    apr_status_t (*settle)(acct_db_t *db, const acct_db_config_t *config,
                           apr_pool_t *pool, const char **error);

    /** Which file is there by the name that @a params hold now; NULL where
     *  a database is no file. Called often, from any thread. */
    apr_status_t (*identify)(const char *params,
                             acct_db_identity_t *identity);

    /** Judge a failure by the driver's code and text ("" for none). */
    acct_db_failure_e (*classify)(int code, const char *text);

    /** Whether a ROLLBACK that failed with this text found nothing to roll
     *  back, since the driver had done it. */
    int (*was_rolled_back)(const char *text);
} acct_db_driver_t;

extern const acct_db_driver_t acct_db_sqlite3;

#endif
