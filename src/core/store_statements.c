/* SPDX-License-Identifier: Apache-2.0 */
/* The text of every prepared statement; see store_private.h. */
#include "store_private.h"

#define SELECT_ACCOUNT \
    "SELECT " ACCT_ACCOUNT_COLUMNS ", " ACCT_PASSWORD_COLUMN \
    " FROM account a WHERE "
#define SELECT_IDENTITY \
    "SELECT " ACCT_IDENTITY_COLUMNS \
    " FROM token t JOIN account a ON a.id = t.account_id WHERE "

/* A time of PostgreSQL's as the tables have it. */
#define MICROSECONDS(time) \
    "CAST(extract(epoch FROM " time ") * 1000000 AS BIGINT)"

/* A table of PostgreSQL's as what it is, and not by its name alone: one
 * that was made anew, or emptied, is another. */
#define TABLE(name) \
    "CAST('" name "' AS regclass), " \
    "pg_relation_filenode(CAST('" name "' AS regclass))"

/* A number for the connection that asks and for the tables that it sees. */
#define ORIGIN \
    "(hashtextextended(concat_ws(' ', pg_postmaster_start_time(), " \
    "pg_backend_pid(), (SELECT backend_start " \
    "FROM pg_stat_get_activity(pg_backend_pid())), " \
    TABLE("account") ", " TABLE("token") ", " TABLE("revocation") "), 0) " \
    "& 4611686018427387903) + 1"

static const acct_statement_t statements[ACCT_SQL__COUNT] = {
    [ACCT_SQL_META_GET] = { .label = "meta_get", .sql =
        "SELECT value FROM meta WHERE name = %s" },
    [ACCT_SQL_META_SET] = { .label = "meta_set", .sql =
        "INSERT INTO meta (name, value) VALUES (%s, %s) "
        "ON CONFLICT (name) DO UPDATE SET value = excluded.value" },
    [ACCT_SQL_META_REPLACE] = { .label = "meta_replace", .sql =
        "UPDATE meta SET value = %s WHERE name = %s AND value = %s" },
    [ACCT_SQL_META_ADD] = { .label = "meta_add", .sql =
        "INSERT INTO meta (name, value) VALUES (%s, %s) "
        "ON CONFLICT DO NOTHING" },
    [ACCT_SQL_ACCOUNT_BY_ID] = { .label = "account_by_id", .sql =
        SELECT_ACCOUNT "a.id = %lld" },
    [ACCT_SQL_ACCOUNT_BY_USERNAME] = { .label = "account_by_username", .sql =
        SELECT_ACCOUNT "a.username_key = %s" },
    [ACCT_SQL_ACCOUNT_BY_EMAIL] = { .label = "account_by_email", .sql =
        SELECT_ACCOUNT "a.email_key = %s" },
    /* where one process writes at a time BEGIN has locked all there is */
    [ACCT_SQL_ACCOUNT_LOCK] = { .driver = "sqlite3", .label = "account_lock",
        .sql = SELECT_ACCOUNT "a.id = %lld" },
    [ACCT_SQL_ACCOUNT_LOCK_ROW] = { .driver = "pgsql",
        .label = "account_lock_row", .sql =
        SELECT_ACCOUNT "a.id = %lld FOR NO KEY UPDATE" },
    /* A row's lock needs a right on its table, and an advisory one none.
     * Any number share it, and who takes it whole waits for them and they
     * for him. */
    [ACCT_SQL_NAMES_SHARE] = { .driver = "pgsql", .label = "names_share",
        .sql = "SELECT 1 FROM meta WHERE name = 'schema_version' "
        "FOR KEY SHARE" },
    [ACCT_SQL_NAMES_LOCK] = { .driver = "pgsql", .label = "names_lock",
        .sql = "SELECT 1 FROM meta WHERE name = 'schema_version' "
        "FOR UPDATE" },
    /* the unique indexes decide about name and name, address and address;
     * they do not see a name that is another's address */
    [ACCT_SQL_ACCOUNT_INSERT] = { .label = "account_insert", .sql =
        "INSERT INTO account (username, username_key, email, email_key, "
        "first_name, last_name, password, is_active, is_staff, created_at, "
        "last_login) "
        "SELECT %s, %s, %s, %s, %s, %s, %s, %lld, %lld, %lld, %lld "
        "WHERE NOT EXISTS (SELECT 1 FROM account "
        "WHERE email_key = %s OR username_key = %s) "
        "ON CONFLICT DO NOTHING" },
    [ACCT_SQL_ACCOUNT_ID] = { .label = "account_id", .sql =
        "SELECT id FROM account WHERE username_key = %s OR email_key = %s" },
    [ACCT_SQL_ACCOUNT_TAKEN] = { .label = "account_taken", .sql =
        "SELECT CASE WHEN EXISTS (SELECT 1 FROM account "
        "WHERE username_key = %s OR email_key = %s) THEN 1 ELSE 0 END, "
        "CASE WHEN EXISTS (SELECT 1 FROM account "
        "WHERE username_key = %s OR email_key = %s) THEN 1 ELSE 0 END" },
    [ACCT_SQL_ACCOUNT_LIST] = { .label = "account_list", .sql =
        SELECT_ACCOUNT "a.id > %lld ORDER BY a.id LIMIT %lld" },
    [ACCT_SQL_ACCOUNT_FIRST] = { .label = "account_first", .sql =
        "SELECT password FROM account WHERE id > 0 ORDER BY id "
        "LIMIT %lld" },
    [ACCT_SQL_ACCOUNT_LAST] = { .label = "account_last", .sql =
        "SELECT COALESCE(MAX(id), 0) FROM account" },
    [ACCT_SQL_ACCOUNT_SAMPLE] = { .label = "account_sample", .sql =
        "WITH RECURSIVE stretch (id) AS (SELECT CAST(0 AS BIGINT) "
        "UNION ALL SELECT id + %lld FROM stretch WHERE id + %lld <= %lld) "
        "SELECT (SELECT a.password FROM account a WHERE a.id >= stretch.id "
        "AND a.id < stretch.id + %lld ORDER BY a.id LIMIT 1) "
        "FROM stretch" },
    [ACCT_SQL_ACCOUNT_SET_ACTIVE] = { .label = "account_set_active", .sql =
        "UPDATE account SET is_active = %lld WHERE id = %lld" },
    [ACCT_SQL_ACCOUNT_SET_PASSWORD] = { .label = "account_set_password", .sql =
        "UPDATE account SET password = %s "
        "WHERE id = %lld AND (%s IS NULL OR password = %s)" },
    [ACCT_SQL_ACCOUNT_SET_LAST_LOGIN] = {
        .label = "account_set_last_login", .sql =
        "UPDATE account SET last_login = %lld WHERE id = %lld" },
    [ACCT_SQL_ACCOUNT_DELETE] = { .label = "account_delete", .sql =
        "DELETE FROM account WHERE id = %lld" },
    [ACCT_SQL_TOKEN_INSERT] = { .label = "token_insert", .sql =
        "INSERT INTO token (id, account_id, digest, sealed, label, "
        "created_at, expires_at, last_used, ends_at, sliding) "
        "VALUES (%s, %lld, %s, %s, %s, %lld, %lld, %lld, %lld, %lld) "
        "ON CONFLICT DO NOTHING" },
    [ACCT_SQL_TOKEN_FIND] = { .label = "token_find", .sql =
        SELECT_IDENTITY "t.digest = %s" },
    /* as many each time, and NULL for those that are fewer */
    [ACCT_SQL_TOKENS_FIND] = { .driver = "sqlite3", .label = "tokens_find",
        .sql = SELECT_IDENTITY "t.digest IN (%s, %s, %s, %s, %s, %s, %s, %s, "
        "%s, %s, %s, %s, %s, %s, %s, %s)" },
    /* Always so many, so that it is planned once; and LIMIT, so that it is
     * the index that is asked for each. For IN a small table is read from
     * end to end, which takes six times as long. */
    [ACCT_SQL_TOKENS_FIND_EACH] = { .driver = "pgsql",
        .label = "tokens_find_each", .sql =
        "SELECT found.* FROM (VALUES (%s), (%s), (%s), (%s), (%s), (%s), "
        "(%s), (%s), (%s), (%s), (%s), (%s), (%s), (%s), (%s), (%s)) "
        "AS wanted (digest) CROSS JOIN LATERAL ("
        SELECT_IDENTITY "t.digest = wanted.digest LIMIT 1) AS found" },
    [ACCT_SQL_TOKEN_REUSABLE] = { .label = "token_reusable", .sql =
        "SELECT " ACCT_TOKEN_COLUMNS ", t.sealed FROM token t "
        "WHERE t.account_id = %lld AND t.sealed IS NOT NULL" },
    [ACCT_SQL_TOKEN_LIST] = { .label = "token_list", .sql =
        "SELECT " ACCT_TOKEN_COLUMNS ", t.sealed FROM token t "
        "WHERE t.account_id = %lld AND (t.created_at < %lld "
        "OR (t.created_at = %lld AND t.id > %s)) "
        "ORDER BY t.created_at DESC, t.id LIMIT %lld" },
    [ACCT_SQL_TOKEN_DELETE] = { .label = "token_delete", .sql =
        "DELETE FROM token WHERE id = %s" },
    [ACCT_SQL_TOKEN_DELETE_OF] = { .label = "token_delete_of", .sql =
        "DELETE FROM token WHERE id = %s AND account_id = %lld" },
    [ACCT_SQL_TOKEN_DELETE_REUSABLE] = {
        .label = "token_delete_reusable", .sql =
        "DELETE FROM token WHERE account_id = %lld "
        "AND sealed IS NOT NULL" },
    [ACCT_SQL_TOKEN_DELETE_ALL] = { .label = "token_delete_all", .sql =
        "DELETE FROM token WHERE account_id = %lld" },
    /* the reusable one is not counted: there is one at most */
    [ACCT_SQL_TOKEN_DELETE_OLDEST] = { .label = "token_delete_oldest", .sql =
        "DELETE FROM token WHERE id IN (SELECT id FROM token "
        "WHERE account_id = %lld AND sealed IS NULL "
        "AND (expires_at = 0 OR expires_at > %lld) "
        "AND (ends_at = 0 OR ends_at > %lld) "
        "ORDER BY created_at DESC, id "
        "LIMIT 9223372036854775807 OFFSET %lld)" },
    [ACCT_SQL_REVOCATION_INSERT] = { .driver = "sqlite3",
        .label = "revocation_insert", .sql =
        "INSERT INTO revocation (account_id, revoked_at) "
        "VALUES (%lld, %lld)" },
    /* and not when the transaction began: the purge reckons from it */
    [ACCT_SQL_REVOCATION_INSERT_NOW] = { .driver = "pgsql",
        .label = "revocation_insert_now", .sql =
        "INSERT INTO revocation (account_id, revoked_at) "
        "VALUES (%lld, " MICROSECONDS("clock_timestamp()") ")" },
    [ACCT_SQL_REVOCATION_AFTER_ID] = { .driver = "sqlite3",
        .label = "revocation_after_id", .sql =
        "SELECT id, account_id, revoked_at FROM revocation "
        "WHERE id >= %lld ORDER BY id LIMIT %lld" },
    /* First where this comes from, and the snapshot all of it is read
     * under; then what later transactions wrote than those of the last
     * one; then what those wrote that were open in it. Rows of another
     * server, brought here by a restore, can have numbers that are yet to
     * come. */
    [ACCT_SQL_REVOCATION_AFTER_SNAPSHOT] = { .driver = "pgsql",
        .label = "revocation_after_snapshot", .sql =
        "SELECT CAST(0 AS BIGINT), " ORIGIN ", "
        "CAST(txid_current_snapshot() AS TEXT) "
        "UNION ALL (SELECT id, account_id, NULL FROM revocation "
        "WHERE txid >= %lld AND txid < "
        "(SELECT txid_snapshot_xmax(txid_current_snapshot())) "
        "ORDER BY txid LIMIT %lld) "
        "UNION ALL (SELECT id, account_id, NULL FROM revocation "
        "WHERE txid = ANY (CAST(string_to_array(%s, ',') AS BIGINT[])) "
        "LIMIT %lld)" },
    [ACCT_SQL_REVOCATION_LAST] = { .driver = "sqlite3",
        .label = "revocation_last", .sql =
        "SELECT id, revoked_at FROM revocation "
        "WHERE id = (SELECT MAX(id) FROM revocation)" },
    /* another one after each commit of another connection, and cheap: it
     * is in the head of the journal's index */
    [ACCT_SQL_DATA_VERSION] = { .driver = "sqlite3",
        .label = "data_version", .sql = "PRAGMA data_version" },
    /* what the two below would delete something for */
    [ACCT_SQL_PURGE_DUE] = { .driver = "sqlite3",
        .label = "purge_due", .sql =
        "SELECT EXISTS (SELECT 1 FROM token "
        "WHERE expires_at > 0 AND expires_at < %lld) "
        "OR EXISTS (SELECT 1 FROM revocation WHERE revoked_at < %lld "
        "AND id < (SELECT MAX(id) FROM revocation))" },
    /* Until the transaction's end, and without waiting: no row where
     * another has it. It leaves those alone who share the names. And what
     * the time was when the transaction began. */
    [ACCT_SQL_PURGE_LOCK] = { .driver = "pgsql", .label = "purge_lock", .sql =
        "SELECT " MICROSECONDS("now()") " FROM meta "
        "WHERE name = 'schema_version' FOR NO KEY UPDATE SKIP LOCKED" },
    [ACCT_SQL_REVOCATION_PURGE] = { .label = "revocation_purge", .sql =
        "DELETE FROM revocation WHERE id IN (SELECT id FROM revocation "
        "WHERE revoked_at < %lld AND id < (SELECT MAX(id) FROM revocation) "
        "ORDER BY revoked_at LIMIT %lld)" },
    [ACCT_SQL_TOKEN_PURGE] = { .driver = "sqlite3",
        .label = "token_purge", .sql =
        "DELETE FROM token WHERE id IN (SELECT id FROM token "
        "WHERE expires_at > 0 AND expires_at < %lld "
        "ORDER BY expires_at LIMIT %lld)" },
    /* waits for nobody: what somebody is ending just now is left alone */
    [ACCT_SQL_TOKEN_PURGE_FREE] = { .driver = "pgsql",
        .label = "token_purge_free", .sql =
        "DELETE FROM token WHERE id IN (SELECT id FROM token "
        "WHERE expires_at > 0 AND expires_at < %lld "
        "ORDER BY expires_at LIMIT %lld FOR UPDATE SKIP LOCKED)" },
    /* what a use prolongs is the row's own to say */
    [ACCT_SQL_TOKEN_USED] = { .driver = "sqlite3",
        .label = "token_used", .sql =
        "UPDATE token SET last_used = %lld, "
        "expires_at = CASE WHEN sliding > 0 THEN max(expires_at, "
        "CASE WHEN ends_at > 0 THEN min(%lld + sliding, ends_at) "
        "ELSE %lld + sliding END) ELSE expires_at END "
        "WHERE id = %s AND last_used < %lld" },
    /* all at once; what another holds is being written or deleted by it,
     * and who waits for nobody stands in nobody's way */
    [ACCT_SQL_TOKENS_USED] = { .driver = "pgsql",
        .label = "tokens_used", .sql =
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
    *count = ACCT_SQL__COUNT;
    return statements;
}
