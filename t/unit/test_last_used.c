/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notes of last use: made in the identity cache and kept there. Where it
 * plays memory that was scribbled, it knows that the slots are the end of
 * the block.
 */
#include "last_used_fixture.h"

/* ---- touching ---- */

static void a_use_is_noted_once_a_minute(void **state)
{
    world_t *world = *state;
    acct_token_t token = put(world, 1, NOW, 0, 0);
    acct_cached_t found;

    store(world, 1, &token);
    assert_int_equal(touch(world, 1, NOW + MINUTE - 1), 0);
    assert_int_equal(touch(world, 1, NOW + MINUTE), 1);
    assert_int_equal(touch(world, 1, NOW + MINUTE), 0);
    assert_int_equal(touch(world, 1, NOW + 2 * MINUTE - 1), 0);
    assert_int_equal(touch(world, 1, NOW + 2 * MINUTE), 1);
    assert_true(finds(world, 1, NOW + 2 * MINUTE, &found));
    assert_int_equal(found.last_used, NOW + 2 * MINUTE);
    assert_int_equal(found.is_unwritten, 1);
    assert_int_equal(touch(world, 2, NOW), 0);
}

static void a_use_prolongs_a_sliding_token_alone_and_not_past_its_end(
    void **state)
{
    world_t *world = *state;
    acct_token_t endless = put(world, 1, 0, HOUR, 0);
    acct_token_t ends = put(world, 2, 0, HOUR, NOW + 30 * MINUTE);
    acct_token_t plain = put(world, 3, 0, 0, NOW + 30 * MINUTE);
    acct_cached_t found;
    int n;

    store(world, 1, &endless);
    store(world, 2, &ends);
    store(world, 3, &plain);
    for (n = 1; n <= 3; n++) {
        assert_int_equal(touch(world, n, NOW), 1);
    }
    assert_true(finds(world, 1, NOW + HOUR - 1, &found));
    assert_int_equal(found.expires_at, NOW + HOUR);
    assert_false(finds(world, 1, NOW + HOUR, &found));
    assert_true(finds(world, 2, NOW + 30 * MINUTE - 1, &found));
    assert_int_equal(found.expires_at, NOW + 30 * MINUTE);
    assert_false(finds(world, 2, NOW + 30 * MINUTE, &found));
    assert_true(finds(world, 3, NOW, &found));
    assert_int_equal(found.expires_at, NOW + 30 * MINUTE);
}

static void what_was_revoked_or_has_expired_is_not_touched(void **state)
{
    world_t *world = *state;
    acct_token_t token = put(world, 1, 0, HOUR, 0);
    acct_cached_t found;

    store(world, 1, &token);
    assert_int_equal(touch(world, 1, NOW + MINUTE), 0);
    assert_false(finds(world, 1, NOW + MINUTE, &found));
    acct_cache_raise(&world->cache, DB, world->account);
    assert_int_equal(touch(world, 1, NOW), 0);
    assert_false(finds(world, 1, NOW, &found));
    assert_int_equal(collect(world).count, 0);
}

static void a_touch_does_not_undo_a_revocation_that_follows(void **state)
{
    world_t *world = *state;
    acct_token_t token = put(world, 1, 0, HOUR, 0);
    acct_cached_t found;

    store(world, 1, &token);
    assert_int_equal(touch(world, 1, NOW), 1);
    acct_cache_raise(&world->cache, DB, world->account);
    assert_false(finds(world, 1, NOW, &found));
    assert_int_equal(touch(world, 1, NOW + MINUTE), 0);
    assert_false(finds(world, 1, NOW + MINUTE, &found));
}

static void a_scribbled_slot_is_no_grant_no_note_and_not_touched(
    void **state)
{
    world_t *world = *state;
    acct_token_t token = put(world, 1, 0, HOUR, 0);
    unsigned char *bytes = world->memory;
    unsigned char *slot = NULL;
    acct_cached_t found;
    size_t i;

    for (i = 0; i < 8 * 31; i++) {
        make_cache(world, ACCT_CACHE_WAYS);
        bytes = world->memory;
        slot = bytes + acct_cache_bytes(ACCT_CACHE_WAYS)
             - ACCT_CACHE_WAYS * ACCT_CACHE_SLOT_BYTES;
        store(world, 1, &token);
        assert_int_equal(touch(world, 1, NOW), 1);
        if (i < 8) {
            continue;           /* the sequence word */
        }
        slot[i] ^= 0x80;
        assert_false(finds(world, 1, NOW, &found));
        assert_int_equal(touch(world, 1, NOW + 30 * MINUTE), 0);
        assert_int_equal(collect(world).count, 0);
    }
}

static void a_note_alone_is_collected_but_grants_nothing(void **state)
{
    world_t *world = *state;
    acct_token_t token = put(world, 1, 0, HOUR, 0);
    acct_cached_t cached = cached_of(world, 1, &token);
    acct_cached_t found;

    cached.is_note = 1;
    cached.is_unwritten = 1;
    cached.last_used = NOW;
    assert_false(acct_cache_is_noted(&world->cache, DB, digest_of(world, 1),
                                     NOW));
    acct_cache_store(&world->cache, DB, digest_of(world, 1),
                     acct_cache_ticket(&world->cache), TICK, &cached);
    assert_false(finds(world, 1, NOW, &found));
    assert_true(acct_cache_is_noted(&world->cache, DB, digest_of(world, 1),
                                    NOW + MINUTE - 1));
    assert_false(acct_cache_is_noted(&world->cache, DB, digest_of(world, 1),
                                     NOW + MINUTE));
    assert_int_equal(flush(world), 1);
    assert_int_equal(number(world, "last_used", 1), NOW);
}

/* ---- keeping notes ---- */

static void filling_a_slot_again_keeps_its_note(void **state)
{
    world_t *world = *state;
    acct_token_t token = put(world, 1, 0, HOUR, 0);
    acct_cached_t found;

    store(world, 1, &token);
    touch(world, 1, NOW);
    store(world, 1, &token);
    assert_true(finds(world, 1, NOW, &found));
    assert_int_equal(found.last_used, NOW);
    assert_int_equal(found.expires_at, NOW + HOUR);
    assert_int_equal(flush(world), 1);
    /* what the database says later is the better word */
    token.last_used = NOW + 1;
    token.expires_at = NOW + 2;
    store(world, 1, &token);
    assert_true(finds(world, 1, NOW, &found));
    assert_int_equal(found.last_used, NOW + 1);
    assert_int_equal(found.expires_at, NOW + 2);
}

/* Another token of the account was signed out: this one's row is there. */
static void a_note_is_kept_though_the_epoch_is_another(void **state)
{
    world_t *world = *state;
    acct_token_t token = put(world, 1, 0, HOUR, 0);
    acct_cached_t found;

    store(world, 1, &token);
    touch(world, 1, NOW);
    acct_cache_raise(&world->cache, DB, world->account);
    assert_false(finds(world, 1, NOW, &found));
    store(world, 1, &token);
    assert_true(finds(world, 1, NOW, &found));
    assert_int_equal(found.last_used, NOW);
    assert_int_equal(found.expires_at, NOW + HOUR);
    assert_int_equal(flush(world), 1);
    assert_int_equal(number(world, "last_used", 1), NOW);
}

static void what_a_kept_note_prolongs_the_new_row_says(void **state)
{
    world_t *world = *state;
    acct_token_t token = put(world, 1, 0, HOUR, 0);
    acct_cached_t found;

    store(world, 1, &token);
    touch(world, 1, NOW);
    token.ends_at = NOW + 2 * MINUTE;
    store(world, 1, &token);
    assert_true(finds(world, 1, NOW, &found));
    assert_int_equal(found.expires_at, NOW + 2 * MINUTE);
    token.ends_at = 0;
    token.sliding = 3 * MINUTE;
    store(world, 1, &token);
    assert_true(finds(world, 1, NOW, &found));
    assert_int_equal(found.expires_at, NOW + 3 * MINUTE);
}

static int64_t used(world_t *world, int n, int id, int *is_unwritten)
{
    acct_token_t none = { .id = "" };
    acct_cached_t cached = cached_of(world, id, &none);

    return acct_cache_used(&world->cache, DB, digest_of(world, n),
                           cached.token_id, is_unwritten);
}

static void a_slot_says_of_any_epoch_and_age_when_its_token_was_used(
    void **state)
{
    world_t *world = *state;
    acct_token_t token = put(world, 1, 0, HOUR, 0);
    int is_unwritten;

    assert_int_equal(used(world, 1, 1, &is_unwritten), 0);
    store(world, 1, &token);
    touch(world, 1, NOW);
    acct_cache_raise_all(&world->cache);
    assert_int_equal(used(world, 1, 1, &is_unwritten), NOW);
    assert_true(is_unwritten);
    assert_int_equal(flush(world), 1);
    assert_int_equal(used(world, 1, 1, &is_unwritten), NOW);
    assert_false(is_unwritten);
}

static void of_another_token_or_scribbled_it_says_nothing(void **state)
{
    world_t *world = *state;
    acct_token_t token = put(world, 1, 0, HOUR, 0);
    unsigned char *slots = (unsigned char *)world->memory
        + acct_cache_bytes(SLOTS) - SLOTS * ACCT_CACHE_SLOT_BYTES;
    int is_unwritten;
    size_t i;

    store(world, 1, &token);
    touch(world, 1, NOW);
    assert_int_equal(used(world, 1, 2, &is_unwritten), 0);
    assert_int_equal(used(world, 2, 1, &is_unwritten), 0);
    assert_false(is_unwritten);
    for (i = 0; i < SLOTS; i++) {
        slots[i * ACCT_CACHE_SLOT_BYTES + ACCT_CACHE_SLOT_BYTES / 2] ^= 1;
    }
    assert_int_equal(used(world, 1, 1, &is_unwritten), 0);
}

/* ---- a row that has expired ---- */

static acct_identity_t identity_of(const acct_token_t *token)
{
    acct_identity_t identity;

    memset(&identity, 0, sizeof(identity));
    identity.account.id = token->account_id;
    identity.token = *token;
    return identity;
}

static void an_expired_row_is_prolonged_by_a_note_alone(void **state)
{
    world_t *world = *state;
    apr_time_t now = apr_time_now();
    acct_service_t service = { .cache = &world->cache,
                               .cache_database = DB };
    const unsigned char *digest = digest_of(world, 1);
    acct_token_t token = put(world, 1, now - 3 * MINUTE, 2 * MINUTE, 0);
    acct_identity_t identity;

    token.expires_at = now - MINUTE;
    identity = identity_of(&token);
    assert_int_equal(acct_identity_find_use(&service, digest, &identity),
                     ACCT_USE_UNKNOWN);
    token.expires_at = now + MINUTE;
    store(world, 1, &token);
    touch(world, 1, now - MINUTE);
    token.expires_at = now - MINUTE;
    assert_int_equal(acct_identity_find_use(&service, digest, &identity),
                     ACCT_USE_NOTED);
    assert_int_equal(identity.token.expires_at, now + MINUTE);
    assert_int_equal(identity.token.last_used, now - MINUTE);
    /* past its end by now, or too long ago for what the row says */
    identity = identity_of(&token);
    identity.token.ends_at = now - 1;
    assert_int_equal(acct_identity_find_use(&service, digest, &identity),
                     ACCT_USE_UNKNOWN);
    identity = identity_of(&token);
    identity.token.sliding = MINUTE / 2;
    assert_int_equal(acct_identity_find_use(&service, digest, &identity),
                     ACCT_USE_UNKNOWN);
    identity.token.sliding = 0;
    assert_int_equal(acct_identity_find_use(&service, digest, &identity),
                     ACCT_USE_UNKNOWN);
    /* written after the row was read: the row has it now */
    assert_int_equal(flush(world), 1);
    identity = identity_of(&token);
    assert_int_equal(acct_identity_find_use(&service, digest, &identity),
                     ACCT_USE_WRITTEN);
}

/* The slot it was noted in may be given away before it is filled again. */
static void a_note_that_was_found_is_remembered(void **state)
{
    world_t *world = *state;
    apr_time_t now = apr_time_now();
    acct_service_t service = { .cache = &world->cache,
                               .cache_database = DB, .cache_answers = 1 };
    acct_token_t token = put(world, 1, now - MINUTE / 2, HOUR, 0);
    acct_identity_t identity = identity_of(&token);

    identity.is_noted = 1;
    acct_identity_remember(&service, digest_of(world, 1),
                           acct_cache_ticket(&world->cache), &identity);
    assert_int_equal(collect(world).count, 1);
}

static void slots_without_notes_are_given_away_first(void **state)
{
    world_t *world = *state;
    acct_token_t token[8];
    acct_cached_t found;
    int n;

    make_cache(world, ACCT_CACHE_WAYS);
    for (n = 0; n < 8; n++) {
        token[n] = put(world, n, 0, 0, 0);
    }
    for (n = 0; n < ACCT_CACHE_WAYS; n++) {
        store(world, n, &token[n]);
    }
    for (n = 0; n < ACCT_CACHE_WAYS - 1; n++) {
        assert_int_equal(touch(world, n, NOW), 1);
    }
    for (n = 0; n < 40; n++) {
        assert_int_equal(store(world, 4 + n % 4, &token[4 + n % 4]), 1);
    }
    for (n = 0; n < ACCT_CACHE_WAYS - 1; n++) {
        assert_true(finds(world, n, NOW, &found));
    }
    /* with nothing but notes there is still room for another */
    touch(world, 7, NOW);
    assert_int_equal(store(world, 5, &token[5]), 1);
    assert_true(finds(world, 5, NOW, &found));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_use_is_noted_once_a_minute),
        T(a_use_prolongs_a_sliding_token_alone_and_not_past_its_end),
        T(what_was_revoked_or_has_expired_is_not_touched),
        T(a_touch_does_not_undo_a_revocation_that_follows),
        T(a_scribbled_slot_is_no_grant_no_note_and_not_touched),
        T(a_note_alone_is_collected_but_grants_nothing),
        T(filling_a_slot_again_keeps_its_note),
        T(a_note_is_kept_though_the_epoch_is_another),
        T(what_a_kept_note_prolongs_the_new_row_says),
        T(a_slot_says_of_any_epoch_and_age_when_its_token_was_used),
        T(of_another_token_or_scribbled_it_says_nothing),
        T(an_expired_row_is_prolonged_by_a_note_alone),
        T(a_note_that_was_found_is_remembered),
        T(slots_without_notes_are_given_away_first)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
