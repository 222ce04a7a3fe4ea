/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What pools do that are a server's alone: openings that fail, and the feed's
 * own connection.
 */
#include "pool_server_fixture.h"
#include "pool_waiter.h"

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
        TEST(that_the_own_cannot_be_opened_takes_and_gives_requests_none)
    };

    return cmocka_run_group_tests(tests, begin_apr, end_apr);
}
