/* SPDX-License-Identifier: Apache-2.0 */
#include "store/foreign_tokens.h"

#include "store/drivers.h"

const char *acct_form_name(acct_form_e form)
{
    static const char *const names[ACCT_FORM__COUNT] = {
        [ACCT_FORM_NATIVE] = "native",
        [ACCT_FORM_KNOX_SALTED] = "knox41",
        [ACCT_FORM_KNOX_BYTES] = "knox42",
        [ACCT_FORM_KNOX_TEXT] = "knox50",
        [ACCT_FORM_NUMBERED] = "sanctum"
    };

    return names[form];
}

static apr_status_t foreign_row(const acct_rows_t *rows, int i,
                                acct_foreign_row_t *found)
{
    acct_taker_t row = acct_take_row(rows, i);

    acct_take_identity(&row, &found->token, &found->account);
    found->form = (acct_form_e)acct_take_number(&row, ACCT_FORM_KNOX_SALTED,
                                                ACCT_FORM__COUNT - 1);
    found->digest = acct_take_maybe(&row);
    found->salt = acct_take_maybe(&row);
    found->key = acct_take_maybe(&row);
    return acct_taken(&row);
}

apr_status_t acct_store_foreign_find(acct_db_t *db,
                                     const char *const *digests,
                                     const char *key,
                                     apr_array_header_t **rows,
                                     apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_TEXT(digests[0]), ACCT_TEXT(digests[1]), ACCT_TEXT(digests[2]),
        ACCT_TEXT(key), ACCT_INT(ACCT_FOREIGN_ROWS)
    };
    acct_rows_t found;
    apr_status_t rv = ACCT_SELECT(db, ACCT_SQL_TOKEN_FOREIGN, args, &found,
                                  pool);

    *rows = apr_array_make(pool, ACCT_FOREIGN_DIGESTS,
                           sizeof(acct_foreign_row_t));
    for (int i = 0; rv == APR_SUCCESS && i < found.count; i++) {
        rv = foreign_row(&found, i, apr_array_push(*rows));
    }
    return rv;
}

apr_status_t acct_store_foreign_count(acct_db_t *db, apr_int64_t *count,
                                      apr_time_t *used, apr_pool_t *pool)
{
    acct_rows_t rows;
    apr_status_t rv;

    for (int i = 0; i < ACCT_FORM__COUNT; i++) {
        count[i] = used[i] = 0;
    }
    /* looks at all tokens, so it is none of the prepared statements */
    rv = acct_db_query(db, "SELECT form, COUNT(*), MAX(last_used) "
                           "FROM token GROUP BY form", &rows, pool);
    for (int i = 0; rv == APR_SUCCESS && i < rows.count; i++) {
        acct_taker_t row = acct_take_row(&rows, i);
        apr_int64_t form = acct_take_number(&row, 0, ACCT_FORM__COUNT - 1);

        count[form] = acct_take_number(&row, 0, APR_INT64_MAX);
        used[form] = acct_take_number(&row, 0, APR_INT64_MAX);
        rv = acct_taken(&row);
    }
    return rv;
}
