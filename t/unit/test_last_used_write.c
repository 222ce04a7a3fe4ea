/* SPDX-License-Identifier: Apache-2.0 */
/* Notes of last use: written to the database. */
#include "last_used_fixture.h"
#include "between.h"

static void what_was_noted_is_written_once(void **state)
{
    world_t *world = *state;
    acct_token_t sliding = put(world, 1, 0, HOUR, NOW + 30 * MINUTE);
    acct_token_t endless = put(world, 2, 0, HOUR, 0);
    acct_token_t plain = put(world, 3, 0, 0, NOW + 30 * MINUTE);
    acct_token_t unused = put(world, 4, NOW - 1, HOUR, 0);
    int n;

    store(world, 1, &sliding);
    store(world, 2, &endless);
    store(world, 3, &plain);
    store(world, 4, &unused);
    for (n = 1; n <= 4; n++) {
        touch(world, n, NOW);
    }
    assert_int_equal(flush(world), 3);
    for (n = 1; n <= 3; n++) {
        assert_int_equal(number(world, "last_used", n), NOW);
    }
    assert_int_equal(number(world, "expires_at", 1), NOW + 30 * MINUTE);
    assert_int_equal(number(world, "expires_at", 2), NOW + HOUR);
    assert_int_equal(number(world, "expires_at", 3), NOW + 30 * MINUTE);
    assert_int_equal(number(world, "last_used", 4), NOW - 1);
    assert_int_equal(number(world, "expires_at", 4), NOW + MINUTE);
    assert_int_equal(flush(world), 0);
    assert_int_equal(touch(world, 1, NOW + MINUTE), 1);
    assert_int_equal(flush(world), 1);
}

static void a_revocation_before_the_writing_is_not_undone(void **state)
{
    world_t *world = *state;
    acct_token_t token = put(world, 1, 0, HOUR, 0);
    acct_cached_t found;
    acct_notes_t notes;

    store(world, 1, &token);
    touch(world, 1, NOW);
    notes = collect(world);
    assert_int_equal(notes.count, 1);
    assert_int_equal(acct_store_token_delete(world->db, token.id, NULL,
                                             world->f->pool), APR_SUCCESS);
    acct_cache_raise(&world->cache, DB, world->account);
    assert_int_equal(write_notes(world, &notes), APR_SUCCESS);
    assert_int_equal(number(world, "last_used", 1), -1);
    assert_false(finds(world, 1, NOW, &found));
    assert_int_equal(flush(world), 0);
}

static void a_use_during_the_writing_is_written_the_next_time(void **state)
{
    world_t *world = *state;
    acct_token_t token = put(world, 1, 0, 0, 0);
    acct_notes_t notes;

    store(world, 1, &token);
    touch(world, 1, NOW);
    notes = collect(world);
    assert_int_equal(touch(world, 1, NOW + MINUTE), 1);
    assert_int_equal(write_notes(world, &notes), APR_SUCCESS);
    assert_int_equal(number(world, "last_used", 1), NOW);
    assert_int_equal(flush(world), 1);
    assert_int_equal(number(world, "last_used", 1), NOW + MINUTE);
}

static void a_writing_that_fails_leaves_the_notes(void **state)
{
    world_t *world = *state;
    acct_token_t token = put(world, 1, 0, 0, 0);
    acct_notes_t notes;

    store(world, 1, &token);
    touch(world, 1, NOW);
    change_schema(world, "ALTER TABLE token RENAME TO away");
    notes = collect(world);
    assert_int_not_equal(write_notes(world, &notes), APR_SUCCESS);
    change_schema(world, "ALTER TABLE away RENAME TO token");
    assert_int_equal(number(world, "last_used", 1), 0);
    assert_int_equal(flush(world), 1);
    assert_int_equal(number(world, "last_used", 1), NOW);
}

static void a_later_use_elsewhere_stays(void **state)
{
    world_t *world = *state;
    acct_token_t token = put(world, 1, 0, HOUR, 0);

    store(world, 1, &token);
    touch(world, 1, NOW);
    fixture_exec(world->f, world->db, apr_psprintf(
        world->f->pool, "UPDATE token SET last_used = %" APR_INT64_T_FMT
        ", expires_at = %" APR_INT64_T_FMT, NOW + MINUTE, NOW + 2 * HOUR));
    assert_int_equal(flush(world), 1);
    assert_int_equal(number(world, "last_used", 1), NOW + MINUTE);
    assert_int_equal(number(world, "expires_at", 1), NOW + 2 * HOUR);
}

static void the_row_says_how_far_a_use_prolongs(void **state)
{
    world_t *world = *state;
    acct_token_t token = put(world, 1, 0, HOUR, 0);

    store(world, 1, &token);
    touch(world, 1, NOW);
    fixture_exec(world->f, world->db, apr_psprintf(
        world->f->pool, "UPDATE token SET ends_at = %" APR_INT64_T_FMT,
        NOW + 2 * MINUTE));
    assert_int_equal(flush(world), 1);
    assert_int_equal(number(world, "expires_at", 1), NOW + 2 * MINUTE);
}

typedef struct seen_t {
    int of_db[2];               /* of sliding tokens, of others */
    int of_others;
    size_t slot[40];
    int count;
} seen_t;

static void see(void *baton, const acct_cache_note_t *note)
{
    seen_t *seen = baton;

    assert_between(seen->count, 0, 39);
    seen->slot[seen->count++] = note->slot;
    if (note->database == DB) {
        seen->of_db[!note->sliding]++;
        assert_int_equal(note->token_id[15] % 2, note->sliding ? 0 : 1);
    }
    else {
        seen->of_others++;
    }
}

/* In the order of the slots, from any one on, and around. */
static void all_notes_are_shown_once_wherever_one_begins(void **state)
{
    enum { WIDE = 1000 };
    world_t *world = *state;
    size_t from;
    int n;

    make_cache(world, WIDE);
    for (n = 0; n < 20; n++) {
        acct_token_t token = put(world, n, 0, n % 2 ? HOUR : 0, 0);
        acct_cached_t cached = cached_of(world, n, &token);

        assert_int_equal(store(world, n, &token), 1);
        assert_int_equal(touch(world, n, NOW), 1);
        cached.is_unwritten = 1;
        assert_int_equal(acct_cache_store(
            &world->cache, DB + 1, digest_of(world, n),
            acct_cache_ticket(&world->cache), TICK, &cached), 1);
    }
    for (from = 0; from < WIDE; from++) {
        seen_t seen = { { 0, 0 }, 0, { 0 }, 0 };

        acct_cache_notes(&world->cache, from, see, &seen);
        assert_int_equal(seen.of_db[0], 10);
        assert_int_equal(seen.of_db[1], 10);
        assert_int_equal(seen.of_others, 20);
        for (n = 1; n < seen.count; n++) {
            assert_true((seen.slot[n - 1] + WIDE - from) % WIDE
                        < (seen.slot[n] + WIDE - from) % WIDE);
        }
    }
}

/* A slot that another token took, or whose note was written, is not looked
 * at any more, and one whose token is used again is. */
static void a_note_that_is_gone_is_not_shown_and_a_new_one_is(void **state)
{
    world_t *world = *state;
    acct_token_t token = put(world, 1, 0, HOUR, 0);
    seen_t seen = { { 0, 0 }, 0, { 0 }, 0 };
    acct_notes_t notes;

    store(world, 1, &token);
    touch(world, 1, NOW);
    notes = collect(world);
    assert_int_equal(notes.count, 1);
    acct_cache_noted(&world->cache, &notes.note[0], TICK);
    acct_cache_notes(&world->cache, 0, see, &seen);
    assert_int_equal(seen.count, 0);
    assert_int_equal(touch(world, 1, NOW + 2 * MINUTE), 1);
    acct_cache_notes(&world->cache, 0, see, &seen);
    assert_int_equal(seen.count, 1);
}

static void count_one(void *baton, const acct_cache_note_t *note)
{
    ((int *)baton)[note->database - DB]++;
}

/* Two databases with more than is written at once, in one cache: in the end
 * all is written, and of each the sliding ones first. */
static void collecting_goes_on_where_it_stopped_and_sliding_comes_first(
    void **state)
{
    enum { TOKENS = 3 * ACCT_LAST_USED_MOST };
    world_t *world = *state;
    acct_token_t token = put(world, 1, 0, 0, 0);
    acct_cached_t cached = cached_of(world, 1, &token);
    int left[2] = { 0, 0 };
    int round, i, n;

    make_cache(world, 16 * TOKENS);
    cached.is_unwritten = 1;
    for (n = 0; n < TOKENS; n++) {
        cached.sliding = n % 2 ? HOUR : 0;
        for (i = 0; i < 2; i++) {
            acct_cache_store(&world->cache, DB + (uint64_t)i,
                             digest_of(world, n),
                             acct_cache_ticket(&world->cache), TICK, &cached);
        }
    }
    acct_cache_notes(&world->cache, 0, count_one, left);
    assert_between(left[0], TOKENS - 100, TOKENS);
    assert_between(left[1], TOKENS - 100, TOKENS);
    for (round = 0; round < 4; round++) {
        acct_notes_t notes[2] = { { DB, NULL, 0 }, { DB + 1, NULL, 0 } };

        acct_last_used_collect(&world->last_used, &world->cache, notes, 2,
                               world->f->pool);
        for (i = 0; i < 2; i++) {
            assert_between(notes[i].count, 0, ACCT_LAST_USED_MOST);
            left[i] -= notes[i].count;
            for (n = 0; n < notes[i].count; n++) {
                assert_true(round != 0 || notes[i].note[n].sliding);
                assert_true(round < 2 || !notes[i].note[n].sliding);
                acct_cache_noted(&world->cache, &notes[i].note[n], TICK);
            }
        }
    }
    assert_int_equal(left[0], 0);
    assert_int_equal(left[1], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(what_was_noted_is_written_once),
        T(a_revocation_before_the_writing_is_not_undone),
        T(a_use_during_the_writing_is_written_the_next_time),
        T(a_writing_that_fails_leaves_the_notes),
        T(a_later_use_elsewhere_stays),
        T(the_row_says_how_far_a_use_prolongs),
        T(all_notes_are_shown_once_wherever_one_begins),
        T(a_note_that_is_gone_is_not_shown_and_a_new_one_is),
        T(collecting_goes_on_where_it_stopped_and_sliding_comes_first)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
