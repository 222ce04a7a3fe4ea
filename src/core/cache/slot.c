/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/block.h"

#include <apr_siphash.h>

/*
 * Memory order.
 * ACCT_W_SEQUENCE, a slot's sequence word, is what orders its content:
 * acquired by readers before the content, fenced and read again (relaxed:
 * the fence orders) behind it, claimed with acquire and a fence, released
 * by the writer.
 * word[i], the content, is relaxed, so that a torn read is a wrong value
 * and not undefined behaviour; the second look at the sequence word, and
 * the tag, turn it away.
 */

/* Readers that keep meeting a writer ask the database. */
#define RETRIES 3

/* A claim this old counts as its dead owner's, and may be taken over. The
 * owner may only sleep, and write on when it wakes: then the tag is wrong, and
 * the slot is empty. */
#define CLAIM_EXPIRES INT64_C(1000000)

/* ---- content ---- */

/* Where the text of a shape ends. */
static int text_end(uint64_t shape)
{
    size_t bytes = (size_t)(uint16_t)(shape >> 16)
        + (size_t)(uint16_t)(shape >> 32);

    if (bytes > ACCT_CACHE_TEXT_BYTES) {
        return ACCT_W_TAG;      /* torn or scribbled: the tag will tell */
    }
    return ACCT_W_TEXT + (int)((bytes + 7) / 8);
}

/* Of all that is used: the shape, which says how much, and no more text
 * than that. */
static inline uint64_t tag_of(const acct_cache_t *cache,
                              const uint64_t *word)
{
    size_t words = (size_t)(text_end(word[ACCT_W_SHAPE]) - ACCT_W_DATABASE);

    return apr_siphash24(&word[ACCT_W_DATABASE], words * sizeof(word[0]),
                         cache->secret);
}

void acct_slot_pack(uint64_t word[ACCT_W__END], uint64_t database,
                    const unsigned char *digest, uint64_t epoch,
                    const acct_cached_t *identity)
{
    memset(word, 0, ACCT_W__END * sizeof(*word));
    word[ACCT_W_DATABASE] = database;
    memcpy(&word[ACCT_W_DIGEST], digest, ACCT_CACHE_DIGEST_BYTES);
    word[ACCT_W_EPOCH] = epoch;
    word[ACCT_W_ACCOUNT] = (uint64_t)identity->account;
    word[ACCT_W_EXPIRES] = (uint64_t)identity->expires_at;
    word[ACCT_W_LAST_USED] = (uint64_t)identity->last_used;
    word[ACCT_W_ENDS] = (uint64_t)identity->ends_at;
    word[ACCT_W_SLIDING] = (uint64_t)identity->sliding;
    memcpy(&word[ACCT_W_TOKEN_ID], identity->token_id,
           sizeof(identity->token_id));
    word[ACCT_W_SHAPE] = (identity->is_staff ? ACCT_SHAPE_STAFF : 0)
        | (identity->is_unwritten ? ACCT_SHAPE_UNWRITTEN : 0)
        | (identity->is_note ? ACCT_SHAPE_NOTE : 0)
        | (identity->sliding != 0 ? ACCT_SHAPE_SLIDING : 0)
        | (identity->is_adoptable ? ACCT_SHAPE_ADOPTABLE : 0)
        | (uint64_t)identity->username_length << 16
        | (uint64_t)identity->email_length << 32;
    memcpy(&word[ACCT_W_TEXT], identity->text, sizeof(identity->text));
}

void acct_slot_unpack(const uint64_t word[ACCT_W__END],
                      acct_cached_t *found)
{
    uint64_t shape = word[ACCT_W_SHAPE];

    found->account = (int64_t)word[ACCT_W_ACCOUNT];
    found->expires_at = (int64_t)word[ACCT_W_EXPIRES];
    found->last_used = (int64_t)word[ACCT_W_LAST_USED];
    found->ends_at = (int64_t)word[ACCT_W_ENDS];
    found->sliding = (int64_t)word[ACCT_W_SLIDING];
    found->found_under = word[ACCT_W_EPOCH];
    memcpy(found->token_id, &word[ACCT_W_TOKEN_ID], sizeof(found->token_id));
    found->is_unwritten = (shape & ACCT_SHAPE_UNWRITTEN) != 0;
    found->is_note = (shape & ACCT_SHAPE_NOTE) != 0;
    found->is_staff = (shape & ACCT_SHAPE_STAFF) != 0;
    found->is_adoptable = (shape & ACCT_SHAPE_ADOPTABLE) != 0;
    found->username_length = (uint16_t)(shape >> 16);
    found->email_length = (uint16_t)(shape >> 32);
    memset(found->text, 0, sizeof(found->text));
    memcpy(found->text, &word[ACCT_W_TEXT],
           (size_t)(text_end(shape) - ACCT_W_TEXT) * sizeof(word[0]));
}

/* ---- reading ---- */

int acct_slot_read(const acct_cache_t *cache, acct_slot_t *slot,
                   uint64_t copy[ACCT_W__END])
{
    int try;
    int end;
    int i;

    for (try = 0; try < RETRIES; try++) {
        uint64_t before = atomic_load_explicit(&slot->word[ACCT_W_SEQUENCE],
                                               memory_order_acquire);

        if (before == 0 || (before & ACCT_SEQUENCE_CLAIMED) != 0) {
            return 0;
        }
        for (i = ACCT_W_DATABASE; i < ACCT_W_TEXT; i++) {
            copy[i] = atomic_load_explicit(&slot->word[i],
                                           memory_order_relaxed);
        }
        for (end = text_end(copy[ACCT_W_SHAPE]); i < end; i++) {
            copy[i] = atomic_load_explicit(&slot->word[i],
                                           memory_order_relaxed);
        }
        /* relaxed: content as well */
        copy[ACCT_W_TAG] = atomic_load_explicit(&slot->word[ACCT_W_TAG],
                                                memory_order_relaxed);
        /* acquire: the content before the second look */
        atomic_thread_fence(memory_order_acquire);
        if (atomic_load_explicit(&slot->word[ACCT_W_SEQUENCE],
                                 memory_order_relaxed) == before) {
            if (copy[ACCT_W_TAG] == tag_of(cache, copy)) {
                return 1;
            }
            /* relaxed: a statistic */
            atomic_fetch_add_explicit(&cache->block->discarded, 1,
                                      memory_order_relaxed);
            return 0;
        }
    }
    return 0;
}

uint64_t acct_cache_discarded(const acct_cache_t *cache)
{
    /* relaxed: a statistic */
    return atomic_load_explicit(&cache->block->discarded,
                                memory_order_relaxed);
}

/* ---- finding ---- */

acct_slot_t *acct_slot_likely(const acct_cache_t *cache, uint64_t database,
                              const unsigned char *digest)
{
    acct_slot_t *set = acct_slot_set(cache, database, digest);
    int way;

    for (way = 0; way < ACCT_CACHE_WAYS; way++) {
        /* relaxed, both: a hint, what counts is read in order later */
        if (atomic_load_explicit(&set[way].word[ACCT_W_DIGEST],
                                 memory_order_relaxed)
            == acct_slot_first_word(digest)
            && atomic_load_explicit(&set[way].word[ACCT_W_DATABASE],
                                    memory_order_relaxed) == database) {
            return &set[way];
        }
    }
    return NULL;
}

int acct_cache_is_current(const acct_cache_t *cache, uint64_t database,
                          const acct_cached_t *found, int64_t now)
{
    /* acquire: an epoch that was raised before this call is seen */
    return found->found_under == atomic_load_explicit(
                               acct_epoch_of(cache, database, found->account),
                               memory_order_acquire)
        && (found->expires_at == 0 || found->expires_at > now);
}

apr_status_t acct_cache_find(const acct_cache_t *cache, uint64_t database,
                             const unsigned char *digest, int64_t now,
                             int64_t tick, acct_cached_t *found)
{
    acct_slot_t *set = acct_slot_set(cache, database, digest);
    uint64_t word[ACCT_W__END];
    int way;

    for (way = 0; way < ACCT_CACHE_WAYS; way++) {
        /* relaxed: only a hint, what counts is read in order below; spares
         * the copy and the tag of three slots out of four */
        if (atomic_load_explicit(&set[way].word[ACCT_W_DIGEST],
                                 memory_order_relaxed)
            != acct_slot_first_word(digest)) {
            continue;
        }
        if (!acct_slot_read(cache, &set[way], word)
            || !acct_slot_is_for(word, database, digest)) {
            continue;
        }
        if (!acct_slot_is_of_now(cache, word)) {
            return APR_NOTFOUND;
        }
        if (acct_slot_is_expired(word, now)
            || (word[ACCT_W_SHAPE] & ACCT_SHAPE_NOTE) != 0) {
            return APR_NOTFOUND;
        }
        if ((int64_t)word[ACCT_W_STORED] > tick
            || tick - (int64_t)word[ACCT_W_STORED] >= ACCT_CACHE_AGE) {
            return APR_NOTFOUND;
        }
        acct_slot_unpack(word, found);
        return APR_SUCCESS;
    }
    return APR_NOTFOUND;
}

/* ---- writing ---- */

/* Beside ACCT_SEQUENCE_CLAIMED. */
#define COUNT_ONE UINT64_C(2)
#define COUNT_MASK UINT64_C(0xfffffe)
#define STAMP_SHIFT 24

static uint64_t stamp_of(int64_t tick)
{
    return (uint64_t)(tick / 1000) << STAMP_SHIFT;
}

int acct_slot_claim(acct_slot_t *slot, int64_t tick, uint64_t *sequence)
{
    /* relaxed: the exchange below orders */
    uint64_t now = atomic_load_explicit(&slot->word[ACCT_W_SEQUENCE],
                                        memory_order_relaxed);
    uint64_t count = ((now & COUNT_MASK) + COUNT_ONE) & COUNT_MASK;
    int64_t age;

    if ((now & ACCT_SEQUENCE_CLAIMED) != 0) {
        /* Either way: the thread that claimed it may have looked at the clock
         * later than this one. */
        age = (int64_t)(stamp_of(tick) >> STAMP_SHIFT)
            - (int64_t)(now >> STAMP_SHIFT);
        if (age < CLAIM_EXPIRES / 1000 && age > -CLAIM_EXPIRES / 1000) {
            return 0;
        }
    }
    *sequence = stamp_of(tick) | count;
    if (*sequence == 0) {
        *sequence = COUNT_ONE;      /* 0 is an empty slot's */
    }
    if (!atomic_compare_exchange_strong_explicit(
            &slot->word[ACCT_W_SEQUENCE], &now,
            *sequence | ACCT_SEQUENCE_CLAIMED,
            memory_order_acquire, memory_order_relaxed)) {
        return 0;
    }
    /* release: what follows must not be seen before the claim */
    atomic_thread_fence(memory_order_release);
    return 1;
}

int acct_slot_read_claimed(const acct_cache_t *cache, acct_slot_t *slot,
                           uint64_t word[ACCT_W__END])
{
    int i;

    word[ACCT_W_SEQUENCE] = 0;
    for (i = ACCT_W_DATABASE; i < ACCT_W__END; i++) {
        /* relaxed: claimed with acquire, and no other thread writes */
        word[i] = atomic_load_explicit(&slot->word[i],
                                       memory_order_relaxed);
    }
    return word[ACCT_W_TAG] == tag_of(cache, word);
}

void acct_slot_write(const acct_cache_t *cache, acct_slot_t *slot,
                     uint64_t word[ACCT_W__END], int first)
{
    int i;

    word[ACCT_W_TAG] = tag_of(cache, word);
    for (i = first; i < ACCT_W__END; i++) {
        /* relaxed: between claim and release */
        atomic_store_explicit(&slot->word[i], word[i],
                              memory_order_relaxed);
    }
}

void acct_slot_release(acct_slot_t *slot, uint64_t sequence)
{
    /* release: the content first */
    atomic_store_explicit(&slot->word[ACCT_W_SEQUENCE], sequence,
                          memory_order_release);
}
