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
    ACCT_SQL_ACCOUNT_DELETE_LAPSED,
    ACCT_SQL_ACCOUNT_LIST,
    ACCT_SQL_ACCOUNT_FIRST,
    ACCT_SQL_ACCOUNT_LAST,
    ACCT_SQL_ACCOUNT_SAMPLE,
    ACCT_SQL_ACCOUNT_SET_ACTIVE,
    ACCT_SQL_ACCOUNT_ACTIVATE,
    ACCT_SQL_ACCOUNT_SET_PASSWORD,
    ACCT_SQL_ACCOUNT_CHANGE_PASSWORD,
    ACCT_SQL_ACCOUNT_SET_LAST_LOGIN,
    ACCT_SQL_ACCOUNT_SET_USERNAME,
    ACCT_SQL_ACCOUNT_SET_EMAIL,
    ACCT_SQL_ACCOUNT_SET_EMAIL_PENDING,
    ACCT_SQL_ACCOUNT_SET_VERIFIED,
    ACCT_SQL_ACCOUNT_SET_NAMES,
    ACCT_SQL_ACCOUNT_SET_STAFF,
    ACCT_SQL_ACCOUNT_DELETE,
    ACCT_SQL_TOKEN_INSERT,
    ACCT_SQL_TOKEN_FIND,
    ACCT_SQL_TOKENS_FIND,
    ACCT_SQL_TOKEN_FOREIGN,
    ACCT_SQL_TOKEN_ADOPT,
    ACCT_SQL_TOKEN_REUSABLE,
    ACCT_SQL_TOKEN_LIST,
    ACCT_SQL_TOKEN_DELETE,
    ACCT_SQL_TOKEN_DELETE_OF,
    ACCT_SQL_TOKEN_DELETE_REUSABLE,
    ACCT_SQL_TOKEN_DELETE_ALL,
    ACCT_SQL_TOKEN_DELETE_OTHERS,
    ACCT_SQL_TOKEN_IS_OF,
    ACCT_SQL_TOKEN_OF,
    ACCT_SQL_TOKEN_SET_LABEL,
    ACCT_SQL_TOKEN_DELETE_OLDEST,
    ACCT_SQL_TOKEN_COUNT,
    ACCT_SQL_REVOCATION_PURGE,
    ACCT_SQL_TOKEN_PURGE,
    ACCT_SQL_PENDING_PURGE,
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
    ACCT_SQL_NAME_HOLD_SET,
    ACCT_SQL_NAME_HOLD_FIND,
    ACCT_SQL_NAME_HOLD_DELETE,
    ACCT_SQL_NAME_HOLD_PURGE,
    ACCT_SQL_LINK_INSERT,
    ACCT_SQL_LINK_FIND,
    ACCT_SQL_LINK_USE,
    ACCT_SQL_LINK_DELETE,
    ACCT_SQL_LINK_DELETE_ALL,
    ACCT_SQL_LINK_PURGE,
    ACCT_SQL_TOTP_FIND,
    ACCT_SQL_TOTP_BEGIN,
    ACCT_SQL_TOTP_CONFIRM,
    ACCT_SQL_TOTP_ACCEPT,
    ACCT_SQL_TOTP_END,
    ACCT_SQL_RECOVERY_CODE_INSERT,
    ACCT_SQL_RECOVERY_CODE_USE,
    ACCT_SQL_RECOVERY_CODE_DELETE_ALL,
    ACCT_SQL_RECOVERY_CODE_COUNT,
    ACCT_SQL_STORED,
    ACCT_SQL_MAIL_INSERT,
    ACCT_SQL_MAIL_CLAIM,
    ACCT_SQL_MAIL_CLAIMED,
    ACCT_SQL_MAIL_DUE,
    ACCT_SQL_MAIL_DELETE,
    ACCT_SQL_MAIL_PUT_BACK,
    ACCT_SQL_MAIL_LIST,
    ACCT_SQL_MAIL_COUNT_ADD,
    ACCT_SQL_MAIL_COUNT_SUM,
    ACCT_SQL_MAIL_COUNT_PURGE,
    ACCT_SQL_MAIL_PURGE,
    ACCT_SQL_IMPORTED_OF,
    ACCT_SQL_IMPORTED_ERASE,
    ACCT_SQL_IMPORTED_TOKENS_DELETE,
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

/** Before a name or an address is written (the keys of @a wanted, NULL where
 *  it is not about that one; id is the account's, 0 for a new one): keep those
 *  out whose keys would be in the way unseen by the unique indexes, and delete
 *  an account in the way that was not activated in time. */
apr_status_t acct_claim_keys(acct_db_t *db, const acct_account_t *wanted,
                             apr_pool_t *pool);

/** After it: APR_EEXIST where a key is held for another account. */
apr_status_t acct_confirm_keys(acct_db_t *db, const acct_account_t *wanted,
                               apr_pool_t *pool);

/* Beginnings of statements. */
#define ACCT_SELECT_ACCOUNT \
    "SELECT " ACCT_ACCOUNT_COLUMNS ", " ACCT_PASSWORD_COLUMN \
    " FROM account a WHERE "
#define ACCT_SELECT_IDENTITY \
    "SELECT " ACCT_IDENTITY_COLUMNS \
    " FROM token t JOIN account a ON a.id = t.account_id WHERE "
#define ACCT_SELECT_FOREIGN \
    "SELECT " ACCT_IDENTITY_COLUMNS ", t.form, t.foreign_digest, " \
    "t.foreign_salt, t.foreign_key " \
    "FROM token t JOIN account a ON a.id = t.account_id WHERE "

#endif
