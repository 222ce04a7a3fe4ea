/* SPDX-License-Identifier: Apache-2.0 */
#include "tables/links.h"

#include <string.h>

#include <openssl/crypto.h>

#include "store/drivers.h"

apr_status_t acct_store_link_insert(acct_db_t *db, const acct_link_t *link,
                                    apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_TEXT(link->digest), ACCT_INT(link->account_id),
        ACCT_TEXT(link->purpose),
        ACCT_TEXT(link->address_key ? link->address_key : ""),
        ACCT_INT(link->created_at), ACCT_INT(link->expires_at)
    };
    int changed;
    apr_status_t rv = ACCT_RUN(db, ACCT_SQL_LINK_INSERT, args, &changed,
                               pool);

    return rv == APR_SUCCESS && changed != 1 ? APR_EEXIST : rv;
}

apr_status_t acct_store_link_find(acct_db_t *db, const char *digest,
                                  const char *purpose, apr_time_t now,
                                  acct_link_t *link, apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_TEXT(digest), ACCT_TEXT(purpose), ACCT_INT(now)
    };
    acct_rows_t rows;
    acct_taker_t row;
    apr_status_t rv;

    if (!digest || strlen(digest) != ACCT_DIGEST_CHARS) {
        return APR_EINVAL;
    }
    rv = acct_only_row(ACCT_SELECT(db, ACCT_SQL_LINK_FIND, args, &rows,
                                   pool), &rows);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    row = acct_take_row(&rows, 0);
    link->digest = acct_take_text(&row);
    link->account_id = acct_take_number(&row, 1, APR_INT64_MAX);
    link->purpose = acct_take_text(&row);
    link->address_key = acct_take_text(&row);
    link->created_at = acct_take_number(&row, 0, APR_INT64_MAX);
    link->expires_at = acct_take_number(&row, 1, APR_INT64_MAX);
    rv = acct_taken(&row);
    /* not on the word of an index alone */
    if (rv == APR_SUCCESS
        && (strlen(link->digest) != ACCT_DIGEST_CHARS
            || CRYPTO_memcmp(link->digest, digest, ACCT_DIGEST_CHARS)
               != 0)) {
        rv = APR_EGENERAL;
    }
    return rv;
}

apr_status_t acct_store_link_use(acct_db_t *db, const char *digest,
                                 const char *purpose, apr_time_t now,
                                 apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_TEXT(digest), ACCT_TEXT(purpose), ACCT_INT(now)
    };

    return ACCT_RUN_FOUND(db, ACCT_SQL_LINK_USE, args, pool);
}

apr_status_t acct_store_link_delete(acct_db_t *db, apr_int64_t account,
                                    const char *purpose, int *changed,
                                    apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(account), ACCT_TEXT(purpose) };

    return purpose
        ? acct_db_run(db, ACCT_SQL_LINK_DELETE, args, 2, changed, pool)
        : acct_db_run(db, ACCT_SQL_LINK_DELETE_ALL, args, 1, changed, pool);
}

apr_status_t acct_store_link_purge(acct_db_t *db, apr_time_t before,
                                   int limit, int *changed,
                                   apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(before), ACCT_INT(limit) };

    return ACCT_RUN(db, ACCT_SQL_LINK_PURGE, args, changed, pool);
}
