/* SPDX-License-Identifier: Apache-2.0 */
/* The statements whose text any driver takes, and the list of drivers; see
 * store/drivers.h. */
#include "store/drivers.h"

#include <apr_strings.h>
#include <string.h>

static const acct_statement_t common[ACCT_SQL__COUNT] = {
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
        ACCT_SELECT_ACCOUNT "a.id = %lld" },
    [ACCT_SQL_ACCOUNT_BY_USERNAME] = { .label = "account_by_username", .sql =
        ACCT_SELECT_ACCOUNT "a.username_key = %s" },
    [ACCT_SQL_ACCOUNT_BY_EMAIL] = { .label = "account_by_email", .sql =
        ACCT_SELECT_ACCOUNT "a.email_key = %s" },
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
        ACCT_SELECT_ACCOUNT "a.id > %lld ORDER BY a.id LIMIT %lld" },
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
        ACCT_SELECT_IDENTITY "t.digest = %s" },
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
    [ACCT_SQL_TOKEN_DELETE_OTHERS] = { .label = "token_delete_others", .sql =
        "DELETE FROM token WHERE account_id = %lld AND id <> %s" },
    [ACCT_SQL_TOKEN_IS_OF] = { .label = "token_is_of", .sql =
        "SELECT 1 FROM token WHERE id = %s AND account_id = %lld" },
    /* the reusable one is not counted: there is one at most */
    [ACCT_SQL_TOKEN_DELETE_OLDEST] = { .label = "token_delete_oldest", .sql =
        "DELETE FROM token WHERE id IN (SELECT id FROM token "
        "WHERE account_id = %lld AND sealed IS NULL "
        "AND (expires_at = 0 OR expires_at > %lld) "
        "AND (ends_at = 0 OR ends_at > %lld) "
        "ORDER BY created_at DESC, id "
        "LIMIT 9223372036854775807 OFFSET %lld)" },
    [ACCT_SQL_REVOCATION_PURGE] = { .label = "revocation_purge", .sql =
        "DELETE FROM revocation WHERE id IN (SELECT id FROM revocation "
        "WHERE revoked_at < %lld AND id < (SELECT MAX(id) FROM revocation) "
        "ORDER BY revoked_at LIMIT %lld)" },
    [ACCT_SQL_KNOWN_NETWORK_FIND] = { .label = "known_network_find", .sql =
        "SELECT seen_at FROM known_network "
        "WHERE account_id = %lld AND network = %s" },
    [ACCT_SQL_KNOWN_NETWORK_SET] = { .label = "known_network_set", .sql =
        "INSERT INTO known_network (account_id, network, seen_at) "
        "VALUES (%lld, %s, %lld) ON CONFLICT (account_id, network) "
        "DO UPDATE SET seen_at = excluded.seen_at" },
    [ACCT_SQL_KNOWN_NETWORK_TRIM] = { .label = "known_network_trim", .sql =
        "DELETE FROM known_network WHERE account_id = %lld "
        "AND network IN (SELECT network FROM known_network "
        "WHERE account_id = %lld ORDER BY seen_at DESC, network "
        "LIMIT 9223372036854775807 OFFSET %lld)" },
    [ACCT_SQL_KNOWN_NETWORK_PURGE] = {
        .label = "known_network_purge", .sql =
        "DELETE FROM known_network WHERE (account_id, network) IN "
        "(SELECT account_id, network FROM known_network "
        "WHERE seen_at < %lld ORDER BY seen_at LIMIT %lld)" },
    [ACCT_SQL_LIMITED_SET] = { .label = "limited_set", .sql =
        "INSERT INTO limited (subject, budget, account_id, network, "
        "failures, server, ends_at) "
        "VALUES (%s, %s, %lld, %s, %lld, %s, %lld) "
        "ON CONFLICT (subject) DO UPDATE SET failures = excluded.failures, "
        "server = excluded.server, ends_at = excluded.ends_at "
        "WHERE limited.ends_at < excluded.ends_at" },
    [ACCT_SQL_LIMITED_LIST] = { .label = "limited_list", .sql =
        "SELECT subject, budget, account_id, network, failures, server, "
        "ends_at FROM limited WHERE ends_at > %lld "
        "ORDER BY ends_at DESC, subject LIMIT %lld" },
    [ACCT_SQL_LIMITED_DELETE] = { .label = "limited_delete", .sql =
        "DELETE FROM limited WHERE subject = %s" },
    [ACCT_SQL_LIMITED_PURGE] = { .label = "limited_purge", .sql =
        "DELETE FROM limited WHERE ends_at <= %lld" },
    [ACCT_SQL_LIMIT_CLEAR_INSERT] = { .label = "limit_clear_insert", .sql =
        "INSERT INTO limit_clear (subject, cleared_at) VALUES (%s, %lld)" },
    [ACCT_SQL_LIMIT_CLEAR_LIST] = { .label = "limit_clear_list", .sql =
        "SELECT id, subject FROM limit_clear WHERE id > %lld ORDER BY id "
        "LIMIT %lld" },
    [ACCT_SQL_LIMIT_CLEAR_LAST] = { .label = "limit_clear_last", .sql =
        "SELECT COALESCE(MAX(id), 0) FROM limit_clear" },
    [ACCT_SQL_LIMIT_CLEAR_PURGE] = { .label = "limit_clear_purge", .sql =
        "DELETE FROM limit_clear WHERE cleared_at < %lld "
        "AND id < (SELECT MAX(id) FROM limit_clear)" }
};

static const acct_store_driver_t *const drivers[] = {
    &acct_store_sqlite3, &acct_store_pgsql
};

const acct_store_driver_t *acct_store_driver(const char *name)
{
    for (size_t i = 0; name && i < sizeof(drivers) / sizeof(*drivers); i++) {
        if (strcmp(drivers[i]->name, name) == 0) {
            return drivers[i];
        }
    }
    return NULL;
}

const acct_store_driver_t *acct_store_driver_of(const acct_db_t *db)
{
    return acct_store_driver(acct_db_driver(db));
}

const acct_statement_t *acct_store_statements(const char *driver, int *count,
                                              apr_pool_t *pool)
{
    const acct_store_driver_t *own = acct_store_driver(driver);
    acct_statement_t *all;

    *count = 0;
    if (!own) {
        return NULL;
    }
    all = apr_pmemdup(pool, own->statements,
                      (size_t)own->count * sizeof(*all));
    for (int i = 0; i < ACCT_SQL__COUNT; i++) {
        if (!all[i].sql) {
            all[i] = common[i];
        }
    }
    *count = own->count;
    return all;
}
