/* SPDX-License-Identifier: Apache-2.0 */
/* Slots of the identity cache: what is found in them, and what is not. */
#include "identity_cache_fixture.h"

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
        T(a_half_written_slot_is_a_miss),
        T(a_claim_is_respected_and_taken_over_after_a_second),
        T(a_claim_a_little_later_than_our_clock_is_respected),
        T(a_claim_from_far_away_in_time_is_nobody_s),
        T(a_late_writer_s_traces_are_a_miss_and_counted),
        T(a_slot_that_lost_its_place_misleads_nobody),
        T(a_slot_with_a_changed_digest_is_a_miss),
        T(slots_of_another_start_of_the_server_are_misses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
