/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/block.h"

enum { EMPTY_OR_STALE, GOOD, STALE_WITH_NOTE, GOOD_WITH_NOTE };

/* How much would be lost if a slot were given to another token. */
static int worth_of(const acct_cache_t *cache, acct_slot_t *slot,
                    int64_t tick)
{
    /* relaxed: a choice of place, wrong at worst */
    uint64_t account = atomic_load_explicit(&slot->word[ACCT_W_ACCOUNT],
                                            memory_order_relaxed);
    uint64_t whose = atomic_load_explicit(&slot->word[ACCT_W_DATABASE],
                                          memory_order_relaxed);
    uint64_t shape = atomic_load_explicit(&slot->word[ACCT_W_SHAPE],
                                          memory_order_relaxed);
    /* relaxed: the same */
    uint64_t stored = atomic_load_explicit(&slot->word[ACCT_W_STORED],
                                           memory_order_relaxed);
    int worth = (shape & ACCT_SHAPE_UNWRITTEN) != 0 ? STALE_WITH_NOTE
                                                    : EMPTY_OR_STALE;

    /* relaxed: here as well */
    if (atomic_load_explicit(&slot->word[ACCT_W_SEQUENCE],
                             memory_order_relaxed) == 0) {
        return EMPTY_OR_STALE;
    }
    /* relaxed: and here */
    if (tick - (int64_t)stored < ACCT_CACHE_AGE
        && atomic_load_explicit(&slot->word[ACCT_W_EPOCH],
                                memory_order_relaxed)
        == atomic_load_explicit(acct_epoch_of(cache, whose,
                                              (int64_t)account),
                                memory_order_relaxed)) {
        worth++;
    }
    return worth;
}

static size_t ever_used(const acct_cache_t *cache)
{
    size_t used = 0;
    size_t i;

    for (i = 0; i < acct_bit_groups(cache->slots); i++) {
        used += (size_t)__builtin_popcountll(
            acct_bits_of(cache, ACCT_BIT_USED, i));
    }
    return used;
}

/* Each slot looked at is memory that may not be in any cache of the
 * processor's; of so many the estimate is off by less than one in a
 * hundred. */
#define MOST_LOOKED_AT 16384

size_t acct_cache_in_use(const acct_cache_t *cache, int64_t tick)
{
    size_t step = ever_used(cache) / MOST_LOOKED_AT + 1;
    size_t seen = 0;
    size_t good = 0;
    size_t i;

    for (i = 0; i < acct_bit_groups(cache->slots); i++) {
        uint64_t bits = acct_bits_of(cache, ACCT_BIT_USED, i);

        for (; bits != 0; bits &= bits - 1) {
            size_t at = i * 64 + (size_t)__builtin_ctzll(bits);

            good += seen++ % step == 0
                && (worth_of(cache, &cache->block->slot[at], tick) & 1)
                   == GOOD;
        }
    }
    return good * step > seen ? seen : good * step;
}

/* Where a token goes: where it is, else where the least is lost, in turn
 * where that is equal. */
static acct_slot_t *place_for(acct_cache_t *cache, uint64_t database,
                              const unsigned char *digest, int64_t tick)
{
    acct_slot_t *likely = acct_slot_likely(cache, database, digest);
    acct_slot_t *set = acct_slot_set(cache, database, digest);
    int least = GOOD_WITH_NOTE + 1;
    int worth[ACCT_CACHE_WAYS];
    uint64_t turn;
    int way;

    if (likely != NULL) {
        return likely;
    }
    for (way = 0; way < ACCT_CACHE_WAYS; way++) {
        worth[way] = worth_of(cache, &set[way], tick);
        if (worth[way] < least) {
            least = worth[way];
        }
    }
    if (least == EMPTY_OR_STALE) {
        for (way = 0; worth[way] != least; way++) {
        }
        return &set[way];
    }
    /* relaxed: any way will do */
    turn = atomic_fetch_add_explicit(&cache->block->turn, 1,
                                     memory_order_relaxed);
    while (worth[turn % ACCT_CACHE_WAYS] != least) {
        turn++;
    }
    return &set[turn % ACCT_CACHE_WAYS];
}

/* The database does not know yet what a note of the token's old slot says. Of
 * any epoch: the database has just said that this token, whose id no other
 * ever has, is there, and an answer from before a revocation is not stored.
 * The new content has what the use prolongs. */
static void keep_note(const uint64_t old[ACCT_W__END],
                      uint64_t word[ACCT_W__END],
                      const acct_cached_t *identity)
{
    int64_t used = (int64_t)old[ACCT_W_LAST_USED];
    int64_t expires;

    if ((old[ACCT_W_SHAPE] & ACCT_SHAPE_UNWRITTEN) == 0
        || memcmp(&old[ACCT_W_TOKEN_ID], &word[ACCT_W_TOKEN_ID], 16) != 0
        || used <= (int64_t)word[ACCT_W_LAST_USED]) {
        return;
    }
    word[ACCT_W_LAST_USED] = (uint64_t)used;
    word[ACCT_W_SHAPE] |= ACCT_SHAPE_UNWRITTEN;
    expires = acct_cache_expiry(identity, used);
    if (word[ACCT_W_EXPIRES] != 0
        && expires > (int64_t)word[ACCT_W_EXPIRES]) {
        word[ACCT_W_EXPIRES] = (uint64_t)expires;
    }
}

int acct_cache_store(acct_cache_t *cache, uint64_t database,
                     const unsigned char *digest, uint64_t ticket,
                     int64_t tick, const acct_cached_t *identity)
{
    uint64_t word[ACCT_W__END];
    uint64_t old[ACCT_W__END];
    uint64_t index = acct_epoch_index(database, identity->account);
    uint64_t sequence;
    uint64_t epoch;
    acct_slot_t *slot;

    /* acquire: what raised it last is read after it */
    epoch = atomic_load_explicit(&cache->block->epoch[index],
                                 memory_order_acquire);
    /* acquire: a revocation that raised the epoch has left its count */
    if (atomic_load_explicit(&cache->block->raised[index],
                             memory_order_acquire) > ticket) {
        return 0;
    }
    acct_slot_pack(word, database, digest, epoch, identity);
    word[ACCT_W_STORED] = (uint64_t)tick;
    slot = place_for(cache, database, digest, tick);
    if (!acct_slot_claim(slot, tick, &sequence)) {
        return 0;
    }
    if (acct_slot_read_claimed(cache, slot, old)
        && acct_slot_is_for(old, database, digest)) {
        keep_note(old, word, identity);
    }
    acct_bit_set(cache, ACCT_BIT_USED, slot);
    if ((word[ACCT_W_SHAPE] & ACCT_SHAPE_UNWRITTEN) != 0) {
        acct_bit_set(cache, ACCT_BIT_NOTED, slot);
        acct_slot_write(cache, slot, word, ACCT_W_DATABASE);
    }
    else {
        acct_slot_write(cache, slot, word, ACCT_W_DATABASE);
        acct_bit_clear(cache, ACCT_BIT_NOTED, slot);
    }
    acct_slot_release(slot, sequence);
    return 1;
}
