/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What differs between the databases that the store is kept in. Another
 * driver is a file beside store/sqlite3.c with one of these, one in
 * database/ and a schema in sql/.
 *
 * Constant; safe from any thread.
 */
#ifndef ACCT_STORE_DRIVER_H
#define ACCT_STORE_DRIVER_H

#include "store/statements.h"

/* The names of our tables, as SQL has a list; schema.c has them too. */
#define ACCT_TABLE_NAMES \
    "'meta', 'account', 'token', 'revocation', 'known_network', " \
    "'limited', 'limit_clear', 'link', 'name_hold', 'recovery_code', " \
    "'mail', 'mail_count', 'import_run', 'imported'"

typedef struct acct_store_driver_t {
    const char *name;           /* apr_dbd's */

    /* By acct_sql_e, where a text is not that of common.c; behind them the
     * statements that only this driver's functions run. */
    const acct_statement_t *statements;
    int count;

    /* The names of our tables that are there; the unique indexes of them as
     * "table.columns", with " where" for one of a part. */
    const char *tables;
    const char *unique_indexes;

    const char *whole_schema;   /* rows that no other schema has */
    const char *lock_tokens;    /* keeps others from writing tokens until
                                 * the transaction's end; NULL: BEGIN did */
    const char *revoke_all;     /* a revocation for each account */

    /** In the transaction that adds an account, before it: keep those out
     *  whose name or address would be in the way unseen by the unique
     *  indexes. NULL: BEGIN did. */
    apr_status_t (*lock_names)(acct_db_t *db, const acct_account_t *account,
                               apr_pool_t *pool);

    /** See store.h for what these do. */
    apr_status_t (*insert_revocation)(acct_db_t *db, apr_int64_t account,
                                      apr_pool_t *pool);
    apr_status_t (*read_revocations)(acct_db_t *db, acct_mark_t *mark,
                                     int limit, apr_array_header_t *list,
                                     acct_missed_e *missed,
                                     apr_pool_t *pool);
    apr_status_t (*lock_purge)(acct_db_t *db, int *mine, apr_time_t *now,
                               apr_pool_t *pool);
    apr_status_t (*write_uses)(acct_db_t *db, const acct_token_use_t *uses,
                               int count, apr_pool_t *pool);

    /** NULL: it cannot be known, and is asked each time. */
    apr_status_t (*follow)(acct_db_t *db, const void *follower,
                           apr_int64_t *version, int *is_unchanged,
                           apr_pool_t *pool);
    apr_status_t (*find_due)(acct_db_t *db, const acct_purge_ages_t *ages,
                             int *is_due, apr_pool_t *pool);

    /** NULL: nothing surrounds a file. */
    apr_status_t (*find_exposure)(acct_db_t *db, const char *name,
                                  const char **exposure, apr_pool_t *pool);
    apr_status_t (*find_shared)(acct_db_t *db, acct_db_t *other,
                                int *is_shared, apr_pool_t *pool);
} acct_store_driver_t;

/** A number for a database's whole schema, as the connection sees it now. */
apr_status_t acct_schema_read(acct_db_t *db, uint64_t *schema,
                              apr_pool_t *pool);

/** Whether it was kept before; and keep it, instead of the one that was
 *  kept first. @param schemas NULL: nothing is known, nothing kept */
int acct_schema_is_known(const acct_schemas_t *schemas, uint64_t schema);
void acct_schema_keep(acct_schemas_t *schemas, uint64_t schema);

extern const acct_store_driver_t acct_store_sqlite3;
extern const acct_store_driver_t acct_store_pgsql;

/** The driver called so; NULL: there is none. */
const acct_store_driver_t *acct_store_driver(const char *name);

/** That of a connection. */
const acct_store_driver_t *acct_store_driver_of(const acct_db_t *db);

/** One row of a list of revocations: id and account, and a third column
 *  that is not looked at where the rows have more. */
apr_status_t acct_take_revocation(const acct_rows_t *rows, int i,
                                  acct_revocation_t *revocation);

#endif
