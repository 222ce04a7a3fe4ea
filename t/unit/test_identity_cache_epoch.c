/* SPDX-License-Identifier: Apache-2.0 */
/* Revoking what the identity cache holds. */
#include "identity_cache_fixture.h"

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
    /* but of one in a few thousand, which shares its epoch */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(raising_an_account_s_epoch_revokes_all_its_tokens),
        T(raising_is_for_one_database),
        T(raising_all_revokes_everything),
        T(after_a_revocation_what_is_asked_anew_is_found),
        T(an_answer_from_before_a_revocation_is_not_stored),
        T(the_revocation_of_another_spoils_no_answer),
        T(of_two_revocations_the_later_counts),
        T(a_stale_answer_does_not_replace_a_good_one),
        T(a_thousand_revocations_never_bring_a_slot_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
