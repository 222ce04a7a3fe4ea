/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server that has several addresses, and one that says nothing.
 */
#include "pool_server_fixture.h"
#include "pool_waiter.h"

static world_t *the_world;

/* ---- a silent server that has other addresses ---- */

/* Which of them is asked next. A second later, since the request that has
 * found it silent is not followed at once. */
static unsigned int next_asked(world_t *world)
{
    opening_fails(APR_SUCCESS, 0);
    now += SECOND;
    take(world, 1);
    put_back(world, 1);
    return asked;
}

static void what_connects_and_keeps_silent_is_left_for_the_next_address(
    void **state)
{
    world_t *world = *state;

    find_it_silent(world, APR_TIMEUP);
    assert_int_equal(asked, 0);
    assert_int_equal(next_asked(world), 1);
}

static void an_address_that_fails_otherwise_is_for_the_driver_to_leave(
    void **state)
{
    world_t *world = *state;

    find_it_silent(world, APR_EGENERAL);
    assert_int_equal(next_asked(world), 0);
}

/* Another thread, which asks while one does. */
static void another_is_kept_waiting(void)
{
    assert_false(is_served(the_world));
    assert_int_equal(asked, 0);
}

/* Both have asked the same one before either of them gave it up. Were each
 * to move on, of two addresses it would be the silent one's turn again. */
static void two_that_find_an_address_silent_move_on_once(void **state)
{
    world_t *world = *state;

    the_world = world;
    meanwhile = another_is_kept_waiting;
    find_it_silent(world, APR_TIMEUP);
    assert_int_equal(next_asked(world), 1);
}

static void those_that_are_cut_together_move_on_once(void **state)
{
    world_t *world = *state;

    take(world, MOST);
    cut_after = 2 * SECOND;
    put_back(world, MOST);
    cut_after = 0;
    assert_int_equal(next_asked(world), 1);
}

static void another_was_cut(void)
{
    cut_after = 2 * SECOND;
    put_one(the_world, the_world->taken[0]);
    cut_after = 0;
}

static void one_that_opens_while_another_is_cut_moves_on_once(void **state)
{
    world_t *world = *state;

    the_world = world;
    take(world, 1);
    meanwhile = another_was_cut;
    find_it_silent(world, APR_TIMEUP);
    assert_int_equal(next_asked(world), 1);
}

/* It is the next one's silence that counts then. */
static void one_that_is_cut_at_the_next_address_moves_on_again(void **state)
{
    world_t *world = *state;

    take(world, 1);
    cut_after = 2 * SECOND;
    put_back(world, 1);
    cut_after = 0;
    assert_int_equal(next_asked(world), 1);
    take(world, 1);
    cut_after = 2 * SECOND;
    put_back(world, 1);
    cut_after = 0;
    assert_int_equal(next_asked(world), 2);
}

/* ---- waiting for a silent server ---- */

#define THREADS 8
#define CROWD 6                 /* a quarter is left for the site */

static acct_pool_t *with_threads(world_t *world, int most)
{
    world->crowd.most = CROWD;
    return make_pool(world, THREADS, most);
}

static void take_all(acct_pool_t *connections, acct_db_t **taken, int count,
                     apr_pool_t *pool)
{
    while (count-- > 0) {
        *taken++ = take_from(connections, ACCT_UNIT_READ, pool);
    }
}

/* Its answer comes at once, or the test ends by its time-out: the clock
 * stands still. */
static void a_crowd_does_not_wait_for_a_server_that_says_nothing(
    void **state)
{
    world_t *world = *state;
    acct_pool_t *connections = with_threads(world, CROWD);
    acct_db_t *taken[CROWD];
    const char *error = NULL;
    acct_db_t *more;
    int i;

    take_all(connections, taken, CROWD, world->pool);
    now += ACCT_POOL_SILENCE;
    assert_int_equal(acct_pool_acquire(connections, ACCT_UNIT_READ, &more,
                                       &error, world->pool), APR_TIMEUP);
    assert_string_equal(error, ACCT_POOL_IN_USE);
    for (i = 0; i < CROWD; i++) {
        acct_pool_release(connections, ACCT_UNIT_READ, taken[i]);
    }
}

static void threads_that_wait_elsewhere_are_in_the_crowd(void **state)
{
    world_t *world = *state;
    acct_pool_t *connections = with_threads(world, 1);
    acct_db_t *taken[1];
    const char *error = NULL;
    acct_db_t *more;
    int i;

    take_all(connections, taken, 1, world->pool);
    now += ACCT_POOL_SILENCE;
    for (i = 0; i < CROWD - 1; i++) {
        acct_crowd_enter(&world->crowd);
    }
    assert_int_equal(acct_pool_acquire(connections, ACCT_UNIT_READ, &more,
                                       &error, world->pool), APR_TIMEUP);
    for (i = 0; i < CROWD - 1; i++) {
        acct_crowd_leave(&world->crowd);
    }
    acct_pool_release(connections, ACCT_UNIT_READ, taken[0]);
}

/* Two connections, both in use since the server last said something, a
 * second ago, and a request that wants a third. */
static acct_pool_t *wait_for_a_third(world_t *world, waiter_t *waiter,
                                     acct_db_t **taken)
{
    acct_pool_t *connections = with_threads(world, 2);

    take_all(connections, taken, 2, world->pool);
    now += SECOND;
    begin_to_wait(world, connections, waiter);
    return connections;
}

static void a_few_wait_for_it_until_their_time_is_over(void **state)
{
    world_t *world = *state;
    acct_db_t *taken[2];
    waiter_t waiter;
    acct_pool_t *connections = wait_for_a_third(world, &waiter, taken);

    acct_pool_release(connections, ACCT_UNIT_READ, taken[0]);
    end_waiting(&waiter);
    assert_int_equal(waiter.status, APR_SUCCESS);
    assert_ptr_equal(waiter.db, taken[0]);
    acct_pool_release(connections, ACCT_UNIT_READ, waiter.db);
    acct_pool_release(connections, ACCT_UNIT_READ, taken[1]);
}

/* The other's connection was cut after a second of silence. */
static void those_that_wait_are_refused_when_another_was_kept_waiting(
    void **state)
{
    world_t *world = *state;
    acct_db_t *taken[2];
    waiter_t waiter;
    acct_pool_t *connections = wait_for_a_third(world, &waiter, taken);

    cut_after = SECOND;
    acct_pool_release(connections, ACCT_UNIT_READ, taken[0]);
    end_waiting(&waiter);
    assert_int_equal(waiter.status, APR_TIMEUP);
    assert_string_equal(waiter.said, "the database does not answer");
    assert_true(waiter.took < SECOND);
    cut_after = 0;
    acct_pool_release(connections, ACCT_UNIT_READ, taken[1]);
}

/* The first in the queue has come so long ago that it has no time to open one;
 * the second has. */
static void where_one_has_broken_a_request_with_the_time_for_it_opens_another(
    void **state)
{
    world_t *world = *state;
    acct_pool_t *connections = with_threads(world, 2);
    acct_db_t *taken[2];
    waiter_t first;
    waiter_t second;

    take_all(connections, taken, 2, world->pool);
    begin_to_wait(world, connections, &first);
    now += SECOND;
    begin_to_wait(world, connections, &second);
    taken[0]->is_broken = 1;
    acct_pool_release(connections, ACCT_UNIT_READ, taken[0]);
    end_waiting(&second);
    assert_int_equal(second.status, APR_SUCCESS);
    assert_int_equal(opened, 3);
    acct_pool_release(connections, ACCT_UNIT_READ, second.db);
    end_waiting(&first);
    assert_int_equal(first.status, APR_SUCCESS);
    assert_ptr_equal(first.db, second.db);
    acct_pool_release(connections, ACCT_UNIT_READ, first.db);
    acct_pool_release(connections, ACCT_UNIT_READ, taken[1]);
}

/* It was kept for half a second in all, and so would the next be. */
static void what_a_request_has_waited_before_counts_as_silence(void **state)
{
    world_t *world = *state;
    acct_pool_t *connections = with_threads(world, 2);
    acct_db_t *taken[2];
    const char *error = NULL;
    waiter_t waiter;

    take_all(connections, taken, 2, world->pool);
    begin_to_wait(world, connections, &waiter);
    now += SECOND / 2;
    opening_fails(APR_EGENERAL, 0);
    taken[0]->is_broken = 1;
    acct_pool_release(connections, ACCT_UNIT_READ, taken[0]);
    end_waiting(&waiter);
    assert_int_equal(waiter.status, APR_EGENERAL);
    opening_fails(APR_SUCCESS, 0);
    assert_int_equal(acct_pool_acquire(connections, ACCT_UNIT_READ,
                                       &waiter.db, &error, world->pool),
                     APR_EAGAIN);
    acct_pool_release(connections, ACCT_UNIT_READ, taken[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start_server, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_connects_and_keeps_silent_is_left_for_the_next_address),
        TEST(an_address_that_fails_otherwise_is_for_the_driver_to_leave),
        TEST(two_that_find_an_address_silent_move_on_once),
        TEST(those_that_are_cut_together_move_on_once),
        TEST(one_that_opens_while_another_is_cut_moves_on_once),
        TEST(one_that_is_cut_at_the_next_address_moves_on_again),
        TEST(a_crowd_does_not_wait_for_a_server_that_says_nothing),
        TEST(threads_that_wait_elsewhere_are_in_the_crowd),
        TEST(a_few_wait_for_it_until_their_time_is_over),
        TEST(those_that_wait_are_refused_when_another_was_kept_waiting),
        TEST(what_a_request_has_waited_before_counts_as_silence),
        TEST(where_one_has_broken_a_request_with_the_time_for_it_opens_another)
    };

    return cmocka_run_group_tests(tests, begin_apr, end_apr);
}
