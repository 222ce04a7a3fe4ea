/* SPDX-License-Identifier: Apache-2.0 */
/* The identity cache: how large it is, and attaching to it. */
#include "identity_cache_fixture.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
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
