/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the store share: the numbers of the statements, and
 * how one is run.
 *
 * The files:
 *   store_statements.c  the text of every statement
 *   store.c             how they are run; meta
 *   store_account.c     accounts
 *   store_token.c       tokens, and when they were used
 *   store_revocation.c  revocations, and up to where they were read
 *   store_purge.c       deleting what nobody needs any more
 *   store_sample.c      a sample of the stored hashes
 *   store_row.c         rows to structs
 *   store_schema.c      whether the schema is the right one
 *   store_schema_known.c
 *                       those that were found to be
 *   store_exposure.c    what surrounds it on a server
 *   store_rekey.c       the keys of all accounts made anew
 */
#ifndef ACCT_STORE_PRIVATE_H
#define ACCT_STORE_PRIVATE_H

#include "store.h"
#include "store_row.h"

/* The statements; see store_statements.c. */
typedef enum {
    ACCT_SQL_META_GET,
    ACCT_SQL_META_SET,
    ACCT_SQL_META_REPLACE,
    ACCT_SQL_META_ADD,
    ACCT_SQL_ACCOUNT_BY_ID,
    ACCT_SQL_ACCOUNT_BY_USERNAME,
    ACCT_SQL_ACCOUNT_BY_EMAIL,
    ACCT_SQL_ACCOUNT_LOCK,
    ACCT_SQL_ACCOUNT_LOCK_ROW,
    ACCT_SQL_NAMES_SHARE,
    ACCT_SQL_NAMES_LOCK,
    ACCT_SQL_ACCOUNT_INSERT,
    ACCT_SQL_ACCOUNT_ID,
    ACCT_SQL_ACCOUNT_TAKEN,
    ACCT_SQL_ACCOUNT_LIST,
    ACCT_SQL_ACCOUNT_FIRST,
    ACCT_SQL_ACCOUNT_LAST,
    ACCT_SQL_ACCOUNT_SAMPLE,
    ACCT_SQL_ACCOUNT_SET_ACTIVE,
    ACCT_SQL_ACCOUNT_SET_PASSWORD,
    ACCT_SQL_ACCOUNT_SET_LAST_LOGIN,
    ACCT_SQL_ACCOUNT_DELETE,
    ACCT_SQL_TOKEN_INSERT,
    ACCT_SQL_TOKEN_FIND,
    ACCT_SQL_TOKENS_FIND,
    ACCT_SQL_TOKENS_FIND_EACH,
    ACCT_SQL_TOKEN_REUSABLE,
    ACCT_SQL_TOKEN_LIST,
    ACCT_SQL_TOKEN_DELETE,
    ACCT_SQL_TOKEN_DELETE_OF,
    ACCT_SQL_TOKEN_DELETE_REUSABLE,
    ACCT_SQL_TOKEN_DELETE_ALL,
    ACCT_SQL_TOKEN_DELETE_OLDEST,
    ACCT_SQL_REVOCATION_INSERT,
    ACCT_SQL_REVOCATION_INSERT_NOW,
    ACCT_SQL_REVOCATION_AFTER_ID,
    ACCT_SQL_REVOCATION_AFTER_SNAPSHOT,
    ACCT_SQL_REVOCATION_LAST,
    ACCT_SQL_DATA_VERSION,
    ACCT_SQL_PURGE_DUE,
    ACCT_SQL_PURGE_LOCK,
    ACCT_SQL_REVOCATION_PURGE,
    ACCT_SQL_TOKEN_PURGE,
    ACCT_SQL_TOKEN_USED,
    ACCT_SQL_TOKENS_USED,
    ACCT_SQL_TOKEN_PURGE_FREE,
    ACCT_SQL__COUNT
} acct_sql_e;

/* Run a statement with an array of arguments. */
#define ACCT_SELECT(db, which, args, rows, pool) \
    acct_db_select((db), (which), (args), \
                   (int)(sizeof(args) / sizeof(*(args))), (rows), (pool))
#define ACCT_RUN(db, which, args, changed, pool) \
    acct_db_run((db), (which), (args), \
                (int)(sizeof(args) / sizeof(*(args))), (changed), (pool))

#define ACCT_RUN_FOUND(db, which, args, pool) \
    acct_run_found((db), (which), (args), \
                   (int)(sizeof(args) / sizeof(*(args))), (pool))

/** A statement that must change a row; APR_NOTFOUND when it changes
 *  none. */
apr_status_t acct_run_found(acct_db_t *db, int which,
                            const acct_arg_t *args, int nargs,
                            apr_pool_t *pool);

/** What a look-up of at most one row found: APR_NOTFOUND for none; two
 *  where an index promises one is an error. */
apr_status_t acct_only_row(apr_status_t rv, const acct_rows_t *rows);

/** Whether the database is a server's, and not a file. */
int acct_is_server(const acct_db_t *db);

/** A number for a file's whole schema, as the connection sees it now.
 *  @param schema 0 for a server's, whose schema cannot be told so */
apr_status_t acct_schema_read(acct_db_t *db, uint64_t *schema,
                              apr_pool_t *pool);

/** Whether it was kept before; and keep it, instead of the one that was
 *  kept first. @param schemas NULL: nothing is known, nothing kept */
int acct_schema_is_known(const acct_schemas_t *schemas, uint64_t schema);
void acct_schema_keep(acct_schemas_t *schemas, uint64_t schema);

#endif
