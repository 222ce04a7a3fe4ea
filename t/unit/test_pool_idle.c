/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections that are not needed are closed; and what is a file's alone.
 */
#include "pool_fixture.h"
#include "pool_waiter.h"

/* ---- closing what is not needed ---- */

static void what_is_not_needed_for_a_minute_is_closed_one_by_one(
    void **state)
{
    world_t *world = *state;
    int i;

    assert_false(acct_pool_has_spare(world->connections));
    take(world, MOST);
    put_back(world, MOST);
    assert_int_equal(open_now(), MOST);
    now += MINUTE - 1;
    acct_pool_close_idle(world->connections);
    assert_int_equal(open_now(), MOST);
    now++;
    for (i = 1; i < MOST; i++) {
        assert_true(acct_pool_has_spare(world->connections));
        acct_pool_close_idle(world->connections);
        assert_int_equal(open_now(), MOST - i);
    }
    acct_pool_close_idle(world->connections);
    assert_int_equal(open_now(), 1);
    assert_false(acct_pool_has_spare(world->connections));
}

static void the_last_stays(void **state)
{
    world_t *world = *state;

    take(world, 1);
    put_back(world, 1);
    now += 100 * MINUTE;
    assert_false(acct_pool_has_spare(world->connections));
    acct_pool_close_idle(world->connections);
    assert_int_equal(open_now(), 1);
    take(world, 1);
    assert_int_equal(opened, 1);
    put_back(world, 1);
}

static void the_one_that_requests_use_stays(void **state)
{
    world_t *world = *state;
    acct_db_t *used;
    int i;

    take(world, MOST);
    put_back(world, MOST);
    for (i = 0; i < 59; i++) {
        now += SECOND;
        take(world, 1);
        put_back(world, 1);
        acct_pool_close_idle(world->connections);
        assert_int_equal(open_now(), MOST);
    }
    used = world->taken[0];
    for (i = 0; i < 61; i++) {
        now += SECOND;
        take(world, 1);
        assert_ptr_equal(world->taken[0], used);
        put_back(world, 1);
        acct_pool_close_idle(world->connections);
    }
    assert_int_equal(open_now(), 1);
    assert_true(used->is_open);
    assert_int_equal(opened, MOST);
}

static void what_is_in_use_is_not_idle(void **state)
{
    world_t *world = *state;

    take(world, 2);
    put_one(world, world->taken[1]);
    now += 2 * MINUTE;
    acct_pool_close_idle(world->connections);
    acct_pool_close_idle(world->connections);
    assert_false(world->taken[1]->is_open);
    assert_true(world->taken[0]->is_open);
    /* its time begins when it is put back */
    put_back(world, 1);
    take(world, 2);
    put_back(world, 2);
    now += MINUTE - 1;
    acct_pool_close_idle(world->connections);
    assert_int_equal(open_now(), 2);
}

static void in_place_of_one_that_was_closed_another_is_opened(void **state)
{
    world_t *world = *state;
    waiter_t waiter;

    take(world, MOST);
    put_back(world, MOST);
    now += MINUTE;
    acct_pool_close_idle(world->connections);
    acct_pool_close_idle(world->connections);
    take(world, MOST);
    assert_int_equal(open_now(), MOST);
    assert_int_equal(opened, MOST + 2);
    begin_to_wait(world, world->connections, &waiter);
    put_one(world, world->taken[0]);
    end_waiting(&waiter);
    assert_int_equal(opened, MOST + 2);
    put_back(world, MOST);
}

/* ---- what is a file's alone ---- */

/* Other children may have found by now that the outage has ended. */
static void what_failed_a_moment_ago_is_no_news(void **state)
{
    world_t *world = *state;
    const char *error = NULL;
    acct_db_t *db = NULL;
    apr_status_t status;

    opening_fails_after = apr_time_from_msec(300);
    opening_fails_with = APR_EGENERAL;
    (void)refused(world, ACCT_UNIT_READ);
    opening_fails_with = APR_SUCCESS;
    now += apr_time_from_msec(300) - 1;
    status = acct_pool_acquire(world->connections, ACCT_UNIT_READ, &db,
                               &error, world->pool);
    assert_int_equal(status, APR_EAGAIN);
    assert_string_equal(error, "it cannot be opened");
    assert_false(acct_pool_is_news(status, error));
    now++;
    put_one(world, take_one(world, ACCT_UNIT_READ));
}

static void while_none_can_be_opened_what_is_open_is_used(void **state)
{
    world_t *world = *state;

    take(world, 1);
    opening_fails_after = SECOND;
    opening_fails_with = APR_EGENERAL;
    (void)refused(world, ACCT_UNIT_READ);
    put_back(world, 1);
    take(world, 1);
    assert_int_equal(opened, 1);
    put_back(world, 1);
}

static void of_two_that_wait_for_an_opening_the_second_is_told_at_once(
    void **state)
{
    world_t *world = *state;
    waiter_t first;
    waiter_t second;

    take(world, MOST);
    begin_to_wait(world, world->connections, &first);
    begin_to_wait(world, world->connections, &second);
    opening_fails_after = SECOND;
    opening_fails_with = APR_EGENERAL;
    world->taken[0]->is_broken = 1;
    put_one(world, world->taken[0]);
    end_waiting(&first);
    end_waiting(&second);
    assert_int_equal(first.status, APR_EGENERAL);
    assert_int_equal(second.status, APR_EAGAIN);
    assert_string_equal(second.said, "it cannot be opened");
    put_one(world, world->taken[1]);
    put_one(world, world->taken[2]);
    put_one(world, world->taken[3]);
}

static void what_a_request_has_waited_before_keeps_none_from_opening(
    void **state)
{
    world_t *world = *state;
    waiter_t waiter;

    take(world, MOST);
    begin_to_wait(world, world->connections, &waiter);
    now += SECOND;
    opening_fails_with = APR_EGENERAL;
    world->taken[0]->is_broken = 1;
    put_one(world, world->taken[0]);
    end_waiting(&waiter);
    assert_int_equal(waiter.status, APR_EGENERAL);
    opening_fails_with = APR_SUCCESS;
    world->taken[0] = take_one(world, ACCT_UNIT_READ);
    put_back(world, MOST);
}

static void a_writer_that_finds_none_lets_others_write(void **state)
{
    world_t *world = *state;
    acct_db_t *db = take_one(world, ACCT_UNIT_WRITE);

    assert_int_equal(writers, 1);
    acct_pool_release(world->connections, ACCT_UNIT_WRITE, db);
    assert_int_equal(writers, 0);
    db->is_stale = 1;
    opening_fails_with = APR_EGENERAL;
    assert_string_equal(refused(world, ACCT_UNIT_WRITE),
                        "it cannot be opened");
    assert_int_equal(writers, 0);
}

static void while_the_file_is_not_safe_no_request_gets_one(void **state)
{
    world_t *world = *state;

    put_one(world, take_one(world, ACCT_UNIT_READ));
    unsafe = "others can write to its folder";
    assert_string_equal(refused(world, ACCT_UNIT_READ), unsafe);
    unsafe = NULL;
    put_one(world, take_one(world, ACCT_UNIT_READ));
}

static void the_feed_has_none_of_its_own(void **state)
{
    world_t *world = *state;
    acct_db_t *db = take_one(world, ACCT_UNIT_FOLLOW);

    acct_pool_release(world->connections, ACCT_UNIT_FOLLOW, db);
    acct_pool_unfollow(world->connections);
    assert_ptr_equal(take_one(world, ACCT_UNIT_READ), db);
    put_one(world, db);
}

#define FILE_ONLY(test) \
    { #test ", sqlite3", test, start_file, stop, NULL }
#define BOTH(test) \
    FILE_ONLY(test), { #test ", pgsql", test, start_server, stop, NULL }

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(what_is_not_needed_for_a_minute_is_closed_one_by_one),
        BOTH(the_last_stays),
        BOTH(the_one_that_requests_use_stays),
        BOTH(what_is_in_use_is_not_idle),
        BOTH(in_place_of_one_that_was_closed_another_is_opened),
        FILE_ONLY(what_failed_a_moment_ago_is_no_news),
        FILE_ONLY(while_none_can_be_opened_what_is_open_is_used),
        FILE_ONLY(of_two_that_wait_for_an_opening_the_second_is_told_at_once),
        FILE_ONLY(what_a_request_has_waited_before_keeps_none_from_opening),
        FILE_ONLY(a_writer_that_finds_none_lets_others_write),
        FILE_ONLY(while_the_file_is_not_safe_no_request_gets_one),
        FILE_ONLY(the_feed_has_none_of_its_own)
    };

    return cmocka_run_group_tests(tests, begin_apr, end_apr);
}
