/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/block.h"

#include <apr_siphash.h>

/* A time that never comes: nothing is fresh by it. */
#define RETIRED INT64_MAX

int acct_cache_feed_find(const acct_cache_t *cache, uint64_t database)
{
    const acct_cache_block_t *block = cache->block;
    uint64_t i;

    for (i = 0; i < block->feeds && i < ACCT_CACHE_FEEDS; i++) {
        if (block->feed[i].database == database) {
            return (int)i;
        }
    }
    return -1;
}

int acct_cache_feed(acct_cache_t *cache, uint64_t database)
{
    acct_cache_block_t *block = cache->block;
    int found = acct_cache_feed_find(cache, database);

    if (found >= 0 || block->feeds >= ACCT_CACHE_FEEDS) {
        return found;
    }
    block->feed[block->feeds].database = database;
    return (int)block->feeds++;
}

void acct_cache_feed_read(acct_cache_t *cache, int feed, int64_t tick,
                          int64_t last_id)
{
    acct_cache_feed_t *mine = &cache->block->feed[feed];
    /* relaxed: the exchange below tells when it is another by then */
    int64_t before = atomic_load_explicit(&mine->read_at,
                                          memory_order_relaxed);

    if (before == RETIRED) {
        return;
    }
    /* relaxed: only the reader of the feed looks at it */
    atomic_store_explicit(&mine->last_id, last_id, memory_order_relaxed);
    /* release: after the epochs that were raised; relaxed when it fails:
     * it was retired, or another reads, and nothing is done */
    atomic_compare_exchange_strong_explicit(&mine->read_at, &before, tick,
                                            memory_order_release,
                                            memory_order_relaxed);
}

static void set_read_at(acct_cache_t *cache, int64_t tick)
{
    int i;

    for (i = 0; i < ACCT_CACHE_FEEDS; i++) {
        /* release: after what was raised before */
        atomic_store_explicit(&cache->block->feed[i].read_at, tick,
                              memory_order_release);
    }
}

void acct_cache_retire(acct_cache_t *cache)
{
    set_read_at(cache, RETIRED);
}

void acct_cache_revive(acct_cache_t *cache)
{
    acct_cache_raise_all(cache);
    set_read_at(cache, 0);
}

int64_t acct_cache_feed_last(const acct_cache_t *cache, int feed)
{
    const acct_cache_feed_t *mine = &cache->block->feed[feed];

    /* acquire: with the id that was stored before it */
    if (atomic_load_explicit(&mine->read_at, memory_order_acquire) == 0) {
        return -1;
    }
    /* relaxed: only the reader of the feed looks at it */
    return atomic_load_explicit(&mine->last_id, memory_order_relaxed);
}

void acct_cache_feed_set_origin(acct_cache_t *cache, int feed,
                                int64_t origin)
{
    /* release: after the number that goes with it */
    atomic_store_explicit(&cache->block->feed[feed].origin, origin,
                          memory_order_release);
}

int64_t acct_cache_feed_origin(const acct_cache_t *cache, int feed)
{
    /* acquire: before the number that goes with it */
    return atomic_load_explicit(&cache->block->feed[feed].origin,
                                memory_order_acquire);
}

int acct_cache_feed_claim(acct_cache_t *cache, int feed, int64_t *mine,
                          int64_t tick, int64_t patience)
{
    _Atomic int64_t *turn = &cache->block->feed[feed].claim;
    /* relaxed: it only decides which child reads, and two that do are both
     * right */
    int64_t held = atomic_load_explicit(turn, memory_order_relaxed);
    int is_ours;

    if (held != *mine && tick - held < patience && held - tick < patience) {
        return 0;
    }
    /* relaxed: as above */
    if (!atomic_compare_exchange_strong_explicit(turn, &held, tick,
                                                 memory_order_relaxed,
                                                 memory_order_relaxed)) {
        return 0;
    }
    is_ours = held == *mine && held != 0;
    *mine = tick;
    return is_ours ? 1 : 2;
}

int acct_cache_feed_failing(acct_cache_t *cache, int feed, int is_failing)
{
    /* relaxed: for the log alone */
    return atomic_exchange_explicit(&cache->block->feed[feed].failing,
                                    is_failing != 0,
                                    memory_order_relaxed) != 0;
}

uint32_t acct_cache_feed_trouble(acct_cache_t *cache, int feed,
                                 acct_cache_trouble_e which,
                                 uint32_t trouble)
{
    /* relaxed: for the log alone */
    return atomic_exchange_explicit(&cache->block->feed[feed].trouble[which],
                                    trouble, memory_order_relaxed);
}

uint32_t acct_cache_feed_has_trouble(const acct_cache_t *cache, int feed,
                                     acct_cache_trouble_e which)
{
    /* relaxed: for the log alone */
    return atomic_load_explicit(&cache->block->feed[feed].trouble[which],
                                memory_order_relaxed);
}

uint64_t acct_cache_feed_bind(acct_cache_t *cache, int feed,
                              uint64_t creation)
{
    uint64_t bound = 0;

    /* relaxed, both: it is one word, and nothing else goes with it */
    if (atomic_compare_exchange_strong_explicit(
            &cache->block->feed[feed].creation, &bound, creation,
            memory_order_relaxed, memory_order_relaxed)) {
        return creation;
    }
    return bound;
}

void acct_cache_feed_doubt(acct_cache_t *cache, int feed)
{
    /* relaxed: all there is to it is the number */
    atomic_fetch_add_explicit(&cache->block->feed[feed].doubts, 1,
                              memory_order_relaxed);
}

uint64_t acct_cache_feed_doubts(const acct_cache_t *cache, int feed)
{
    /* relaxed: as above */
    return atomic_load_explicit(&cache->block->feed[feed].doubts,
                                memory_order_relaxed);
}

/* Not each time, since the others read what is beside it. */
#define WANT_EVERY INT64_C(1000000)

void acct_cache_feed_want(acct_cache_t *cache, int feed, int64_t tick)
{
    _Atomic int64_t *wanted = &cache->block->feed[feed].wanted_at;
    /* relaxed, both and below: that it is seen soon is all there is to it */
    int64_t since = tick - atomic_load_explicit(wanted,
                                                memory_order_relaxed);

    if (since >= WANT_EVERY || since < 0) {
        atomic_store_explicit(wanted, tick, memory_order_relaxed);
    }
}

int acct_cache_feed_is_wanted(const acct_cache_t *cache, int feed,
                              int64_t tick)
{
    /* relaxed: a time, and all there is to it is the number */
    int64_t at = atomic_load_explicit(&cache->block->feed[feed].wanted_at,
                                      memory_order_relaxed);

    return at != 0 && tick - at < ACCT_CACHE_WANTED;
}

int64_t acct_cache_feed_age(const acct_cache_t *cache, int feed,
                            int64_t tick)
{
    /* relaxed: for the log alone, nothing follows from it */
    int64_t read_at = atomic_load_explicit(&cache->block->feed[feed].read_at,
                                           memory_order_relaxed);

    return read_at == 0 || read_at > tick ? -1 : tick - read_at;
}

int acct_cache_is_fresh(const acct_cache_t *cache, int feed, int64_t tick,
                        int64_t bound)
{
    /* acquire: with the epochs that were raised before it */
    int64_t read_at = atomic_load_explicit(&cache->block->feed[feed].read_at,
                                           memory_order_acquire);

    return read_at != 0 && read_at <= tick && tick - read_at < bound;
}

/* What says that a database's tokens all have a key's check since a tick.
 * It goes with that tick and key alone: halves of two readings, or bytes
 * from elsewhere, say nothing. */
static uint64_t seal(const acct_cache_t *cache, uint64_t what, int feed,
                     uint64_t key_id, int64_t tick)
{
    uint64_t word[4] = { what, (uint64_t)feed, key_id, (uint64_t)tick };

    return apr_siphash24(word, sizeof(word), cache->secret);
}

static uint64_t checked_seal(const acct_cache_t *cache, int feed,
                             uint64_t key_id, int64_t tick)
{
    return seal(cache, ACCT_KEYED_CHECKED, feed, key_id, tick);
}

static uint64_t native_seal(const acct_cache_t *cache, int feed, int64_t tick)
{
    return seal(cache, ACCT_KEYED_NATIVE, feed, 1, tick);
}

void acct_cache_feed_checked(acct_cache_t *cache, int feed, uint64_t key_id,
                             int64_t tick)
{
    acct_cache_feed_t *mine = &cache->block->feed[feed];

    /* relaxed, both: whichever is seen first, it does not fit the other's
     * predecessor */
    atomic_store_explicit(&mine->checked, key_id == 0 ? 0
                          : checked_seal(cache, feed, key_id, tick),
                          memory_order_relaxed);
    atomic_store_explicit(&mine->checked_at, tick, memory_order_relaxed);
}

int acct_cache_is_checked(const acct_cache_t *cache, int feed,
                          uint64_t key_id, int64_t tick, int64_t bound)
{
    const acct_cache_feed_t *mine = &cache->block->feed[feed];
    /* relaxed, both: they carry their own proof, and point to nothing
     * else */
    int64_t since = atomic_load_explicit(&mine->checked_at,
                                         memory_order_relaxed);
    uint64_t sealed = atomic_load_explicit(&mine->checked,
                                           memory_order_relaxed);

    return key_id != 0 && since != 0 && since <= tick && tick - since < bound
        && sealed == checked_seal(cache, feed, key_id, since);
}

void acct_cache_feed_native(acct_cache_t *cache, int feed, int is_native,
                            int64_t tick)
{
    acct_cache_feed_t *mine = &cache->block->feed[feed];

    /* relaxed, both: as of acct_cache_feed_checked() */
    atomic_store_explicit(&mine->native, is_native
                          ? native_seal(cache, feed, tick) : 0,
                          memory_order_relaxed);
    atomic_store_explicit(&mine->native_at, tick, memory_order_relaxed);
}

int acct_cache_is_native(const acct_cache_t *cache, int feed, int64_t tick,
                         int64_t bound)
{
    const acct_cache_feed_t *mine = &cache->block->feed[feed];
    /* relaxed, both: they carry their own proof, and point to nothing
     * else */
    int64_t since = atomic_load_explicit(&mine->native_at,
                                         memory_order_relaxed);
    uint64_t sealed = atomic_load_explicit(&mine->native,
                                           memory_order_relaxed);

    return since != 0 && since <= tick && tick - since < bound
        && sealed == native_seal(cache, feed, since);
}
