/* SPDX-License-Identifier: Apache-2.0 */
#include "identity_cache.h"

#include <apr_siphash.h>
#include <openssl/crypto.h>
#include <stdatomic.h>
#include <string.h>

/*
 * Memory order.
 * W_SEQUENCE, a slot's sequence word, is what orders its content: acquired
 * by readers before the content, fenced and read again (relaxed: the fence
 * orders) behind it, claimed with acquire and a fence, released by the
 * writer.
 * word[i], the content, is relaxed, so that a torn read is a wrong value
 * and not undefined behaviour; the second look at the sequence word, and
 * the tag, turn it away.
 * epoch_of() and epoch, raised, revocations: raised with acq_rel and read
 * with acquire, so that who sees a commit's epoch sees the count that was
 * raised before it, and nothing older in a slot filled after it.
 */

#define MAGIC UINT64_C(0x61636374617574)        /* "acctaut" */
#define LAYOUT 3
#define SLOT_WORDS (ACCT_CACHE_SLOT_BYTES / 8)
#define TEXT_WORDS (ACCT_CACHE_TEXT_BYTES / 8)

/* Readers that keep meeting a writer ask the database. */
#define RETRIES 3

/* A claim this old is nobody's any more. Its owner may only sleep, and
 * write on when it wakes: then the tag is wrong, and the slot is empty. */
#define CLAIM_EXPIRES INT64_C(1000000)

enum {
    W_SEQUENCE,                 /* bit 0: claimed; bits 1-23: count; bits
                                 * 24-63: tick of the claim, in ms */
    W_DATABASE,
    W_DIGEST,                   /* 4 words */
    W_EPOCH = W_DIGEST + 4,
    W_ACCOUNT,
    W_EXPIRES,
    W_STORED,                   /* tick */
    W_LAST_USED,
    W_ENDS,
    W_SLIDING,
    W_TOKEN_ID,                 /* 2 words */
    W_SHAPE = W_TOKEN_ID + 2,   /* bits, lengths */
    W_TEXT,
    W_TAG = W_TEXT + TEXT_WORDS,
    W_END
};

/* Bits of W_SHAPE. */
#define SHAPE_STAFF UINT64_C(1)
#define SHAPE_UNWRITTEN UINT64_C(2)
#define SHAPE_NOTE UINT64_C(4)
#define SHAPE_SLIDING UINT64_C(8)

typedef struct slot_t {
    _Atomic uint64_t word[SLOT_WORDS];
} slot_t;

_Static_assert(W_END <= SLOT_WORDS, "a slot is too small for its words");
_Static_assert(sizeof(slot_t) == ACCT_CACHE_SLOT_BYTES, "padding");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "needs lock-free 64-bit words");

/* A time that never comes: nothing is fresh by it. */
#define RETIRED INT64_MAX

typedef struct feed_t {
    uint64_t database;          /* constant once the children run */
    _Atomic int64_t read_at;    /* tick; 0: never; or RETIRED */
    _Atomic int64_t last_id;
    _Atomic int64_t origin;
    _Atomic int64_t checked_at; /* tick; 0: never */
    _Atomic uint64_t checked;   /* seal of it; see checked_seal() */
    _Atomic int64_t claim;      /* tick */
    _Atomic int64_t failing;
} feed_t;

struct acct_cache_block_t {
    uint64_t magic;
    uint64_t layout;
    uint64_t slots;
    _Atomic uint64_t revocations;
    _Atomic uint64_t turn;      /* which way to evict next */
    _Atomic uint64_t discarded;
    uint64_t feeds;
    uint64_t unused;
    feed_t feed[ACCT_CACHE_FEEDS];
    _Atomic uint64_t epoch[ACCT_CACHE_EPOCHS];
    _Atomic uint64_t raised[ACCT_CACHE_EPOCHS];     /* the count that came
                                 * of the epoch's last revocation */
    slot_t slot[];
};

/* ---- geometry ---- */

size_t acct_cache_bytes(size_t slots)
{
    return sizeof(acct_cache_block_t) + slots * sizeof(slot_t);
}

size_t acct_cache_slots_in(size_t bytes)
{
    size_t slots;

    if (bytes < acct_cache_bytes(ACCT_CACHE_WAYS)) {
        return 0;
    }
    slots = (bytes - sizeof(acct_cache_block_t)) / sizeof(slot_t);
    return slots - slots % ACCT_CACHE_WAYS;
}

uint64_t acct_cache_layout(void)
{
    return LAYOUT;
}

static void look_at(acct_cache_t *cache, acct_cache_block_t *block,
                    size_t slots, const unsigned char *secret)
{
    cache->block = block;
    cache->slots = slots;
    /* May be the view's own: a view is renewed after a reload. */
    memmove(cache->secret, secret, sizeof(cache->secret));
}

enum { EPOCH_START, EPOCH_STEP, SEAL_CHECKED };

/* Where an epoch starts and the step it is raised by, which nobody can
 * guess: a flipped byte or a wiped page would else bring an epoch back
 * that was left, and revive what was revoked. */
static uint64_t keyed(const acct_cache_t *cache, uint64_t what,
                      uint64_t index)
{
    uint64_t word[2] = { what, index };

    return apr_siphash24(word, sizeof(word), cache->secret);
}

void acct_cache_format(acct_cache_t *cache, void *block, size_t slots,
                       const unsigned char *secret)
{
    acct_cache_block_t *fresh = block;
    uint64_t i;

    memset(block, 0, acct_cache_bytes(slots));
    fresh->magic = MAGIC;
    fresh->layout = LAYOUT;
    fresh->slots = slots;
    look_at(cache, fresh, slots, secret);
    for (i = 0; i < ACCT_CACHE_EPOCHS; i++) {
        /* relaxed: nobody else looks yet */
        atomic_store_explicit(&fresh->epoch[i], keyed(cache, EPOCH_START, i),
                              memory_order_relaxed);
    }
}

apr_status_t acct_cache_attach(acct_cache_t *cache, void *block,
                               size_t slots, const unsigned char *secret)
{
    acct_cache_block_t *there = block;

    if (there->magic != MAGIC || there->layout != LAYOUT
        || there->slots != slots) {
        return APR_EINVAL;
    }
    look_at(cache, there, slots, secret);
    return APR_SUCCESS;
}

/* ---- feeds ---- */

int acct_cache_feed(acct_cache_t *cache, uint64_t database)
{
    acct_cache_block_t *block = cache->block;
    uint64_t i;

    for (i = 0; i < block->feeds && i < ACCT_CACHE_FEEDS; i++) {
        if (block->feed[i].database == database) {
            return (int)i;
        }
    }
    if (i == ACCT_CACHE_FEEDS) {
        return -1;
    }
    block->feed[i].database = database;
    block->feeds++;
    return (int)i;
}

void acct_cache_feed_read(acct_cache_t *cache, int feed, int64_t tick,
                          int64_t last_id)
{
    feed_t *mine = &cache->block->feed[feed];
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
    const feed_t *mine = &cache->block->feed[feed];

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
    /* relaxed: only who reads is decided, and two who do are both right */
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

int64_t acct_cache_feed_age(const acct_cache_t *cache, int feed,
                            int64_t tick)
{
    /* relaxed: to be told, nothing follows from it */
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
static uint64_t checked_seal(const acct_cache_t *cache, int feed,
                             uint64_t key_id, int64_t tick)
{
    uint64_t word[4] = { SEAL_CHECKED, (uint64_t)feed, key_id,
                         (uint64_t)tick };

    return apr_siphash24(word, sizeof(word), cache->secret);
}

void acct_cache_feed_checked(acct_cache_t *cache, int feed, uint64_t key_id,
                             int64_t tick)
{
    feed_t *mine = &cache->block->feed[feed];

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
    const feed_t *mine = &cache->block->feed[feed];
    /* relaxed, both: they carry their own proof, and point to nothing
     * else */
    int64_t since = atomic_load_explicit(&mine->checked_at,
                                         memory_order_relaxed);
    uint64_t seal = atomic_load_explicit(&mine->checked,
                                         memory_order_relaxed);

    return key_id != 0 && since != 0 && since <= tick && tick - since < bound
        && seal == checked_seal(cache, feed, key_id, since);
}

/* ---- epochs ---- */

/* Spreads accounts, which are small consecutive numbers (the finalizer of
 * MurmurHash3, a formula in the public domain). */
static uint64_t spread(uint64_t x)
{
    x ^= x >> 33;
    x *= UINT64_C(0xff51afd7ed558ccd);
    x ^= x >> 33;
    x *= UINT64_C(0xc4ceb9fe1a85ec53);
    return x ^ x >> 33;
}

static uint64_t epoch_index(uint64_t database, int64_t account)
{
    return spread(database ^ (uint64_t)account) % ACCT_CACHE_EPOCHS;
}

static _Atomic uint64_t *epoch_of(const acct_cache_t *cache,
                                  uint64_t database, int64_t account)
{
    return &cache->block->epoch[epoch_index(database, account)];
}

/* The step is odd: no value comes back before all others were there. */
static void raise_epoch(acct_cache_t *cache, uint64_t index)
{
    atomic_fetch_add_explicit(&cache->block->epoch[index],
                              keyed(cache, EPOCH_STEP, index) | 1,
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

    /* The highest stays, whoever is last. acq_rel, or relaxed when it
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
                  epoch_index(database, account));
}

void acct_cache_raise_all(acct_cache_t *cache)
{
    uint64_t count = count_one(cache);
    uint64_t i;

    for (i = 0; i < ACCT_CACHE_EPOCHS; i++) {
        revoke_stripe(cache, count, i);
    }
}

/* ---- slots ---- */

static uint64_t first_word(const unsigned char *digest)
{
    uint64_t word;

    memcpy(&word, digest, sizeof(word));
    return word;
}

/* A digest's set. The digest is uniform already; the database is mixed in
 * so that two virtual hosts do not compete for one set with one token. The
 * upper half as a fraction of all sets, so that there may be any number. */
static slot_t *set_of(const acct_cache_t *cache, uint64_t database,
                      const unsigned char *digest)
{
    uint64_t sets = cache->slots / ACCT_CACHE_WAYS;
    uint64_t share = (first_word(digest) ^ database) >> 32;

    return &cache->block->slot[(share * sets >> 32) * ACCT_CACHE_WAYS];
}

/* Where the text of a shape ends. */
static int text_end(uint64_t shape)
{
    size_t bytes = (size_t)(uint16_t)(shape >> 16)
        + (size_t)(uint16_t)(shape >> 32);

    if (bytes > ACCT_CACHE_TEXT_BYTES) {
        return W_TAG;           /* torn or scribbled: the tag will tell */
    }
    return W_TEXT + (int)((bytes + 7) / 8);
}

/* Of all that is used: the shape, which says how much, and no more text
 * than that. */
static uint64_t tag_of(const acct_cache_t *cache, const uint64_t *word)
{
    size_t words = (size_t)(text_end(word[W_SHAPE]) - W_DATABASE);

    return apr_siphash24(&word[W_DATABASE], words * sizeof(word[0]),
                         cache->secret);
}

/* A copy of a slot's words, as much of its text as is used, that nobody
 * wrote to meanwhile; 0 when there is none to be had, or it is not what
 * was put there. */
static int read_slot(const acct_cache_t *cache, slot_t *slot,
                     uint64_t copy[W_END])
{
    int try;
    int end;
    int i;

    for (try = 0; try < RETRIES; try++) {
        uint64_t before = atomic_load_explicit(&slot->word[W_SEQUENCE],
                                               memory_order_acquire);

        if (before == 0 || (before & 1) != 0) {
            return 0;
        }
        for (i = W_DATABASE; i < W_TEXT; i++) {
            copy[i] = atomic_load_explicit(&slot->word[i],
                                           memory_order_relaxed);
        }
        for (end = text_end(copy[W_SHAPE]); i < end; i++) {
            copy[i] = atomic_load_explicit(&slot->word[i],
                                           memory_order_relaxed);
        }
        /* relaxed: content as well */
        copy[W_TAG] = atomic_load_explicit(&slot->word[W_TAG],
                                           memory_order_relaxed);
        /* acquire: the content before the second look */
        atomic_thread_fence(memory_order_acquire);
        if (atomic_load_explicit(&slot->word[W_SEQUENCE],
                                 memory_order_relaxed) == before) {
            if (copy[W_TAG] == tag_of(cache, copy)) {
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

static int is_for(const uint64_t word[W_END], uint64_t database,
                  const unsigned char *digest)
{
    return word[W_DATABASE] == database
        && CRYPTO_memcmp(&word[W_DIGEST], digest,
                         ACCT_CACHE_DIGEST_BYTES) == 0;
}

/* Whether nothing of the account was revoked since the slot was filled. */
static int is_of_now(const acct_cache_t *cache, const uint64_t word[W_END])
{
    /* acquire: whoever raised it before we were asked is seen */
    return word[W_EPOCH] == atomic_load_explicit(
        epoch_of(cache, word[W_DATABASE], (int64_t)word[W_ACCOUNT]),
        memory_order_acquire);
}

static int is_expired(const uint64_t word[W_END], int64_t now)
{
    return word[W_EXPIRES] != 0 && (int64_t)word[W_EXPIRES] <= now;
}

static void unpack(const uint64_t word[W_END], acct_cached_t *found)
{
    uint64_t shape = word[W_SHAPE];

    found->account = (int64_t)word[W_ACCOUNT];
    found->expires_at = (int64_t)word[W_EXPIRES];
    found->last_used = (int64_t)word[W_LAST_USED];
    found->ends_at = (int64_t)word[W_ENDS];
    found->sliding = (int64_t)word[W_SLIDING];
    found->found_under = word[W_EPOCH];
    memcpy(found->token_id, &word[W_TOKEN_ID], sizeof(found->token_id));
    found->is_unwritten = (shape & SHAPE_UNWRITTEN) != 0;
    found->is_note = (shape & SHAPE_NOTE) != 0;
    found->is_staff = (shape & SHAPE_STAFF) != 0;
    found->username_length = (uint16_t)(shape >> 16);
    found->email_length = (uint16_t)(shape >> 32);
    memset(found->text, 0, sizeof(found->text));
    memcpy(found->text, &word[W_TEXT],
           (size_t)(text_end(shape) - W_TEXT) * sizeof(word[0]));
}

int acct_cache_is_current(const acct_cache_t *cache, uint64_t database,
                          const acct_cached_t *found, int64_t now)
{
    /* acquire: whoever raised it before we were asked is seen */
    return found->found_under == atomic_load_explicit(
                               epoch_of(cache, database, found->account),
                               memory_order_acquire)
        && (found->expires_at == 0 || found->expires_at > now);
}

apr_status_t acct_cache_find(const acct_cache_t *cache, uint64_t database,
                             const unsigned char *digest, int64_t now,
                             int64_t tick, acct_cached_t *found)
{
    slot_t *set = set_of(cache, database, digest);
    uint64_t word[W_END];
    int way;

    for (way = 0; way < ACCT_CACHE_WAYS; way++) {
        /* relaxed: only a hint, what counts is read in order below; spares
         * the copy and the tag of three slots out of four */
        if (atomic_load_explicit(&set[way].word[W_DIGEST],
                                 memory_order_relaxed)
            != first_word(digest)) {
            continue;
        }
        if (!read_slot(cache, &set[way], word)
            || !is_for(word, database, digest)) {
            continue;
        }
        if (!is_of_now(cache, word)) {
            return APR_NOTFOUND;
        }
        if (is_expired(word, now) || (word[W_SHAPE] & SHAPE_NOTE) != 0) {
            return APR_NOTFOUND;
        }
        if ((int64_t)word[W_STORED] > tick
            || tick - (int64_t)word[W_STORED] >= ACCT_CACHE_AGE) {
            return APR_NOTFOUND;
        }
        unpack(word, found);
        return APR_SUCCESS;
    }
    return APR_NOTFOUND;
}

/* ---- writing ---- */

#define CLAIM UINT64_C(1)
#define COUNT_ONE UINT64_C(2)
#define COUNT_MASK UINT64_C(0xfffffe)
#define STAMP_SHIFT 24

static uint64_t stamp_of(int64_t tick)
{
    return (uint64_t)(tick / 1000) << STAMP_SHIFT;
}

/* Claim a slot for writing; 0 when another has it. On success *sequence
 * is what to release it with. */
static int claim(slot_t *slot, int64_t tick, uint64_t *sequence)
{
    /* relaxed: the exchange below orders */
    uint64_t now = atomic_load_explicit(&slot->word[W_SEQUENCE],
                                        memory_order_relaxed);
    uint64_t count = ((now & COUNT_MASK) + COUNT_ONE) & COUNT_MASK;
    int64_t age;

    if ((now & CLAIM) != 0) {
        /* Either way: who claimed it may have looked at the clock later
         * than we did. */
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
            &slot->word[W_SEQUENCE], &now, *sequence | CLAIM,
            memory_order_acquire, memory_order_relaxed)) {
        return 0;
    }
    /* release: what follows must not be seen before the claim */
    atomic_thread_fence(memory_order_release);
    return 1;
}

static void pack(uint64_t word[W_END], uint64_t database,
                 const unsigned char *digest, uint64_t epoch,
                 const acct_cached_t *identity)
{
    memset(word, 0, W_END * sizeof(*word));
    word[W_DATABASE] = database;
    memcpy(&word[W_DIGEST], digest, ACCT_CACHE_DIGEST_BYTES);
    word[W_EPOCH] = epoch;
    word[W_ACCOUNT] = (uint64_t)identity->account;
    word[W_EXPIRES] = (uint64_t)identity->expires_at;
    word[W_LAST_USED] = (uint64_t)identity->last_used;
    word[W_ENDS] = (uint64_t)identity->ends_at;
    word[W_SLIDING] = (uint64_t)identity->sliding;
    memcpy(&word[W_TOKEN_ID], identity->token_id,
           sizeof(identity->token_id));
    word[W_SHAPE] = (identity->is_staff ? SHAPE_STAFF : 0)
        | (identity->is_unwritten ? SHAPE_UNWRITTEN : 0)
        | (identity->is_note ? SHAPE_NOTE : 0)
        | (identity->sliding != 0 ? SHAPE_SLIDING : 0)
        | (uint64_t)identity->username_length << 16
        | (uint64_t)identity->email_length << 32;
    memcpy(&word[W_TEXT], identity->text, sizeof(identity->text));
}

/* What a claimed slot holds, or 0 when that is not what was put there. */
static int read_claimed(const acct_cache_t *cache, slot_t *slot,
                        uint64_t word[W_END])
{
    int i;

    word[W_SEQUENCE] = 0;
    for (i = W_DATABASE; i < W_END; i++) {
        /* relaxed: claimed with acquire, and nobody else writes */
        word[i] = atomic_load_explicit(&slot->word[i],
                                       memory_order_relaxed);
    }
    return word[W_TAG] == tag_of(cache, word);
}

/* The content from word @a first on, under a new tag. */
static void write_claimed(const acct_cache_t *cache, slot_t *slot,
                          uint64_t word[W_END], int first)
{
    int i;

    word[W_TAG] = tag_of(cache, word);
    for (i = first; i < W_END; i++) {
        /* relaxed: between claim and release */
        atomic_store_explicit(&slot->word[i], word[i],
                              memory_order_relaxed);
    }
}

static void release(slot_t *slot, uint64_t sequence)
{
    /* release: the content first */
    atomic_store_explicit(&slot->word[W_SEQUENCE], sequence,
                          memory_order_release);
}

enum { EMPTY_OR_STALE, GOOD, STALE_WITH_NOTE, GOOD_WITH_NOTE };

/* How much would be lost if a slot were given to another token. */
static int worth_of(const acct_cache_t *cache, slot_t *slot, int64_t tick)
{
    /* relaxed: a choice of place, wrong at worst */
    uint64_t account = atomic_load_explicit(&slot->word[W_ACCOUNT],
                                            memory_order_relaxed);
    uint64_t whose = atomic_load_explicit(&slot->word[W_DATABASE],
                                          memory_order_relaxed);
    uint64_t shape = atomic_load_explicit(&slot->word[W_SHAPE],
                                          memory_order_relaxed);
    /* relaxed: the same */
    uint64_t stored = atomic_load_explicit(&slot->word[W_STORED],
                                           memory_order_relaxed);
    int worth = (shape & SHAPE_UNWRITTEN) != 0 ? STALE_WITH_NOTE
                                               : EMPTY_OR_STALE;

    /* relaxed: here as well */
    if (atomic_load_explicit(&slot->word[W_SEQUENCE],
                             memory_order_relaxed) == 0) {
        return EMPTY_OR_STALE;
    }
    /* relaxed: and here */
    if (tick - (int64_t)stored < ACCT_CACHE_AGE
        && atomic_load_explicit(&slot->word[W_EPOCH], memory_order_relaxed)
        == atomic_load_explicit(epoch_of(cache, whose, (int64_t)account),
                                memory_order_relaxed)) {
        worth++;
    }
    return worth;
}

size_t acct_cache_in_use(const acct_cache_t *cache, int64_t tick)
{
    size_t used = 0;
    size_t i;

    for (i = 0; i < cache->slots; i++) {
        used += (worth_of(cache, &cache->block->slot[i], tick) & 1) == GOOD;
    }
    return used;
}

/* Where a token goes: where it is, else where the least is lost, in turn
 * where that is equal. */
static slot_t *place_for(acct_cache_t *cache, uint64_t database,
                         const unsigned char *digest, int64_t tick)
{
    slot_t *set = set_of(cache, database, digest);
    int least = GOOD_WITH_NOTE + 1;
    int worth[ACCT_CACHE_WAYS];
    uint64_t turn;
    int way;

    for (way = 0; way < ACCT_CACHE_WAYS; way++) {
        /* relaxed, both: a choice of place, wrong at worst */
        if (atomic_load_explicit(&set[way].word[W_DIGEST],
                                 memory_order_relaxed)
            == first_word(digest)
            && atomic_load_explicit(&set[way].word[W_DATABASE],
                                    memory_order_relaxed) == database) {
            return &set[way];
        }
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

/* The database does not know yet what a note of the token's old slot says.
 * Of any epoch: the database has just said that this token, whose id no
 * other ever has, is there, and an answer from before a revocation is not
 * stored. What the use prolongs the new content says. */
static void keep_note(const uint64_t old[W_END], uint64_t word[W_END],
                      const acct_cached_t *identity)
{
    int64_t used = (int64_t)old[W_LAST_USED];
    int64_t expires;

    if ((old[W_SHAPE] & SHAPE_UNWRITTEN) == 0
        || memcmp(&old[W_TOKEN_ID], &word[W_TOKEN_ID], 16) != 0
        || used <= (int64_t)word[W_LAST_USED]) {
        return;
    }
    word[W_LAST_USED] = (uint64_t)used;
    word[W_SHAPE] |= SHAPE_UNWRITTEN;
    expires = acct_cache_expiry(identity, used);
    if (word[W_EXPIRES] != 0 && expires > (int64_t)word[W_EXPIRES]) {
        word[W_EXPIRES] = (uint64_t)expires;
    }
}

int acct_cache_store(acct_cache_t *cache, uint64_t database,
                     const unsigned char *digest, uint64_t ticket,
                     int64_t tick, const acct_cached_t *identity)
{
    uint64_t word[W_END];
    uint64_t old[W_END];
    uint64_t index = epoch_index(database, identity->account);
    uint64_t sequence;
    uint64_t epoch;
    slot_t *slot;

    /* acquire: what raised it last is read after it */
    epoch = atomic_load_explicit(&cache->block->epoch[index],
                                 memory_order_acquire);
    /* acquire: a revocation that raised the epoch has left its count */
    if (atomic_load_explicit(&cache->block->raised[index],
                             memory_order_acquire) > ticket) {
        return 0;
    }
    pack(word, database, digest, epoch, identity);
    word[W_STORED] = (uint64_t)tick;
    slot = place_for(cache, database, digest, tick);
    if (!claim(slot, tick, &sequence)) {
        return 0;
    }
    if (read_claimed(cache, slot, old) && is_for(old, database, digest)) {
        keep_note(old, word, identity);
    }
    write_claimed(cache, slot, word, W_DATABASE);
    release(slot, sequence);
    return 1;
}

/* ---- notes of last use ---- */

/* The slot that may hold a token, by the first word of its digest. */
static slot_t *likely_slot(const acct_cache_t *cache, uint64_t database,
                           const unsigned char *digest)
{
    slot_t *set = set_of(cache, database, digest);
    int way;

    for (way = 0; way < ACCT_CACHE_WAYS; way++) {
        /* relaxed, both: a hint, what counts is read in order later */
        if (atomic_load_explicit(&set[way].word[W_DIGEST],
                                 memory_order_relaxed)
            == first_word(digest)
            && atomic_load_explicit(&set[way].word[W_DATABASE],
                                    memory_order_relaxed) == database) {
            return &set[way];
        }
    }
    return NULL;
}

int acct_cache_touch(acct_cache_t *cache, uint64_t database,
                     const unsigned char *digest, int64_t now, int64_t tick,
                     acct_cached_t *identity)
{
    slot_t *slot = likely_slot(cache, database, digest);
    uint64_t word[W_END];
    uint64_t sequence;
    int touched;

    if (slot == NULL || !claim(slot, tick, &sequence)) {
        return 0;
    }
    touched = read_claimed(cache, slot, word)
        && is_for(word, database, digest) && is_of_now(cache, word)
        && !is_expired(word, now)
        && now - (int64_t)word[W_LAST_USED] >= ACCT_CACHE_NOTE_AGE;
    if (touched) {
        unpack(word, identity);
        identity->last_used = now;
        identity->expires_at = acct_cache_expiry(identity, now);
        identity->is_unwritten = 1;
        word[W_EXPIRES] = (uint64_t)identity->expires_at;
        word[W_LAST_USED] = (uint64_t)now;
        word[W_SHAPE] |= SHAPE_UNWRITTEN;
        write_claimed(cache, slot, word, W_EXPIRES);
    }
    release(slot, sequence);
    return touched;
}

int acct_cache_is_noted(const acct_cache_t *cache, uint64_t database,
                        const unsigned char *digest, int64_t now)
{
    slot_t *slot = likely_slot(cache, database, digest);
    uint64_t word[W_END];

    return slot != NULL && read_slot(cache, slot, word)
        && is_for(word, database, digest)
        && now - (int64_t)word[W_LAST_USED] < ACCT_CACHE_NOTE_AGE;
}

/* How often, and for how long at a time, a note is waited for that
 * somebody has claimed the slot of. */
#define USED_TRIES 50
#define USED_PAUSE 100

static int is_claimed(const slot_t *slot)
{
    /* relaxed: whether to look again */
    return (atomic_load_explicit(&slot->word[W_SEQUENCE],
                                 memory_order_relaxed) & CLAIM) != 0;
}

/* A copy of the slot as read_slot() makes it, after whoever writes there
 * just now. */
static int read_settled(const acct_cache_t *cache, slot_t *slot,
                        uint64_t copy[W_END])
{
    int try;

    for (try = 0; try < USED_TRIES; try++) {
        if (read_slot(cache, slot, copy)) {
            return 1;
        }
        if (!is_claimed(slot)) {
            break;
        }
        apr_sleep(USED_PAUSE);
    }
    return read_slot(cache, slot, copy);
}

int64_t acct_cache_used(const acct_cache_t *cache, uint64_t database,
                        const unsigned char *digest,
                        const unsigned char *token_id, int *is_unwritten)
{
    slot_t *slot = likely_slot(cache, database, digest);
    uint64_t word[W_END];

    *is_unwritten = 0;
    if (slot == NULL || !read_settled(cache, slot, word)
        || !is_for(word, database, digest)
        || memcmp(&word[W_TOKEN_ID], token_id, 16) != 0) {
        return 0;
    }
    *is_unwritten = (word[W_SHAPE] & SHAPE_UNWRITTEN) != 0;
    return (int64_t)word[W_LAST_USED];
}

static int has_note(slot_t *slot, int sliding)
{
    /* relaxed: where to look closer */
    uint64_t shape = atomic_load_explicit(&slot->word[W_SHAPE],
                                          memory_order_relaxed);

    return (shape & SHAPE_UNWRITTEN) != 0
        && !sliding == !(shape & SHAPE_SLIDING);
}

size_t acct_cache_notes(const acct_cache_t *cache, uint64_t database,
                        int sliding, size_t *from, acct_cache_note_t *notes,
                        size_t most)
{
    size_t at = *from % cache->slots;
    size_t left = cache->slots;
    size_t count = 0;
    uint64_t word[W_END];

    for (; left > 0 && count < most; left--, at = (at + 1) % cache->slots) {
        slot_t *slot = &cache->block->slot[at];

        if (!has_note(slot, sliding) || !read_slot(cache, slot, word)
            || word[W_DATABASE] != database) {
            continue;
        }
        notes[count].slot = at;
        notes[count].tag = word[W_TAG];
        notes[count].used = (int64_t)word[W_LAST_USED];
        memcpy(notes[count].token_id, &word[W_TOKEN_ID],
               sizeof(notes[count].token_id));
        count++;
    }
    *from = at;
    return count;
}

void acct_cache_noted(acct_cache_t *cache, const acct_cache_note_t *note,
                      int64_t tick)
{
    slot_t *slot = &cache->block->slot[note->slot];
    uint64_t word[W_END];
    uint64_t sequence;

    /* The tag tells whether this still is what was collected. */
    if (!claim(slot, tick, &sequence)) {
        return;
    }
    if (read_claimed(cache, slot, word) && word[W_TAG] == note->tag) {
        word[W_SHAPE] &= ~SHAPE_UNWRITTEN;
        write_claimed(cache, slot, word, W_SHAPE);
    }
    release(slot, sequence);
}
