/* SPDX-License-Identifier: Apache-2.0 */
/* Changes to an account's row, and whose a name is; see store/store.h. */
#include "store/drivers.h"
#include "store/imported.h"

#include <apr_strings.h>
#include <apr_time.h>

/* ---- names ---- */

static apr_status_t delete_lapsed(acct_db_t *db, const acct_account_t *wanted,
                                  apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_TEXT(wanted->username_key), ACCT_TEXT(wanted->email_key),
        ACCT_TEXT(wanted->username_key), ACCT_TEXT(wanted->email_key),
        ACCT_INT(apr_time_now())
    };

    return ACCT_RUN(db, ACCT_SQL_ACCOUNT_DELETE_LAPSED, args, NULL, pool);
}

apr_status_t acct_claim_keys(acct_db_t *db, const acct_account_t *wanted,
                             apr_pool_t *pool)
{
    const acct_store_driver_t *driver = acct_store_driver_of(db);
    apr_status_t rv = driver->lock_names
        ? driver->lock_names(db, wanted, pool) : APR_SUCCESS;

    return rv == APR_SUCCESS ? delete_lapsed(db, wanted, pool) : rv;
}

/* After the writing, which may have waited for the end of a transaction that
 * gave the name up: that it is held since was not in what it saw. */
apr_status_t acct_confirm_keys(acct_db_t *db, const acct_account_t *wanted,
                               apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_TEXT(wanted->username_key), ACCT_TEXT(wanted->email_key),
        ACCT_INT(wanted->id), ACCT_INT(apr_time_now())
    };
    acct_rows_t rows;
    apr_status_t rv;

    rv = ACCT_SELECT(db, ACCT_SQL_NAME_HOLD_FIND, args, &rows, pool);
    return rv == APR_SUCCESS && rows.count > 0 ? APR_EEXIST : rv;
}

/* Set a name or an address by @a which, whose last arguments are those of
 * IS_FREE_FOR (common.c). */
static apr_status_t set_key(acct_db_t *db, int which,
                            const acct_account_t *wanted,
                            const acct_arg_t *args, int nargs,
                            apr_pool_t *pool)
{
    int changed;
    apr_status_t rv = acct_claim_keys(db, wanted, pool);

    if (rv == APR_SUCCESS) {
        rv = acct_db_run(db, which, args, nargs, &changed, pool);
    }
    if (rv == APR_SUCCESS && changed == 0) {
        return APR_EEXIST;
    }
    return rv == APR_SUCCESS ? acct_confirm_keys(db, wanted, pool) : rv;
}

apr_status_t acct_store_account_set_username(acct_db_t *db, apr_int64_t id,
                                             const char *username,
                                             const char *key,
                                             apr_pool_t *pool)
{
    acct_account_t wanted = { .id = id, .username_key = key };
    const acct_arg_t args[] = {
        ACCT_TEXT(username), ACCT_TEXT(key), ACCT_INT(id), ACCT_INT(id),
        ACCT_TEXT(key), ACCT_TEXT(key)
    };

    return set_key(db, ACCT_SQL_ACCOUNT_SET_USERNAME, &wanted, args,
                   (int)(sizeof(args) / sizeof(*args)), pool);
}

apr_status_t acct_store_account_set_email(acct_db_t *db, apr_int64_t id,
                                          const char *email, const char *key,
                                          apr_time_t verified_at,
                                          apr_pool_t *pool)
{
    acct_account_t wanted = { .id = id, .email_key = key };
    const acct_arg_t args[] = {
        ACCT_TEXT(email), ACCT_TEXT(key), ACCT_INT(verified_at),
        ACCT_INT(id), ACCT_INT(id), ACCT_TEXT(key), ACCT_TEXT(key)
    };

    return set_key(db, ACCT_SQL_ACCOUNT_SET_EMAIL, &wanted, args,
                   (int)(sizeof(args) / sizeof(*args)), pool);
}

/* ---- the rest ---- */

apr_status_t acct_store_account_set_email_pending(acct_db_t *db,
                                                  apr_int64_t id,
                                                  const char *email,
                                                  const char *key,
                                                  apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_TEXT(email), ACCT_TEXT(key), ACCT_INT(id)
    };

    return ACCT_RUN_FOUND(db, ACCT_SQL_ACCOUNT_SET_EMAIL_PENDING, args,
                          pool);
}

apr_status_t acct_store_account_set_verified(acct_db_t *db, apr_int64_t id,
                                             const char *email_key,
                                             apr_time_t when,
                                             apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_INT(when), ACCT_INT(id), ACCT_TEXT(email_key)
    };

    return ACCT_RUN_FOUND(db, ACCT_SQL_ACCOUNT_SET_VERIFIED, args, pool);
}

#define UNVERIFIED \
    " WHERE email_key IS NOT NULL AND email_verified_at = 0 " \
    "AND pending_until = 0"

apr_status_t acct_store_verify_all(acct_db_t *db, apr_time_t when,
                                   apr_int64_t *count, apr_pool_t *pool)
{
    acct_rows_t rows;
    acct_taker_t row;
    apr_status_t rv;

    /* looks at all accounts, so it is none of the prepared statements */
    rv = acct_only_row(acct_db_query(db, "SELECT COUNT(*) FROM account"
                                     UNVERIFIED, &rows, pool), &rows);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    row = acct_take_row(&rows, 0);
    *count = acct_take_number(&row, 0, APR_INT64_MAX);
    rv = acct_taken(&row);
    return rv == APR_SUCCESS
        ? acct_db_exec(db, apr_psprintf(pool, "UPDATE account SET "
                                        "email_verified_at = %"
                                        APR_INT64_T_FMT UNVERIFIED, when),
                       pool)
        : rv;
}

apr_status_t acct_store_account_set_names(acct_db_t *db, apr_int64_t id,
                                          const char *first_name,
                                          const char *last_name,
                                          apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_TEXT(first_name), ACCT_TEXT(last_name), ACCT_INT(id)
    };

    return ACCT_RUN_FOUND(db, ACCT_SQL_ACCOUNT_SET_NAMES, args, pool);
}

apr_status_t acct_store_account_set_staff(acct_db_t *db, apr_int64_t id,
                                          int is_staff, apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(is_staff ? 1 : 0), ACCT_INT(id) };

    return ACCT_RUN_FOUND(db, ACCT_SQL_ACCOUNT_SET_STAFF, args, pool);
}

apr_status_t acct_store_account_activate(acct_db_t *db, apr_int64_t id,
                                         apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(id) };

    return ACCT_RUN_FOUND(db, ACCT_SQL_ACCOUNT_ACTIVATE, args, pool);
}

apr_status_t acct_store_account_change_password(acct_db_t *db,
                                                apr_int64_t id,
                                                const char *old,
                                                const char *hash,
                                                apr_time_t when,
                                                apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_TEXT(hash), ACCT_INT(when), ACCT_INT(id), ACCT_TEXT(old),
        ACCT_TEXT(old)
    };

    return ACCT_RUN_FOUND(db, ACCT_SQL_ACCOUNT_CHANGE_PASSWORD, args, pool);
}

apr_status_t acct_store_account_set_active(acct_db_t *db, apr_int64_t id,
                                           int is_active, apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(is_active ? 1 : 0), ACCT_INT(id) };

    return ACCT_RUN_FOUND(db, ACCT_SQL_ACCOUNT_SET_ACTIVE, args, pool);
}

apr_status_t acct_store_account_set_password(acct_db_t *db, apr_int64_t id,
                                             const char *old,
                                             const char *hash,
                                             apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_TEXT(hash), ACCT_INT(id), ACCT_TEXT(old), ACCT_TEXT(old)
    };

    return ACCT_RUN_FOUND(db, ACCT_SQL_ACCOUNT_SET_PASSWORD, args, pool);
}

apr_status_t acct_store_account_set_last_login(acct_db_t *db,
                                               apr_int64_t id,
                                               apr_time_t when,
                                               apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(when), ACCT_INT(id) };

    return ACCT_RUN_FOUND(db, ACCT_SQL_ACCOUNT_SET_LAST_LOGIN, args, pool);
}

apr_status_t acct_store_account_delete(acct_db_t *db, apr_int64_t id,
                                       apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(id) };
    apr_status_t rv = ACCT_RUN_FOUND(db, ACCT_SQL_ACCOUNT_DELETE, args, pool);

    return rv == APR_SUCCESS ? acct_imported_erase(db, id, pool) : rv;
}
