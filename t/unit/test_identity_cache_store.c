/* SPDX-License-Identifier: Apache-2.0 */
/* Whose place a token takes in the identity cache. */
#include "identity_cache_fixture.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_full_set_keeps_the_newest_and_mixes_nothing_up),
        T(evictions_never_revive_what_was_revoked),
        T(a_revoked_slot_is_used_before_a_good_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
