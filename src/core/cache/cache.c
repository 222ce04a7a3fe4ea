/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/block.h"

#define MAGIC UINT64_C(0x61636374617574)        /* "acctaut" */

size_t acct_cache_bytes(size_t slots)
{
    return acct_bits_bytes(slots) + sizeof(acct_cache_block_t)
        + slots * sizeof(acct_slot_t);
}

size_t acct_cache_slots_in(size_t bytes)
{
    size_t slots;

    if (bytes < acct_cache_bytes(ACCT_CACHE_WAYS)) {
        return 0;
    }
    slots = (bytes - sizeof(acct_cache_block_t)) / sizeof(acct_slot_t);
    slots -= slots % ACCT_CACHE_WAYS;
    /* those that the bits take the place of */
    while (acct_cache_bytes(slots) > bytes) {
        slots -= ACCT_CACHE_WAYS;
    }
    return slots;
}

uint64_t acct_cache_layout(void)
{
    return ACCT_CACHE_LAYOUT;
}

static void look_at(acct_cache_t *cache, void *memory, size_t slots,
                    const unsigned char *secret)
{
    void *block = (char *)memory + acct_bits_bytes(slots);

    cache->block = block;
    cache->slots = slots;
    /* May be the view's own: a view is renewed after a reload. */
    memmove(cache->secret, secret, sizeof(cache->secret));
}

void acct_cache_format(acct_cache_t *cache, void *memory, size_t slots,
                       const unsigned char *secret)
{
    look_at(cache, memory, slots, secret);
    cache->block->magic = MAGIC;
    cache->block->layout = ACCT_CACHE_LAYOUT;
    cache->block->slots = slots;
    acct_epoch_start(cache);
}

apr_status_t acct_cache_attach(acct_cache_t *cache, void *memory,
                               size_t slots, const unsigned char *secret)
{
    const acct_cache_block_t *there;

    look_at(cache, memory, slots, secret);
    there = cache->block;
    return there->magic == MAGIC && there->layout == ACCT_CACHE_LAYOUT
        && there->slots == slots ? APR_SUCCESS : APR_EINVAL;
}
