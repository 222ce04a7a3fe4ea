/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/block.h"

#include <apr_siphash.h>

/*
 * Memory order.
 * epoch, raised, revocations: raised with acq_rel and read with acquire, so
 * that a thread that sees a commit's epoch sees the count that was raised
 * before it, and nothing older in a slot filled after it.
 */

/* Where an epoch starts and the step it is raised by, neither of which can be
 * guessed: a flipped byte or a wiped page would else bring an epoch back that
 * was left, and revive what was revoked. */
static uint64_t keyed(const acct_cache_t *cache, uint64_t what,
                      uint64_t index)
{
    uint64_t word[2] = { what, index };

    return apr_siphash24(word, sizeof(word), cache->secret);
}

void acct_epoch_start(acct_cache_t *cache)
{
    uint64_t i;

    for (i = 0; i < ACCT_CACHE_EPOCHS; i++) {
        /* relaxed: no other process looks yet */
        atomic_store_explicit(&cache->block->epoch[i],
                              keyed(cache, ACCT_KEYED_START, i),
                              memory_order_relaxed);
    }
}

/* The step is odd: no value comes back before all others were there. */
static void raise_epoch(acct_cache_t *cache, uint64_t index)
{
    atomic_fetch_add_explicit(&cache->block->epoch[index],
                              keyed(cache, ACCT_KEYED_STEP, index) | 1,
                              memory_order_acq_rel);
}

uint64_t acct_cache_ticket(const acct_cache_t *cache)
{
    return atomic_load_explicit(&cache->block->revocations,
                                memory_order_acquire);
}

/* The count first, then where the epoch's fillers look for it: one that
 * reads the raised epoch then sees that its ticket is older. */
static void revoke_stripe(acct_cache_t *cache, uint64_t count, uint64_t index)
{
    _Atomic uint64_t *raised = &cache->block->raised[index];
    /* relaxed: the exchange below orders */
    uint64_t before = atomic_load_explicit(raised, memory_order_relaxed);

    /* The highest stays, whichever thread is last. acq_rel, or relaxed when it
     * fails and is tried again. */
    while (before < count
           && !atomic_compare_exchange_weak_explicit(
               raised, &before, count, memory_order_acq_rel,
               memory_order_relaxed)) {
    }
    raise_epoch(cache, index);
}

static uint64_t count_one(acct_cache_t *cache)
{
    return atomic_fetch_add_explicit(&cache->block->revocations, 1,
                                     memory_order_acq_rel) + 1;
}

void acct_cache_raise(acct_cache_t *cache, uint64_t database,
                      int64_t account)
{
    revoke_stripe(cache, count_one(cache),
                  acct_epoch_index(database, account));
}

void acct_cache_raise_all(acct_cache_t *cache)
{
    uint64_t count = count_one(cache);
    uint64_t i;

    for (i = 0; i < ACCT_CACHE_EPOCHS; i++) {
        revoke_stripe(cache, count, i);
    }
}

void acct_service_revoked(const acct_service_t *service, int64_t account)
{
    if (service->cache != NULL) {
        acct_cache_raise(service->cache, service->cache_database, account);
    }
}
