/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections to a database server: what a child has found out about the
 * server, which of its addresses is asked, the feed's own connection, and
 * which threads wait while the server keeps silent. What is so for files too
 * is in test_pool.c.
 */
#include "pool_fixture.h"

static void without_the_time_to_open_the_first_a_request_does_not_wait(
    void **state)
{
    world_t *world = *state;
    const char *error = NULL;
    acct_db_t *db;

    /* were it to wait it would for ever: the clock stands still */
    assert_int_equal(acct_pool_acquire_within(world->connections,
                                              ACCT_UNIT_READ, SECOND, &db,
                                              &error, world->pool),
                     APR_TIMEUP);
    assert_string_equal(error, ACCT_POOL_NO_TIME);
    assert_int_equal(opened, 0);
}

/* ---- a silent server ---- */

/* One request: whether it got a connection. */
static int is_served(world_t *world)
{
    const char *error = NULL;
    acct_db_t *db;

    if (acct_pool_acquire(world->connections, ACCT_UNIT_READ, &db, &error,
                          world->pool) != APR_SUCCESS) {
        assert_non_null(error);
        return 0;
    }
    put_one(world, db);
    return 1;
}

static void opening_fails(apr_status_t status, apr_interval_time_t after)
{
    opening_fails_with = status;
    opening_fails_after = after;
}

/* A server that keeps silent for two seconds. */
static void find_it_silent(world_t *world, apr_status_t status)
{
    opening_fails(status, 2 * SECOND);
    assert_false(is_served(world));
    opening_fails(APR_SUCCESS, 0);
}

static void a_silent_server_is_asked_again_after_half_a_second(void **state)
{
    world_t *world = *state;

    find_it_silent(world, APR_EGENERAL);
    now += SECOND / 2 - 1;
    assert_false(is_served(world));
    assert_int_equal(opened, 0);
    now++;
    assert_true(is_served(world));
}

static void one_asks_a_silent_server_and_the_others_are_refused(
    void **state)
{
    world_t *world = *state;
    acct_db_t *db;

    find_it_silent(world, APR_EGENERAL);
    now += SECOND;
    db = take_one(world, ACCT_UNIT_READ);
    assert_false(is_served(world));
    put_one(world, db);
    assert_true(is_served(world));
}

static void what_another_request_found_is_no_news(void **state)
{
    world_t *world = *state;
    const char *error = NULL;
    acct_db_t *db;
    apr_status_t status;

    find_it_silent(world, APR_EGENERAL);
    status = acct_pool_acquire(world->connections, ACCT_UNIT_READ, &db,
                               &error, world->pool);
    assert_int_equal(status, APR_EAGAIN);
    assert_string_equal(error, "it cannot be opened");
    assert_false(acct_pool_is_news(status, error));
    assert_true(acct_pool_is_news(APR_EGENERAL, error));
}

static void a_server_that_fails_at_once_is_asked_by_each(void **state)
{
    world_t *world = *state;

    opening_fails(APR_EGENERAL, SECOND / 2 - 1);
    assert_false(is_served(world));
    opening_fails(APR_SUCCESS, 0);
    assert_true(is_served(world));
}

static world_t *the_world;
static acct_db_t *in_use;

/* Another request is answered, after one and a half of the two seconds. */
static void it_answers_another(void)
{
    now += SECOND + SECOND / 2;
    opening_fails_after -= SECOND + SECOND / 2;
    put_one(the_world, in_use);
}

static void a_failure_that_began_before_the_last_answer_refuses_none(
    void **state)
{
    world_t *world = *state;

    the_world = world;
    in_use = take_one(world, ACCT_UNIT_READ);
    meanwhile = it_answers_another;
    find_it_silent(world, APR_EGENERAL);
    assert_true(is_served(world));
}

static void that_a_server_was_silent_is_forgotten_when_no_request_asks(
    void **state)
{
    world_t *world = *state;

    find_it_silent(world, APR_EGENERAL);
    now += SECOND / 2 + 3 * SECOND;
    take(world, MOST);
    put_back(world, MOST);
}

/* ---- the feed's own ---- */

static acct_db_t *take_own(world_t *world)
{
    return take_one(world, ACCT_UNIT_FOLLOW);
}

static void put_own(world_t *world, acct_db_t *db)
{
    acct_pool_release(world->connections, ACCT_UNIT_FOLLOW, db);
}

static void the_own_is_the_same_each_time_and_no_request_gets_it(
    void **state)
{
    world_t *world = *state;
    acct_db_t *own = take_own(world);
    int i;

    put_own(world, own);
    take(world, MOST);
    for (i = 0; i < MOST; i++) {
        assert_ptr_not_equal(world->taken[i], own);
    }
    assert_ptr_equal(take_own(world), own);
    put_own(world, own);
    put_back(world, MOST);
    now += MINUTE;
    acct_pool_close_idle(world->connections);
    assert_ptr_equal(take_own(world), own);
    put_own(world, own);
    acct_pool_unfollow(world->connections);
    assert_false(own->is_open);
    acct_pool_unfollow(world->connections);
}

static void the_own_is_another_when_any_has_broken(void **state)
{
    world_t *world = *state;
    acct_db_t *own = take_own(world);
    acct_db_t *next;

    put_own(world, own);
    take(world, 1);
    cut_after = SECOND;
    put_back(world, 1);
    cut_after = 0;
    now += MINUTE;
    next = take_own(world);
    assert_ptr_not_equal(next, own);
    assert_false(own->is_open);
    cut_after = SECOND;
    put_own(world, next);
    cut_after = 0;
    assert_false(next->is_open);
}

static void that_the_own_cannot_be_opened_takes_and_gives_requests_none(
    void **state)
{
    world_t *world = *state;
    const char *error = NULL;
    waiter_t waiter;
    acct_db_t *db;

    opening_fails(APR_EGENERAL, 0);
    assert_int_equal(acct_pool_acquire(world->connections, ACCT_UNIT_FOLLOW,
                                       &db, &error, world->pool),
                     APR_EGENERAL);
    opening_fails(APR_SUCCESS, 0);
    take(world, MOST);
    begin_to_wait(world, world->connections, &waiter);
    put_one(world, world->taken[0]);
    end_waiting(&waiter);
    assert_int_equal(opened, MOST);
    put_back(world, MOST);
}

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
        TEST(without_the_time_to_open_the_first_a_request_does_not_wait),
        TEST(a_silent_server_is_asked_again_after_half_a_second),
        TEST(one_asks_a_silent_server_and_the_others_are_refused),
        TEST(what_another_request_found_is_no_news),
        TEST(a_server_that_fails_at_once_is_asked_by_each),
        TEST(a_failure_that_began_before_the_last_answer_refuses_none),
        TEST(that_a_server_was_silent_is_forgotten_when_no_request_asks),
        TEST(the_own_is_the_same_each_time_and_no_request_gets_it),
        TEST(the_own_is_another_when_any_has_broken),
        TEST(that_the_own_cannot_be_opened_takes_and_gives_requests_none),
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
