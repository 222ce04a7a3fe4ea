/* SPDX-License-Identifier: Apache-2.0 */
/* The statements whose text any driver takes, and the list of drivers; see
 * store/drivers.h. */
#include "store/drivers.h"

#include <apr_strings.h>
#include <string.h>

/* Whether another account than that of an id has a key, but for one that was
 * not activated in time; or whether it is held for another. */
#define IS_TAKEN \
    "EXISTS (SELECT 1 FROM account WHERE (username_key = %s " \
    "OR email_key = %s) AND id <> %lld " \
    "AND (pending_until = 0 OR pending_until > %lld)) " \
    "OR EXISTS (SELECT 1 FROM name_hold WHERE name_key = %s " \
    "AND account_id <> %lld AND until > %lld)"

/* Whether no account but that of an id has a key. */
#define IS_FREE_FOR \
    "NOT EXISTS (SELECT 1 FROM account o WHERE o.id <> %lld " \
    "AND (o.username_key = %s OR o.email_key = %s))"

#define MAIL_COLUMNS \
    "id, kind, site, dialect, language, account_id, address, address_key, " \
    "created_at, next_at, expires_at, tries, claimed_by, claimed_at, " \
    "last_error"

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
        "last_login, pending_until, email_verified_at) "
        "SELECT %s, %s, %s, %s, %s, %s, %s, %lld, %lld, %lld, %lld, %lld, "
        "%lld WHERE NOT EXISTS (SELECT 1 FROM account "
        "WHERE email_key = %s OR username_key = %s) "
        "ON CONFLICT DO NOTHING" },
    [ACCT_SQL_ACCOUNT_ID] = { .label = "account_id", .sql =
        "SELECT id FROM account WHERE username_key = %s OR email_key = %s" },
    [ACCT_SQL_ACCOUNT_TAKEN] = { .label = "account_taken", .sql =
        "SELECT CASE WHEN " IS_TAKEN " THEN 1 ELSE 0 END, "
        "CASE WHEN " IS_TAKEN " THEN 1 ELSE 0 END" },
    /* by the indexes of the names, however many are pending */
    [ACCT_SQL_ACCOUNT_DELETE_LAPSED] = {
        .label = "account_delete_lapsed", .sql =
        "DELETE FROM account WHERE (username_key IN (%s, %s) "
        "OR email_key IN (%s, %s)) "
        "AND +pending_until > 0 AND +pending_until <= %lld" },
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
        "UPDATE account SET is_active = %lld, pending_until = 0 "
        "WHERE id = %lld" },
    [ACCT_SQL_ACCOUNT_ACTIVATE] = { .label = "account_activate", .sql =
        "UPDATE account SET is_active = 1, pending_until = 0 "
        "WHERE id = %lld AND pending_until > 0" },
    [ACCT_SQL_ACCOUNT_SET_PASSWORD] = { .label = "account_set_password", .sql =
        "UPDATE account SET password = %s "
        "WHERE id = %lld AND (%s IS NULL OR password = %s)" },
    [ACCT_SQL_ACCOUNT_CHANGE_PASSWORD] = {
        .label = "account_change_password", .sql =
        "UPDATE account SET password = %s, password_changed_at = %lld "
        "WHERE id = %lld AND (%s IS NULL OR password = %s)" },
    [ACCT_SQL_ACCOUNT_SET_LAST_LOGIN] = {
        .label = "account_set_last_login", .sql =
        "UPDATE account SET last_login = %lld WHERE id = %lld" },
    [ACCT_SQL_ACCOUNT_SET_USERNAME] = {
        .label = "account_set_username", .sql =
        "UPDATE account SET username = %s, username_key = %s "
        "WHERE id = %lld AND " IS_FREE_FOR },
    /* what was verified was the other address */
    [ACCT_SQL_ACCOUNT_SET_EMAIL] = { .label = "account_set_email", .sql =
        "UPDATE account SET email = %s, email_key = %s, "
        "email_verified_at = %lld, email_pending = NULL, "
        "email_pending_key = NULL WHERE id = %lld AND " IS_FREE_FOR },
    [ACCT_SQL_ACCOUNT_SET_EMAIL_PENDING] = {
        .label = "account_set_email_pending", .sql =
        "UPDATE account SET email_pending = %s, email_pending_key = %s "
        "WHERE id = %lld" },
    [ACCT_SQL_ACCOUNT_SET_VERIFIED] = {
        .label = "account_set_verified", .sql =
        "UPDATE account SET email_verified_at = %lld "
        "WHERE id = %lld AND email_key = %s" },
    [ACCT_SQL_ACCOUNT_SET_NAMES] = { .label = "account_set_names", .sql =
        "UPDATE account SET first_name = %s, last_name = %s "
        "WHERE id = %lld" },
    [ACCT_SQL_ACCOUNT_SET_STAFF] = { .label = "account_set_staff", .sql =
        "UPDATE account SET is_staff = %lld WHERE id = %lld" },
    [ACCT_SQL_ACCOUNT_DELETE] = { .label = "account_delete", .sql =
        "DELETE FROM account WHERE id = %lld" },
    [ACCT_SQL_TOKEN_INSERT] = { .label = "token_insert", .sql =
        "INSERT INTO token (id, account_id, digest, sealed, label, "
        "created_at, expires_at, last_used, ends_at, sliding, network) "
        "VALUES (%s, %lld, %s, %s, %s, %lld, %lld, %lld, %lld, %lld, %s) "
        "ON CONFLICT DO NOTHING" },
    [ACCT_SQL_TOKEN_FIND] = { .label = "token_find", .sql =
        ACCT_SELECT_IDENTITY "t.digest = %s AND t.form = 0" },
    /* one question for all forms: the partial index of the second part is
     * empty where there is none of that */
    [ACCT_SQL_TOKEN_FOREIGN] = { .label = "token_foreign", .sql =
        ACCT_SELECT_FOREIGN "t.digest IN (%s, %s, %s) AND t.form > 1 "
        "UNION ALL " ACCT_SELECT_FOREIGN
        "t.foreign_key = %s AND t.form = 1 LIMIT %lld" },
    [ACCT_SQL_TOKEN_ADOPT] = { .label = "token_adopt", .sql =
        "UPDATE token SET digest = %s, form = 0, foreign_digest = NULL, "
        "foreign_salt = NULL, foreign_key = NULL WHERE id = %s "
        "AND form > 0 AND NOT EXISTS "
        "(SELECT 1 FROM token o WHERE o.digest = %s)" },
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
        "SELECT created_at FROM token WHERE id = %s AND account_id = %lld" },
    [ACCT_SQL_TOKEN_OF] = { .label = "token_of", .sql =
        "SELECT " ACCT_TOKEN_COLUMNS ", t.sealed FROM token t "
        "WHERE t.id = %s AND t.account_id = %lld" },
    [ACCT_SQL_TOKEN_SET_LABEL] = { .label = "token_set_label", .sql =
        "UPDATE token SET label = %s WHERE id = %s AND account_id = %lld" },
    /* the reusable one is not counted: there is one at most */
    [ACCT_SQL_TOKEN_DELETE_OLDEST] = { .label = "token_delete_oldest", .sql =
        "DELETE FROM token WHERE id IN (SELECT id FROM token "
        "WHERE account_id = %lld AND sealed IS NULL "
        "AND (expires_at = 0 OR expires_at > %lld) "
        "AND (ends_at = 0 OR ends_at > %lld) "
        "ORDER BY created_at DESC, id "
        "LIMIT 9223372036854775807 OFFSET %lld)" },
    [ACCT_SQL_TOKEN_COUNT] = { .label = "token_count", .sql =
        "SELECT COUNT(*) FROM token "
        "WHERE account_id = %lld AND sealed IS NULL "
        "AND (expires_at = 0 OR expires_at > %lld) "
        "AND (ends_at = 0 OR ends_at > %lld)" },
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
        "AND id < (SELECT MAX(id) FROM limit_clear)" },
    [ACCT_SQL_NAME_HOLD_SET] = { .label = "name_hold_set", .sql =
        "INSERT INTO name_hold (name_key, account_id, until) "
        "VALUES (%s, %lld, %lld) ON CONFLICT (name_key) DO UPDATE "
        "SET account_id = excluded.account_id, until = excluded.until" },
    [ACCT_SQL_NAME_HOLD_FIND] = { .label = "name_hold_find", .sql =
        "SELECT name_key, account_id, until FROM name_hold "
        "WHERE name_key IN (%s, %s) AND account_id <> %lld "
        "AND until > %lld ORDER BY until DESC LIMIT 1" },
    [ACCT_SQL_NAME_HOLD_DELETE] = { .label = "name_hold_delete", .sql =
        "DELETE FROM name_hold WHERE name_key = %s" },
    [ACCT_SQL_LINK_INSERT] = { .label = "link_insert", .sql =
        "INSERT INTO link (digest, account_id, purpose, address_key, "
        "created_at, expires_at) VALUES (%s, %lld, %s, %s, %lld, %lld) "
        "ON CONFLICT DO NOTHING" },
    [ACCT_SQL_LINK_FIND] = { .label = "link_find", .sql =
        "SELECT digest, account_id, purpose, address_key, created_at, "
        "expires_at FROM link WHERE digest = %s AND purpose = %s "
        "AND expires_at > %lld" },
    [ACCT_SQL_LINK_USE] = { .label = "link_use", .sql =
        "DELETE FROM link WHERE digest = %s AND purpose = %s "
        "AND expires_at > %lld" },
    [ACCT_SQL_LINK_DELETE] = { .label = "link_delete", .sql =
        "DELETE FROM link WHERE account_id = %lld AND purpose = %s" },
    [ACCT_SQL_LINK_DELETE_ALL] = { .label = "link_delete_all", .sql =
        "DELETE FROM link WHERE account_id = %lld" },
    [ACCT_SQL_TOTP_FIND] = { .label = "totp_find", .sql =
        "SELECT totp_sealed, totp_confirmed_at, totp_step FROM account "
        "WHERE id = %lld AND totp_sealed IS NOT NULL" },
    [ACCT_SQL_TOTP_BEGIN] = { .label = "totp_begin", .sql =
        "UPDATE account SET totp_sealed = %s, totp_step = 0 "
        "WHERE id = %lld AND totp_confirmed_at = 0" },
    [ACCT_SQL_TOTP_CONFIRM] = { .label = "totp_confirm", .sql =
        "UPDATE account SET totp_confirmed_at = %lld, totp_step = %lld "
        "WHERE id = %lld AND totp_sealed = %s AND totp_confirmed_at = 0" },
    /* of two that come with one code the second finds no row */
    [ACCT_SQL_TOTP_ACCEPT] = { .label = "totp_accept", .sql =
        "UPDATE account SET totp_step = %lld WHERE id = %lld "
        "AND totp_confirmed_at > 0 AND totp_step < %lld" },
    [ACCT_SQL_TOTP_END] = { .label = "totp_end", .sql =
        "UPDATE account SET totp_sealed = NULL, totp_confirmed_at = 0, "
        "totp_step = 0 WHERE id = %lld AND totp_sealed IS NOT NULL" },
    [ACCT_SQL_RECOVERY_CODE_INSERT] = {
        .label = "recovery_code_insert", .sql =
        "INSERT INTO recovery_code (account_id, digest) VALUES (%lld, %s) "
        "ON CONFLICT DO NOTHING" },
    [ACCT_SQL_RECOVERY_CODE_USE] = { .label = "recovery_code_use", .sql =
        "DELETE FROM recovery_code WHERE account_id = %lld "
        "AND digest = %s" },
    [ACCT_SQL_RECOVERY_CODE_DELETE_ALL] = {
        .label = "recovery_code_delete_all", .sql =
        "DELETE FROM recovery_code WHERE account_id = %lld" },
    [ACCT_SQL_RECOVERY_CODE_COUNT] = {
        .label = "recovery_code_count", .sql =
        "SELECT COUNT(*) FROM recovery_code WHERE account_id = %lld" },
    /* in the order of acct_stored_e (tables/stored.h); of a known network
     * there is a keyed digest alone, which is shown to nobody; a mail that
     * was ordered for an address has no account yet */
    [ACCT_SQL_STORED] = { .label = "stored", .sql =
        "SELECT 0 AS list, '' AS kind, '' AS text, seen_at AS at, "
        "0 AS ends FROM known_network WHERE account_id = %lld "
        "UNION ALL SELECT 1, purpose, address_key, created_at, expires_at "
        "FROM link WHERE account_id = %lld "
        "UNION ALL SELECT 2, kind, address, created_at, expires_at FROM mail "
        "WHERE account_id = %lld OR (account_id = 0 AND address_key = "
        "(SELECT email_key FROM account WHERE id = %lld)) "
        "UNION ALL SELECT 3, '', name_key, 0, until FROM name_hold "
        "WHERE account_id = %lld ORDER BY 1, 4 DESC, 3" },
    [ACCT_SQL_MAIL_INSERT] = { .label = "mail_insert", .sql =
        "INSERT INTO mail (kind, site, dialect, language, account_id, "
        "address, address_key, created_at, next_at, expires_at) "
        "SELECT %s, %s, %s, %s, %lld, %s, %s, %lld, %lld, %lld "
        "WHERE (SELECT COUNT(*) FROM (SELECT 1 FROM mail LIMIT %lld) "
        "AS m) < %lld" },
    [ACCT_SQL_MAIL_CLAIMED] = { .label = "mail_claimed", .sql =
        "SELECT " MAIL_COLUMNS " FROM mail WHERE claimed_by = %s "
        "AND claimed_at = %lld ORDER BY next_at, id" },
    [ACCT_SQL_MAIL_DELETE] = { .label = "mail_delete", .sql =
        "DELETE FROM mail WHERE id = %lld AND claimed_by = %s "
        "AND claimed_at = %lld" },
    [ACCT_SQL_MAIL_PUT_BACK] = { .label = "mail_put_back", .sql =
        "UPDATE mail SET next_at = %lld, tries = tries + %lld, "
        "last_error = %s, claimed_by = '', claimed_at = 0 "
        "WHERE id = %lld AND claimed_by = %s AND claimed_at = %lld" },
    [ACCT_SQL_MAIL_LIST] = { .label = "mail_list", .sql =
        "SELECT " MAIL_COLUMNS " FROM mail WHERE id > %lld ORDER BY id "
        "LIMIT %lld" },
    [ACCT_SQL_MAIL_COUNT_ADD] = { .label = "mail_count_add", .sql =
        "INSERT INTO mail_count (key, hour, n) VALUES (%s, %lld, %lld) "
        "ON CONFLICT (key, hour) DO UPDATE SET n = mail_count.n + "
        "excluded.n" },
    [ACCT_SQL_MAIL_COUNT_SUM] = { .label = "mail_count_sum", .sql =
        "SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM mail_count "
        "WHERE key = %s AND hour >= %lld" },
    [ACCT_SQL_MAIL_COUNT_PURGE] = { .label = "mail_count_purge", .sql =
        "DELETE FROM mail_count WHERE (key, hour) IN (SELECT key, hour "
        "FROM mail_count WHERE hour < %lld ORDER BY hour LIMIT %lld)" },
    /* those that no server has looked at since: by the index of next_at */
    [ACCT_SQL_MAIL_PURGE] = { .label = "mail_purge", .sql =
        "DELETE FROM mail WHERE id IN (SELECT id FROM mail "
        "WHERE next_at < %lld AND expires_at < %lld AND claimed_at < %lld "
        "ORDER BY next_at LIMIT %lld)" },
    [ACCT_SQL_IMPORTED_OF] = { .label = "imported_of", .sql =
        "SELECT name, source_key FROM imported WHERE account_id = %lld "
        "AND kind = 'account'" },
    [ACCT_SQL_IMPORTED_ERASE] = { .label = "imported_erase", .sql =
        "UPDATE imported SET source_key = %s, account_id = NULL, print = '' "
        "WHERE name = %s AND kind = 'account' AND source_key = %s" },
    [ACCT_SQL_IMPORTED_TOKENS_DELETE] = {
        .label = "imported_tokens_delete", .sql =
        "DELETE FROM imported WHERE account_id = %lld AND kind = 'token'" }
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
