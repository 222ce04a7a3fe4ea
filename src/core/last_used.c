/* SPDX-License-Identifier: Apache-2.0 */
#include "last_used.h"

#include "identity.h"
#include "ticks.h"

void acct_last_used_collect(acct_last_used_t *last_used,
                            const acct_cache_t *cache, uint64_t database,
                            acct_notes_t *notes, apr_pool_t *pool)
{
    size_t count = 0;
    int sliding;

    notes->note = apr_palloc(pool, ACCT_LAST_USED_MOST
                                   * sizeof(*notes->note));
    for (sliding = 1; sliding >= 0; sliding--) {
        count += acct_cache_notes(cache, database, sliding,
                                  &last_used->from[!sliding],
                                  notes->note + count,
                                  ACCT_LAST_USED_MOST - count);
    }
    notes->count = (int)count;
}

typedef struct uses_t {
    acct_token_use_t *use;
    int count;
} uses_t;

static uses_t uses_of(const acct_notes_t *notes, apr_pool_t *pool)
{
    uses_t uses = { apr_palloc(pool, (size_t)notes->count
                                     * sizeof(*uses.use)), notes->count };
    int i;

    for (i = 0; i < notes->count; i++) {
        uses.use[i].id = acct_identity_token_id(notes->note[i].token_id,
                                                pool);
        uses.use[i].at = notes->note[i].used;
    }
    return uses;
}

static apr_status_t write_uses(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    const uses_t *uses = baton;

    return acct_store_tokens_used(db, uses->use, uses->count, pool);
}

apr_status_t acct_last_used_write(const acct_notes_t *notes,
                                  acct_cache_t *cache, acct_db_t *db,
                                  apr_pool_t *pool)
{
    apr_status_t status = APR_SUCCESS;
    int i;

    if (notes->count > 0) {
        uses_t uses = uses_of(notes, pool);

        status = acct_db_transact(db, write_uses, &uses, pool);
    }
    for (i = 0; status == APR_SUCCESS && i < notes->count; i++) {
        acct_cache_noted(cache, &notes->note[i], acct_ticks());
    }
    return status;
}
