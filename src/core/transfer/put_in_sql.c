/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer/put_in_sql.h"

#include <apr_strings.h>
#include <string.h>

#include "store/drivers.h"
#include "transfer/transfer.h"

/* The n-th cell of a row, as a text and as a number. */
#define LT(n) "json_extract(j.value, '$[" #n "]')"
#define LN(n) LT(n)
#define ST(n) "(j.value ->> " #n ")"
#define SN(n) "CAST(j.value ->> " #n " AS BIGINT)"
#define L_ROWS "FROM json_each(%s) AS j "
#define S_ROWS "FROM json_array_elements(CAST(%s AS json)) AS j (value) "

#define ACCOUNT_COLUMNS \
    "INSERT INTO account (id, username, username_key, email, email_key, " \
    "first_name, last_name, password, is_active, is_staff, created_at, " \
    "last_login, email_verified_at) "
/* A name that is another's address is not seen by an index. */
#define ACCOUNT_ROWS(T, N, ROWS) \
    "SELECT " N(0) ", " T(1) ", " T(2) ", " T(3) ", " T(4) ", " T(5) ", " \
    T(6) ", " T(7) ", " N(8) ", " N(9) ", " N(10) ", " N(11) ", " N(12) " " \
    ROWS "WHERE NOT EXISTS (SELECT 1 FROM account o " \
    "WHERE o.email_key = " T(2) ") AND NOT EXISTS (SELECT 1 FROM account o " \
    "WHERE o.username_key = " T(4) ") ON CONFLICT DO NOTHING"
#define ACCOUNTS_MISSED(T, N, ROWS) \
    "SELECT " N(0) " " ROWS "WHERE NOT EXISTS (SELECT 1 FROM account a " \
    "WHERE a.id = " N(0) " AND coalesce(a.username_key, '') = " \
    "coalesce(" T(2) ", '') AND coalesce(a.email_key, '') = " \
    "coalesce(" T(4) ", ''))"
#define TOKEN_ROWS(T, N, ROWS) \
    "INSERT INTO token (id, account_id, digest, sealed, label, created_at, " \
    "expires_at, ends_at, sliding, last_used, form, foreign_digest, " \
    "foreign_salt, foreign_key) SELECT " T(0) ", " N(1) ", " T(2) ", " \
    T(3) ", " T(4) ", " N(5) ", " N(6) ", " N(7) ", " N(8) ", " N(9) ", " \
    N(10) ", " T(11) ", " T(12) ", " T(13) " " ROWS \
    "WHERE EXISTS (SELECT 1 FROM account a WHERE a.id = " N(1) " " \
    "AND a.is_active = 1) ON CONFLICT DO NOTHING"
#define TOKENS_MISSED(T, ROWS) \
    "SELECT " T(0) " " ROWS "WHERE NOT EXISTS (SELECT 1 FROM token t " \
    "WHERE t.id = " T(0) ")"
#define MADE(T, N, ROWS) \
    "INSERT INTO imported (name, kind, source_key, account_id, token_id, " \
    "print) SELECT %s, " T(0) ", " T(1) ", " N(2) ", " T(3) ", " T(4) " " \
    ROWS "WHERE 1 = 1 ON CONFLICT DO NOTHING"

static const acct_statement_t common[ACCT_PUT__COUNT] = {
    [ACCT_PUT_ACCOUNT_KEYS] = { "put_account_keys",
        "SELECT id, username_key, email_key FROM account WHERE id > %lld "
        "ORDER BY id LIMIT %lld" },
    [ACCT_PUT_HELD] = { "put_held",
        "SELECT name_key, account_id FROM name_hold WHERE until > %lld "
        "AND name_key > %s ORDER BY name_key LIMIT %lld" },
    [ACCT_PUT_KNOWN] = { "put_known",
        "SELECT kind, source_key, COALESCE(account_id, 0), token_id, print "
        "FROM imported WHERE name = %s AND kind = %s AND source_key > %s "
        "ORDER BY source_key LIMIT %lld" },
    [ACCT_PUT_PRINT] = { "put_print",
        "UPDATE imported SET print = %s WHERE name = %s AND kind = %s "
        "AND source_key = %s" },
    [ACCT_PUT_RUN_BEGIN] = { "put_run_begin",
        "INSERT INTO import_run (name, started_at, state) "
        "VALUES (%s, %lld, 'running')" },
    [ACCT_PUT_RUN_END] = { "put_run_end",
        "UPDATE import_run SET ended_at = %lld, state = %s, counts = %s "
        "WHERE name = %s AND state = 'running'" },
    [ACCT_PUT_RUN_STOP_OTHERS] = { "put_run_stop_others",
        "UPDATE import_run SET ended_at = %lld, state = 'stopped' "
        "WHERE state = 'running'" },
    [ACCT_PUT_RUN_LIST] = { "put_run_list",
        "SELECT id, name, started_at, ended_at, state, counts "
        "FROM import_run WHERE name = %s OR %s = '' ORDER BY id" },
    [ACCT_PUT_FORGET] = { "put_forget",
        "DELETE FROM imported WHERE name = %s" },
    [ACCT_PUT_FORGET_RUNS] = { "put_forget_runs",
        "DELETE FROM import_run WHERE name = %s" },
    [ACCT_PUT_TOKENS_OF] = { "put_tokens_of",
        "SELECT digest, sealed, label, created_at, expires_at, ends_at, "
        "sliding, last_used, form, foreign_digest, foreign_salt, foreign_key "
        "FROM token WHERE account_id = %lld ORDER BY created_at, digest" },
    [ACCT_PUT_KINDS] = { "put_kinds",
        "SELECT id, password, last_login FROM account WHERE id > %lld "
        "ORDER BY id LIMIT %lld" }
};

static const acct_statement_t sqlite[ACCT_PUT__COUNT] = {
    [ACCT_PUT_RAISE_ID] = { "put_raise_id",
        "UPDATE sqlite_sequence SET seq = max(seq, %lld) "
        "WHERE name = 'account'" },
    [ACCT_PUT_RAISE_FIRST] = { "put_raise_first",
        "INSERT INTO sqlite_sequence (name, seq) SELECT 'account', %lld "
        "WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence "
        "WHERE name = 'account')" },
    [ACCT_PUT_NEW_IDS] = { "put_new_ids",
        "WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c "
        "WHERE i < %lld) SELECT i + max((SELECT coalesce(max(id), 0) "
        "FROM account), coalesce((SELECT seq FROM sqlite_sequence "
        "WHERE name = 'account'), 0)) FROM c" },
    [ACCT_PUT_ACCOUNTS] = { "put_accounts",
        ACCOUNT_COLUMNS ACCOUNT_ROWS(LT, LN, L_ROWS) },
    [ACCT_PUT_ACCOUNTS_MISSED] = { "put_accounts_missed",
        ACCOUNTS_MISSED(LT, LN, L_ROWS) },
    [ACCT_PUT_TOKENS] = { "put_tokens", TOKEN_ROWS(LT, LN, L_ROWS) },
    [ACCT_PUT_TOKENS_MISSED] = { "put_tokens_missed",
        TOKENS_MISSED(LT, L_ROWS) },
    [ACCT_PUT_MADE] = { "put_made", MADE(LT, LN, L_ROWS) }
};

static const acct_statement_t pgsql[ACCT_PUT__COUNT] = {
    [ACCT_PUT_RAISE_ID] = { "put_raise_id",
        "SELECT setval(pg_get_serial_sequence('account', 'id'), "
        "greatest(%lld, nextval(pg_get_serial_sequence('account', 'id'))))" },
    [ACCT_PUT_RAISE_FIRST] = { "put_raise_first",
        "UPDATE meta SET value = value WHERE %lld < 0" },
    [ACCT_PUT_NEW_IDS] = { "put_new_ids",
        "SELECT nextval(pg_get_serial_sequence('account', 'id')) "
        "FROM generate_series(1, %lld)" },
    [ACCT_PUT_ACCOUNTS] = { "put_accounts",
        ACCOUNT_COLUMNS "OVERRIDING SYSTEM VALUE "
        ACCOUNT_ROWS(ST, SN, S_ROWS) },
    [ACCT_PUT_ACCOUNTS_MISSED] = { "put_accounts_missed",
        ACCOUNTS_MISSED(ST, SN, S_ROWS) },
    [ACCT_PUT_TOKENS] = { "put_tokens", TOKEN_ROWS(ST, SN, S_ROWS) },
    [ACCT_PUT_TOKENS_MISSED] = { "put_tokens_missed",
        TOKENS_MISSED(ST, S_ROWS) },
    [ACCT_PUT_MADE] = { "put_made", MADE(ST, SN, S_ROWS) }
};

const acct_statement_t *acct_put_statements(const char *driver)
{
    return strcmp(driver, "pgsql") == 0 ? pgsql : sqlite;
}

int acct_put_number(const acct_db_t *db, acct_put_e which)
{
    return acct_store_driver_of(db)->count + (int)which;
}

apr_status_t acct_import_connect(acct_db_t **db,
                                 const acct_db_config_t *config,
                                 apr_pool_t *pool, const char **error)
{
    const acct_statement_t *own = acct_put_statements(config->driver);
    acct_statement_t *all;
    const acct_statement_t *store;
    int count;
    apr_status_t status = acct_db_open(db, config, NULL, 0, pool, error);

    if (status != APR_SUCCESS) {
        return status;
    }
    store = acct_store_statements(config->driver, &count, pool);
    all = apr_palloc(pool, ((size_t)count + ACCT_PUT__COUNT) * sizeof(*all));
    memcpy(all, store, (size_t)count * sizeof(*all));
    for (int i = 0; i < ACCT_PUT__COUNT; i++) {
        all[count + i] = own[i].sql != NULL ? own[i] : common[i];
    }
    status = acct_db_expect(*db, all, count + ACCT_PUT__COUNT, pool, error);
    if (status != APR_SUCCESS) {
        acct_db_close(*db);
    }
    return status;
}
