/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An identity cache in memory of its own, and tokens for it, by number.
 *
 * Where a test has to play a writer that died or memory that was scribbled,
 * it knows this much of the layout: the slots are the end of the block, and
 * a slot begins with its sequence word, whose bit 0 is a claim and whose
 * bits from 24 on are the claim's tick in ms.
 */
#ifndef ACCT_IDENTITY_CACHE_FIXTURE_H
#define ACCT_IDENTITY_CACHE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmocka_header.h"

#include "cache/cache.h"

#define SLOTS 64
#define DB UINT64_C(0x1122334455667788)
#define OTHER_DB UINT64_C(0x8877665544332211)
#define NOW INT64_C(1800000000000000)
#define TICK INT64_C(5000000000)
#define SECOND INT64_C(1000000)
#define TOKENS 24
#define CLAIMED UINT64_C(1)

/* All fields, without the structure's padding. */
#define assert_same(a, b) \
    assert_memory_equal(a, b, offsetof(acct_cached_t, text) \
                              + ACCT_CACHE_TEXT_BYTES)

static const unsigned char secret[ACCT_CACHE_SECRET_BYTES] = "0123456789abcde";

static void *memory;
static acct_cache_t cache;

static inline void format(size_t slots)
{
    acct_cache_format(&cache, memory, slots, secret);
}

static inline int start(void **state)
{
    (void)state;
    memory = aligned_alloc(64, acct_cache_bytes(SLOTS));
    if (memory == NULL) {
        return -1;
    }
    memset(memory, 0, acct_cache_bytes(SLOTS));
    format(SLOTS);
    return 0;
}

static inline int stop(void **state)
{
    (void)state;
    free(memory);
    return 0;
}

/* Token n's digest: all 32 bytes depend on n. */
static inline const unsigned char *digest_of(uint64_t n,
                                             unsigned char digest[32])
{
    uint64_t x = n + 1;
    int i;

    for (i = 0; i < 32; i++) {
        x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        digest[i] = (unsigned char)(x >> 56);
    }
    return digest;
}

/* What token n stands for. */
static inline acct_cached_t identity_of(uint64_t n)
{
    acct_cached_t identity;
    int length;

    memset(&identity, 0, sizeof(identity));
    identity.account = (int64_t)n + 1;
    memset(identity.token_id, (int)(n & 0xff), sizeof(identity.token_id));
    identity.is_staff = (uint16_t)(n & 1);
    length = snprintf(identity.text, sizeof(identity.text),
                      "user%luuser%lu@example.org", (unsigned long)n,
                      (unsigned long)n);
    identity.username_length =
        (uint16_t)(strchr(identity.text + 4, 'u') - identity.text);
    identity.email_length =
        (uint16_t)(length - identity.username_length);
    return identity;
}

static inline int store_with(uint64_t database, uint64_t n, uint64_t ticket,
                             int64_t tick, const acct_cached_t *identity)
{
    unsigned char digest[32];

    return acct_cache_store(&cache, database, digest_of(n, digest), ticket,
                            tick, identity);
}

static inline int store(uint64_t n)
{
    acct_cached_t identity = identity_of(n);

    return store_with(DB, n, acct_cache_ticket(&cache), TICK, &identity);
}

static inline int find_in(uint64_t database, uint64_t n, int64_t now,
                          int64_t tick, acct_cached_t *found)
{
    unsigned char digest[32];
    apr_status_t status;

    status = acct_cache_find(&cache, database, digest_of(n, digest), now,
                             tick, found);
    assert_true(status == APR_SUCCESS || status == APR_NOTFOUND);
    return status == APR_SUCCESS;
}

/* Whether token n is found; with anything wrong about it the test fails. */
static inline int finds(uint64_t n)
{
    acct_cached_t expected = identity_of(n);
    acct_cached_t found;

    memset(&found, 0, sizeof(found));
    if (!find_in(DB, n, NOW, TICK, &found)) {
        return 0;
    }
    assert_same(&found, &expected);
    return 1;
}

static inline unsigned char *slots_of(size_t slots)
{
    return (unsigned char *)memory + acct_cache_bytes(slots)
        - slots * ACCT_CACHE_SLOT_BYTES;
}

/* The slot token n was put into, told by its digest. */
static inline unsigned char *slot_with(uint64_t n, size_t slots)
{
    unsigned char *slot = slots_of(slots);
    unsigned char digest[32];
    size_t i;

    digest_of(n, digest);
    for (i = 0; i < slots; i++, slot += ACCT_CACHE_SLOT_BYTES) {
        if (memcmp(slot + 16, digest, 32) == 0) {
            return slot;
        }
    }
    fail_msg("token %lu is in no slot", (unsigned long)n);
    return NULL;
}

static inline void set_sequence(unsigned char *slot, uint64_t sequence)
{
    memcpy(slot, &sequence, sizeof(sequence));
}

static inline uint64_t claim_at(int64_t tick)
{
    return (uint64_t)(tick / 1000) << 24 | 6 | CLAIMED;
}

#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)

#endif
