/* SPDX-License-Identifier: Apache-2.0 */
/* Notes of last use: written to the database. */
#include "last_used_fixture.h"

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

static void collecting_goes_on_where_it_stopped_and_sliding_comes_first(
    void **state)
{
    world_t *world = *state;
    acct_cache_note_t notes[20];
    acct_token_t token;
    size_t from = 0;
    size_t seen = 0;
    size_t count;
    int n;

    for (n = 0; n < 20; n++) {
        token = put(world, n, 0, n % 2 ? HOUR : 0, 0);
        assert_int_equal(store(world, n, &token), 1);
        assert_int_equal(touch(world, n, NOW), 1);
    }
    while ((count = acct_cache_notes(&world->cache, DB, 1, &from, notes, 3))
           > 0) {
        for (n = 0; n < (int)count; n++) {
            assert_int_equal(notes[n].token_id[15] % 2, 0);
            acct_cache_noted(&world->cache, &notes[n], TICK);
        }
        seen += count;
    }
    assert_int_equal(seen, 10);
    assert_int_equal(acct_cache_notes(&world->cache, DB + 1, 0, &from, notes,
                                      20), 0);
    assert_int_equal(acct_cache_notes(&world->cache, DB, 0, &from, notes,
                                      20), 10);
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
        T(collecting_goes_on_where_it_stopped_and_sliding_comes_first)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
