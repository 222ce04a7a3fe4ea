/* SPDX-License-Identifier: Apache-2.0 */
#include "identity_cache_private.h"

#define MAGIC UINT64_C(0x61636374617574)        /* "acctaut" */

size_t acct_cache_bytes(size_t slots)
{
    return sizeof(acct_cache_block_t) + slots * sizeof(acct_slot_t);
}

size_t acct_cache_slots_in(size_t bytes)
{
    size_t slots;

    if (bytes < acct_cache_bytes(ACCT_CACHE_WAYS)) {
        return 0;
    }
    slots = (bytes - sizeof(acct_cache_block_t)) / sizeof(acct_slot_t);
    return slots - slots % ACCT_CACHE_WAYS;
}

uint64_t acct_cache_layout(void)
{
    return ACCT_CACHE_LAYOUT;
}

static void look_at(acct_cache_t *cache, acct_cache_block_t *block,
                    size_t slots, const unsigned char *secret)
{
    cache->block = block;
    cache->slots = slots;
    /* May be the view's own: a view is renewed after a reload. */
    memmove(cache->secret, secret, sizeof(cache->secret));
}

void acct_cache_format(acct_cache_t *cache, void *block, size_t slots,
                       const unsigned char *secret)
{
    acct_cache_block_t *fresh = block;

    memset(block, 0, acct_cache_bytes(slots));
    fresh->magic = MAGIC;
    fresh->layout = ACCT_CACHE_LAYOUT;
    fresh->slots = slots;
    look_at(cache, fresh, slots, secret);
    acct_epoch_start(cache);
}

apr_status_t acct_cache_attach(acct_cache_t *cache, void *block,
                               size_t slots, const unsigned char *secret)
{
    acct_cache_block_t *there = block;

    if (there->magic != MAGIC || there->layout != ACCT_CACHE_LAYOUT
        || there->slots != slots) {
        return APR_EINVAL;
    }
    look_at(cache, there, slots, secret);
    return APR_SUCCESS;
}
