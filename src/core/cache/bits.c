/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/block.h"

/*
 * Memory order.
 * All relaxed: a slot's bit is changed by the thread that has claimed the
 * slot, and the claims order that. A thread that looks for bits sees those of
 * a moment ago, and reads the slots in their own order.
 */

size_t acct_bits_bytes(size_t slots)
{
    size_t bytes = ACCT_BIT__END * acct_bit_groups(slots) * sizeof(uint64_t);

    return (bytes + 63) / 64 * 64;
}

static _Atomic uint64_t *word_of(const acct_cache_t *cache, acct_bit_e bit,
                                 size_t group)
{
    char *first = (char *)cache->block - acct_bits_bytes(cache->slots);

    return (_Atomic uint64_t *)(void *)first
        + (size_t)bit * acct_bit_groups(cache->slots) + group;
}

static size_t index_of(const acct_cache_t *cache, const acct_slot_t *slot)
{
    return (size_t)(slot - cache->block->slot);
}

void acct_bit_set(const acct_cache_t *cache, acct_bit_e bit,
                  const acct_slot_t *slot)
{
    size_t i = index_of(cache, slot);
    _Atomic uint64_t *word = word_of(cache, bit, i / 64);
    uint64_t mask = UINT64_C(1) << i % 64;

    /* 64 slots share the word: it is not written without need */
    /* relaxed, both: the bit says where to look and orders nothing */
    if ((atomic_load_explicit(word, memory_order_relaxed) & mask) == 0) {
        /* relaxed: as above */
        atomic_fetch_or_explicit(word, mask, memory_order_relaxed);
    }
}

void acct_bit_clear(const acct_cache_t *cache, acct_bit_e bit,
                    const acct_slot_t *slot)
{
    size_t i = index_of(cache, slot);
    _Atomic uint64_t *word = word_of(cache, bit, i / 64);
    uint64_t mask = UINT64_C(1) << i % 64;

    /* relaxed, both: as in acct_bit_set() */
    if ((atomic_load_explicit(word, memory_order_relaxed) & mask) != 0) {
        /* relaxed: as above */
        atomic_fetch_and_explicit(word, ~mask, memory_order_relaxed);
    }
}

uint64_t acct_bits_of(const acct_cache_t *cache, acct_bit_e bit,
                      size_t group)
{
    /* relaxed: what the slots hold is read in the slots' own order */
    uint64_t bits = atomic_load_explicit(word_of(cache, bit, group),
                                         memory_order_relaxed);
    size_t left = cache->slots - group * 64;

    /* what is scribbled there must not lead astray */
    return left < 64 ? bits & ((UINT64_C(1) << left) - 1) : bits;
}
