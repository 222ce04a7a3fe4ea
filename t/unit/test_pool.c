/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which request gets a connection, which waits and which is refused, and which
 * may not be used again: the same for both drivers, and tried with both. What is
 * a server's alone is in test_pool_server.c.
 */
#include "pool_fixture.h"
#include "pool_waiter.h"

/* ---- which connection a request gets ---- */

static void one_that_was_put_back_is_used_again(void **state)
{
    world_t *world = *state;
    acct_db_t *db = take_one(world, ACCT_UNIT_READ);

    put_one(world, db);
    assert_ptr_equal(take_one(world, ACCT_UNIT_READ), db);
    put_one(world, db);
    assert_int_equal(opened, 1);
}

static void the_one_that_was_put_back_last_is_used_first(void **state)
{
    world_t *world = *state;
    acct_db_t *last;

    take(world, 3);
    last = world->taken[0];
    put_back(world, 3);
    assert_ptr_equal(take_one(world, ACCT_UNIT_READ), last);
    put_one(world, last);
}

static void of_many_threads_sixteen_get_one_each(void **state)
{
    world_t *world = *state;
    acct_pool_t *large = make_pool(world, 64, 0);
    acct_db_t *taken[ACCT_POOL_CONNECTIONS];
    waiter_t waiter;
    int i;

    for (i = 0; i < ACCT_POOL_CONNECTIONS; i++) {
        taken[i] = take_from(large, ACCT_UNIT_READ, world->pool);
    }
    begin_to_wait(world, large, &waiter);
    acct_pool_release(large, ACCT_UNIT_READ, taken[0]);
    end_waiting(&waiter);
    assert_int_equal(waiter.status, APR_SUCCESS);
    assert_int_equal(opened, ACCT_POOL_CONNECTIONS);
    for (i = 0; i < ACCT_POOL_CONNECTIONS; i++) {
        acct_pool_release(large, ACCT_UNIT_READ, taken[i]);
    }
}

static acct_pool_t *the_pool;
static acct_db_t *in_use;

static void another_is_put_back(void)
{
    acct_pool_release(the_pool, ACCT_UNIT_READ, in_use);
}

static void while_one_is_opened_others_are_put_back(void **state)
{
    world_t *world = *state;
    acct_db_t *db;

    the_pool = world->connections;
    in_use = take_one(world, ACCT_UNIT_READ);
    meanwhile = another_is_put_back;
    db = take_one(world, ACCT_UNIT_READ);
    assert_int_equal(opened, 2);
    assert_ptr_equal(take_one(world, ACCT_UNIT_READ), in_use);
    put_one(world, in_use);
    put_one(world, db);
}

/* ---- waiting ---- */

/* The longest that a request waits: for a file as for a server. */
static apr_interval_time_t longest(const world_t *world)
{
    return world->is_file ? ACCT_POOL_WAIT : ACCT_POOL_WITHIN;
}

static void a_request_waits_until_its_time_is_over_and_is_told_why(
    void **state)
{
    world_t *world = *state;
    waiter_t waiter;
    waiter_t later;

    is_running = 1;
    take(world, MOST);
    begin_to_wait(world, world->connections, &waiter);
    apr_sleep(apr_time_from_msec(300));
    begin_to_wait(world, world->connections, &later);
    end_waiting(&waiter);
    assert_true(APR_STATUS_IS_TIMEUP(waiter.status));
    assert_string_equal(waiter.said, ACCT_POOL_IN_USE);
    assert_true(acct_pool_is_crowded(waiter.said));
    assert_false(acct_pool_is_news(waiter.status, waiter.said));
    assert_true(waiter.took >= longest(world));
    assert_true(waiter.took < longest(world) + apr_time_from_msec(700));
    assert_int_equal(opened, MOST);
    /* what gave up waiting is handed nothing */
    put_one(world, world->taken[0]);
    end_waiting(&later);
    if (later.status == APR_SUCCESS) {
        assert_ptr_equal(later.db, world->taken[0]);
        put_one(world, later.db);
    }
    put_one(world, world->taken[1]);
    put_one(world, world->taken[2]);
    put_one(world, world->taken[3]);
    take(world, MOST);
    assert_int_equal(opened, MOST);
    put_back(world, MOST);
}

static void requests_get_one_in_the_order_in_which_they_came(void **state)
{
    world_t *world = *state;
    waiter_t waiter[MOST];
    int i;

    take(world, MOST);
    for (i = 0; i < MOST; i++) {
        begin_to_wait(world, world->connections, &waiter[i]);
    }
    put_back(world, MOST);
    for (i = 0; i < MOST; i++) {
        end_waiting(&waiter[i]);
        assert_int_equal(waiter[i].status, APR_SUCCESS);
        assert_ptr_equal(waiter[i].db, world->taken[MOST - 1 - i]);
    }
    assert_int_equal(opened, MOST);
    put_back(world, MOST);
}

static void what_a_waiting_request_is_given_no_later_one_can_take(
    void **state)
{
    world_t *world = *state;
    waiter_t first;
    waiter_t second;

    take(world, MOST);
    begin_to_wait(world, world->connections, &first);
    put_one(world, world->taken[0]);
    /* it waits, however late the other thread wakes up */
    begin_to_wait(world, world->connections, &second);
    end_waiting(&first);
    assert_int_equal(first.status, APR_SUCCESS);
    assert_ptr_equal(first.db, world->taken[0]);
    put_one(world, first.db);
    end_waiting(&second);
    assert_int_equal(second.status, APR_SUCCESS);
    put_back(world, MOST);
}

static void a_waiting_request_opens_one_where_another_has_broken(
    void **state)
{
    world_t *world = *state;
    waiter_t waiter;

    take(world, MOST);
    begin_to_wait(world, world->connections, &waiter);
    world->taken[0]->is_broken = 1;
    put_one(world, world->taken[0]);
    end_waiting(&waiter);
    assert_int_equal(waiter.status, APR_SUCCESS);
    assert_int_equal(opened, MOST + 1);
    assert_int_equal(open_now(), MOST);
    world->taken[0] = waiter.db;
    put_back(world, MOST);
}

static void when_that_fails_the_next_tries_and_each_is_told_why(
    void **state)
{
    world_t *world = *state;
    waiter_t first;
    waiter_t second;

    take(world, MOST);
    begin_to_wait(world, world->connections, &first);
    begin_to_wait(world, world->connections, &second);
    opening_fails_with = APR_EGENERAL;
    world->taken[0]->is_broken = 1;
    put_one(world, world->taken[0]);
    end_waiting(&first);
    end_waiting(&second);
    assert_int_equal(first.status, APR_EGENERAL);
    assert_int_equal(second.status, APR_EGENERAL);
    assert_string_equal(first.said, "it cannot be opened");
    assert_string_equal(second.said, "it cannot be opened");
    put_one(world, world->taken[1]);
    put_one(world, world->taken[2]);
    put_one(world, world->taken[3]);
}

/* ---- closing what may not be used again ---- */

static void after_one_breaks_those_of_its_age_are_closed(void **state)
{
    world_t *world = *state;

    take(world, 3);
    put_one(world, world->taken[2]);
    world->taken[0]->is_broken = 1;
    put_one(world, world->taken[0]);
    assert_false(acct_pool_trusts(world->connections, world->taken[1]));
    put_one(world, world->taken[1]);
    assert_int_equal(open_now(), 1);
    take(world, 1);
    assert_int_equal(open_now(), 1);
    assert_int_equal(opened, 4);
    put_back(world, 1);
}

static void one_that_breaks_while_another_is_opened_makes_that_suspect(
    void **state)
{
    world_t *world = *state;
    acct_db_t *db;

    the_pool = world->connections;
    in_use = take_one(world, ACCT_UNIT_READ);
    in_use->is_broken = 1;
    meanwhile = another_is_put_back;
    db = take_one(world, ACCT_UNIT_READ);
    assert_false(acct_pool_trusts(world->connections, db));
    put_one(world, db);
    assert_int_equal(open_now(), 0);
}

static void what_reads_another_database_by_now_is_not_used(void **state)
{
    world_t *world = *state;

    take(world, 2);
    put_back(world, 2);
    world->taken[0]->is_stale = 1;
    assert_ptr_equal(take_one(world, ACCT_UNIT_READ), world->taken[1]);
    assert_int_equal(opened, 2);
    assert_int_equal(open_now(), 1);
    put_one(world, world->taken[1]);
}

static void a_wrong_schema_closes_those_that_read_it_too(void **state)
{
    world_t *world = *state;
    acct_db_t *one = take_one(world, ACCT_UNIT_READ);

    opening_fails_with = APR_EMISMATCH;
    (void)refused(world, ACCT_UNIT_READ);
    put_one(world, one);
    assert_int_equal(open_now(), 0);
    assert_int_equal(doubts, 1);
}

static void what_another_child_found_out_closes_what_is_open_here(
    void **state)
{
    world_t *world = *state;
    acct_db_t *before = take_one(world, ACCT_UNIT_READ);
    acct_db_t *after;

    put_one(world, before);
    assert_ptr_equal(take_one(world, ACCT_UNIT_READ), before);
    doubts++;
    assert_false(acct_pool_trusts(world->connections, before));
    after = take_one(world, ACCT_UNIT_READ);
    assert_int_equal(opened, 2);
    assert_true(acct_pool_trusts(world->connections, after));
    put_one(world, before);
    assert_int_equal(open_now(), 1);
    put_one(world, after);
    assert_ptr_equal(take_one(world, ACCT_UNIT_READ), after);
    put_one(world, after);
}

static void a_look_at_another_database_is_told_to_all_children(void **state)
{
    world_t *world = *state;
    acct_db_t *db = take_one(world, ACCT_UNIT_FOLLOW);
    const char *error = NULL;

    assert_int_equal(acct_pool_look_again(world->connections, db, &error,
                                          world->pool), APR_SUCCESS);
    assert_int_equal(doubts, 0);
    looking_finds = APR_EGENERAL;
    assert_int_equal(acct_pool_look_again(world->connections, db, &error,
                                          world->pool), APR_EGENERAL);
    assert_int_equal(doubts, 0);
    assert_true(acct_pool_trusts(world->connections, db));
    looking_finds = APR_EMISMATCH;
    assert_int_equal(acct_pool_look_again(world->connections, db, &error,
                                          world->pool), APR_EMISMATCH);
    assert_string_equal(error, "another database");
    assert_int_equal(doubts, 1);
    assert_false(acct_pool_trusts(world->connections, db));
    acct_pool_release(world->connections, ACCT_UNIT_FOLLOW, db);
    assert_int_equal(open_now(), 0);
}

static void a_pool_that_is_closed_gives_none_and_says_why(void **state)
{
    world_t *world = *state;

    acct_pool_close(world->connections, "the key can be read by others");
    assert_string_equal(refused(world, ACCT_UNIT_READ),
                        "the key can be read by others");
    assert_int_equal(opened, 0);
}

#define FILE_ONLY(test) \
    { #test ", sqlite3", test, start_file, stop, NULL }
#define BOTH(test) \
    FILE_ONLY(test), { #test ", pgsql", test, start_server, stop, NULL }

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(one_that_was_put_back_is_used_again),
        BOTH(the_one_that_was_put_back_last_is_used_first),
        BOTH(of_many_threads_sixteen_get_one_each),
        BOTH(while_one_is_opened_others_are_put_back),
        BOTH(a_request_waits_until_its_time_is_over_and_is_told_why),
        BOTH(requests_get_one_in_the_order_in_which_they_came),
        BOTH(what_a_waiting_request_is_given_no_later_one_can_take),
        BOTH(a_waiting_request_opens_one_where_another_has_broken),
        BOTH(when_that_fails_the_next_tries_and_each_is_told_why),
        BOTH(after_one_breaks_those_of_its_age_are_closed),
        BOTH(one_that_breaks_while_another_is_opened_makes_that_suspect),
        BOTH(what_reads_another_database_by_now_is_not_used),
        BOTH(a_wrong_schema_closes_those_that_read_it_too),
        BOTH(what_another_child_found_out_closes_what_is_open_here),
        BOTH(a_look_at_another_database_is_told_to_all_children),
        BOTH(a_pool_that_is_closed_gives_none_and_says_why)
    };

    return cmocka_run_group_tests(tests, begin_apr, end_apr);
}
