/* SPDX-License-Identifier: Apache-2.0 */
/* What the database is full of; see bench.h. */
#include "bench.h"

#include <apr_strings.h>

#include "token/token.h"

#define WORD_HEX 16

/* Digits in no order, as those of a digest are. */
static const char *digits(apr_int64_t token, uint64_t kind, int count,
                          apr_pool_t *pool)
{
    const char *text = "";
    int i;

    for (i = 0; i < count / WORD_HEX; i++) {
        text = apr_psprintf(pool, "%s%016" APR_UINT64_T_HEX_FMT, text,
                            scatter((uint64_t)token * 8 + kind * 4
                                    + (uint64_t)i + 1));
    }
    return text;
}

const char *username_of(apr_int64_t account, apr_pool_t *pool)
{
    return apr_psprintf(pool, "user%" APR_INT64_T_FMT, account);
}

apr_int64_t account_id_of(apr_int64_t token)
{
    return token / TOKENS_EACH + 1;
}

const char *digest_of(apr_int64_t token, apr_pool_t *pool)
{
    return digits(token, 0, ACCT_DIGEST_HEX, pool);
}

const char *id_of(apr_int64_t token, apr_pool_t *pool)
{
    return digits(token, 1, ACCT_TOKEN_ID_HEX, pool);
}

apr_status_t add_token(acct_db_t *db, apr_int64_t account_id,
                       apr_int64_t token, apr_pool_t *pool)
{
    acct_token_t row = {
        .id = id_of(token, pool), .account_id = account_id,
        .digest = digest_of(token, pool), .label = "",
        .created_at = apr_time_now(),
        .expires_at = apr_time_now() + apr_time_from_sec(86400)
    };

    return acct_store_token_insert(db, &row, pool);
}
