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

    rv = acct_only_row(acct_db_select(db, ACCT_SQL_REVOCATION_LAST, NULL, 0,
                                      &rows, pool), &rows);
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
    acct_revocation_t last = { 0, 0 };
    acct_rows_t rows;
    apr_status_t rv;

    if (mark->number < 0) {
        *missed = 1;
        return last_revocation(db, mark, pool);
    }
    rv = ACCT_SELECT(db, ACCT_SQL_REVOCATION_AFTER_ID, args, &rows, pool);
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
    return acct_is_server(db)
        ? read_by_snapshot(db, mark, limit, *list, missed, pool)
        : read_by_id(db, mark, limit, *list, missed, pool);
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
