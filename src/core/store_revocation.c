/* SPDX-License-Identifier: Apache-2.0 */
/* Revocations, and up to where they were read; see store.h. */
#include "store_private.h"

#include <string.h>

#include <apr_strings.h>
#include <apr_time.h>

apr_status_t acct_store_revocation_insert(acct_db_t *db,
                                          apr_int64_t account,
                                          apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_INT(account), ACCT_INT(apr_time_now())
    };

    return acct_is_server(db)
        ? acct_db_run(db, ACCT_SQL_REVOCATION_INSERT_NOW, args, 1, NULL,
                      pool)
        : ACCT_RUN(db, ACCT_SQL_REVOCATION_INSERT, args, NULL, pool);
}

void acct_mark_at(acct_mark_t *mark, apr_int64_t number,
                  apr_int64_t origin)
{
    mark->number = number;
    mark->origin = origin;
    mark->from = number;
    mark->open[0] = '\0';
}

static apr_status_t revocation_row(const acct_rows_t *rows, int i,
                                   acct_revocation_t *revocation)
{
    acct_taker_t row = acct_take_row(rows, i);

    revocation->id = acct_take_number(&row, 1, APR_INT64_MAX);
    revocation->account_id = acct_take_number(&row, 1, APR_INT64_MAX);
    if (rows->columns > 2) {
        acct_take_maybe(&row);  /* sqlite3: see mark_row(); pgsql: the
                                 * snapshot, of the first row alone */
    }
    return acct_taken(&row);
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
    rv = acct_db_select(db, ACCT_SQL_REVOCATION_LAST, NULL, 0, &rows, pool);
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
static apr_status_t read_by_id(acct_db_t *db, acct_mark_t *mark, int limit,
                               apr_array_header_t *list,
                               acct_missed_e *missed, apr_pool_t *pool)
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
    rv = ACCT_SELECT(db, ACCT_SQL_REVOCATION_AFTER_ID, args, &rows, pool);
    if (rv == APR_SUCCESS && known) {
        rv = find_mark(&rows, mark, &is_there);
    }
    if (rv == APR_SUCCESS && (!is_there || rows.count >= limit)) {
        *missed = is_there ? ACCT_MISSED_TOO_MANY : ACCT_MISSED_ORIGIN;
        return last_revocation(db, mark, pool);
    }
    for (int i = known; rv == APR_SUCCESS && i < rows.count; i++) {
        rv = revocation_row(&rows, i, apr_array_push(list));
    }
    if (rv == APR_SUCCESS && list->nelts > 0) {
        rv = mark_row(&rows, rows.count - 1, mark);
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

static apr_status_t read_by_snapshot(acct_db_t *db, acct_mark_t *mark,
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

    rv = ACCT_SELECT(db, ACCT_SQL_REVOCATION_AFTER_SNAPSHOT, args, &rows,
                     pool);
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
    *missed = what_is_missed(&before, mark, list->nelts >= limit);
    if (*missed != ACCT_MISSED_NOTHING) {
        apr_array_clear(list);
    }
    return APR_SUCCESS;
}

apr_status_t acct_store_revocation_read(acct_db_t *db, acct_mark_t *mark,
                                        int limit,
                                        apr_array_header_t **list,
                                        acct_missed_e *missed,
                                        apr_pool_t *pool)
{
    *list = apr_array_make(pool, 16, sizeof(acct_revocation_t));
    *missed = ACCT_MISSED_NOTHING;
    return acct_is_server(db)
        ? read_by_snapshot(db, mark, limit, *list, missed, pool)
        : read_by_id(db, mark, limit, *list, missed, pool);
}

apr_status_t acct_store_follow(acct_db_t *db, const void *follower,
                               apr_int64_t *version, int *is_unchanged,
                               apr_pool_t *pool)
{
    *version = 0;
    *is_unchanged = 0;
    return acct_is_server(db)
        ? APR_SUCCESS
        : acct_db_follow(db, ACCT_SQL_DATA_VERSION, follower, version,
                         is_unchanged, pool);
}

/* ---------------------------------------------------------- of everybody */

/* They run once in the life of a database and touch all of it, so they are
 * none of the prepared statements. */
#define COUNT_ALL "SELECT (SELECT COUNT(*) FROM token), " \
                  "(SELECT COUNT(*) FROM account)"

/* A server's rows bear its own time, see ACCT_SQL_REVOCATION_INSERT_NOW. */
static const char *revoke_all(const acct_db_t *db)
{
    return acct_is_server(db)
        ? "INSERT INTO revocation (account_id, revoked_at) SELECT id, "
          "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT) "
          "FROM account"
        : "INSERT INTO revocation (account_id, revoked_at) SELECT id, "
          "CAST(strftime('%s', 'now') AS INTEGER) * 1000000 FROM account";
}

apr_status_t acct_store_revoke_everyone(acct_db_t *db, apr_int64_t *tokens,
                                        apr_int64_t *accounts,
                                        apr_pool_t *pool)
{
    acct_rows_t rows;
    acct_taker_t row;
    apr_status_t rv = acct_store_token_lock(db, pool);

    if (rv == APR_SUCCESS) {
        rv = acct_only_row(acct_db_query(db, COUNT_ALL, &rows, pool), &rows);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    row = acct_take_row(&rows, 0);
    *tokens = acct_take_number(&row, 0, APR_INT64_MAX);
    *accounts = acct_take_number(&row, 0, APR_INT64_MAX);
    rv = acct_taken(&row);
    if (rv == APR_SUCCESS) {
        rv = acct_db_exec(db, "DELETE FROM token", pool);
    }
    return rv == APR_SUCCESS ? acct_db_exec(db, revoke_all(db), pool) : rv;
}
