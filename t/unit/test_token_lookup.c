/* SPDX-License-Identifier: Apache-2.0 */
/* Looking tokens up, together with others. */
#include "lookup_fixture.h"

static void who_comes_alone_is_asked_for_at_once(void **state)
{
    world_t *world = *state;
    request_t one;

    begin(world, &one, 3);
    assert_int_equal(end(&one), APR_SUCCESS);
    assert_true(is_own(&one));
    assert_int_equal(world->acquired, 1);
    assert_int_equal(world->waited, 0);
    forget(&one, 1);
}

static void those_who_come_while_one_is_under_way_share_the_next(
    void **state)
{
    world_t *world = *state;
    request_t first;
    request_t others[7];

    shut(world);
    begin(world, &first, 0);
    until_acquired(world, 1);
    begin_all(world, others, 7, 1);
    until_waiting(world, 7);
    open_gate(world);
    assert_int_equal(end(&first), APR_SUCCESS);
    assert_true(is_own(&first));
    all_are_answered(others, 7);
    assert_int_equal(world->acquired, 2);
    assert_true(world->waited > 0);
    forget(&first, 1);
    forget(others, 7);
}

static void who_fill_a_statement_wait_for_no_other_to_end(void **state)
{
    more_than_fit_are_answered(*state);
}

static void two_with_one_token_are_both_answered(void **state)
{
    world_t *world = *state;
    request_t all[3];

    shut(world);
    begin(world, &all[0], 5);
    until_acquired(world, 1);
    begin(world, &all[1], 5);
    begin(world, &all[2], 5);
    until_waiting(world, 2);
    open_gate(world);
    all_are_answered(all, 3);
    forget(all, 3);
}

static void a_token_nobody_has_is_not_found_among_others(void **state)
{
    world_t *world = *state;
    request_t all[4];

    shut(world);
    begin(world, &all[0], 0);
    until_acquired(world, 1);
    begin(world, &all[1], 1);
    begin(world, &all[2], PEOPLE);
    begin(world, &all[3], 2);
    until_waiting(world, 3);
    open_gate(world);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(end(&all[i]), i == 2 ? APR_NOTFOUND : APR_SUCCESS);
    }
    assert_null(all[2].account.username);
    assert_true(is_own(&all[1]));
    assert_true(is_own(&all[3]));
    forget(all, 4);
}

static void a_fault_that_another_met_is_not_ones_own(void **state)
{
    world_t *world = *state;
    request_t all[5];
    int failed = 0;

    shut(world);
    world->fails = 2;
    begin(world, &all[0], 0);
    until_acquired(world, 1);
    begin_all(world, all + 1, 4, 1);
    until_waiting(world, 4);
    open_gate(world);
    for (int i = 0; i < 5; i++) {
        if (end(&all[i]) != APR_SUCCESS) {
            failed++;
            continue;
        }
        assert_true(is_own(&all[i]));
    }
    assert_int_equal(failed, 1);
    assert_int_equal(world->acquired, 1 + 1 + 3);
    forget(all, 5);
}

static void who_has_no_patience_left_asks_himself(void **state)
{
    world_t *world = *state;
    request_t all[3];

    limit(world, apr_time_from_msec(1000), apr_time_from_msec(1200));
    shut(world);
    begin(world, &all[0], 0);
    until_acquired(world, 1);
    begin(world, &all[1], 1);
    begin(world, &all[2], 2);
    until_waiting(world, 2);
    /* one of the two asks for both, and the other then for himself */
    until_acquired(world, 3);
    assert_true(world->waited >= apr_time_from_msec(1000 + 1200));
    open_gate(world);
    all_are_answered(all, 3);
    assert_int_equal(world->acquired, 3);
    forget(all, 3);
}

static void a_statement_that_hangs_does_not_keep_others(void **state)
{
    world_t *world = *state;
    request_t hangs;
    request_t other;

    limit(world, apr_time_from_msec(5), LONG_TIME);
    shut(world);
    begin(world, &hangs, 0);
    until_acquired(world, 1);
    begin(world, &other, 1);
    until_acquired(world, 2);
    open_gate(world);
    assert_int_equal(end(&other), APR_SUCCESS);
    assert_true(is_own(&other));
    assert_int_equal(end(&hangs), APR_SUCCESS);
    forget(&hangs, 1);
    forget(&other, 1);
}

static void *run_many(void *data)
{
    request_t *request = data;

    for (int i = 0; i < 40 && request->status == APR_SUCCESS; i++) {
        request->person = (request->person * 7 + 1) % PEOPLE;
        run(request);
        if (request->status == APR_SUCCESS && !is_own(request)) {
            request->status = APR_EMISMATCH;
        }
    }
    return NULL;
}

static void everybody_gets_his_own_however_they_come_together(void **state)
{
    world_t *world = *state;
    request_t all[8];

    for (int i = 0; i < 8; i++) {
        memset(&all[i], 0, sizeof(all[i]));
        all[i].world = world;
        all[i].person = i;
        apr_pool_create_unmanaged_ex(&all[i].pool, NULL, NULL);
        assert_int_equal(pthread_create(&all[i].thread, NULL, run_many,
                                        &all[i]), 0);
    }
    for (int i = 0; i < 8; i++) {
        assert_int_equal(end(&all[i]), APR_SUCCESS);
    }
    assert_true(world->acquired >= 1 && world->acquired < 8 * 40);
    assert_int_equal(acct_lookups_waiting(world->service.lookups), 0);
    forget(all, 8);
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_comes_alone_is_asked_for_at_once),
        TEST(those_who_come_while_one_is_under_way_share_the_next),
        TEST(who_fill_a_statement_wait_for_no_other_to_end),
        TEST(two_with_one_token_are_both_answered),
        TEST(a_token_nobody_has_is_not_found_among_others),
        TEST(a_fault_that_another_met_is_not_ones_own),
        TEST(who_has_no_patience_left_asks_himself),
        TEST(a_statement_that_hangs_does_not_keep_others),
        TEST(everybody_gets_his_own_however_they_come_together)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
