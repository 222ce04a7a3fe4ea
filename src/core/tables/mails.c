/* SPDX-License-Identifier: Apache-2.0 */
#include "tables/mails.h"

#include "store/drivers.h"

/* ---- mails ---- */

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

apr_status_t acct_store_mail_insert(acct_db_t *db, const acct_mail_t *mail,
                                    int most, apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_TEXT(mail->kind), ACCT_TEXT(or_empty(mail->site)),
        ACCT_TEXT(or_empty(mail->dialect)),
        ACCT_TEXT(or_empty(mail->language)), ACCT_INT(mail->account_id),
        ACCT_TEXT(or_empty(mail->address)),
        ACCT_TEXT(or_empty(mail->address_key)), ACCT_INT(mail->created_at),
        ACCT_INT(mail->next_at), ACCT_INT(mail->expires_at),
        ACCT_INT(most), ACCT_INT(most)
    };
    int changed = 0;
    apr_status_t rv = ACCT_RUN(db, ACCT_SQL_MAIL_INSERT, args, &changed,
                               pool);

    return rv == APR_SUCCESS && changed == 0 ? APR_ENOSPC : rv;
}

static apr_status_t mail_row(const acct_rows_t *rows, int i,
                             acct_mail_t *mail)
{
    acct_taker_t row = acct_take_row(rows, i);

    mail->id = acct_take_number(&row, 1, APR_INT64_MAX);
    mail->kind = acct_take_text(&row);
    mail->site = acct_take_text(&row);
    mail->dialect = acct_take_text(&row);
    mail->language = acct_take_text(&row);
    mail->account_id = acct_take_number(&row, 0, APR_INT64_MAX);
    mail->address = acct_take_text(&row);
    mail->address_key = acct_take_text(&row);
    mail->created_at = acct_take_number(&row, 0, APR_INT64_MAX);
    mail->next_at = acct_take_number(&row, 0, APR_INT64_MAX);
    mail->expires_at = acct_take_number(&row, 0, APR_INT64_MAX);
    mail->tries = (int)acct_take_number(&row, 0, APR_INT32_MAX);
    mail->claimed_by = acct_take_text(&row);
    mail->claimed_at = acct_take_number(&row, 0, APR_INT64_MAX);
    mail->last_error = acct_take_text(&row);
    return acct_taken(&row);
}

static apr_status_t read_mails(acct_db_t *db, int which,
                               const acct_arg_t args[2],
                               apr_array_header_t **list, apr_pool_t *pool)
{
    acct_rows_t rows;
    apr_status_t rv = acct_db_select(db, which, args, 2, &rows, pool);

    if (rv != APR_SUCCESS) {
        *list = apr_array_make(pool, 1, sizeof(acct_mail_t));
        return rv;
    }
    *list = apr_array_make(pool, rows.count, sizeof(acct_mail_t));
    for (int i = 0; rv == APR_SUCCESS && i < rows.count; i++) {
        rv = mail_row(&rows, i, apr_array_push(*list));
    }
    return rv;
}

apr_status_t acct_store_mail_claim(acct_db_t *db,
                                   const acct_mail_claim_t *claim,
                                   apr_array_header_t **list,
                                   apr_pool_t *pool)
{
    const acct_arg_t taken[] = {
        ACCT_TEXT(claim->server), ACCT_INT(claim->now),
        ACCT_INT(claim->now), ACCT_INT(claim->stale),
        ACCT_TEXT(claim->sites), ACCT_INT(claim->limit)
    };
    const acct_arg_t claimed[] = {
        ACCT_TEXT(claim->server), ACCT_INT(claim->now)
    };
    int changed = 0;
    apr_status_t rv = ACCT_RUN(db, ACCT_SQL_MAIL_CLAIM, taken, &changed,
                               pool);

    if (rv != APR_SUCCESS || changed == 0) {
        *list = apr_array_make(pool, 1, sizeof(acct_mail_t));
        return rv;
    }
    return read_mails(db, ACCT_SQL_MAIL_CLAIMED, claimed, list, pool);
}

apr_status_t acct_store_mail_due(acct_db_t *db,
                                 const acct_mail_claim_t *claim, int *is_due,
                                 apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_INT(claim->now), ACCT_INT(claim->stale), ACCT_TEXT(claim->sites)
    };
    acct_rows_t rows;
    apr_status_t rv = ACCT_SELECT(db, ACCT_SQL_MAIL_DUE, args, &rows, pool);

    *is_due = rv == APR_SUCCESS && rows.count > 0;
    return rv;
}

apr_status_t acct_store_mail_delete(acct_db_t *db, const acct_mail_t *mail,
                                    apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_INT(mail->id), ACCT_TEXT(mail->claimed_by),
        ACCT_INT(mail->claimed_at)
    };

    return ACCT_RUN_FOUND(db, ACCT_SQL_MAIL_DELETE, args, pool);
}

apr_status_t acct_store_mail_put_back(acct_db_t *db, const acct_mail_t *mail,
                                      apr_time_t next_at, int tried,
                                      const char *error, apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_INT(next_at), ACCT_INT(tried ? 1 : 0), ACCT_TEXT(error),
        ACCT_INT(mail->id), ACCT_TEXT(mail->claimed_by),
        ACCT_INT(mail->claimed_at)
    };

    return ACCT_RUN_FOUND(db, ACCT_SQL_MAIL_PUT_BACK, args, pool);
}

apr_status_t acct_store_mail_list(acct_db_t *db, apr_int64_t after,
                                  int limit, apr_array_header_t **list,
                                  apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(after), ACCT_INT(limit) };

    return read_mails(db, ACCT_SQL_MAIL_LIST, args, list, pool);
}

apr_status_t acct_store_mail_waiting(acct_db_t *db,
                                     acct_mails_waiting_t *waiting,
                                     apr_pool_t *pool)
{
    acct_rows_t rows;
    acct_taker_t row;
    apr_status_t rv;

    /* looks at all mails, so it is none of the prepared statements */
    rv = acct_only_row(acct_db_query(db, "SELECT COUNT(*), "
                                     "COALESCE(MIN(next_at), 0), "
                                     "COALESCE(MIN(created_at), 0) "
                                     "FROM mail", &rows, pool), &rows);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    row = acct_take_row(&rows, 0);
    waiting->count = (int)acct_take_number(&row, 0, APR_INT32_MAX);
    waiting->next_at = acct_take_number(&row, 0, APR_INT64_MAX);
    waiting->oldest = acct_take_number(&row, 0, APR_INT64_MAX);
    return acct_taken(&row);
}

apr_status_t acct_store_mail_purge(acct_db_t *db, apr_time_t before,
                                   int limit, int *changed,
                                   apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_INT(before), ACCT_INT(before), ACCT_INT(before), ACCT_INT(limit)
    };

    return ACCT_RUN(db, ACCT_SQL_MAIL_PURGE, args, changed, pool);
}

/* ---- how many there were ---- */

apr_status_t acct_store_mail_count_add(acct_db_t *db, const char *key,
                                       apr_int64_t hour, int n,
                                       apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_TEXT(key), ACCT_INT(hour), ACCT_INT(n)
    };

    return ACCT_RUN(db, ACCT_SQL_MAIL_COUNT_ADD, args, NULL, pool);
}

apr_status_t acct_store_mail_count_sum(acct_db_t *db, const char *key,
                                       apr_int64_t hour, apr_int64_t *sum,
                                       apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_TEXT(key), ACCT_INT(hour) };
    acct_rows_t rows;
    acct_taker_t row;
    apr_status_t rv;

    rv = acct_only_row(ACCT_SELECT(db, ACCT_SQL_MAIL_COUNT_SUM, args, &rows,
                                   pool), &rows);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    row = acct_take_row(&rows, 0);
    *sum = acct_take_number(&row, 0, APR_INT64_MAX);
    return acct_taken(&row);
}

apr_status_t acct_store_mail_count_purge(acct_db_t *db, apr_int64_t hour,
                                         int limit, int *changed,
                                         apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(hour), ACCT_INT(limit) };

    return ACCT_RUN(db, ACCT_SQL_MAIL_COUNT_PURGE, args, changed, pool);
}
