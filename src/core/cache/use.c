/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/block.h"

#include <apr_time.h>

int64_t acct_cache_expiry(const acct_cached_t *identity, int64_t now)
{
    int64_t expires;

    if (identity->sliding == 0) {
        return identity->expires_at;
    }
    expires = now + identity->sliding;
    return identity->ends_at != 0 && expires > identity->ends_at
        ? identity->ends_at : expires;
}

int acct_cache_touch(acct_cache_t *cache, uint64_t database,
                     const unsigned char *digest, int64_t now, int64_t tick,
                     acct_cached_t *identity)
{
    acct_slot_t *slot = acct_slot_likely(cache, database, digest);
    uint64_t word[ACCT_W__END];
    uint64_t sequence;
    int touched;

    if (slot == NULL || !acct_slot_claim(slot, tick, &sequence)) {
        return 0;
    }
    touched = acct_slot_read_claimed(cache, slot, word)
        && acct_slot_is_for(word, database, digest)
        && acct_slot_is_of_now(cache, word)
        && !acct_slot_is_expired(word, now)
        && now - (int64_t)word[ACCT_W_LAST_USED] >= ACCT_CACHE_NOTE_AGE;
    if (touched) {
        acct_slot_unpack(word, identity);
        identity->last_used = now;
        identity->expires_at = acct_cache_expiry(identity, now);
        identity->is_unwritten = 1;
        word[ACCT_W_EXPIRES] = (uint64_t)identity->expires_at;
        word[ACCT_W_LAST_USED] = (uint64_t)now;
        word[ACCT_W_SHAPE] |= ACCT_SHAPE_UNWRITTEN;
        acct_bit_set(cache, ACCT_BIT_NOTED, slot);
        acct_slot_write(cache, slot, word, ACCT_W_EXPIRES);
    }
    acct_slot_release(slot, sequence);
    return touched;
}

int acct_cache_is_noted(const acct_cache_t *cache, uint64_t database,
                        const unsigned char *digest, int64_t now)
{
    acct_slot_t *slot = acct_slot_likely(cache, database, digest);
    uint64_t word[ACCT_W__END];

    return slot != NULL && acct_slot_read(cache, slot, word)
        && acct_slot_is_for(word, database, digest)
        && now - (int64_t)word[ACCT_W_LAST_USED] < ACCT_CACHE_NOTE_AGE;
}

/* How often, and for how long at a time, this thread waits for a note whose
 * slot another has claimed. */
#define USED_TRIES 50
#define USED_PAUSE 100

static int is_claimed(const acct_slot_t *slot)
{
    /* relaxed: whether to look again */
    uint64_t now = atomic_load_explicit(&slot->word[ACCT_W_SEQUENCE],
                                        memory_order_relaxed);

    return (now & ACCT_SEQUENCE_CLAIMED) != 0;
}

/* A copy of the slot as acct_slot_read() makes it, after the thread that
 * writes there just now. */
static int read_settled(const acct_cache_t *cache, acct_slot_t *slot,
                        uint64_t copy[ACCT_W__END])
{
    int try;

    for (try = 0; try < USED_TRIES; try++) {
        if (acct_slot_read(cache, slot, copy)) {
            return 1;
        }
        if (!is_claimed(slot)) {
            break;
        }
        apr_sleep(USED_PAUSE);
    }
    return acct_slot_read(cache, slot, copy);
}

int64_t acct_cache_used(const acct_cache_t *cache, uint64_t database,
                        const unsigned char *digest,
                        const unsigned char *token_id, int *is_unwritten)
{
    acct_slot_t *slot = acct_slot_likely(cache, database, digest);
    uint64_t word[ACCT_W__END];

    *is_unwritten = 0;
    if (slot == NULL || !read_settled(cache, slot, word)
        || !acct_slot_is_for(word, database, digest)
        || memcmp(&word[ACCT_W_TOKEN_ID], token_id, 16) != 0) {
        return 0;
    }
    *is_unwritten = (word[ACCT_W_SHAPE] & ACCT_SHAPE_UNWRITTEN) != 0;
    return (int64_t)word[ACCT_W_LAST_USED];
}

static void show_note(const acct_cache_t *cache, size_t at,
                      acct_cache_note_fn *show, void *baton)
{
    uint64_t word[ACCT_W__END];
    acct_cache_note_t note;

    if (!acct_slot_read(cache, &cache->block->slot[at], word)
        || (word[ACCT_W_SHAPE] & ACCT_SHAPE_UNWRITTEN) == 0) {
        return;
    }
    note.database = word[ACCT_W_DATABASE];
    note.slot = at;
    note.tag = word[ACCT_W_TAG];
    note.used = (int64_t)word[ACCT_W_LAST_USED];
    memcpy(note.token_id, &word[ACCT_W_TOKEN_ID], sizeof(note.token_id));
    note.sliding = (word[ACCT_W_SHAPE] & ACCT_SHAPE_SLIDING) != 0;
    note.is_adoptable = (word[ACCT_W_SHAPE] & ACCT_SHAPE_ADOPTABLE) != 0;
    memcpy(note.digest, &word[ACCT_W_DIGEST], sizeof(note.digest));
    show(baton, &note);
}

static void show_group(const acct_cache_t *cache, size_t group,
                       uint64_t mask, acct_cache_note_fn *show, void *baton)
{
    uint64_t bits = acct_bits_of(cache, ACCT_BIT_NOTED, group) & mask;

    for (; bits != 0; bits &= bits - 1) {
        show_note(cache, group * 64 + (size_t)__builtin_ctzll(bits), show,
                  baton);
    }
}

void acct_cache_notes(const acct_cache_t *cache, size_t from,
                      acct_cache_note_fn *show, void *baton)
{
    size_t groups = acct_bit_groups(cache->slots);
    size_t first = from % cache->slots / 64;
    uint64_t behind = ~UINT64_C(0) << from % cache->slots % 64;
    size_t i;

    show_group(cache, first, behind, show, baton);
    for (i = 1; i < groups; i++) {
        show_group(cache, (first + i) % groups, ~UINT64_C(0), show, baton);
    }
    show_group(cache, first, ~behind, show, baton);
}

void acct_cache_noted(acct_cache_t *cache, const acct_cache_note_t *note,
                      int64_t tick)
{
    acct_slot_t *slot = &cache->block->slot[note->slot];
    uint64_t word[ACCT_W__END];
    uint64_t sequence;

    /* The tag tells whether this still is what was collected. */
    if (!acct_slot_claim(slot, tick, &sequence)) {
        return;
    }
    if (acct_slot_read_claimed(cache, slot, word)
        && word[ACCT_W_TAG] == note->tag) {
        word[ACCT_W_SHAPE] &= ~(ACCT_SHAPE_UNWRITTEN | ACCT_SHAPE_ADOPTABLE);
        acct_slot_write(cache, slot, word, ACCT_W_SHAPE);
        acct_bit_clear(cache, ACCT_BIT_NOTED, slot);
    }
    acct_slot_release(slot, sequence);
}
