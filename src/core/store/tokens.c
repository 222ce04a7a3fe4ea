/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens in the database, and when they were used; see store/store.h. */
#include "store/drivers.h"

#include <string.h>

#include <apr_strings.h>
#include <openssl/crypto.h>

apr_status_t acct_store_token_insert(acct_db_t *db,
                                     const acct_token_t *token,
                                     apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_TEXT(token->id), ACCT_INT(token->account_id),
        ACCT_TEXT(token->digest), ACCT_TEXT(token->sealed),
        ACCT_TEXT(token->label ? token->label : ""),
        ACCT_INT(token->created_at), ACCT_INT(token->expires_at),
        ACCT_INT(token->last_used), ACCT_INT(token->ends_at),
        ACCT_INT(token->sliding),
        ACCT_TEXT(token->network ? token->network : "")
    };
    int changed;
    apr_status_t rv = ACCT_RUN(db, ACCT_SQL_TOKEN_INSERT, args, &changed,
                               pool);

    return rv == APR_SUCCESS && changed != 1 ? APR_EEXIST : rv;
}

static apr_status_t identity_row(const acct_rows_t *rows, int i,
                                 const char *digest, acct_token_t *token,
                                 acct_account_t *account)
{
    acct_taker_t row = acct_take_row(rows, i);
    acct_token_t t;
    acct_account_t a;
    apr_status_t rv;

    acct_take_identity(&row, &t, &a);
    rv = acct_taken(&row);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    /* not on the word of an index alone */
    if (CRYPTO_memcmp(t.digest, digest, ACCT_DIGEST_CHARS) != 0) {
        return APR_EGENERAL;
    }
    *token = t;
    *account = a;
    return APR_SUCCESS;
}

apr_status_t acct_store_token_find(acct_db_t *db, const char *digest,
                                   acct_token_t *token,
                                   acct_account_t *account,
                                   apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_TEXT(digest) };
    acct_rows_t rows;
    apr_status_t rv;

    memset(token, 0, sizeof(*token));
    memset(account, 0, sizeof(*account));
    if (!digest || strlen(digest) != ACCT_DIGEST_CHARS) {
        return APR_EINVAL;
    }
    rv = acct_only_row(ACCT_SELECT(db, ACCT_SQL_TOKEN_FIND, args, &rows,
                                   pool), &rows);
    return rv == APR_SUCCESS
        ? identity_row(&rows, 0, digest, token, account) : rv;
}

apr_status_t acct_store_tokens_find(acct_db_t *db,
                                    const char *const *digests, int count,
                                    acct_rows_t *rows, apr_pool_t *pool)
{
    acct_arg_t args[ACCT_STORE_TOGETHER];

    if (count < 1 || count > ACCT_STORE_TOGETHER) {
        return APR_EINVAL;
    }
    for (int i = 0; i < ACCT_STORE_TOGETHER; i++) {
        args[i] = (acct_arg_t)ACCT_TEXT(i < count ? digests[i] : NULL);
    }
    return ACCT_SELECT(db, ACCT_SQL_TOKENS_FIND, args, rows, pool);
}

/* The row of a digest, which is the first column; -1 when there is none. */
static int find_row(const acct_rows_t *rows, const char *digest)
{
    for (int i = 0; i < rows->count; i++) {
        if (rows->cell[i][0] && strcmp(rows->cell[i][0], digest) == 0) {
            return i;
        }
    }
    return -1;
}

apr_status_t acct_store_token_among(const acct_rows_t *rows,
                                    const char *digest, acct_token_t *token,
                                    acct_account_t *account,
                                    apr_pool_t *pool)
{
    int i = find_row(rows, digest);
    apr_status_t rv;

    memset(token, 0, sizeof(*token));
    memset(account, 0, sizeof(*account));
    if (i < 0) {
        return APR_NOTFOUND;
    }
    rv = identity_row(rows, i, digest, token, account);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    /* of NULL it is NULL */
    token->id = apr_pstrdup(pool, token->id);
    token->digest = apr_pstrdup(pool, token->digest);
    account->username = apr_pstrdup(pool, account->username);
    account->email = apr_pstrdup(pool, account->email);
    return APR_SUCCESS;
}

static apr_status_t token_row(const acct_rows_t *rows, int i,
                              acct_token_t *token)
{
    acct_taker_t row = acct_take_row(rows, i);

    acct_take_token(&row, token);
    token->sealed = acct_take_maybe(&row);
    return acct_taken(&row);
}

apr_status_t acct_store_token_reusable(acct_db_t *db, apr_int64_t account,
                                       acct_token_t *token,
                                       apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(account) };
    acct_rows_t rows;
    apr_status_t rv;

    memset(token, 0, sizeof(*token));
    rv = acct_only_row(ACCT_SELECT(db, ACCT_SQL_TOKEN_REUSABLE, args, &rows,
                                   pool), &rows);
    return rv == APR_SUCCESS ? token_row(&rows, 0, token) : rv;
}

apr_status_t acct_store_token_list(acct_db_t *db, apr_int64_t account,
                                   const acct_token_t *after, int limit,
                                   apr_array_header_t **list,
                                   apr_pool_t *pool)
{
    apr_time_t at = after != NULL ? after->created_at : APR_INT64_MAX;
    const acct_arg_t args[] = {
        ACCT_INT(account), ACCT_INT(at), ACCT_INT(at),
        ACCT_TEXT(after != NULL ? after->id : ""), ACCT_INT(limit)
    };
    acct_rows_t rows;
    apr_status_t rv = ACCT_SELECT(db, ACCT_SQL_TOKEN_LIST, args, &rows, pool);

    *list = apr_array_make(pool, rows.count, sizeof(acct_token_t));
    for (int i = 0; rv == APR_SUCCESS && i < rows.count; i++) {
        rv = token_row(&rows, i, apr_array_push(*list));
    }
    return rv;
}

apr_status_t acct_store_token_delete(acct_db_t *db, const char *id,
                                     int *changed, apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_TEXT(id) };

    return ACCT_RUN(db, ACCT_SQL_TOKEN_DELETE, args, changed, pool);
}

apr_status_t acct_store_token_delete_of(acct_db_t *db, apr_int64_t account,
                                        const char *id, int *changed,
                                        apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_TEXT(id), ACCT_INT(account) };

    return ACCT_RUN(db, ACCT_SQL_TOKEN_DELETE_OF, args, changed, pool);
}

apr_status_t acct_store_token_delete_reusable(acct_db_t *db,
                                              apr_int64_t account,
                                              int *changed,
                                              apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(account) };

    return ACCT_RUN(db, ACCT_SQL_TOKEN_DELETE_REUSABLE, args, changed, pool);
}

apr_status_t acct_store_token_delete_all(acct_db_t *db,
                                         apr_int64_t account,
                                         int *changed, apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(account) };

    return ACCT_RUN(db, ACCT_SQL_TOKEN_DELETE_ALL, args, changed, pool);
}

apr_status_t acct_store_token_delete_others(acct_db_t *db,
                                            apr_int64_t account,
                                            const char *id, int *changed,
                                            apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(account), ACCT_TEXT(id) };

    return ACCT_RUN(db, ACCT_SQL_TOKEN_DELETE_OTHERS, args, changed, pool);
}

apr_status_t acct_store_token_is_of(acct_db_t *db, apr_int64_t account,
                                    const char *id, apr_time_t *created_at,
                                    apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_TEXT(id), ACCT_INT(account) };
    acct_rows_t rows;
    acct_taker_t row;
    apr_time_t when;
    apr_status_t rv = acct_only_row(ACCT_SELECT(db, ACCT_SQL_TOKEN_IS_OF,
                                                args, &rows, pool), &rows);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    row = acct_take_row(&rows, 0);
    when = acct_take_number(&row, 0, APR_INT64_MAX);
    if (created_at != NULL) {
        *created_at = when;
    }
    return acct_taken(&row);
}

apr_status_t acct_store_token_of(acct_db_t *db, apr_int64_t account,
                                 const char *id, acct_token_t *token,
                                 apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_TEXT(id), ACCT_INT(account) };
    acct_rows_t rows;
    apr_status_t rv = acct_only_row(ACCT_SELECT(db, ACCT_SQL_TOKEN_OF, args,
                                                &rows, pool), &rows);

    memset(token, 0, sizeof(*token));
    return rv == APR_SUCCESS ? token_row(&rows, 0, token) : rv;
}

apr_status_t acct_store_token_set_label(acct_db_t *db, apr_int64_t account,
                                        const char *id, const char *label,
                                        apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_TEXT(label), ACCT_TEXT(id), ACCT_INT(account)
    };

    return ACCT_RUN_FOUND(db, ACCT_SQL_TOKEN_SET_LABEL, args, pool);
}

apr_status_t acct_store_token_delete_oldest(acct_db_t *db,
                                            apr_int64_t account,
                                            apr_time_t now, int keep,
                                            int *changed, apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_INT(account), ACCT_INT(now), ACCT_INT(now), ACCT_INT(keep)
    };

    return ACCT_RUN(db, ACCT_SQL_TOKEN_DELETE_OLDEST, args, changed, pool);
}

apr_status_t acct_store_token_count(acct_db_t *db, apr_int64_t account,
                                    apr_time_t now, apr_int64_t *count,
                                    apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_INT(account), ACCT_INT(now), ACCT_INT(now)
    };
    acct_rows_t rows;
    acct_taker_t row;
    apr_status_t rv;

    rv = acct_only_row(ACCT_SELECT(db, ACCT_SQL_TOKEN_COUNT, args, &rows,
                                   pool), &rows);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    row = acct_take_row(&rows, 0);
    *count = acct_take_number(&row, 0, APR_INT64_MAX);
    return acct_taken(&row);
}

apr_status_t acct_store_token_lock(acct_db_t *db, apr_pool_t *pool)
{
    const char *lock = acct_store_driver_of(db)->lock_tokens;

    return lock ? acct_db_exec(db, lock, pool) : APR_SUCCESS;
}

apr_status_t acct_store_token_ages(acct_db_t *db, apr_time_t *oldest,
                                   apr_time_t *newest, apr_pool_t *pool)
{
    acct_rows_t rows;
    acct_taker_t row;
    apr_status_t rv;

    /* looks at all tokens, so it is none of the prepared statements */
    rv = acct_only_row(acct_db_query(db,
                                     "SELECT COALESCE(MIN(created_at), 0), "
                                     "COALESCE(MAX(created_at), 0), "
                                     "COUNT(*) FROM token", &rows, pool),
                       &rows);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    row = acct_take_row(&rows, 0);
    *oldest = acct_take_number(&row, 0, APR_INT64_MAX);
    *newest = acct_take_number(&row, 0, APR_INT64_MAX);
    if (acct_take_number(&row, 0, APR_INT64_MAX) == 0) {
        *oldest = APR_INT64_MAX;
    }
    return acct_taken(&row);
}

/* Of two that are the same token here and there the one here goes on. */
static apr_status_t adopt(acct_db_t *db, const acct_token_use_t *use,
                          apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_TEXT(use->digest), ACCT_TEXT(use->id), ACCT_TEXT(use->digest)
    };

    return ACCT_RUN(db, ACCT_SQL_TOKEN_ADOPT, args, NULL, pool);
}

apr_status_t acct_store_tokens_used(acct_db_t *db,
                                    const acct_token_use_t *uses, int count,
                                    apr_pool_t *pool)
{
    apr_status_t rv = APR_SUCCESS;

    if (count > 0) {
        rv = acct_store_driver_of(db)->write_uses(db, uses, count, pool);
    }
    for (int i = 0; rv == APR_SUCCESS && i < count; i++) {
        if (uses[i].digest) {
            rv = adopt(db, &uses[i], pool);
        }
    }
    return rv;
}
