/* SPDX-License-Identifier: Apache-2.0 */
#include "tables/second_factors.h"

#include "store/drivers.h"

apr_status_t acct_store_totp_find(acct_db_t *db, apr_int64_t account,
                                  acct_totp_t *totp, apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(account) };
    acct_rows_t rows;
    acct_taker_t row;
    apr_status_t rv;

    rv = acct_only_row(ACCT_SELECT(db, ACCT_SQL_TOTP_FIND, args, &rows,
                                   pool), &rows);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    row = acct_take_row(&rows, 0);
    totp->sealed = acct_take_text(&row);
    totp->confirmed_at = acct_take_number(&row, 0, APR_INT64_MAX);
    totp->step = acct_take_number(&row, 0, APR_INT64_MAX);
    return acct_taken(&row);
}

apr_status_t acct_store_totp_begin(acct_db_t *db, apr_int64_t account,
                                   const char *sealed, apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_TEXT(sealed), ACCT_INT(account) };

    return ACCT_RUN_FOUND(db, ACCT_SQL_TOTP_BEGIN, args, pool);
}

apr_status_t acct_store_totp_confirm(acct_db_t *db, apr_int64_t account,
                                     const char *sealed, apr_time_t when,
                                     apr_int64_t step, apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_INT(when), ACCT_INT(step), ACCT_INT(account), ACCT_TEXT(sealed)
    };

    return ACCT_RUN_FOUND(db, ACCT_SQL_TOTP_CONFIRM, args, pool);
}

apr_status_t acct_store_totp_accept(acct_db_t *db, apr_int64_t account,
                                    apr_int64_t step, apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_INT(step), ACCT_INT(account), ACCT_INT(step)
    };

    return ACCT_RUN_FOUND(db, ACCT_SQL_TOTP_ACCEPT, args, pool);
}

apr_status_t acct_store_totp_end(acct_db_t *db, apr_int64_t account,
                                 apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(account) };
    apr_status_t rv = ACCT_RUN_FOUND(db, ACCT_SQL_TOTP_END, args, pool);

    return rv == APR_SUCCESS
        ? acct_store_recovery_code_delete_all(db, account, pool) : rv;
}

apr_status_t acct_store_recovery_code_insert(acct_db_t *db,
                                             apr_int64_t account,
                                             const char *digest,
                                             apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(account), ACCT_TEXT(digest) };

    return ACCT_RUN(db, ACCT_SQL_RECOVERY_CODE_INSERT, args, NULL, pool);
}

apr_status_t acct_store_recovery_code_use(acct_db_t *db, apr_int64_t account,
                                          const char *digest,
                                          apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(account), ACCT_TEXT(digest) };

    return ACCT_RUN_FOUND(db, ACCT_SQL_RECOVERY_CODE_USE, args, pool);
}

apr_status_t acct_store_recovery_code_delete_all(acct_db_t *db,
                                                 apr_int64_t account,
                                                 apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(account) };

    return ACCT_RUN(db, ACCT_SQL_RECOVERY_CODE_DELETE_ALL, args, NULL, pool);
}

apr_status_t acct_store_recovery_code_count(acct_db_t *db,
                                            apr_int64_t account, int *count,
                                            apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(account) };
    acct_rows_t rows;
    acct_taker_t row;
    apr_status_t rv;

    rv = acct_only_row(ACCT_SELECT(db, ACCT_SQL_RECOVERY_CODE_COUNT, args,
                                   &rows, pool), &rows);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    row = acct_take_row(&rows, 0);
    *count = (int)acct_take_number(&row, 0, APR_INT32_MAX);
    return acct_taken(&row);
}
