/* SPDX-License-Identifier: Apache-2.0 */
#include "request/table.h"

/* Write the table anew from its entry number @a i on, which is unwanted. */
static int strike_from(apr_table_t *table, int i,
                       acct_table_unwanted_fn *unwanted, void *ctx,
                       apr_pool_t *pool)
{
    const apr_array_header_t *all =
        apr_array_copy(pool, apr_table_elts(table));
    const apr_table_entry_t *entry = (const apr_table_entry_t *)all->elts;
    int struck = 1;
    int kept;

    apr_table_clear(table);
    for (kept = 0; kept < i; kept++) {
        apr_table_addn(table, entry[kept].key, entry[kept].val);
    }
    for (i++; i < all->nelts; i++) {
        if (unwanted(ctx, entry[i].key, entry[i].val)) {
            struck++;
        }
        else {
            apr_table_addn(table, entry[i].key, entry[i].val);
        }
    }
    return struck;
}

int acct_table_strike(apr_table_t *table, acct_table_unwanted_fn *unwanted,
                      void *ctx, apr_pool_t *pool)
{
    const apr_array_header_t *all = apr_table_elts(table);
    const apr_table_entry_t *entry = (const apr_table_entry_t *)all->elts;
    int i;

    for (i = 0; i < all->nelts; i++) {
        if (unwanted(ctx, entry[i].key, entry[i].val)) {
            return strike_from(table, i, unwanted, ctx, pool);
        }
    }
    return 0;
}
