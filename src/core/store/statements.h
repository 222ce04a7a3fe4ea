/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the store share (store/store.h lists them): the numbers of
 * the statements, and how one is run.
 */
#ifndef ACCT_STATEMENTS_H
#define ACCT_STATEMENTS_H

#include "store/row.h"
#include "store/store.h"

/* The statements that every driver has; their text is in common.c, or in
 * the driver's file where it differs. */
typedef enum {
    ACCT_SQL_META_GET,
    ACCT_SQL_META_SET,
    ACCT_SQL_META_REPLACE,
    ACCT_SQL_META_ADD,
    ACCT_SQL_ACCOUNT_BY_ID,
    ACCT_SQL_ACCOUNT_BY_USERNAME,
    ACCT_SQL_ACCOUNT_BY_EMAIL,
    ACCT_SQL_ACCOUNT_LOCK,
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
    ACCT_SQL_TOKEN_REUSABLE,
    ACCT_SQL_TOKEN_LIST,
    ACCT_SQL_TOKEN_DELETE,
    ACCT_SQL_TOKEN_DELETE_OF,
    ACCT_SQL_TOKEN_DELETE_REUSABLE,
    ACCT_SQL_TOKEN_DELETE_ALL,
    ACCT_SQL_TOKEN_DELETE_OTHERS,
    ACCT_SQL_TOKEN_IS_OF,
    ACCT_SQL_TOKEN_DELETE_OLDEST,
    ACCT_SQL_REVOCATION_PURGE,
    ACCT_SQL_TOKEN_PURGE,
    ACCT_SQL_KNOWN_NETWORK_FIND,
    ACCT_SQL_KNOWN_NETWORK_SET,
    ACCT_SQL_KNOWN_NETWORK_TRIM,
    ACCT_SQL_KNOWN_NETWORK_PURGE,
    ACCT_SQL_LIMITED_SET,
    ACCT_SQL_LIMITED_LIST,
    ACCT_SQL_LIMITED_DELETE,
    ACCT_SQL_LIMITED_PURGE,
    ACCT_SQL_LIMIT_CLEAR_INSERT,
    ACCT_SQL_LIMIT_CLEAR_LIST,
    ACCT_SQL_LIMIT_CLEAR_LAST,
    ACCT_SQL_LIMIT_CLEAR_PURGE,
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

/* Beginnings of statements. */
#define ACCT_SELECT_ACCOUNT \
    "SELECT " ACCT_ACCOUNT_COLUMNS ", " ACCT_PASSWORD_COLUMN \
    " FROM account a WHERE "
#define ACCT_SELECT_IDENTITY \
    "SELECT " ACCT_IDENTITY_COLUMNS \
    " FROM token t JOIN account a ON a.id = t.account_id WHERE "

#endif
