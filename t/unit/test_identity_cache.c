/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The identity cache alone. Where a test has to play a writer that died or
 * memory that was scribbled, it knows this much of the layout: the slots
 * are the end of the block, and a slot begins with its sequence word, whose
 * bit 0 is a claim and whose bits from 24 on are the claim's tick in ms.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "identity_cache.h"

#define SLOTS 64
#define DB UINT64_C(0x1122334455667788)
#define OTHER_DB UINT64_C(0x8877665544332211)
#define NOW INT64_C(1800000000000000)
#define TICK INT64_C(5000000000)
#define SECOND INT64_C(1000000)
#define TOKENS 24
#define CLAIMED UINT64_C(1)

/* All fields; what pads the structure is nobody's. */
#define assert_same(a, b) \
    assert_memory_equal(a, b, offsetof(acct_cached_t, text) \
                              + ACCT_CACHE_TEXT_BYTES)

static const unsigned char secret[ACCT_CACHE_SECRET_BYTES] = "0123456789abcde";

static void *memory;
static acct_cache_t cache;

static void format(size_t slots)
{
    acct_cache_format(&cache, memory, slots, secret);
}

static int start(void **state)
{
    (void)state;
    memory = aligned_alloc(64, acct_cache_bytes(SLOTS));
    if (memory == NULL) {
        return -1;
    }
    format(SLOTS);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    free(memory);
    return 0;
}

/* Token n's digest: all 32 bytes depend on n. */
static const unsigned char *digest_of(uint64_t n, unsigned char digest[32])
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
static acct_cached_t identity_of(uint64_t n)
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

static int store_with(uint64_t database, uint64_t n, uint64_t ticket,
                      int64_t tick, const acct_cached_t *identity)
{
    unsigned char digest[32];

    return acct_cache_store(&cache, database, digest_of(n, digest), ticket,
                            tick, identity);
}

static int store(uint64_t n)
{
    acct_cached_t identity = identity_of(n);

    return store_with(DB, n, acct_cache_ticket(&cache), TICK, &identity);
}

static int find_in(uint64_t database, uint64_t n, int64_t now, int64_t tick,
                   acct_cached_t *found)
{
    unsigned char digest[32];
    apr_status_t status;

    status = acct_cache_find(&cache, database, digest_of(n, digest), now,
                             tick, found);
    assert_true(status == APR_SUCCESS || status == APR_NOTFOUND);
    return status == APR_SUCCESS;
}

/* Whether token n is found; with anything wrong about it the test fails. */
static int finds(uint64_t n)
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

static unsigned char *slots_of(size_t slots)
{
    return (unsigned char *)memory + acct_cache_bytes(slots)
        - slots * ACCT_CACHE_SLOT_BYTES;
}

/* The slot token n was put into, told by its digest. */
static unsigned char *slot_with(uint64_t n, size_t slots)
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

static void set_sequence(unsigned char *slot, uint64_t sequence)
{
    memcpy(slot, &sequence, sizeof(sequence));
}

static uint64_t claim_at(int64_t tick)
{
    return (uint64_t)(tick / 1000) << 24 | 6 | CLAIMED;
}

/* ---- storing and finding ---- */

static void what_was_stored_is_found_with_every_field(void **state)
{
    (void)state;
    assert_int_equal(store(1), 1);
    assert_int_equal(store(2), 1);
    assert_true(finds(1));
    assert_true(finds(2));
    assert_int_equal(acct_cache_discarded(&cache), 0);
}

static void what_was_never_stored_is_not_found(void **state)
{
    acct_cached_t found;

    (void)state;
    assert_false(find_in(DB, 1, NOW, TICK, &found));
    store(1);
    assert_false(find_in(DB, 2, NOW, TICK, &found));
}

static void a_digest_of_zeros_is_not_found_in_an_empty_cache(void **state)
{
    unsigned char zeros[32] = { 0 };
    acct_cached_t found;

    (void)state;
    assert_int_equal(acct_cache_find(&cache, 0, zeros, NOW, TICK, &found),
                     APR_NOTFOUND);
}

static void storing_again_replaces_what_was_known(void **state)
{
    acct_cached_t changed = identity_of(1);
    acct_cached_t found;

    (void)state;
    store(1);
    changed.is_staff = !changed.is_staff;
    changed.text[0] = 'U';
    store_with(DB, 1, acct_cache_ticket(&cache), TICK, &changed);
    assert_true(find_in(DB, 1, NOW, TICK, &found));
    assert_same(&found, &changed);
}

static void a_text_that_fills_the_slot_comes_back_whole(void **state)
{
    acct_cached_t full = identity_of(1);
    acct_cached_t found;

    (void)state;
    memset(full.text, 'x', sizeof(full.text));
    full.username_length = 60;
    full.email_length = ACCT_CACHE_TEXT_BYTES - 60;
    store_with(DB, 1, acct_cache_ticket(&cache), TICK, &full);
    assert_true(find_in(DB, 1, NOW, TICK, &found));
    assert_same(&found, &full);
}

static void an_account_without_name_and_email_can_be_stored(void **state)
{
    acct_cached_t bare;
    acct_cached_t found;

    (void)state;
    memset(&bare, 0, sizeof(bare));
    bare.account = INT64_MAX;
    store_with(DB, 1, acct_cache_ticket(&cache), TICK, &bare);
    assert_true(find_in(DB, 1, NOW, TICK, &found));
    assert_same(&found, &bare);
}

static void a_token_of_another_database_is_not_found(void **state)
{
    acct_cached_t found;

    (void)state;
    format(ACCT_CACHE_WAYS);    /* one set: only the database tells */
    store(1);
    assert_false(find_in(OTHER_DB, 1, NOW, TICK, &found));
    assert_false(find_in(0, 1, NOW, TICK, &found));
    assert_true(finds(1));
}

/* The sets of one token are not the same in this one and in DB. */
#define ELSEWHERE (DB ^ UINT64_C(1) << 63)

static void a_token_of_two_databases_is_found_as_each_one_s(void **state)
{
    acct_cached_t theirs = identity_of(7);
    acct_cached_t found;

    (void)state;
    store(1);
    store_with(ELSEWHERE, 1, acct_cache_ticket(&cache), TICK, &theirs);
    assert_true(finds(1));
    assert_true(find_in(ELSEWHERE, 1, NOW, TICK, &found));
    assert_same(&found, &theirs);
}

static void all_bits_of_a_digest_count(void **state)
{
    unsigned char digest[32];
    acct_cached_t found;
    int bit;

    (void)state;
    format(4);                  /* one set: only the digest tells */
    store(1);
    for (bit = 0; bit < 256; bit++) {
        digest_of(1, digest);
        digest[bit / 8] ^= (unsigned char)(1 << bit % 8);
        if (acct_cache_find(&cache, DB, digest, NOW, TICK, &found)
            != APR_NOTFOUND) {
            fail_msg("found without bit %d of the digest", bit);
        }
    }
    assert_true(finds(1));
}

/* ---- time ---- */

static void a_token_is_found_until_the_microsecond_it_expires(void **state)
{
    acct_cached_t identity = identity_of(1);
    acct_cached_t found;

    (void)state;
    identity.expires_at = NOW + SECOND;
    store_with(DB, 1, acct_cache_ticket(&cache), TICK, &identity);
    assert_true(find_in(DB, 1, NOW, TICK, &found));
    assert_int_equal(found.expires_at, NOW + SECOND);
    assert_true(find_in(DB, 1, NOW + SECOND - 1, TICK, &found));
    assert_false(find_in(DB, 1, NOW + SECOND, TICK, &found));
    assert_false(find_in(DB, 1, NOW + 2 * SECOND, TICK, &found));
}

static void what_was_found_is_current_until_revoked_or_expired(void **state)
{
    acct_cached_t identity = identity_of(1);
    acct_cached_t found;

    (void)state;
    identity.expires_at = NOW + SECOND;
    store_with(DB, 1, acct_cache_ticket(&cache), TICK, &identity);
    assert_true(find_in(DB, 1, NOW, TICK, &found));
    assert_true(acct_cache_is_current(&cache, DB, &found, NOW));
    assert_true(acct_cache_is_current(&cache, DB, &found,
                                      NOW + SECOND - 1));
    assert_false(acct_cache_is_current(&cache, DB, &found, NOW + SECOND));
    acct_cache_raise(&cache, DB, found.account);
    assert_false(acct_cache_is_current(&cache, DB, &found, NOW));
}

static void a_token_without_expiry_never_expires(void **state)
{
    acct_cached_t found;

    (void)state;
    store(1);
    assert_true(find_in(DB, 1, INT64_MAX, TICK, &found));
}

static void a_slot_is_believed_for_its_age_and_no_longer(void **state)
{
    acct_cached_t found;

    (void)state;
    store(1);
    assert_true(find_in(DB, 1, NOW, TICK + ACCT_CACHE_AGE - 1, &found));
    assert_false(find_in(DB, 1, NOW, TICK + ACCT_CACHE_AGE, &found));
    assert_false(find_in(DB, 1, NOW, INT64_MAX, &found));
}

static void a_slot_from_the_future_is_not_believed(void **state)
{
    acct_cached_t found;

    (void)state;
    store(1);
    assert_false(find_in(DB, 1, NOW, TICK - 1, &found));
    assert_false(find_in(DB, 1, NOW, 0, &found));
}

/* ---- revocation ---- */

static void raising_an_account_s_epoch_revokes_all_its_tokens(void **state)
{
    acct_cached_t identity = identity_of(1);
    acct_cached_t found;

    (void)state;
    store(1);
    store(2);
    store_with(DB, 3, acct_cache_ticket(&cache), TICK, &identity);
    acct_cache_raise(&cache, DB, identity.account);
    assert_false(find_in(DB, 1, NOW, TICK, &found));
    assert_false(find_in(DB, 3, NOW, TICK, &found));
    assert_true(finds(2));
}

static void raising_is_for_one_database(void **state)
{
    (void)state;
    store(1);
    acct_cache_raise(&cache, OTHER_DB, identity_of(1).account);
    assert_true(finds(1));
}

static void raising_all_revokes_everything(void **state)
{
    acct_cached_t identity = identity_of(1);
    acct_cached_t found;
    uint64_t n;

    (void)state;
    for (n = 0; n < TOKENS; n++) {
        store(n);
    }
    store_with(OTHER_DB, 1, acct_cache_ticket(&cache), TICK, &identity);
    acct_cache_raise_all(&cache);
    for (n = 0; n < TOKENS; n++) {
        assert_false(finds(n));
    }
    assert_false(find_in(OTHER_DB, 1, NOW, TICK, &found));
}

static void after_a_revocation_what_is_asked_anew_is_found(void **state)
{
    (void)state;
    store(1);
    acct_cache_raise(&cache, DB, identity_of(1).account);
    assert_int_equal(store(1), 1);
    assert_true(finds(1));
    acct_cache_raise_all(&cache);
    assert_int_equal(store(1), 1);
    assert_true(finds(1));
}

static void an_answer_from_before_a_revocation_is_not_stored(void **state)
{
    acct_cached_t identity = identity_of(1);
    uint64_t ticket = acct_cache_ticket(&cache);

    (void)state;
    acct_cache_raise(&cache, DB, identity.account);
    assert_int_equal(store_with(DB, 1, ticket, TICK, &identity), 0);
    assert_false(finds(1));

    ticket = acct_cache_ticket(&cache);
    acct_cache_raise_all(&cache);
    assert_int_equal(store_with(DB, 1, ticket, TICK, &identity), 0);
    assert_false(finds(1));
}

static void the_revocation_of_another_spoils_no_answer(void **state)
{
    acct_cached_t identity = identity_of(1);
    uint64_t ticket = acct_cache_ticket(&cache);
    int64_t other;
    int spoilt = 0;

    (void)state;
    for (other = 1000; other < 1100; other++) {
        acct_cache_raise(&cache, DB, other);
        spoilt += !store_with(DB, 1, ticket, TICK, &identity);
    }
    /* but of one in a few thousand, with whom it shares the epoch */
    assert_true(spoilt < 100);
    acct_cache_raise(&cache, DB, identity.account);
    assert_int_equal(store_with(DB, 1, ticket, TICK, &identity), 0);
}

/* The last count stays: an older one that is noted late takes nothing
 * back. */
static void of_two_revocations_the_later_counts(void **state)
{
    acct_cached_t identity = identity_of(1);
    uint64_t ticket;

    (void)state;
    acct_cache_raise(&cache, DB, identity.account);
    ticket = acct_cache_ticket(&cache);
    acct_cache_raise(&cache, DB, identity.account);
    assert_int_equal(store_with(DB, 1, ticket, TICK, &identity), 0);
    assert_int_equal(store(1), 1);
}

static void a_stale_answer_does_not_replace_a_good_one(void **state)
{
    acct_cached_t old = identity_of(2);
    uint64_t ticket = acct_cache_ticket(&cache);

    (void)state;
    acct_cache_raise(&cache, DB, old.account);
    store(1);
    assert_int_equal(store_with(DB, 1, ticket, TICK, &old), 0);
    assert_true(finds(1));
}

static void a_thousand_revocations_never_bring_a_slot_back(void **state)
{
    int i;

    (void)state;
    store(1);
    for (i = 0; i < 1000; i++) {
        acct_cache_raise(&cache, DB, identity_of(1).account);
        assert_false(finds(1));
    }
    acct_cache_raise_all(&cache);
    assert_false(finds(1));
}

/* ---- sets ---- */

static void a_full_set_keeps_the_newest_and_mixes_nothing_up(void **state)
{
    uint64_t n;
    uint64_t i;

    (void)state;
    format(ACCT_CACHE_WAYS);
    for (n = 0; n < 200; n++) {
        int found = 0;

        assert_int_equal(store(n), 1);
        assert_true(finds(n));
        for (i = 0; i <= n; i++) {
            found += finds(i);
        }
        assert_int_equal(found, n < ACCT_CACHE_WAYS ? n + 1
                                                    : ACCT_CACHE_WAYS);
    }
}

static void evictions_never_revive_what_was_revoked(void **state)
{
    uint64_t n;

    (void)state;
    format(ACCT_CACHE_WAYS);
    store(0);
    acct_cache_raise(&cache, DB, identity_of(0).account);
    for (n = 1; n < 200; n++) {
        assert_int_equal(store(n), 1);
        assert_false(finds(0));
        acct_cache_raise(&cache, DB, identity_of(n).account);
        assert_false(finds(n));
        assert_false(finds(n - 1));
    }
}

static void a_revoked_slot_is_used_before_a_good_one(void **state)
{
    (void)state;
    format(ACCT_CACHE_WAYS);
    store(1);
    store(2);
    store(3);
    store(4);
    acct_cache_raise(&cache, DB, identity_of(3).account);
    store(5);
    assert_true(finds(1));
    assert_true(finds(2));
    assert_false(finds(3));
    assert_true(finds(4));
    assert_true(finds(5));
}

/* ---- writers that died ---- */

static void a_half_written_slot_is_a_miss(void **state)
{
    acct_cached_t found;
    unsigned char *slot;

    (void)state;
    store(1);
    slot = slot_with(1, SLOTS);
    set_sequence(slot, claim_at(TICK));
    assert_false(find_in(DB, 1, NOW, TICK, &found));
    memset(slot + ACCT_CACHE_SLOT_BYTES / 2, 'x', 32);
    assert_false(find_in(DB, 1, NOW, TICK, &found));
}

static void a_claim_is_respected_and_taken_over_after_a_second(void **state)
{
    acct_cached_t identity = identity_of(1);
    uint64_t ticket = acct_cache_ticket(&cache);

    (void)state;
    store(1);
    set_sequence(slot_with(1, SLOTS), claim_at(TICK - SECOND));
    assert_int_equal(store_with(DB, 1, ticket, TICK - SECOND, &identity), 0);
    assert_int_equal(store_with(DB, 1, ticket, TICK - 1000, &identity), 0);
    assert_int_equal(store_with(DB, 1, ticket, TICK, &identity), 1);
    assert_true(finds(1));
}

/* Two clocks are never read at once: the other may have claimed the slot
 * after we looked at ours. */
static void a_claim_a_little_later_than_our_clock_is_respected(void **state)
{
    acct_cached_t identity = identity_of(1);
    uint64_t ticket = acct_cache_ticket(&cache);

    (void)state;
    store(1);
    set_sequence(slot_with(1, SLOTS), claim_at(TICK + 5000));
    assert_int_equal(store_with(DB, 1, ticket, TICK, &identity), 0);
    set_sequence(slot_with(1, SLOTS), claim_at(TICK + SECOND / 2));
    assert_int_equal(store_with(DB, 1, ticket, TICK, &identity), 0);
}

static void a_claim_from_far_away_in_time_is_nobody_s(void **state)
{
    static const uint64_t scribbled[] = {
        CLAIMED, UINT64_MAX, UINT64_MAX << 24 | CLAIMED,
        UINT64_C(0x00ffffffffffffff)
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(scribbled) / sizeof(*scribbled); i++) {
        store(1);
        set_sequence(slot_with(1, SLOTS), scribbled[i]);
        assert_false(finds(1));
        assert_int_equal(store(1), 1);
        assert_true(finds(1));
    }
}

/* A writer that only slept writes on in a slot that is another's. */
static void a_late_writer_s_traces_are_a_miss_and_counted(void **state)
{
    acct_cached_t found;
    unsigned char theirs[ACCT_CACHE_SLOT_BYTES];
    unsigned char *slot;
    size_t i;

    (void)state;
    format(ACCT_CACHE_WAYS);
    store(2);
    memcpy(theirs, slot_with(2, ACCT_CACHE_WAYS), sizeof(theirs));
    format(ACCT_CACHE_WAYS);
    store(1);
    slot = slot_with(1, ACCT_CACHE_WAYS);
    /* From behind, so that the digest still leads to the slot. */
    for (i = sizeof(theirs) / 8 - 1; i > 6; i--) {
        uint64_t before;

        memcpy(&before, slot + 8 * i, 8);
        memcpy(slot + 8 * i, theirs + 8 * i, 8);
        if (memcmp(&before, theirs + 8 * i, 8) != 0) {
            assert_false(find_in(DB, 1, NOW, TICK, &found));
        }
    }
    assert_true(acct_cache_discarded(&cache) > 0);
    assert_int_equal(store(1), 1);
    assert_true(finds(1));
}

/* ---- slots that are not what they say ---- */

static void a_slot_that_lost_its_place_misleads_nobody(void **state)
{
    acct_cached_t found;
    unsigned char copy[ACCT_CACHE_SLOT_BYTES];
    unsigned char *slots = slots_of(SLOTS);
    size_t i;
    uint64_t n;

    (void)state;
    for (n = 0; n < TOKENS; n++) {
        store(n);
    }
    memcpy(copy, slot_with(3, SLOTS), sizeof(copy));
    for (i = 0; i < SLOTS; i++) {
        memcpy(slots + i * sizeof(copy), copy, sizeof(copy));
    }
    for (n = 0; n < TOKENS; n++) {
        assert_int_equal(finds(n), n == 3);
    }
    acct_cache_raise(&cache, DB, identity_of(3).account);
    assert_false(find_in(DB, 3, NOW, TICK, &found));
}

static void a_slot_with_a_changed_digest_is_a_miss(void **state)
{
    unsigned char digest[32];
    acct_cached_t found;

    (void)state;
    format(ACCT_CACHE_WAYS);
    store(1);
    memcpy(slot_with(1, ACCT_CACHE_WAYS) + 16, digest_of(2, digest), 32);
    assert_false(find_in(DB, 2, NOW, TICK, &found));
    assert_int_equal(acct_cache_discarded(&cache), 1);
}

static void slots_of_another_start_of_the_server_are_misses(void **state)
{
    static const unsigned char other[ACCT_CACHE_SECRET_BYTES] = "other";
    acct_cached_t found;
    acct_cache_t old = cache;
    uint64_t n;

    (void)state;
    for (n = 0; n < TOKENS; n++) {
        store(n);
    }
    assert_int_equal(acct_cache_attach(&cache, memory, SLOTS, other),
                     APR_SUCCESS);
    for (n = 0; n < TOKENS; n++) {
        assert_false(find_in(DB, n, NOW, TICK, &found));
    }
    cache = old;
    assert_true(finds(1));
}

/* ---- scribbled bytes ---- */

/* Tokens 0 to TOKENS - 1, of which every third is revoked. What is found
 * must be what was stored, and none of the revoked. */
static size_t fill_and_revoke(unsigned char *clean, size_t size)
{
    size_t good = 0;
    uint64_t n;

    format(SLOTS);
    for (n = 0; n < TOKENS; n++) {
        store(n);
    }
    for (n = 0; n < TOKENS; n += 3) {
        acct_cache_raise(&cache, DB, identity_of(n).account);
    }
    memcpy(clean, memory, size);
    for (n = 0; n < TOKENS; n++) {
        good += (size_t)finds(n);
    }
    return good;
}

static size_t finds_nothing_wrong(void)
{
    size_t good = 0;
    uint64_t n;

    for (n = 0; n < TOKENS; n++) {
        int found = finds(n);

        if (found && n % 3 == 0) {
            fail_msg("token %lu is back", (unsigned long)n);
        }
        good += (size_t)found;
    }
    return good;
}

static void no_flipped_byte_is_a_grant(void **state)
{
    static const unsigned char flips[] = { 0x01, 0x03, 0x80, 0xff };
    size_t size = acct_cache_bytes(SLOTS);
    unsigned char *bytes = memory;
    unsigned char *clean = malloc(size);
    size_t good;
    size_t i;
    size_t j;

    (void)state;
    assert_non_null(clean);
    good = fill_and_revoke(clean, size);
    assert_true(good > TOKENS / 3);
    for (i = 0; i < size; i++) {
        for (j = 0; j < sizeof(flips); j++) {
            bytes[i] ^= flips[j];
            assert_true(finds_nothing_wrong() + 1 >= good);
            bytes[i] = clean[i];
        }
    }
    assert_int_equal(finds_nothing_wrong(), good);
    free(clean);
}

static uint64_t next_random(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x * UINT64_C(0x2545f4914f6cdd1d) >> 16;
}

static int64_t milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* One scribble; half of them fall among the slots. */
static void scribble(unsigned char *bytes, size_t size, uint64_t *x)
{
    size_t slots = SLOTS * ACCT_CACHE_SLOT_BYTES;
    uint64_t flip = next_random(x);
    size_t at = (flip & 0x100) != 0 ? next_random(x) % size
                                    : size - slots + next_random(x) % slots;

    bytes[at] ^= (unsigned char)(flip | 1);
}

static void a_million_scribbles_are_never_a_grant(void **state)
{
    size_t size = acct_cache_bytes(SLOTS);
    unsigned char *clean = malloc(size);
    uint64_t x = UINT64_C(0x9e3779b97f4a7c15);
    int64_t end = milliseconds() + 2000;
    uint64_t n;
    int i;

    (void)state;
    assert_non_null(clean);
    fill_and_revoke(clean, size);
    for (i = 0; i < 1000000; i++) {
        if (i % 500 == 0) {
            memcpy(memory, clean, size);
            if (milliseconds() > end) {
                break;
            }
        }
        scribble(memory, size, &x);
        n = next_random(&x) % TOKENS;
        if (finds(n) && n % 3 == 0) {
            fail_msg("token %lu is back after scribble %d",
                     (unsigned long)n, i);
        }
        if (i % 64 == 0) {
            finds_nothing_wrong();
            /* Whoever stores meets it too. */
            store(3 * (n / 3) + 1);
        }
    }
    print_message("%d scribbles\n", i);
    free(clean);
}

static void wiped_memory_is_never_a_grant(void **state)
{
    static const int patterns[] = { 0x00, 0xff, 0x01, 0x55, 'A' };
    size_t size = acct_cache_bytes(SLOTS);
    size_t head = size - SLOTS * ACCT_CACHE_SLOT_BYTES;
    unsigned char *clean = malloc(size);
    size_t i;

    (void)state;
    assert_non_null(clean);
    fill_and_revoke(clean, size);
    for (i = 0; i < sizeof(patterns) / sizeof(*patterns); i++) {
        memset(memory, patterns[i], head);
        finds_nothing_wrong();
        store(1);
        acct_cache_raise_all(&cache);
        memset(slots_of(SLOTS), patterns[i], size - head);
        assert_int_equal(finds_nothing_wrong(), 0);
        memcpy(memory, clean, size);
    }
    free(clean);
}

/* ---- feeds ---- */

static void a_feed_never_read_is_not_fresh(void **state)
{
    int feed = acct_cache_feed(&cache, DB);

    (void)state;
    assert_int_equal(acct_cache_feed_last(&cache, feed), -1);
    assert_false(acct_cache_is_fresh(&cache, feed, TICK, INT64_MAX));
    assert_false(acct_cache_is_fresh(&cache, feed, 0, INT64_MAX));
    assert_false(acct_cache_is_fresh(&cache, feed, 1, 2 * SECOND));
}

static void a_feed_is_fresh_for_the_bound_and_no_longer(void **state)
{
    int feed = acct_cache_feed(&cache, DB);

    (void)state;
    acct_cache_feed_read(&cache, feed, TICK, 42);
    assert_int_equal(acct_cache_feed_last(&cache, feed), 42);
    assert_true(acct_cache_is_fresh(&cache, feed, TICK, 2 * SECOND));
    assert_true(acct_cache_is_fresh(&cache, feed, TICK + 2 * SECOND - 1,
                                    2 * SECOND));
    assert_false(acct_cache_is_fresh(&cache, feed, TICK + 2 * SECOND,
                                     2 * SECOND));
    assert_false(acct_cache_is_fresh(&cache, feed, INT64_MAX, 2 * SECOND));
    acct_cache_feed_read(&cache, feed, TICK + 2 * SECOND, 42);
    assert_true(acct_cache_is_fresh(&cache, feed, TICK + 2 * SECOND,
                                    2 * SECOND));
}

static void with_a_bound_of_zero_nothing_is_fresh(void **state)
{
    int feed = acct_cache_feed(&cache, DB);

    (void)state;
    acct_cache_feed_read(&cache, feed, TICK, 0);
    assert_false(acct_cache_is_fresh(&cache, feed, TICK, 0));
}

static void a_clock_that_went_backwards_makes_a_feed_stale(void **state)
{
    int feed = acct_cache_feed(&cache, DB);

    (void)state;
    acct_cache_feed_read(&cache, feed, TICK, 0);
    assert_false(acct_cache_is_fresh(&cache, feed, TICK - 1, 2 * SECOND));
    assert_false(acct_cache_is_fresh(&cache, feed, 1, 2 * SECOND));
}

static void each_database_has_a_feed_of_its_own(void **state)
{
    int one = acct_cache_feed(&cache, DB);
    int other = acct_cache_feed(&cache, OTHER_DB);

    (void)state;
    assert_int_not_equal(one, other);
    assert_int_equal(acct_cache_feed(&cache, DB), one);
    assert_int_equal(acct_cache_feed(&cache, OTHER_DB), other);
    acct_cache_feed_read(&cache, one, TICK, 7);
    assert_true(acct_cache_is_fresh(&cache, one, TICK, SECOND));
    assert_false(acct_cache_is_fresh(&cache, other, TICK, SECOND));
    assert_int_equal(acct_cache_feed_last(&cache, other), -1);
}

/* What a database's row said of its tokens' check. */
static void a_check_is_believed_of_its_key_for_the_bound(void **state)
{
    int feed = acct_cache_feed(&cache, DB);
    int other = acct_cache_feed(&cache, OTHER_DB);
    int64_t tick = TICK;

    (void)state;
    assert_false(acct_cache_is_checked(&cache, feed, 7, tick, INT64_MAX));
    acct_cache_feed_checked(&cache, feed, 7, tick);
    assert_true(acct_cache_is_checked(&cache, feed, 7, tick, 2 * SECOND));
    assert_true(acct_cache_is_checked(&cache, feed, 7, tick + 2 * SECOND - 1,
                                      2 * SECOND));
    assert_false(acct_cache_is_checked(&cache, feed, 7, tick + 2 * SECOND,
                                       2 * SECOND));
    assert_false(acct_cache_is_checked(&cache, feed, 7, tick - 1,
                                       2 * SECOND));
    assert_false(acct_cache_is_checked(&cache, feed, 7, tick, 0));
    assert_false(acct_cache_is_checked(&cache, feed, 8, tick, 2 * SECOND));
    assert_false(acct_cache_is_checked(&cache, feed, 0, tick, 2 * SECOND));
    assert_false(acct_cache_is_checked(&cache, other, 7, tick, 2 * SECOND));
    acct_cache_feed_checked(&cache, feed, 0, tick + 1);
    assert_false(acct_cache_is_checked(&cache, feed, 7, tick + 1,
                                       2 * SECOND));
}

/* Two children that read the feed at once may leave halves of their
 * readings. */
static void halves_of_two_readings_are_not_believed(void **state)
{
    int feed = acct_cache_feed(&cache, DB);
    size_t bytes = acct_cache_bytes(cache.slots);
    unsigned char *before = malloc(bytes);
    unsigned char *after = malloc(bytes);
    unsigned char *block = (unsigned char *)cache.block;
    size_t i;
    int seen = 0;

    (void)state;
    acct_cache_feed_checked(&cache, feed, 7, TICK);
    memcpy(before, block, bytes);
    acct_cache_feed_checked(&cache, feed, 0, TICK + SECOND);
    memcpy(after, block, bytes);
    for (i = 0; i + 8 <= bytes; i += 8) {
        if (memcmp(before + i, after + i, 8) != 0) {
            memcpy(block + i, before + i, 8);
            assert_false(acct_cache_is_checked(&cache, feed, 7,
                                               TICK + SECOND, 2 * SECOND));
            memcpy(block + i, after + i, 8);
            seen++;
        }
    }
    assert_int_equal(seen, 2);
    free(before);
    free(after);
}

static void one_reads_and_another_takes_over(void **state)
{
    int feed = acct_cache_feed(&cache, DB);
    int64_t one = 0;
    int64_t other = 0;

    (void)state;
    assert_int_equal(acct_cache_feed_claim(&cache, feed, &one, TICK,
                                           SECOND), 2);
    assert_int_equal(acct_cache_feed_claim(&cache, feed, &other, TICK + 1,
                                           SECOND), 0);
    assert_int_equal(acct_cache_feed_claim(&cache, feed, &one,
                                           TICK + SECOND / 2, SECOND), 1);
    assert_int_equal(acct_cache_feed_claim(&cache, feed, &other,
                                           TICK + SECOND, SECOND), 0);
    assert_int_equal(acct_cache_feed_claim(&cache, feed, &other,
                                           TICK + 3 * SECOND / 2, SECOND), 2);
    /* the old one comes back: the turn is the other's now */
    assert_int_equal(acct_cache_feed_claim(&cache, feed, &one,
                                           TICK + 3 * SECOND / 2, SECOND), 0);
    assert_int_equal(acct_cache_feed_claim(&cache, feed, &other,
                                           TICK + 2 * SECOND, SECOND), 1);
    /* a claim out of nowhere does not stop the reading for ever */
    assert_int_equal(acct_cache_feed_claim(&cache, feed, &one,
                                           TICK - 9 * SECOND, SECOND), 2);
}

static void an_origin_and_a_failure_are_kept(void **state)
{
    int feed = acct_cache_feed(&cache, DB);

    (void)state;
    assert_int_equal(acct_cache_feed_origin(&cache, feed), 0);
    acct_cache_feed_set_origin(&cache, feed, 77);
    assert_int_equal(acct_cache_feed_origin(&cache, feed), 77);
    assert_int_equal(acct_cache_feed_failing(&cache, feed, 1), 0);
    assert_int_equal(acct_cache_feed_failing(&cache, feed, 1), 1);
    assert_int_equal(acct_cache_feed_failing(&cache, feed, 0), 1);
    assert_int_equal(acct_cache_feed_failing(&cache, feed, 0), 0);
}

static void there_are_sixty_four_feeds_and_no_more(void **state)
{
    uint64_t i;

    (void)state;
    for (i = 0; i < ACCT_CACHE_FEEDS; i++) {
        assert_int_equal(acct_cache_feed(&cache, DB + i), (int)i);
    }
    assert_int_equal(acct_cache_feed(&cache, OTHER_DB), -1);
    assert_int_equal(acct_cache_feed(&cache, DB + 63), 63);
}

/* Whatever word of the head is scribbled. */
static void no_scribbled_head_gives_a_feed_that_is_none(void **state)
{
    uint64_t *head = memory;
    int word;

    (void)state;
    for (word = 0; word < 8; word++) {
        int feed;

        format(SLOTS);
        head[word] = UINT64_C(1) << 40;
        feed = acct_cache_feed(&cache, DB);
        assert_true(feed >= -1 && feed < ACCT_CACHE_FEEDS);
    }
}

/* ---- geometry ---- */

static void as_many_slots_fit_as_their_bytes_say(void **state)
{
    size_t slots;

    (void)state;
    for (slots = ACCT_CACHE_WAYS; slots <= 65536; slots += 12) {
        size_t bytes = acct_cache_bytes(slots);

        assert_int_equal(slots % ACCT_CACHE_WAYS, 0);
        assert_int_equal(acct_cache_slots_in(bytes), slots);
        assert_int_equal(acct_cache_slots_in(bytes + 1), slots);
        assert_int_equal(acct_cache_slots_in(bytes - 1),
                         slots - ACCT_CACHE_WAYS);
    }
    assert_int_equal(acct_cache_slots_in(0), 0);
    assert_int_equal(acct_cache_slots_in(4096), 0);
}

static void sixteen_mebibytes_are_used_but_for_a_few_slots(void **state)
{
    size_t bytes = (size_t)16 << 20;
    size_t used = acct_cache_bytes(acct_cache_slots_in(bytes));

    (void)state;
    assert_true(used <= bytes);
    assert_true(bytes - used < ACCT_CACHE_WAYS * ACCT_CACHE_SLOT_BYTES);
    assert_true(acct_cache_slots_in(bytes) > 65000);
}

/* Any number of sets: none is left out, and none is behind the end. */
static void tokens_spread_over_all_the_sets_there_are(void **state)
{
    size_t slots = ACCT_CACHE_WAYS * 3;
    unsigned char *block = calloc(1, acct_cache_bytes(slots) + 64);
    size_t head = acct_cache_bytes(0);
    uint64_t n;
    size_t set;

    (void)state;
    memset(block + acct_cache_bytes(slots), 0x5a, 64);
    acct_cache_format(&cache, block, slots, secret);
    for (n = 1; n <= 200; n++) {
        store(n);
    }
    for (set = 0; set < 3; set++) {
        static const unsigned char empty[ACCT_CACHE_SLOT_BYTES];

        assert_memory_not_equal(block + head + set * ACCT_CACHE_WAYS
                                * ACCT_CACHE_SLOT_BYTES, empty,
                                sizeof(empty));
    }
    for (n = 0; n < 64; n++) {
        assert_int_equal(block[acct_cache_bytes(slots) + n], 0x5a);
    }
    free(block);
}

/* ---- attaching ---- */

static void who_attaches_sees_what_others_stored(void **state)
{
    acct_cache_t first = cache;

    (void)state;
    store(1);
    memset(&cache, 0, sizeof(cache));
    assert_int_equal(acct_cache_attach(&cache, memory, SLOTS, secret),
                     APR_SUCCESS);
    assert_true(finds(1));
    acct_cache_raise(&first, DB, identity_of(1).account);
    assert_false(finds(1));
}

static void a_view_can_be_attached_again_with_its_own_secret(void **state)
{
    (void)state;
    store(1);
    assert_int_equal(acct_cache_attach(&cache, memory, SLOTS, cache.secret),
                     APR_SUCCESS);
    assert_true(finds(1));
}

static void another_size_or_layout_is_refused(void **state)
{
    acct_cache_t view;
    uint64_t *head = memory;

    (void)state;
    assert_int_equal(acct_cache_attach(&view, memory, SLOTS / 2, secret),
                     APR_EINVAL);
    assert_int_equal(acct_cache_attach(&view, memory, SLOTS * 2, secret),
                     APR_EINVAL);
    head[1]++;
    assert_int_equal(acct_cache_attach(&view, memory, SLOTS, secret),
                     APR_EINVAL);
    head[1]--;
    head[0]++;
    assert_int_equal(acct_cache_attach(&view, memory, SLOTS, secret),
                     APR_EINVAL);
    memset(memory, 0, acct_cache_bytes(SLOTS));
    assert_int_equal(acct_cache_attach(&view, memory, SLOTS, secret),
                     APR_EINVAL);
}

static void formatting_again_forgets_everything(void **state)
{
    (void)state;
    store(1);
    acct_cache_feed_read(&cache, acct_cache_feed(&cache, DB), TICK, 7);
    format(SLOTS);
    assert_false(finds(1));
    assert_int_equal(
        acct_cache_feed_last(&cache, acct_cache_feed(&cache, DB)), -1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(what_was_stored_is_found_with_every_field),
        T(what_was_never_stored_is_not_found),
        T(a_digest_of_zeros_is_not_found_in_an_empty_cache),
        T(storing_again_replaces_what_was_known),
        T(a_text_that_fills_the_slot_comes_back_whole),
        T(an_account_without_name_and_email_can_be_stored),
        T(a_token_of_another_database_is_not_found),
        T(a_token_of_two_databases_is_found_as_each_one_s),
        T(all_bits_of_a_digest_count),
        T(a_token_is_found_until_the_microsecond_it_expires),
        T(what_was_found_is_current_until_revoked_or_expired),
        T(a_token_without_expiry_never_expires),
        T(a_slot_is_believed_for_its_age_and_no_longer),
        T(a_slot_from_the_future_is_not_believed),
        T(raising_an_account_s_epoch_revokes_all_its_tokens),
        T(raising_is_for_one_database),
        T(raising_all_revokes_everything),
        T(after_a_revocation_what_is_asked_anew_is_found),
        T(an_answer_from_before_a_revocation_is_not_stored),
        T(the_revocation_of_another_spoils_no_answer),
        T(of_two_revocations_the_later_counts),
        T(a_stale_answer_does_not_replace_a_good_one),
        T(a_thousand_revocations_never_bring_a_slot_back),
        T(a_full_set_keeps_the_newest_and_mixes_nothing_up),
        T(evictions_never_revive_what_was_revoked),
        T(a_revoked_slot_is_used_before_a_good_one),
        T(a_half_written_slot_is_a_miss),
        T(a_claim_is_respected_and_taken_over_after_a_second),
        T(a_claim_a_little_later_than_our_clock_is_respected),
        T(a_claim_from_far_away_in_time_is_nobody_s),
        T(a_late_writer_s_traces_are_a_miss_and_counted),
        T(a_slot_that_lost_its_place_misleads_nobody),
        T(a_slot_with_a_changed_digest_is_a_miss),
        T(slots_of_another_start_of_the_server_are_misses),
        T(no_flipped_byte_is_a_grant),
        T(a_million_scribbles_are_never_a_grant),
        T(wiped_memory_is_never_a_grant),
        T(a_feed_never_read_is_not_fresh),
        T(a_feed_is_fresh_for_the_bound_and_no_longer),
        T(with_a_bound_of_zero_nothing_is_fresh),
        T(a_clock_that_went_backwards_makes_a_feed_stale),
        T(each_database_has_a_feed_of_its_own),
        T(a_check_is_believed_of_its_key_for_the_bound),
        T(halves_of_two_readings_are_not_believed),
        T(one_reads_and_another_takes_over),
        T(an_origin_and_a_failure_are_kept),
        T(there_are_sixty_four_feeds_and_no_more),
        T(no_scribbled_head_gives_a_feed_that_is_none),
        T(as_many_slots_fit_as_their_bytes_say),
        T(sixteen_mebibytes_are_used_but_for_a_few_slots),
        T(tokens_spread_over_all_the_sets_there_are),
        T(who_attaches_sees_what_others_stored),
        T(a_view_can_be_attached_again_with_its_own_secret),
        T(another_size_or_layout_is_refused),
        T(formatting_again_forgets_everything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
