/* SPDX-License-Identifier: Apache-2.0 */
/* What is a sqlite file's own; see store/drivers.h. One process writes at a
 * time, from BEGIN IMMEDIATE on, so nothing needs a lock. */
#include "store/drivers.h"

#include <apr_time.h>

/* Of this file alone. */
enum {
    REVOCATION_INSERT = ACCT_SQL__COUNT,
    REVOCATION_AFTER,
    REVOCATION_LAST,
    DATA_VERSION,
    PURGE_DUE,
    TOKEN_USED,
    COUNT
};

static const acct_statement_t statements[COUNT] = {
    /* where one process writes at a time BEGIN has locked all there is */
    [ACCT_SQL_ACCOUNT_LOCK] = { .label = "account_lock", .sql =
        ACCT_SELECT_ACCOUNT "a.id = %lld" },
    /* as many each time, and NULL for those that are fewer */
    [ACCT_SQL_TOKENS_FIND] = { .label = "tokens_find", .sql =
        ACCT_SELECT_IDENTITY "t.digest IN (%s, %s, %s, %s, %s, %s, %s, %s, "
        "%s, %s, %s, %s, %s, %s, %s, %s) AND t.form = 0" },
    [ACCT_SQL_TOKEN_PURGE] = { .label = "token_purge", .sql =
        "DELETE FROM token WHERE id IN (SELECT id FROM token "
        "WHERE expires_at > 0 AND expires_at < %lld "
        "ORDER BY expires_at LIMIT %lld)" },
    [ACCT_SQL_PENDING_PURGE] = { .label = "pending_purge", .sql =
        "DELETE FROM account WHERE id IN (SELECT id FROM account "
        "WHERE pending_until > 0 AND pending_until < %lld "
        "ORDER BY pending_until LIMIT %lld)" },
    [ACCT_SQL_KNOWN_NETWORK_PURGE] = {
        .label = "known_network_purge", .sql =
        "DELETE FROM known_network WHERE (account_id, network) IN "
        "(SELECT account_id, network FROM known_network "
        "WHERE seen_at < %lld ORDER BY seen_at LIMIT %lld)" },
    [ACCT_SQL_NAME_HOLD_PURGE] = { .label = "name_hold_purge", .sql =
        "DELETE FROM name_hold WHERE name_key IN (SELECT name_key "
        "FROM name_hold WHERE until < %lld ORDER BY until LIMIT %lld)" },
    [ACCT_SQL_LINK_PURGE] = { .label = "link_purge", .sql =
        "DELETE FROM link WHERE digest IN (SELECT digest FROM link "
        "WHERE expires_at < %lld ORDER BY expires_at LIMIT %lld)" },
    [ACCT_SQL_MAIL_DUE] = { .label = "mail_due", .sql =
        "SELECT 1 FROM mail WHERE next_at <= %lld "
        "AND (claimed_by = '' OR claimed_at < %lld) "
        "AND instr(%s, char(10) || site || char(10)) > 0 LIMIT 1" },
    [ACCT_SQL_MAIL_CLAIM] = { .label = "mail_claim", .sql =
        "UPDATE mail SET claimed_by = %s, claimed_at = %lld "
        "WHERE id IN (SELECT id FROM mail WHERE next_at <= %lld "
        "AND (claimed_by = '' OR claimed_at < %lld) "
        "AND instr(%s, char(10) || site || char(10)) > 0 "
        "ORDER BY next_at, id LIMIT %lld)" },
    [REVOCATION_INSERT] = { .label = "revocation_insert", .sql =
        "INSERT INTO revocation (account_id, revoked_at) "
        "VALUES (%lld, %lld)" },
    [REVOCATION_AFTER] = { .label = "revocation_after", .sql =
        "SELECT id, account_id, revoked_at FROM revocation "
        "WHERE id >= %lld ORDER BY id LIMIT %lld" },
    [REVOCATION_LAST] = { .label = "revocation_last", .sql =
        "SELECT id, revoked_at FROM revocation "
        "WHERE id = (SELECT MAX(id) FROM revocation)" },
    /* another one after each commit of another connection, and cheap: it
     * is in the head of the journal's index */
    [DATA_VERSION] = { .label = "data_version", .sql =
        "PRAGMA data_version" },
    /* what the purge would delete something for */
    [PURGE_DUE] = { .label = "purge_due", .sql =
        "SELECT EXISTS (SELECT 1 FROM token "
        "WHERE expires_at > 0 AND expires_at < %lld) "
        "OR EXISTS (SELECT 1 FROM revocation WHERE revoked_at < %lld "
        "AND id < (SELECT MAX(id) FROM revocation)) "
        "OR EXISTS (SELECT 1 FROM known_network WHERE seen_at < %lld) "
        "OR EXISTS (SELECT 1 FROM account "
        "WHERE pending_until > 0 AND pending_until < %lld) "
        "OR EXISTS (SELECT 1 FROM link WHERE expires_at < %lld) "
        "OR EXISTS (SELECT 1 FROM name_hold WHERE until < %lld) "
        "OR EXISTS (SELECT 1 FROM mail WHERE next_at < %lld "
        "AND expires_at < %lld AND claimed_at < %lld) "
        "OR EXISTS (SELECT 1 FROM mail_count WHERE hour < %lld)" },
    /* what a use prolongs is the row's own to say */
    [TOKEN_USED] = { .label = "token_used", .sql =
        "UPDATE token SET last_used = %lld, "
        "expires_at = CASE WHEN sliding > 0 THEN max(expires_at, "
        "CASE WHEN ends_at > 0 THEN min(%lld + sliding, ends_at) "
        "ELSE %lld + sliding END) ELSE expires_at END "
        "WHERE id = %s AND last_used < %lld" }
};

/* ---- revocations ---- */

static apr_status_t insert_revocation(acct_db_t *db, apr_int64_t account,
                                      apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_INT(account), ACCT_INT(apr_time_now())
    };

    return ACCT_RUN(db, REVOCATION_INSERT, args, NULL, pool);
}

/* The mark of a sqlite file: id and revoked_at, first and last of a row. */
static apr_status_t mark_row(const acct_rows_t *rows, int i,
                             acct_mark_t *mark)
{
    acct_taker_t row = acct_take_row(rows, i);
    apr_int64_t id = acct_take_number(&row, 1, APR_INT64_MAX);
    apr_int64_t at;

    if (rows->columns > 2) {
        acct_take_number(&row, 1, APR_INT64_MAX);
    }
    at = acct_take_number(&row, 0, APR_INT64_MAX);
    if (acct_taken(&row) != APR_SUCCESS) {
        return APR_EGENERAL;
    }
    acct_mark_at(mark, id, at);
    return APR_SUCCESS;
}

static apr_status_t last_revocation(acct_db_t *db, acct_mark_t *mark,
                                    apr_pool_t *pool)
{
    acct_mark_t last;
    acct_rows_t rows;
    apr_status_t rv;

    acct_mark_at(&last, 0, 0);
    rv = acct_db_select(db, REVOCATION_LAST, NULL, 0, &rows, pool);
    if (rv == APR_SUCCESS && rows.count > 0) {
        rv = mark_row(&rows, 0, &last);
    }
    if (rv == APR_SUCCESS) {
        *mark = last;
    }
    return rv;
}

/* Whether the row of the mark is there and is the one that was seen. Where
 * it is not the file holds another past, whose ids say nothing. */
static apr_status_t find_mark(const acct_rows_t *rows,
                              const acct_mark_t *mark, int *is_there)
{
    acct_mark_t seen;
    apr_status_t rv;

    *is_there = 0;
    if (rows->count == 0) {
        return APR_SUCCESS;
    }
    rv = mark_row(rows, 0, &seen);
    *is_there = seen.number == mark->number && seen.origin == mark->origin;
    return rv;
}

/* The row of the mark is read once more. */
static apr_status_t read_revocations(acct_db_t *db, acct_mark_t *mark,
                                     int limit, apr_array_header_t *list,
                                     acct_missed_e *missed,
                                     apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_INT(mark->number > 0 ? mark->number : 1), ACCT_INT(limit)
    };
    int known = mark->number > 0 ? 1 : 0;
    int is_there = 1;
    acct_rows_t rows;
    apr_status_t rv;

    if (mark->number < 0) {
        *missed = ACCT_MISSED_BEGINNING;
        return last_revocation(db, mark, pool);
    }
    rv = ACCT_SELECT(db, REVOCATION_AFTER, args, &rows, pool);
    if (rv == APR_SUCCESS && known) {
        rv = find_mark(&rows, mark, &is_there);
    }
    if (rv == APR_SUCCESS && (!is_there || rows.count >= limit)) {
        *missed = is_there ? ACCT_MISSED_TOO_MANY : ACCT_MISSED_ORIGIN;
        return last_revocation(db, mark, pool);
    }
    for (int i = known; rv == APR_SUCCESS && i < rows.count; i++) {
        rv = acct_take_revocation(&rows, i, apr_array_push(list));
    }
    if (rv == APR_SUCCESS && list->nelts > 0) {
        rv = mark_row(&rows, rows.count - 1, mark);
    }
    return rv;
}

static apr_status_t follow(acct_db_t *db, const void *follower,
                           apr_int64_t *version, int *is_unchanged,
                           apr_pool_t *pool)
{
    return acct_db_follow(db, DATA_VERSION, follower, version, is_unchanged,
                          pool);
}

/* ---- the purge ---- */

static apr_status_t find_due(acct_db_t *db, const acct_purge_ages_t *ages,
                             int *is_due, apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_INT(ages->expired), ACCT_INT(ages->revocations),
        ACCT_INT(ages->networks), ACCT_INT(ages->expired),
        ACCT_INT(ages->expired), ACCT_INT(ages->expired),
        ACCT_INT(ages->expired), ACCT_INT(ages->expired),
        ACCT_INT(ages->expired), ACCT_INT(ages->mail_hour)
    };
    acct_rows_t rows;
    acct_taker_t row;
    apr_status_t rv;

    rv = acct_only_row(ACCT_SELECT(db, PURGE_DUE, args, &rows, pool), &rows);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    row = acct_take_row(&rows, 0);
    *is_due = acct_take_number(&row, 0, 1) != 0;
    return acct_taken(&row);
}

static apr_status_t lock_purge(acct_db_t *db, int *mine, apr_time_t *now,
                               apr_pool_t *pool)
{
    (void)db;
    (void)now;
    (void)pool;
    *mine = 1;
    return APR_SUCCESS;
}

/* ---- uses ---- */

static apr_status_t write_use(acct_db_t *db, const acct_token_use_t *use,
                               apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_INT(use->at), ACCT_INT(use->at), ACCT_INT(use->at),
        ACCT_TEXT(use->id), ACCT_INT(use->at)
    };

    return ACCT_RUN(db, TOKEN_USED, args, NULL, pool);
}

static apr_status_t write_uses(acct_db_t *db, const acct_token_use_t *uses,
                               int count, apr_pool_t *pool)
{
    apr_status_t rv = APR_SUCCESS;

    for (int i = 0; rv == APR_SUCCESS && i < count; i++) {
        rv = write_use(db, &uses[i], pool);
    }
    return rv;
}

const acct_store_driver_t acct_store_sqlite3 = {
    .name = "sqlite3",
    .statements = statements,
    .count = COUNT,
    .tables =
        "SELECT name FROM sqlite_master WHERE type = 'table' "
        "AND name IN (" ACCT_TABLE_NAMES ")",
    .unique_indexes =
        "SELECT m.name || '.' || group_concat(c.name) "
        "|| CASE i.partial WHEN 0 THEN '' ELSE ' where' END "
        "FROM sqlite_master m JOIN pragma_index_list(m.name) i "
        "JOIN pragma_index_info(i.name) c "
        "WHERE m.type = 'table' AND m.name IN ('account', 'token') "
        "AND i.\"unique\" = 1 GROUP BY m.name, i.name",
    /* quote(), so that no two schemas make one text */
    .whole_schema =
        "SELECT quote(type) || quote(name) || quote(tbl_name) || quote(sql) "
        "FROM sqlite_master ORDER BY rowid",
    .revoke_all =
        "INSERT INTO revocation (account_id, revoked_at) SELECT id, "
        "CAST(strftime('%s', 'now') AS INTEGER) * 1000000 FROM account",
    .insert_revocation = insert_revocation,
    .read_revocations = read_revocations,
    .follow = follow,
    .find_due = find_due,
    .lock_purge = lock_purge,
    .write_uses = write_uses
};
