/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What differs from one apr_dbd driver to the next. Used by this room
 * alone; each driver is a constant table in a file of its own.
 */
#ifndef ACCT_DATABASE_DRIVER_H
#define ACCT_DATABASE_DRIVER_H

#include <apr_dbd.h>
#include <sys/types.h>
#include "database/database.h"

/* What a failed statement means for what to do next. */
typedef enum {
    ACCT_DB_FAILURE_OTHER,      /* prepare it again; outside a transaction
                                 * run it again */
    ACCT_DB_FAILURE_STALE,      /* it did not begin: prepare and run it
                                 * again, in a transaction too */
    ACCT_DB_FAILURE_LOST,       /* the connection is at its end */
    ACCT_DB_FAILURE_FINAL,      /* connection and statement are sound, the
                                 * answer would be the same: a constraint,
                                 * a full disk */
    ACCT_DB_FAILURE_BUSY,       /* the same, for a while: another's lock */
    ACCT_DB_FAILURE_CONFLICT    /* the same, but another transaction was in
                                 * the way: all of this one may be run
                                 * again at once */
} acct_db_failure_e;

/* Which file a connection reads, and whether this process's user may write to
 * it (where its file system can be written). */
typedef struct acct_db_identity_t {
    dev_t device;
    ino_t file;
    int is_writable;
} acct_db_identity_t;

typedef struct acct_db_driver_t {
    const char *name;           /* apr_dbd's */
    const char *package;        /* where Debian has it, for messages */
    const char *begin;          /* begins a transaction that will write */
    int is_server;              /* not a file: several may write, and any
                                 * statement that fails ends its
                                 * transaction */

    /** See acct_db_resolve(); NULL where params are taken as written. */
    apr_status_t (*resolve)(acct_db_config_t *config, apr_pool_t *pool,
                            const char **error);

    /** See acct_db_mask(); NULL where params hold no secret. */
    const char *(*mask)(const char *params, apr_pool_t *pool,
                        int *held_secret);

    /** Open @a handle, which with all it holds lives in @a own. On
     *  failure @a error says why (in @a own or @a pool, which is for
     *  scratch), and a @a handle that is not NULL is closed.
     *  @param session what the functions below are given; may stay NULL */
    apr_status_t (*connect)(const apr_dbd_driver_t *dbd, apr_pool_t *own,
                            const acct_db_config_t *config,
                            apr_dbd_t **handle, void **session,
                            apr_pool_t *pool, const char **error);

    /** Make the settings of a fresh connection, before any statement is
     *  prepared. */
    apr_status_t (*settle)(acct_db_t *db, const acct_db_config_t *config,
                           apr_pool_t *pool, const char **error);

    /** Which file is there by the name that @a params hold now; NULL where
     *  a database is no file. Fails where there is none, or none that may
     *  be read. Called often, from any thread. */
    apr_status_t (*identify)(const char *params,
                             acct_db_identity_t *identity);

    /** See acct_db_socket(); NULL where there is none. */
    int (*socket)(const void *session);

    /** Whether an idle connection still is one; NULL where it cannot be
     *  lost. Cheap. */
    int (*is_alive)(const void *session);

    /** Judge a failure by the driver's code and text ("" for none).
     *  @param show what of the text may be shown: no value that was
     *              bound. Its first line is. */
    acct_db_failure_e (*judge)(const void *session, int code,
                               const char *text, const char **show);

    /** Whether a ROLLBACK that failed with this text found nothing to roll
     *  back, since the driver had done it; NULL where none does. */
    int (*was_rolled_back)(const char *text);
} acct_db_driver_t;

extern const acct_db_driver_t acct_db_sqlite3;
extern const acct_db_driver_t acct_db_pgsql;

#endif
