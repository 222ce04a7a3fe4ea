/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the identity cache share (cache/cache.h lists them): the
 * layout of the block, and questions about one slot.
 *
 * What a token that is found passes through is in cache/slot.c, or
 * inline here.
 */
#ifndef ACCT_CACHE_BLOCK_H
#define ACCT_CACHE_BLOCK_H

#include "cache/cache.h"

#include <openssl/crypto.h>
#include <stdatomic.h>
#include <string.h>

/* ---- layout ---- */

/* Another one for each change below. */
#define ACCT_CACHE_LAYOUT 8

#define ACCT_SLOT_WORDS (ACCT_CACHE_SLOT_BYTES / 8)
#define ACCT_TEXT_WORDS (ACCT_CACHE_TEXT_BYTES / 8)

/* The words of a slot. */
enum {
    ACCT_W_SEQUENCE,            /* bit 0: claimed; bits 1-23: count; bits
                                 * 24-63: tick of the claim, in ms */
    ACCT_W_DATABASE,
    ACCT_W_DIGEST,              /* 4 words */
    ACCT_W_EPOCH = ACCT_W_DIGEST + 4,
    ACCT_W_ACCOUNT,
    ACCT_W_EXPIRES,
    ACCT_W_STORED,              /* tick */
    ACCT_W_LAST_USED,
    ACCT_W_ENDS,
    ACCT_W_SLIDING,
    ACCT_W_TOKEN_ID,            /* 2 words */
    ACCT_W_SHAPE = ACCT_W_TOKEN_ID + 2,     /* bits, lengths */
    ACCT_W_TEXT,
    ACCT_W_TAG = ACCT_W_TEXT + ACCT_TEXT_WORDS,
    ACCT_W__END
};

/* Bits of ACCT_W_SEQUENCE. */
#define ACCT_SEQUENCE_CLAIMED UINT64_C(1)

/* Bits of ACCT_W_SHAPE. */
#define ACCT_SHAPE_STAFF UINT64_C(1)
#define ACCT_SHAPE_UNWRITTEN UINT64_C(2)
#define ACCT_SHAPE_NOTE UINT64_C(4)
#define ACCT_SHAPE_SLIDING UINT64_C(8)
#define ACCT_SHAPE_ADOPTABLE UINT64_C(16)

typedef struct acct_slot_t {
    _Atomic uint64_t word[ACCT_SLOT_WORDS];
} acct_slot_t;

_Static_assert(ACCT_W__END <= ACCT_SLOT_WORDS,
               "a slot is too small for its words");
_Static_assert(sizeof(acct_slot_t) == ACCT_CACHE_SLOT_BYTES, "padding");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "needs lock-free 64-bit words");

/* A database's feed. */
typedef struct acct_cache_feed_t {
    uint64_t database;          /* constant once the children run */
    _Atomic int64_t read_at;    /* tick; 0: never; or one that never comes */
    _Atomic int64_t last_id;
    _Atomic int64_t origin;
    _Atomic int64_t checked_at; /* tick; 0: never */
    _Atomic uint64_t checked;   /* seal of it; see checked_seal() */
    _Atomic int64_t native_at;  /* the same of acct_cache_is_native() */
    _Atomic uint64_t native;
    _Atomic int64_t claim;      /* tick */
    _Atomic int64_t failing;
    _Atomic uint32_t trouble[ACCT_CACHE_TROUBLES];  /* 0: none */
    _Atomic int64_t wanted_at;  /* tick; 0: never */
    _Atomic uint64_t creation;  /* of the database; 0: not known yet */
    _Atomic uint64_t doubts;    /* how often it was found to be another */
} acct_cache_feed_t;

/* In the memory of a cache the bits come first (cache/bits.c),
 * then the block, which ends with the slots. */
struct acct_cache_block_t {
    uint64_t magic;
    uint64_t layout;
    uint64_t slots;
    _Atomic uint64_t revocations;
    _Atomic uint64_t turn;      /* which way to evict next */
    _Atomic uint64_t discarded;
    uint64_t feeds;
    uint64_t unused;
    acct_cache_feed_t feed[ACCT_CACHE_FEEDS];
    _Atomic uint64_t epoch[ACCT_CACHE_EPOCHS];
    _Atomic uint64_t raised[ACCT_CACHE_EPOCHS];     /* the count that came
                                 * of the epoch's last revocation */
    acct_slot_t slot[];
};

/* What else the secret makes than the tags of slots, which are of more
 * words: each begins with another word, so that none stands for another. */
enum {
    ACCT_KEYED_START, ACCT_KEYED_STEP, ACCT_KEYED_CHECKED, ACCT_KEYED_NATIVE
};

/* ---- bits (cache/bits.c) ---- */

/* What there is a bit of for each slot, so that no thread has to look at all
 * slots, nor take memory for those that were never used. */
typedef enum {
    ACCT_BIT_NOTED,             /* may have a note the database has not */
    ACCT_BIT_USED,              /* something was put there once */
    ACCT_BIT__END
} acct_bit_e;

/** Bytes of the bits of so many slots, a multiple of 64. */
size_t acct_bits_bytes(size_t slots);

/** Set or clear a slot's bit. Only the thread that has claimed the slot does:
 *  it sets a note's bit before it writes the note, and clears it after the
 *  note is gone, so that if it dies in between it leaves a bit too many and
 *  never one too few. */
void acct_bit_set(const acct_cache_t *cache, acct_bit_e bit,
                  const acct_slot_t *slot);
void acct_bit_clear(const acct_cache_t *cache, acct_bit_e bit,
                    const acct_slot_t *slot);

/** 64 slots' bits, the lowest the first's; those behind the last slot
 *  are 0. @param group 0 to acct_bit_groups() - 1 */
uint64_t acct_bits_of(const acct_cache_t *cache, acct_bit_e bit,
                      size_t group);

static inline size_t acct_bit_groups(size_t slots)
{
    return (slots + 63) / 64;
}

/* ---- epochs (cache/epoch.c) ---- */

/** Give all epochs of a fresh block their first values. Before any other
 *  process has the block. */
void acct_epoch_start(acct_cache_t *cache);

/* Spreads accounts, which are small consecutive numbers (the finalizer of
 * MurmurHash3, a formula in the public domain). */
static inline uint64_t acct_epoch_spread(uint64_t x)
{
    x ^= x >> 33;
    x *= UINT64_C(0xff51afd7ed558ccd);
    x ^= x >> 33;
    x *= UINT64_C(0xc4ceb9fe1a85ec53);
    return x ^ x >> 33;
}

/** Which epoch is an account's. */
static inline uint64_t acct_epoch_index(uint64_t database, int64_t account)
{
    return acct_epoch_spread(database ^ (uint64_t)account)
        % ACCT_CACHE_EPOCHS;
}

static inline _Atomic uint64_t *acct_epoch_of(const acct_cache_t *cache,
                                              uint64_t database,
                                              int64_t account)
{
    return &cache->block->epoch[acct_epoch_index(database, account)];
}

/* ---- slots (cache/slot.c) ---- */

static inline uint64_t acct_slot_first_word(const unsigned char *digest)
{
    uint64_t word;

    memcpy(&word, digest, sizeof(word));
    return word;
}

/** A digest's set. The digest is uniform already; the database is mixed in
 *  so that two virtual hosts do not compete for one set with one token. The
 *  upper half as a fraction of all sets, so that there may be any number. */
static inline acct_slot_t *acct_slot_set(const acct_cache_t *cache,
                                         uint64_t database,
                                         const unsigned char *digest)
{
    uint64_t sets = cache->slots / ACCT_CACHE_WAYS;
    uint64_t share = (acct_slot_first_word(digest) ^ database) >> 32;

    return &cache->block->slot[(share * sets >> 32) * ACCT_CACHE_WAYS];
}

/** The slot that may hold a token, by its database and the first word of
 *  its digest; or NULL. A hint: what counts is read in order later. */
acct_slot_t *acct_slot_likely(const acct_cache_t *cache, uint64_t database,
                              const unsigned char *digest);

/** A copy of a slot's words, as much of its text as is used, that no thread
 *  wrote to meanwhile; 0 when there is none to be had, or it is not what was
 *  put there. */
int acct_slot_read(const acct_cache_t *cache, acct_slot_t *slot,
                   uint64_t copy[ACCT_W__END]);

/** Claim a slot for writing; 0 when another has it. On success *sequence
 *  is what to release it with. */
int acct_slot_claim(acct_slot_t *slot, int64_t tick, uint64_t *sequence);

/** What a claimed slot holds, or 0 when that is not what was put there. */
int acct_slot_read_claimed(const acct_cache_t *cache, acct_slot_t *slot,
                           uint64_t word[ACCT_W__END]);

/** Write to a claimed slot: the content from word @a first on, under a new
 *  tag. */
void acct_slot_write(const acct_cache_t *cache, acct_slot_t *slot,
                     uint64_t word[ACCT_W__END], int first);

/** Give a claimed slot back. */
void acct_slot_release(acct_slot_t *slot, uint64_t sequence);

/** From words to an identity. */
void acct_slot_unpack(const uint64_t word[ACCT_W__END],
                      acct_cached_t *found);

/** From an identity to words; ACCT_W_STORED and the tag are still 0. */
void acct_slot_pack(uint64_t word[ACCT_W__END], uint64_t database,
                    const unsigned char *digest, uint64_t epoch,
                    const acct_cached_t *identity);

/** Whether words that were read are a token's. */
static inline int acct_slot_is_for(const uint64_t word[ACCT_W__END],
                                   uint64_t database,
                                   const unsigned char *digest)
{
    return word[ACCT_W_DATABASE] == database
        && CRYPTO_memcmp(&word[ACCT_W_DIGEST], digest,
                         ACCT_CACHE_DIGEST_BYTES) == 0;
}

/** Whether nothing of the account was revoked since the slot was
 *  filled. */
static inline int acct_slot_is_of_now(const acct_cache_t *cache,
                                      const uint64_t word[ACCT_W__END])
{
    _Atomic uint64_t *epoch = acct_epoch_of(cache, word[ACCT_W_DATABASE],
                                            (int64_t)word[ACCT_W_ACCOUNT]);

    /* acquire: an epoch that was raised before this call is seen */
    return word[ACCT_W_EPOCH] == atomic_load_explicit(epoch,
                                                      memory_order_acquire);
}

static inline int acct_slot_is_expired(const uint64_t word[ACCT_W__END],
                                       int64_t now)
{
    return word[ACCT_W_EXPIRES] != 0
        && (int64_t)word[ACCT_W_EXPIRES] <= now;
}

#endif
