/* SPDX-License-Identifier: Apache-2.0 */
/* What is PostgreSQL's own; see store/drivers.h. */
#include "store/drivers.h"

#include <string.h>

#include <apr_strings.h>

#include "store/pgsql_exposure.h"

/* Of this file alone. */
enum {
    NAMES_SHARE = ACCT_SQL__COUNT,
    NAMES_LOCK,
    REVOCATION_INSERT,
    REVOCATION_AFTER,
    PURGE_LOCK,
    TOKENS_USED,
    COUNT
};

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

/* As "table.columns"; " where" for one of a part. */
#define UNIQUE_INDEXES \
    "SELECT c.relname || '.' || string_agg(a.attname, ',' ORDER BY k.n) " \
    "|| CASE WHEN i.indpred IS NULL THEN '' ELSE ' where' END AS said " \
    "FROM (SELECT c.oid, c.relname " ACCT_PGSQL_TABLES ") AS c " \
    "JOIN pg_index i ON i.indrelid = c.oid " \
    "CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k (attnum, n) " \
    "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum " \
    "WHERE i.indisunique AND i.indisvalid AND i.indexprs IS NULL " \
    "AND k.n <= i.indnkeyatts " \
    "GROUP BY i.indexrelid, c.relname, i.indpred IS NULL"

/* All that decides whether a statement can be prepared: the server, names and
 * types, and what ON CONFLICT names. Not the name of the schema that they are
 * in, which is another on each of many databases that are the same.
 * quote_literal(), so that no two make one text. */
#define WHOLE_SCHEMA \
    "SELECT quote_literal(said) FROM (" \
    "SELECT 'server ' || current_setting('server_version_num') AS said " \
    "UNION ALL SELECT concat_ws(' ', 'column', quote_ident(c.relname), " \
    "quote_ident(a.attname), format_type(a.atttypid, a.atttypmod), " \
    "a.attidentity) FROM (SELECT c.oid, c.relname " ACCT_PGSQL_TABLES \
    ") AS c JOIN pg_attribute a ON a.attrelid = c.oid " \
    "WHERE a.attnum > 0 AND NOT a.attisdropped " \
    "UNION ALL " UNIQUE_INDEXES ") AS found " \
    "ORDER BY said COLLATE \"C\""

static const acct_statement_t statements[COUNT] = {
    [ACCT_SQL_ACCOUNT_LOCK] = { .label = "account_lock", .sql =
        ACCT_SELECT_ACCOUNT "a.id = %lld FOR NO KEY UPDATE" },
    /* Always so many, so that it is planned once; and LIMIT, so that it is
     * the index that is asked for each. For IN a small table is read from
     * end to end, which takes six times as long. */
    [ACCT_SQL_TOKENS_FIND] = { .label = "tokens_find", .sql =
        "SELECT found.* FROM (VALUES (%s), (%s), (%s), (%s), (%s), (%s), "
        "(%s), (%s), (%s), (%s), (%s), (%s), (%s), (%s), (%s), (%s)) "
        "AS wanted (digest) CROSS JOIN LATERAL ("
        ACCT_SELECT_IDENTITY "t.digest = wanted.digest AND t.form = 0 "
        "LIMIT 1) AS found" },
    /* waits for no other transaction: what one is ending just now is left
     * alone */
    [ACCT_SQL_TOKEN_PURGE] = { .label = "token_purge", .sql =
        "DELETE FROM token WHERE id IN (SELECT id FROM token "
        "WHERE expires_at > 0 AND expires_at < %lld "
        "ORDER BY expires_at LIMIT %lld FOR UPDATE SKIP LOCKED)" },
    [ACCT_SQL_PENDING_PURGE] = { .label = "pending_purge", .sql =
        "DELETE FROM account WHERE id IN (SELECT id FROM account "
        "WHERE pending_until > 0 AND pending_until < %lld "
        "ORDER BY pending_until LIMIT %lld FOR UPDATE SKIP LOCKED)" },
    /* and what one is renewing: DELETE alone would wait for it, and then go on
     * with what it had found before */
    [ACCT_SQL_KNOWN_NETWORK_PURGE] = {
        .label = "known_network_purge", .sql =
        "DELETE FROM known_network WHERE (account_id, network) IN "
        "(SELECT account_id, network FROM known_network "
        "WHERE seen_at < %lld ORDER BY seen_at LIMIT %lld "
        "FOR UPDATE SKIP LOCKED)" },
    [ACCT_SQL_NAME_HOLD_PURGE] = { .label = "name_hold_purge", .sql =
        "DELETE FROM name_hold WHERE name_key IN (SELECT name_key "
        "FROM name_hold WHERE until < %lld ORDER BY until LIMIT %lld "
        "FOR UPDATE SKIP LOCKED)" },
    [ACCT_SQL_LINK_PURGE] = { .label = "link_purge", .sql =
        "DELETE FROM link WHERE digest IN (SELECT digest FROM link "
        "WHERE expires_at < %lld ORDER BY expires_at LIMIT %lld "
        "FOR UPDATE SKIP LOCKED)" },
    [ACCT_SQL_MAIL_DUE] = { .label = "mail_due", .sql =
        "SELECT 1 FROM mail WHERE next_at <= %lld "
        "AND (claimed_by = '' OR claimed_at < %lld) "
        "AND strpos(%s, chr(10) || site || chr(10)) > 0 LIMIT 1" },
    [ACCT_SQL_MAIL_CLAIM] = { .label = "mail_claim", .sql =
        "UPDATE mail SET claimed_by = %s, claimed_at = %lld "
        "WHERE id IN (SELECT id FROM mail WHERE next_at <= %lld "
        "AND (claimed_by = '' OR claimed_at < %lld) "
        "AND strpos(%s, chr(10) || site || chr(10)) > 0 "
        "ORDER BY next_at, id LIMIT %lld FOR UPDATE SKIP LOCKED)" },
    /* A row's lock needs a right on its table, and an advisory one none. Any
     * number of transactions share it; one that takes it whole waits for them,
     * and they for it. */
    [NAMES_SHARE] = { .label = "names_share", .sql =
        "SELECT 1 FROM meta WHERE name = 'schema_version' "
        "FOR KEY SHARE" },
    [NAMES_LOCK] = { .label = "names_lock", .sql =
        "SELECT 1 FROM meta WHERE name = 'schema_version' "
        "FOR UPDATE" },
    /* and not when the transaction began: the purge reckons from it */
    [REVOCATION_INSERT] = { .label = "revocation_insert", .sql =
        "INSERT INTO revocation (account_id, revoked_at) "
        "VALUES (%lld, " MICROSECONDS("clock_timestamp()") ")" },
    /* First where this comes from, and the snapshot all of it is read
     * under; then what later transactions wrote than those of the last
     * one; then what those wrote that were open in it. Rows of another
     * server, brought here by a restore, can have numbers that are yet to
     * come. */
    [REVOCATION_AFTER] = { .label = "revocation_after", .sql =
        "SELECT CAST(0 AS BIGINT), " ORIGIN ", "
        "CAST(txid_current_snapshot() AS TEXT) "
        "UNION ALL (SELECT id, account_id, NULL FROM revocation "
        "WHERE txid >= %lld AND txid < "
        "(SELECT txid_snapshot_xmax(txid_current_snapshot())) "
        "ORDER BY txid LIMIT %lld) "
        "UNION ALL (SELECT id, account_id, NULL FROM revocation "
        "WHERE txid = ANY (CAST(string_to_array(%s, ',') AS BIGINT[])) "
        "LIMIT %lld)" },
    /* Until the transaction's end, and without waiting: no row where another
     * has it. It leaves those alone that share the names. And what the time
     * was when the transaction began. */
    [PURGE_LOCK] = { .label = "purge_lock", .sql =
        "SELECT " MICROSECONDS("now()") " FROM meta "
        "WHERE name = 'schema_version' FOR NO KEY UPDATE SKIP LOCKED" },
    /* all at once; what another holds is being written or deleted by it, and a
     * transaction that does not wait blocks no other */
    [TOKENS_USED] = { .label = "tokens_used", .sql =
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

/* ---- accounts ---- */

/* The unique indexes decide about name and name, and address and address, and
 * a transaction that meets another's row there waits for it. They do not see a
 * name that is another's address. A transaction with a name like that keeps
 * out all others with an address; of these any number get along. */
static apr_status_t lock_names(acct_db_t *db, const acct_account_t *a,
                               apr_pool_t *pool)
{
    acct_rows_t rows;
    int which = NAMES_SHARE;

    if (a->username_key && strchr(a->username_key, '@')
        && (!a->email_key || strcmp(a->username_key, a->email_key) != 0)) {
        which = NAMES_LOCK;
    }
    else if (!a->email_key) {
        return APR_SUCCESS;
    }
    return acct_only_row(acct_db_select(db, which, NULL, 0, &rows, pool),
                         &rows) == APR_SUCCESS ? APR_SUCCESS : APR_EGENERAL;
}

/* ---- revocations ---- */

static apr_status_t insert_revocation(acct_db_t *db, apr_int64_t account,
                                      apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(account) };

    return ACCT_RUN(db, REVOCATION_INSERT, args, NULL, pool);
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

static acct_missed_e what_is_missed(const acct_mark_t *before,
                                    const acct_mark_t *now, int too_many)
{
    if (before->number < 0) {
        return ACCT_MISSED_BEGINNING;
    }
    if (before->origin != now->origin || now->from < before->from) {
        return ACCT_MISSED_ORIGIN;
    }
    return too_many ? ACCT_MISSED_TOO_MANY : ACCT_MISSED_NOTHING;
}

static apr_status_t read_revocations(acct_db_t *db, acct_mark_t *mark,
                                     int limit, apr_array_header_t *list,
                                     acct_missed_e *missed,
                                     apr_pool_t *pool)
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

    rv = ACCT_SELECT(db, REVOCATION_AFTER, args, &rows,
                     pool);
    if (rv == APR_SUCCESS && rows.count == 0) {
        rv = APR_EGENERAL;
    }
    for (int i = 1; rv == APR_SUCCESS && i < rows.count; i++) {
        rv = acct_take_revocation(&rows, i, apr_array_push(list));
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
    *missed = what_is_missed(&before, mark, list->nelts >= limit);
    if (*missed != ACCT_MISSED_NOTHING) {
        apr_array_clear(list);
    }
    return APR_SUCCESS;
}

static apr_status_t lock_purge(acct_db_t *db, int *mine, apr_time_t *now,
                               apr_pool_t *pool)
{
    acct_rows_t rows;
    acct_taker_t row;
    apr_time_t theirs;
    apr_status_t rv;

    *mine = 1;
    rv = acct_only_row(acct_db_select(db, PURGE_LOCK, NULL, 0, &rows,
                                      pool), &rows);
    if (rv != APR_SUCCESS) {
        *mine = 0;
        return APR_STATUS_IS_NOTFOUND(rv) ? APR_SUCCESS : rv;
    }
    row = acct_take_row(&rows, 0);
    theirs = acct_take_number(&row, 0, APR_INT64_MAX);
    if (*now > theirs) {
        *now = theirs;
    }
    return acct_taken(&row);
}

/* ---- uses ---- */

static apr_status_t write_uses(acct_db_t *db, const acct_token_use_t *uses,
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

    return ACCT_RUN(db, TOKENS_USED, args, NULL, pool);
}

const acct_store_driver_t acct_store_pgsql = {
    .name = "pgsql",
    .statements = statements,
    .count = COUNT,
    .tables = "SELECT c.relname " ACCT_PGSQL_TABLES,
    .unique_indexes = "SELECT said FROM (" UNIQUE_INDEXES ") AS found "
        "WHERE said LIKE 'account.%' OR said LIKE 'token.%'",
    .whole_schema = WHOLE_SCHEMA,
    .lock_tokens = "LOCK TABLE token IN SHARE ROW EXCLUSIVE MODE",
    .revoke_all =
        "INSERT INTO revocation (account_id, revoked_at) SELECT id, "
        "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT) "
        "FROM account",
    .lock_names = lock_names,
    .insert_revocation = insert_revocation,
    .read_revocations = read_revocations,
    .lock_purge = lock_purge,
    .write_uses = write_uses,
    .find_exposure = acct_pgsql_find_exposure,
    .find_shared = acct_pgsql_find_shared
};
