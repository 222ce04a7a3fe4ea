/* SPDX-License-Identifier: Apache-2.0 */
#include "store.h"
#include "store_row.h"

#include <string.h>

#include <apr_strings.h>
#include <openssl/crypto.h>

/*
 * The statements
 */

enum {
    META_GET,
    META_SET,
    META_REPLACE,
    ACCOUNT_BY_ID,
    ACCOUNT_BY_USERNAME,
    ACCOUNT_BY_EMAIL,
    ACCOUNT_LOCK,
    ACCOUNT_LOCK_ROW,
    NAMES_LOCK,
    ACCOUNT_INSERT,
    ACCOUNT_ID,
    ACCOUNT_TAKEN,
    ACCOUNT_LIST,
    ACCOUNT_SET_ACTIVE,
    ACCOUNT_SET_PASSWORD,
    ACCOUNT_SET_LAST_LOGIN,
    ACCOUNT_DELETE,
    TOKEN_INSERT,
    TOKEN_FIND,
    TOKEN_REUSABLE,
    TOKEN_LIST,
    TOKEN_DELETE,
    TOKEN_DELETE_REUSABLE,
    TOKEN_DELETE_ALL,
    TOKEN_DELETE_OLDEST,
    REVOCATION_INSERT,
    REVOCATION_AFTER_ID,
    REVOCATION_AFTER_SNAPSHOT,
    REVOCATION_LAST,
    PURGE_LOCK,
    REVOCATION_PURGE,
    TOKEN_PURGE,
    TOKEN_USED,
    TOKENS_USED,
    TOKEN_PURGE_FREE,
    STATEMENT__COUNT
};

#define SELECT_ACCOUNT \
    "SELECT " ACCT_ACCOUNT_COLUMNS ", " ACCT_PASSWORD_COLUMN \
    " FROM account a WHERE "

static const acct_statement_t statements[STATEMENT__COUNT] = {
    [META_GET] = { .label = "meta_get", .sql =
        "SELECT value FROM meta WHERE name = %s" },
    [META_SET] = { .label = "meta_set", .sql =
        "INSERT INTO meta (name, value) VALUES (%s, %s) "
        "ON CONFLICT (name) DO UPDATE SET value = excluded.value" },
    [META_REPLACE] = { .label = "meta_replace", .sql =
        "UPDATE meta SET value = %s WHERE name = %s AND value = %s" },
    [ACCOUNT_BY_ID] = { .label = "account_by_id", .sql =
        SELECT_ACCOUNT "a.id = %lld" },
    [ACCOUNT_BY_USERNAME] = { .label = "account_by_username", .sql =
        SELECT_ACCOUNT "a.username_key = %s" },
    [ACCOUNT_BY_EMAIL] = { .label = "account_by_email", .sql =
        SELECT_ACCOUNT "a.email_key = %s" },
    /* where one process writes at a time BEGIN has locked all there is */
    [ACCOUNT_LOCK] = { .driver = "sqlite3", .label = "account_lock",
        .sql = SELECT_ACCOUNT "a.id = %lld" },
    [ACCOUNT_LOCK_ROW] = { .driver = "pgsql", .label = "account_lock_row",
        .sql = SELECT_ACCOUNT "a.id = %lld FOR NO KEY UPDATE" },
    /* by name and address alike, in the order of the numbers, so that two
     * transactions never wait for each other */
    [NAMES_LOCK] = { .driver = "pgsql", .label = "names_lock",
        .sql = "SELECT pg_advisory_xact_lock(lock) FROM "
        "(SELECT DISTINCT hashtextextended(name, 7133218) AS lock "
        "FROM (VALUES (%s), (%s)) AS names (name) "
        "WHERE name IS NOT NULL ORDER BY lock) AS locks" },
    /* the unique indexes decide about name and name, address and address;
     * they do not see a name that is another's address */
    [ACCOUNT_INSERT] = { .label = "account_insert", .sql =
        "INSERT INTO account (username, username_key, email, email_key, "
        "first_name, last_name, password, is_active, is_staff, created_at, "
        "last_login) "
        "SELECT %s, %s, %s, %s, %s, %s, %s, %lld, %lld, %lld, %lld "
        "WHERE NOT EXISTS (SELECT 1 FROM account "
        "WHERE email_key = %s OR username_key = %s) "
        "ON CONFLICT DO NOTHING" },
    [ACCOUNT_ID] = { .label = "account_id", .sql =
        "SELECT id FROM account WHERE username_key = %s OR email_key = %s" },
    [ACCOUNT_TAKEN] = { .label = "account_taken", .sql =
        "SELECT CASE WHEN EXISTS (SELECT 1 FROM account "
        "WHERE username_key = %s OR email_key = %s) THEN 1 ELSE 0 END, "
        "CASE WHEN EXISTS (SELECT 1 FROM account "
        "WHERE username_key = %s OR email_key = %s) THEN 1 ELSE 0 END" },
    [ACCOUNT_LIST] = { .label = "account_list", .sql =
        SELECT_ACCOUNT "a.id > %lld ORDER BY a.id LIMIT %lld" },
    [ACCOUNT_SET_ACTIVE] = { .label = "account_set_active", .sql =
        "UPDATE account SET is_active = %lld WHERE id = %lld" },
    [ACCOUNT_SET_PASSWORD] = { .label = "account_set_password", .sql =
        "UPDATE account SET password = %s "
        "WHERE id = %lld AND (%s IS NULL OR password = %s)" },
    [ACCOUNT_SET_LAST_LOGIN] = { .label = "account_set_last_login", .sql =
        "UPDATE account SET last_login = %lld WHERE id = %lld" },
    [ACCOUNT_DELETE] = { .label = "account_delete", .sql =
        "DELETE FROM account WHERE id = %lld" },
    [TOKEN_INSERT] = { .label = "token_insert", .sql =
        "INSERT INTO token (id, account_id, digest, sealed, label, "
        "created_at, expires_at, last_used, ends_at, sliding) "
        "VALUES (%s, %lld, %s, %s, %s, %lld, %lld, %lld, %lld, %lld) "
        "ON CONFLICT DO NOTHING" },
    [TOKEN_FIND] = { .label = "token_find", .sql =
        "SELECT " ACCT_IDENTITY_COLUMNS " "
        "FROM token t JOIN account a ON a.id = t.account_id "
        "WHERE t.digest = %s" },
    [TOKEN_REUSABLE] = { .label = "token_reusable", .sql =
        "SELECT " ACCT_TOKEN_COLUMNS ", t.sealed FROM token t "
        "WHERE t.account_id = %lld AND t.sealed IS NOT NULL" },
    [TOKEN_LIST] = { .label = "token_list", .sql =
        "SELECT " ACCT_TOKEN_COLUMNS ", t.sealed FROM token t "
        "WHERE t.account_id = %lld ORDER BY t.created_at DESC, t.id" },
    [TOKEN_DELETE] = { .label = "token_delete", .sql =
        "DELETE FROM token WHERE id = %s" },
    [TOKEN_DELETE_REUSABLE] = { .label = "token_delete_reusable", .sql =
        "DELETE FROM token WHERE account_id = %lld "
        "AND sealed IS NOT NULL" },
    [TOKEN_DELETE_ALL] = { .label = "token_delete_all", .sql =
        "DELETE FROM token WHERE account_id = %lld" },
    /* the reusable one is not counted: there is one at most */
    [TOKEN_DELETE_OLDEST] = { .label = "token_delete_oldest", .sql =
        "DELETE FROM token WHERE id IN (SELECT id FROM token "
        "WHERE account_id = %lld AND sealed IS NULL "
        "AND (expires_at = 0 OR expires_at > %lld) "
        "ORDER BY created_at DESC, id "
        "LIMIT 9223372036854775807 OFFSET %lld)" },
    [REVOCATION_INSERT] = { .label = "revocation_insert", .sql =
        "INSERT INTO revocation (account_id, revoked_at) "
        "VALUES (%lld, %lld)" },
    [REVOCATION_AFTER_ID] = { .driver = "sqlite3",
        .label = "revocation_after_id", .sql =
        "SELECT id, account_id FROM revocation WHERE id >= %lld "
        "ORDER BY id LIMIT %lld" },
    /* First the snapshot all of this is read under; then what later
     * transactions wrote than those of the last one; then what those wrote
     * that were open in it. Rows of another server, brought here by a
     * restore, can have numbers that are yet to come. */
    [REVOCATION_AFTER_SNAPSHOT] = { .driver = "pgsql",
        .label = "revocation_after_snapshot", .sql =
        "SELECT CAST(0 AS BIGINT), CAST(extract(epoch FROM "
        "pg_postmaster_start_time()) * 1000000 AS BIGINT), "
        "CAST(txid_current_snapshot() AS TEXT) "
        "UNION ALL (SELECT id, account_id, NULL FROM revocation "
        "WHERE txid >= %lld AND txid < "
        "(SELECT txid_snapshot_xmax(txid_current_snapshot())) "
        "ORDER BY txid LIMIT %lld) "
        "UNION ALL (SELECT id, account_id, NULL FROM revocation "
        "WHERE txid = ANY (CAST(string_to_array(%s, ',') AS BIGINT[])) "
        "LIMIT %lld)" },
    [REVOCATION_LAST] = { .driver = "sqlite3", .label = "revocation_last",
        .sql = "SELECT COALESCE(MAX(id), 0) FROM revocation" },
    /* until the transaction's end, and without waiting */
    [PURGE_LOCK] = { .driver = "pgsql", .label = "purge_lock", .sql =
        "SELECT CASE WHEN pg_try_advisory_xact_lock("
        "hashtextextended('purge', 7133219)) THEN 1 ELSE 0 END" },
    [REVOCATION_PURGE] = { .label = "revocation_purge", .sql =
        "DELETE FROM revocation WHERE id IN (SELECT id FROM revocation "
        "WHERE revoked_at < %lld AND id < (SELECT MAX(id) FROM revocation) "
        "ORDER BY revoked_at LIMIT %lld)" },
    [TOKEN_PURGE] = { .driver = "sqlite3", .label = "token_purge", .sql =
        "DELETE FROM token WHERE id IN (SELECT id FROM token "
        "WHERE expires_at > 0 AND expires_at < %lld "
        "ORDER BY expires_at LIMIT %lld)" },
    /* waits for nobody: what somebody is ending just now is left alone */
    [TOKEN_PURGE_FREE] = { .driver = "pgsql", .label = "token_purge_free",
        .sql = "DELETE FROM token WHERE id IN (SELECT id FROM token "
        "WHERE expires_at > 0 AND expires_at < %lld "
        "ORDER BY expires_at LIMIT %lld FOR UPDATE SKIP LOCKED)" },
    /* what a use prolongs is the row's own to say */
    [TOKEN_USED] = { .driver = "sqlite3", .label = "token_used", .sql =
        "UPDATE token SET last_used = %lld, "
        "expires_at = CASE WHEN sliding > 0 THEN max(expires_at, "
        "CASE WHEN ends_at > 0 THEN min(%lld + sliding, ends_at) "
        "ELSE %lld + sliding END) ELSE expires_at END "
        "WHERE id = %s AND last_used < %lld" },
    /* all at once; what another holds is being written or deleted by it,
     * and who waits for nobody stands in nobody's way */
    [TOKENS_USED] = { .driver = "pgsql", .label = "tokens_used", .sql =
        "WITH used AS (SELECT substr(word, 1, 32) AS id, "
        "CAST(substr(word, 33) AS BIGINT) AS at "
        "FROM unnest(string_to_array(%s, ',')) AS words (word)), "
        "mine AS (SELECT t.id, used.at FROM used "
        "JOIN token t ON t.id = used.id WHERE t.last_used < used.at "
        "FOR NO KEY UPDATE OF t SKIP LOCKED) "
        "UPDATE token t SET last_used = mine.at, "
        "expires_at = CASE WHEN sliding > 0 THEN greatest(expires_at, "
        "CASE WHEN ends_at > 0 THEN least(mine.at + sliding, ends_at) "
        "ELSE mine.at + sliding END) ELSE expires_at END "
        "FROM mine WHERE t.id = mine.id" }
};

const acct_statement_t *acct_store_statements(const char *driver, int *count)
{
    (void)driver;               /* each entry says whose it is */
    *count = STATEMENT__COUNT;
    return statements;
}

#define SELECT(db, which, args, rows, pool) \
    acct_db_select((db), (which), (args), \
                   (int)(sizeof(args) / sizeof(*(args))), (rows), (pool))
#define RUN(db, which, args, changed, pool) \
    acct_db_run((db), (which), (args), \
                (int)(sizeof(args) / sizeof(*(args))), (changed), (pool))

/* A statement that must change a row. */
#define RUN_FOUND(db, which, args, pool) \
    run_found((db), (which), (args), \
              (int)(sizeof(args) / sizeof(*(args))), (pool))

static apr_status_t run_found(acct_db_t *db, int which,
                              const acct_arg_t *args, int nargs,
                              apr_pool_t *pool)
{
    int changed;
    apr_status_t rv = acct_db_run(db, which, args, nargs, &changed, pool);

    return rv == APR_SUCCESS && changed == 0 ? APR_NOTFOUND : rv;
}

/* What a look-up of at most one row found: APR_NOTFOUND for none; two
 * where an index promises one is an error. */
static apr_status_t only_row(apr_status_t rv, const acct_rows_t *rows)
{
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (rows->count == 0) {
        return APR_NOTFOUND;
    }
    return rows->count == 1 ? APR_SUCCESS : APR_EGENERAL;
}

/*
 * Meta
 */

apr_status_t acct_store_meta_get(acct_db_t *db, const char *name,
                                 const char **value, apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_TEXT(name) };
    acct_rows_t rows;
    acct_taker_t row;
    apr_status_t rv;

    *value = NULL;
    rv = only_row(SELECT(db, META_GET, args, &rows, pool), &rows);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    row = acct_take_row(&rows, 0);
    *value = acct_take_text(&row);
    return acct_taken(&row);
}

apr_status_t acct_store_meta_set(acct_db_t *db, const char *name,
                                 const char *value, apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_TEXT(name), ACCT_TEXT(value) };

    return RUN(db, META_SET, args, NULL, pool);
}

apr_status_t acct_store_meta_replace(acct_db_t *db, const char *name,
                                     const char *old, const char *value,
                                     apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_TEXT(value), ACCT_TEXT(name),
                                ACCT_TEXT(old) };

    return RUN_FOUND(db, META_REPLACE, args, pool);
}

/*
 * Accounts
 */

static apr_status_t account_row(const acct_rows_t *rows, int i,
                                acct_account_t *account)
{
    acct_taker_t row = acct_take_row(rows, i);

    acct_take_account(&row, account);
    acct_take_password(&row, account);
    return acct_taken(&row);
}

static apr_status_t find_account(acct_db_t *db, int which, acct_arg_t arg,
                                 acct_account_t *account, apr_pool_t *pool)
{
    const acct_arg_t args[] = { arg };
    acct_rows_t rows;
    apr_status_t rv;

    memset(account, 0, sizeof(*account));
    rv = only_row(SELECT(db, which, args, &rows, pool), &rows);
    return rv == APR_SUCCESS ? account_row(&rows, 0, account) : rv;
}

apr_status_t acct_store_account_by_id(acct_db_t *db, apr_int64_t id,
                                      acct_account_t *account,
                                      apr_pool_t *pool)
{
    return find_account(db, ACCOUNT_BY_ID, ACCT_INT(id), account, pool);
}

static int is_server(const acct_db_t *db)
{
    return !acct_db_is_file(acct_db_driver(db));
}

apr_status_t acct_store_account_lock(acct_db_t *db, apr_int64_t id,
                                     acct_account_t *account,
                                     apr_pool_t *pool)
{
    return find_account(db, is_server(db) ? ACCOUNT_LOCK_ROW : ACCOUNT_LOCK,
                        ACCT_INT(id), account, pool);
}

apr_status_t acct_store_account_by_username(acct_db_t *db, const char *key,
                                            acct_account_t *account,
                                            apr_pool_t *pool)
{
    return find_account(db, ACCOUNT_BY_USERNAME, ACCT_TEXT(key), account,
                        pool);
}

apr_status_t acct_store_account_by_email(acct_db_t *db, const char *key,
                                         acct_account_t *account,
                                         apr_pool_t *pool)
{
    return find_account(db, ACCOUNT_BY_EMAIL, ACCT_TEXT(key), account,
                        pool);
}

apr_status_t acct_store_account_insert(acct_db_t *db,
                                       acct_account_t *account,
                                       apr_pool_t *pool)
{
    const acct_account_t *a = account;
    const acct_arg_t args[] = {
        ACCT_TEXT(a->username), ACCT_TEXT(a->username_key),
        ACCT_TEXT(a->email), ACCT_TEXT(a->email_key),
        ACCT_TEXT(a->first_name ? a->first_name : ""),
        ACCT_TEXT(a->last_name ? a->last_name : ""),
        ACCT_TEXT(a->password),
        ACCT_INT(a->is_active ? 1 : 0), ACCT_INT(a->is_staff ? 1 : 0),
        ACCT_INT(a->created_at), ACCT_INT(a->last_login),
        ACCT_TEXT(a->username_key), ACCT_TEXT(a->email_key)
    };
    const acct_arg_t keys[] = {
        ACCT_TEXT(a->username_key), ACCT_TEXT(a->email_key)
    };
    acct_rows_t rows;
    acct_taker_t row;
    apr_status_t rv;
    int changed;

    account->id = 0;
    rv = is_server(db) ? SELECT(db, NAMES_LOCK, keys, &rows, pool)
                       : APR_SUCCESS;
    if (rv == APR_SUCCESS) {
        rv = RUN(db, ACCOUNT_INSERT, args, &changed, pool);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (changed != 1) {
        return APR_EEXIST;
    }
    rv = SELECT(db, ACCOUNT_ID, keys, &rows, pool);
    if (rv == APR_SUCCESS && rows.count != 1) {
        rv = APR_EGENERAL;
    }
    if (rv == APR_SUCCESS) {
        row = acct_take_row(&rows, 0);
        account->id = acct_take_number(&row, 1, APR_INT64_MAX);
        rv = acct_taken(&row);
    }
    return rv;
}

apr_status_t acct_store_taken(acct_db_t *db, const char *username_key,
                              const char *email_key, int *username_taken,
                              int *email_taken, apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_TEXT(username_key), ACCT_TEXT(username_key),
        ACCT_TEXT(email_key), ACCT_TEXT(email_key)
    };
    acct_rows_t rows;
    acct_taker_t row;
    apr_status_t rv;

    *username_taken = *email_taken = 0;
    rv = SELECT(db, ACCOUNT_TAKEN, args, &rows, pool);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (rows.count != 1) {
        return APR_EGENERAL;
    }
    row = acct_take_row(&rows, 0);
    *username_taken = (int)acct_take_number(&row, 0, 1);
    *email_taken = (int)acct_take_number(&row, 0, 1);
    return acct_taken(&row);
}

apr_status_t acct_store_account_list(acct_db_t *db, apr_int64_t after_id,
                                     int limit, apr_array_header_t **list,
                                     apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_INT(after_id), ACCT_INT(limit > 0 ? limit : 0)
    };
    acct_rows_t rows;
    apr_status_t rv = SELECT(db, ACCOUNT_LIST, args, &rows, pool);

    *list = apr_array_make(pool, rows.count, sizeof(acct_account_t));
    for (int i = 0; rv == APR_SUCCESS && i < rows.count; i++) {
        rv = account_row(&rows, i, apr_array_push(*list));
    }
    return rv;
}

apr_status_t acct_store_account_set_active(acct_db_t *db, apr_int64_t id,
                                           int is_active, apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(is_active ? 1 : 0), ACCT_INT(id) };

    return RUN_FOUND(db, ACCOUNT_SET_ACTIVE, args, pool);
}

apr_status_t acct_store_account_set_password(acct_db_t *db, apr_int64_t id,
                                             const char *old,
                                             const char *hash,
                                             apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_TEXT(hash), ACCT_INT(id), ACCT_TEXT(old), ACCT_TEXT(old)
    };

    return RUN_FOUND(db, ACCOUNT_SET_PASSWORD, args, pool);
}

apr_status_t acct_store_account_set_last_login(acct_db_t *db,
                                               apr_int64_t id,
                                               apr_time_t when,
                                               apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(when), ACCT_INT(id) };

    return RUN_FOUND(db, ACCOUNT_SET_LAST_LOGIN, args, pool);
}

apr_status_t acct_store_account_delete(acct_db_t *db, apr_int64_t id,
                                       apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(id) };

    return RUN_FOUND(db, ACCOUNT_DELETE, args, pool);
}

/*
 * Tokens
 */

apr_status_t acct_store_token_insert(acct_db_t *db,
                                     const acct_token_t *token,
                                     apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_TEXT(token->id), ACCT_INT(token->account_id),
        ACCT_TEXT(token->digest), ACCT_TEXT(token->sealed),
        ACCT_TEXT(token->label ? token->label : ""),
        ACCT_INT(token->created_at), ACCT_INT(token->expires_at),
        ACCT_INT(token->last_used), ACCT_INT(token->ends_at),
        ACCT_INT(token->sliding)
    };
    int changed;
    apr_status_t rv = RUN(db, TOKEN_INSERT, args, &changed, pool);

    return rv == APR_SUCCESS && changed != 1 ? APR_EEXIST : rv;
}

apr_status_t acct_store_token_find(acct_db_t *db, const char *digest,
                                   acct_token_t *token,
                                   acct_account_t *account,
                                   apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_TEXT(digest) };
    acct_rows_t rows;
    acct_token_t t;
    acct_account_t a;
    acct_taker_t row;
    apr_status_t rv;

    memset(token, 0, sizeof(*token));
    memset(account, 0, sizeof(*account));
    if (!digest || strlen(digest) != ACCT_DIGEST_CHARS) {
        return APR_EINVAL;
    }
    rv = only_row(SELECT(db, TOKEN_FIND, args, &rows, pool), &rows);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    row = acct_take_row(&rows, 0);
    acct_take_identity(&row, &t, &a);
    rv = acct_taken(&row);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    /* not on the word of an index alone */
    if (CRYPTO_memcmp(t.digest, digest, ACCT_DIGEST_CHARS) != 0) {
        return APR_EGENERAL;
    }
    *token = t;
    *account = a;
    return APR_SUCCESS;
}

static apr_status_t token_row(const acct_rows_t *rows, int i,
                              acct_token_t *token)
{
    acct_taker_t row = acct_take_row(rows, i);

    acct_take_token(&row, token);
    token->sealed = acct_take_maybe(&row);
    return acct_taken(&row);
}

apr_status_t acct_store_token_reusable(acct_db_t *db, apr_int64_t account,
                                       acct_token_t *token,
                                       apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(account) };
    acct_rows_t rows;
    apr_status_t rv;

    memset(token, 0, sizeof(*token));
    rv = only_row(SELECT(db, TOKEN_REUSABLE, args, &rows, pool), &rows);
    return rv == APR_SUCCESS ? token_row(&rows, 0, token) : rv;
}

apr_status_t acct_store_token_list(acct_db_t *db, apr_int64_t account,
                                   apr_array_header_t **list,
                                   apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(account) };
    acct_rows_t rows;
    apr_status_t rv = SELECT(db, TOKEN_LIST, args, &rows, pool);

    *list = apr_array_make(pool, rows.count, sizeof(acct_token_t));
    for (int i = 0; rv == APR_SUCCESS && i < rows.count; i++) {
        rv = token_row(&rows, i, apr_array_push(*list));
    }
    return rv;
}

apr_status_t acct_store_token_delete(acct_db_t *db, const char *id,
                                     int *changed, apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_TEXT(id) };

    return RUN(db, TOKEN_DELETE, args, changed, pool);
}

apr_status_t acct_store_token_delete_reusable(acct_db_t *db,
                                              apr_int64_t account,
                                              int *changed,
                                              apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(account) };

    return RUN(db, TOKEN_DELETE_REUSABLE, args, changed, pool);
}

apr_status_t acct_store_token_delete_all(acct_db_t *db,
                                         apr_int64_t account,
                                         int *changed, apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(account) };

    return RUN(db, TOKEN_DELETE_ALL, args, changed, pool);
}

apr_status_t acct_store_token_delete_oldest(acct_db_t *db,
                                            apr_int64_t account,
                                            apr_time_t now, int keep,
                                            int *changed, apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_INT(account), ACCT_INT(now), ACCT_INT(keep)
    };

    return RUN(db, TOKEN_DELETE_OLDEST, args, changed, pool);
}

apr_status_t acct_store_revocation_insert(acct_db_t *db,
                                          apr_int64_t account,
                                          apr_time_t when,
                                          apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(account), ACCT_INT(when) };

    return RUN(db, REVOCATION_INSERT, args, NULL, pool);
}

void acct_mark_at(acct_mark_t *mark, apr_int64_t number,
                  apr_int64_t origin)
{
    mark->number = number;
    mark->origin = origin;
    mark->from = number;
    mark->open[0] = '\0';
}

apr_status_t acct_store_token_lock(acct_db_t *db, apr_pool_t *pool)
{
    /* on a file BEGIN has locked all there is */
    return acct_db_is_file(acct_db_driver(db)) ? APR_SUCCESS
        : acct_db_exec(db, "LOCK TABLE token IN SHARE ROW EXCLUSIVE MODE",
                       pool);
}

apr_status_t acct_store_token_ages(acct_db_t *db, apr_time_t *oldest,
                                   apr_time_t *newest, apr_pool_t *pool)
{
    acct_rows_t rows;
    acct_taker_t row;
    apr_status_t rv;

    /* looks at all tokens, so it is none of the prepared statements */
    rv = only_row(acct_db_query(db, "SELECT COALESCE(MIN(created_at), 0), "
                                "COALESCE(MAX(created_at), 0), COUNT(*) "
                                "FROM token", &rows, pool), &rows);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    row = acct_take_row(&rows, 0);
    *oldest = acct_take_number(&row, 0, APR_INT64_MAX);
    *newest = acct_take_number(&row, 0, APR_INT64_MAX);
    if (acct_take_number(&row, 0, APR_INT64_MAX) == 0) {
        *oldest = APR_INT64_MAX;
    }
    return acct_taken(&row);
}

static apr_status_t revocation_row(const acct_rows_t *rows, int i,
                                   acct_revocation_t *revocation)
{
    acct_taker_t row = acct_take_row(rows, i);

    revocation->id = acct_take_number(&row, 1, APR_INT64_MAX);
    revocation->account_id = acct_take_number(&row, 1, APR_INT64_MAX);
    if (rows->columns > 2) {
        acct_take_maybe(&row);  /* the snapshot, of the first row alone */
    }
    return acct_taken(&row);
}

static apr_status_t last_revocation(acct_db_t *db, acct_mark_t *mark,
                                    apr_pool_t *pool)
{
    acct_rows_t rows;
    acct_taker_t row;
    apr_int64_t last;
    apr_status_t rv;

    rv = only_row(acct_db_select(db, REVOCATION_LAST, NULL, 0, &rows, pool),
                  &rows);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    row = acct_take_row(&rows, 0);
    last = acct_take_number(&row, 0, APR_INT64_MAX);
    rv = acct_taken(&row);
    if (rv == APR_SUCCESS) {
        acct_mark_at(mark, last, 0);
    }
    return rv;
}

/* The row of the mark is read once more: where it is not there the file
 * holds another past, whose ids say nothing about what was seen. */
static apr_status_t read_by_id(acct_db_t *db, acct_mark_t *mark, int limit,
                               apr_array_header_t *list, int *missed,
                               apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_INT(mark->number > 0 ? mark->number : 1), ACCT_INT(limit)
    };
    int known = mark->number > 0 ? 1 : 0;
    acct_revocation_t last;
    acct_rows_t rows;
    apr_status_t rv;

    if (mark->number < 0) {
        *missed = 1;
        return last_revocation(db, mark, pool);
    }
    rv = SELECT(db, REVOCATION_AFTER_ID, args, &rows, pool);
    if (rv == APR_SUCCESS && known && rows.count > 0) {
        rv = revocation_row(&rows, 0, &last);
    }
    if (rv == APR_SUCCESS
        && (rows.count >= limit
            || (known && (rows.count == 0 || last.id != mark->number)))) {
        *missed = 1;
        return last_revocation(db, mark, pool);
    }
    for (int i = known; rv == APR_SUCCESS && i < rows.count; i++) {
        rv = revocation_row(&rows, i, apr_array_push(list));
    }
    if (rv == APR_SUCCESS && list->nelts > 0) {
        acct_mark_at(mark, APR_ARRAY_IDX(list, list->nelts - 1,
                                         acct_revocation_t).id, 0);
    }
    return rv;
}

/* A snapshot as the server writes it: "oldest:next:open,open…". */
static apr_status_t mark_snapshot(acct_mark_t *mark, const char *text,
                                  apr_int64_t origin)
{
    char *end;
    apr_int64_t oldest = apr_strtoi64(text, &end, 10);
    apr_int64_t next = *end == ':' ? apr_strtoi64(end + 1, &end, 10) : 0;

    if (*end != ':' || oldest < 1 || next < oldest) {
        return APR_EGENERAL;
    }
    acct_mark_at(mark, oldest, origin);
    /* Where they are too many for the place, from the oldest on. */
    if (strlen(end + 1) < sizeof(mark->open)) {
        mark->from = next;
        apr_cpystrn(mark->open, end + 1, sizeof(mark->open));
    }
    return APR_SUCCESS;
}

static apr_status_t read_by_snapshot(acct_db_t *db, acct_mark_t *mark,
                                     int limit, apr_array_header_t *list,
                                     int *missed, apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_INT(mark->number < 0 ? APR_INT64_MAX : mark->from),
        ACCT_INT(limit), ACCT_TEXT(mark->open), ACCT_INT(limit)
    };
    acct_mark_t before = *mark;
    acct_rows_t rows;
    acct_taker_t head;
    apr_int64_t origin;
    apr_status_t rv;

    rv = SELECT(db, REVOCATION_AFTER_SNAPSHOT, args, &rows, pool);
    if (rv == APR_SUCCESS && rows.count == 0) {
        rv = APR_EGENERAL;
    }
    for (int i = 1; rv == APR_SUCCESS && i < rows.count; i++) {
        rv = revocation_row(&rows, i, apr_array_push(list));
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    head = acct_take_row(&rows, 0);
    acct_take_number(&head, 0, 0);
    origin = acct_take_number(&head, 1, APR_INT64_MAX);
    rv = mark_snapshot(mark, acct_take_text(&head), origin);
    if (rv != APR_SUCCESS || (rv = acct_taken(&head)) != APR_SUCCESS) {
        *mark = before;
        return rv;
    }
    if (before.number < 0 || before.origin != origin
        || mark->from < before.from || list->nelts >= limit) {
        apr_array_clear(list);
        *missed = 1;
    }
    return APR_SUCCESS;
}

apr_status_t acct_store_revocation_read(acct_db_t *db, acct_mark_t *mark,
                                        int limit,
                                        apr_array_header_t **list,
                                        int *missed, apr_pool_t *pool)
{
    *list = apr_array_make(pool, 16, sizeof(acct_revocation_t));
    *missed = 0;
    return is_server(db)
        ? read_by_snapshot(db, mark, limit, *list, missed, pool)
        : read_by_id(db, mark, limit, *list, missed, pool);
}

apr_status_t acct_store_purge_lock(acct_db_t *db, int *mine,
                                   apr_pool_t *pool)
{
    acct_rows_t rows;
    acct_taker_t row;
    apr_status_t rv;

    *mine = 1;
    if (!is_server(db)) {
        return APR_SUCCESS;
    }
    rv = only_row(acct_db_select(db, PURGE_LOCK, NULL, 0, &rows, pool),
                  &rows);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    row = acct_take_row(&rows, 0);
    *mine = (int)acct_take_number(&row, 0, 1);
    return acct_taken(&row);
}

apr_status_t acct_store_revocation_purge(acct_db_t *db, apr_time_t before,
                                         int limit, int *changed,
                                         apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(before), ACCT_INT(limit) };

    return RUN(db, REVOCATION_PURGE, args, changed, pool);
}

apr_status_t acct_store_token_purge(acct_db_t *db, apr_time_t before,
                                    int limit, int *changed,
                                    apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_INT(before), ACCT_INT(limit)
    };

    return RUN(db, is_server(db) ? TOKEN_PURGE_FREE : TOKEN_PURGE, args,
               changed, pool);
}

static apr_status_t token_used(acct_db_t *db, const acct_token_use_t *use,
                               apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_INT(use->at), ACCT_INT(use->at), ACCT_INT(use->at),
        ACCT_TEXT(use->id), ACCT_INT(use->at)
    };

    return RUN(db, TOKEN_USED, args, NULL, pool);
}

static apr_status_t tokens_used(acct_db_t *db, const acct_token_use_t *uses,
                                int count, apr_pool_t *pool)
{
    apr_array_header_t *words = apr_array_make(pool, count, sizeof(char *));

    for (int i = 0; i < count; i++) {
        APR_ARRAY_PUSH(words, const char *) =
            apr_psprintf(pool, "%s%" APR_INT64_T_FMT, uses[i].id,
                         uses[i].at);
    }

    const acct_arg_t args[] = {
        ACCT_TEXT(apr_array_pstrcat(pool, words, ','))
    };

    return RUN(db, TOKENS_USED, args, NULL, pool);
}

apr_status_t acct_store_tokens_used(acct_db_t *db,
                                    const acct_token_use_t *uses, int count,
                                    apr_pool_t *pool)
{
    apr_status_t rv = APR_SUCCESS;

    if (is_server(db)) {
        return count > 0 ? tokens_used(db, uses, count, pool) : rv;
    }
    for (int i = 0; rv == APR_SUCCESS && i < count; i++) {
        rv = token_used(db, &uses[i], pool);
    }
    return rv;
}
