/* SPDX-License-Identifier: Apache-2.0 */
/* All that is stored of the account of a token; see account/account.h. */
#include "account/account.h"

#include "credential/issue.h"
#include "database/unit.h"
#include "tables/stored.h"

#define PAGE 512                /* tokens that are read at once */

typedef struct export_t {
    apr_int64_t id;
    acct_account_t *account;    /* out */
    apr_array_header_t *tokens; /* out: acct_token_t */
    const apr_array_header_t **stored;  /* out: by acct_stored_e */
} export_t;

/* Those that are over and not cleared away yet are stored too. */
static apr_status_t read_tokens(export_t *work, acct_db_t *db,
                                apr_pool_t *pool)
{
    const acct_token_t *last = NULL;
    apr_array_header_t *page;
    apr_status_t status;

    work->tokens = apr_array_make(pool, 4, sizeof(acct_token_t));
    do {
        status = acct_store_token_list(db, work->id, last, PAGE, &page, pool);
        if (status != APR_SUCCESS) {
            return status;
        }
        apr_array_cat(work->tokens, page);
        last = page->nelts > 0 ? &APR_ARRAY_IDX(page, page->nelts - 1,
                                                acct_token_t) : NULL;
    } while (page->nelts == PAGE);
    return APR_SUCCESS;
}

static apr_status_t read_all(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    export_t *work = baton;
    apr_status_t status = acct_store_account_by_id(db, work->id,
                                                   work->account, pool);

    if (status == APR_SUCCESS) {
        status = read_tokens(work, db, pool);
    }
    return status == APR_SUCCESS
        ? acct_store_stored(db, work->id, work->stored, pool) : status;
}

void acct_export(const acct_call_t *call)
{
    acct_result_t *result = call->result;
    export_t work = {
        .id = call->identity->account.id,
        .account = apr_pcalloc(call->pool, sizeof(*work.account)),
        .stored = apr_pcalloc(call->pool, ACCT_STORED__COUNT
                                          * sizeof(*work.stored))
    };

    if (acct_call_read(call, read_all, &work, work.account)) {
        result->tokens = work.tokens;
        result->token_id = call->identity->token.id;
        result->stored = work.stored;
    }
}
