/* SPDX-License-Identifier: Apache-2.0 */
/* Accounts in the database; see store/store.h. */
#include "store/drivers.h"

#include <string.h>

#include <apr_time.h>

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
    rv = acct_only_row(ACCT_SELECT(db, which, args, &rows, pool), &rows);
    return rv == APR_SUCCESS ? account_row(&rows, 0, account) : rv;
}

apr_status_t acct_store_account_by_id(acct_db_t *db, apr_int64_t id,
                                      acct_account_t *account,
                                      apr_pool_t *pool)
{
    return find_account(db, ACCT_SQL_ACCOUNT_BY_ID, ACCT_INT(id), account,
                        pool);
}

apr_status_t acct_store_account_lock(acct_db_t *db, apr_int64_t id,
                                     acct_account_t *account,
                                     apr_pool_t *pool)
{
    return find_account(db, ACCT_SQL_ACCOUNT_LOCK, ACCT_INT(id), account,
                        pool);
}

apr_status_t acct_store_account_by_username(acct_db_t *db, const char *key,
                                            acct_account_t *account,
                                            apr_pool_t *pool)
{
    return find_account(db, ACCT_SQL_ACCOUNT_BY_USERNAME, ACCT_TEXT(key),
                        account, pool);
}

apr_status_t acct_store_account_by_email(acct_db_t *db, const char *key,
                                         acct_account_t *account,
                                         apr_pool_t *pool)
{
    return find_account(db, ACCT_SQL_ACCOUNT_BY_EMAIL, ACCT_TEXT(key), account,
                        pool);
}

acct_state_e acct_account_state(const acct_account_t *account)
{
    if (account->is_active) {
        return ACCT_STATE_ACTIVE;
    }
    return account->pending_until != 0 ? ACCT_STATE_PENDING
                                       : ACCT_STATE_BLOCKED;
}

const char *acct_state_name(acct_state_e state)
{
    static const char *const names[] = {
        [ACCT_STATE_ACTIVE] = "active", [ACCT_STATE_PENDING] = "pending",
        [ACCT_STATE_BLOCKED] = "blocked"
    };

    return names[state];
}

static apr_status_t find_id(acct_db_t *db, acct_account_t *account,
                            apr_pool_t *pool)
{
    const acct_arg_t keys[] = {
        ACCT_TEXT(account->username_key), ACCT_TEXT(account->email_key)
    };
    acct_rows_t rows;
    acct_taker_t row;
    apr_status_t rv = ACCT_SELECT(db, ACCT_SQL_ACCOUNT_ID, keys, &rows, pool);

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

static apr_status_t insert_row(acct_db_t *db, const acct_account_t *a,
                               apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_TEXT(a->username), ACCT_TEXT(a->username_key),
        ACCT_TEXT(a->email), ACCT_TEXT(a->email_key),
        ACCT_TEXT(a->first_name ? a->first_name : ""),
        ACCT_TEXT(a->last_name ? a->last_name : ""),
        ACCT_TEXT(a->password),
        ACCT_INT(a->is_active && a->pending_until == 0 ? 1 : 0),
        ACCT_INT(a->is_staff ? 1 : 0), ACCT_INT(a->created_at),
        ACCT_INT(a->last_login), ACCT_INT(a->pending_until),
        ACCT_INT(a->email_verified_at),
        ACCT_TEXT(a->username_key), ACCT_TEXT(a->email_key)
    };
    int changed;
    apr_status_t rv = ACCT_RUN(db, ACCT_SQL_ACCOUNT_INSERT, args, &changed,
                               pool);

    return rv == APR_SUCCESS && changed != 1 ? APR_EEXIST : rv;
}

apr_status_t acct_store_account_insert(acct_db_t *db,
                                       acct_account_t *account,
                                       apr_pool_t *pool)
{
    acct_account_t wanted = *account;
    apr_status_t rv;

    wanted.id = account->id = 0;
    rv = acct_claim_keys(db, &wanted, pool);
    if (rv == APR_SUCCESS) {
        rv = insert_row(db, account, pool);
    }
    if (rv == APR_SUCCESS) {
        rv = acct_confirm_keys(db, &wanted, pool);
    }
    return rv == APR_SUCCESS ? find_id(db, account, pool) : rv;
}

apr_status_t acct_store_taken(acct_db_t *db, const acct_account_t *wanted,
                              int *username_taken, int *email_taken,
                              apr_pool_t *pool)
{
    const char *name = wanted->username_key;
    const char *address = wanted->email_key;
    apr_int64_t id = wanted->id;
    apr_time_t now = apr_time_now();
    const acct_arg_t args[] = {
        ACCT_TEXT(name), ACCT_TEXT(name), ACCT_INT(id), ACCT_INT(now),
        ACCT_TEXT(name), ACCT_INT(id), ACCT_INT(now),
        ACCT_TEXT(address), ACCT_TEXT(address), ACCT_INT(id), ACCT_INT(now),
        ACCT_TEXT(address), ACCT_INT(id), ACCT_INT(now)
    };
    acct_rows_t rows;
    acct_taker_t row;
    apr_status_t rv;

    *username_taken = *email_taken = 0;
    rv = ACCT_SELECT(db, ACCT_SQL_ACCOUNT_TAKEN, args, &rows, pool);
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
    apr_status_t rv = ACCT_SELECT(db, ACCT_SQL_ACCOUNT_LIST, args, &rows,
                                  pool);

    *list = apr_array_make(pool, rows.count, sizeof(acct_account_t));
    for (int i = 0; rv == APR_SUCCESS && i < rows.count; i++) {
        rv = account_row(&rows, i, apr_array_push(*list));
    }
    return rv;
}
