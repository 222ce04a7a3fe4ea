/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schema: whether a database has the one that this version needs, what
 * surrounds its tables, and opening a connection that is ready for the
 * store's statements.
 */
#ifndef ACCT_SCHEMA_H
#define ACCT_SCHEMA_H

#include <stdatomic.h>
#include <stdint.h>
#include "database/database.h"

#define ACCT_SCHEMA_VERSION 6

/** What the schema check found. */
typedef enum {
    ACCT_SCHEMA_CURRENT,
    ACCT_SCHEMA_MISSING,        /* no such tables: acctauth init */
    ACCT_SCHEMA_OLDER,          /* needs acctauth upgrade */
    ACCT_SCHEMA_NEWER,          /* made by a newer mod_acctauth */
    ACCT_SCHEMA_DAMAGED         /* a unique index or table is gone */
} acct_schema_e;

/* Schemas that were found right, once for all databases that have the same:
 * those of one version differ only where one was upgraded from another, or by
 * the server's own version. All zeros at first; any thread of a process. */
#define ACCT_SCHEMAS_KEPT 8

typedef struct acct_schemas_t {
    _Atomic(uint64_t) schema[ACCT_SCHEMAS_KEPT];    /* 0: none */
    _Atomic(unsigned int) turn; /* which to forget next */
} acct_schemas_t;

/**
 * Look at the schema of an open connection (opened without statements).
 * @param found   the verdict
 * @param version the version written in the database, 0 when none
 * @param detail  for DAMAGED: what is missing, in @a pool
 */
apr_status_t acct_store_check_schema(acct_db_t *db, acct_schema_e *found,
                                     int *version, const char **detail,
                                     apr_pool_t *pool);

/**
 * What makes a server's database unsafe to use: that every role may connect to
 * it, write our tables or read them, or make functions that our statements
 * would run; or that rows are hidden from our role.
 * @param name     what to call the database
 * @param exposure what is wrong and the SQL that mends it, a sentence for
 *                 each, in @a pool; NULL when there is nothing
 */
apr_status_t acct_store_find_exposure(acct_db_t *db, const char *name,
                                      const char **exposure,
                                      apr_pool_t *pool);

/**
 * Whether two connections, of which neither is in a transaction, are none
 * by themselves: whether what answers them is given out anew for each
 * transaction, as a pooler does. A file's never are.
 */
apr_status_t acct_store_is_shared(acct_db_t *db, acct_db_t *other,
                                  int *is_shared, apr_pool_t *pool);

/**
 * Open a connection for the statements of the store: look at the schema
 * first, prepare them then, and keep watch that the schema stays. Where the
 * schema is known (config->schemas) each is prepared when it is first run: all
 * of them are as many questions to a server, and a request that has to open a
 * connection would have no time left where each takes its time.
 * @param error on failure what is wrong and which command mends it, in
 *              @a pool
 */
apr_status_t acct_store_open(acct_db_t **db, const acct_db_config_t *config,
                             apr_pool_t *pool, const char **error);

/** The parts of acct_store_open(), which is APR_EMISMATCH for a schema of
 *  another kind or version, for a caller that has something to do in between:
 *  after acct_db_open() without statements, look at the schema, prepare, keep
 *  watch; and, when that failed, what to tell the operator. */
apr_status_t acct_store_make_ready(acct_db_t *db,
                                   const acct_db_config_t *config,
                                   apr_pool_t *pool, const char **error);

/** Whether the schema of a connection that was made ready still has this
 *  version: it may have been upgraded, or another put in its place. One row is
 *  read.
 *  @param error what is wrong and which command mends it, in @a pool
 *  @return APR_EMISMATCH when it is another */
apr_status_t acct_store_check_version(acct_db_t *db,
                                      const acct_db_config_t *config,
                                      apr_pool_t *pool, const char **error);
const char *acct_store_open_error(const acct_db_config_t *config,
                                  apr_status_t status, const char *error,
                                  apr_pool_t *pool);

/** What the driver said of a failure, or, where the file system's words say
 *  more, the cause in those; in @a pool. Tries the file system: not on a
 *  path that is taken often. */
const char *acct_store_cause(const acct_db_config_t *config,
                             const char *said, apr_pool_t *pool);

/** Make the schema: run @a sql (the text of sql/DRIVER.sql: statements
 *  ended by a line that ends in ';', comments from a line that begins with
 *  "--" between them) in one transaction. Where there is one already it
 *  fails and changes nothing. */
apr_status_t acct_store_create_schema(acct_db_t *db, const char *sql,
                                      apr_pool_t *pool);

/** The same inside a transaction of the caller's. */
apr_status_t acct_store_run_schema(acct_db_t *db, const char *sql,
                                   apr_pool_t *pool);

#endif
