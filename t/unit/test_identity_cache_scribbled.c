/* SPDX-License-Identifier: Apache-2.0 */
/* The identity cache over memory into which other code wrote. */
#include "identity_cache_fixture.h"

#include <time.h>

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
            /* A store meets it too. */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(no_flipped_byte_is_a_grant),
        T(a_million_scribbles_are_never_a_grant),
        T(wiped_memory_is_never_a_grant),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
