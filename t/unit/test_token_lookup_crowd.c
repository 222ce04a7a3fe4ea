/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking tokens up while the database says nothing: when too many threads
 * wait, some are refused.
 */
#include "lookup_fixture.h"

#define SILENCE apr_time_from_msec(700)

static void limit_crowd(world_t *world, int crowd)
{
    const acct_lookups_limits_t limits = {
        .begin = LONG_TIME, .patience = LONG_TIME,
        .crowd = &world->crowd, .silence = SILENCE
    };

    world->crowd.most = crowd;
    assert_int_equal(acct_lookups_make(&world->service.lookups, &limits,
                                       world->pool), APR_SUCCESS);
}

static void until_no_more_wait_than(world_t *world, int count)
{
    while (acct_lookups_waiting(world->service.lookups) > count) {
        usleep(1000);
    }
}

static void of_a_crowd_some_go_when_nothing_is_heard(void **state)
{
    world_t *world = *state;
    request_t all[7];
    int gone = 0;

    limit_crowd(world, 4);
    shut(world);
    begin(world, &all[0], 0);
    until_acquired(world, 1);
    begin_all(world, all + 1, 6, 1);
    until_waiting(world, 6);
    until_no_more_wait_than(world, 3);
    open_gate(world);
    for (int i = 0; i < 7; i++) {
        if (APR_STATUS_IS_TIMEUP(end(&all[i]))) {
            gone++;
            continue;
        }
        assert_int_equal(all[i].status, APR_SUCCESS);
        assert_true(is_own(&all[i]));
    }
    assert_int_equal(gone, 3);
    assert_int_equal(world->acquired, 2);
    forget(all, 7);
}

static void who_waits_elsewhere_is_one_of_the_crowd(void **state)
{
    world_t *world = *state;
    request_t hangs;
    request_t gone;

    limit_crowd(world, 4);
    for (int i = 0; i < 3; i++) {
        acct_crowd_enter(&world->crowd);
    }
    shut(world);
    begin(world, &hangs, 0);
    until_acquired(world, 1);
    begin(world, &gone, 1);
    assert_true(APR_STATUS_IS_TIMEUP(end(&gone)));
    open_gate(world);
    assert_int_equal(end(&hangs), APR_SUCCESS);
    forget(&hangs, 1);
    forget(&gone, 1);
}

static void nobody_is_left_in_the_crowd(void **state)
{
    world_t *world = *state;
    request_t all[5];

    limit_crowd(world, 1);
    world->fails = 2;
    shut(world);
    begin(world, &all[0], 0);
    until_acquired(world, 1);
    begin_all(world, all + 1, 4, 1);
    until_waiting(world, 4);
    open_gate(world);
    for (int i = 0; i < 5; i++) {
        (void)end(&all[i]);
    }
    assert_int_equal(atomic_load(&world->crowd.inside), 0);
    forget(all, 5);
}

static void when_all_who_gathered_have_gone_others_are_asked_for(
    void **state)
{
    world_t *world = *state;
    request_t hangs;
    request_t gone[2];

    limit_crowd(world, 1);
    shut(world);
    begin(world, &hangs, 0);
    until_acquired(world, 1);
    begin_all(world, gone, 2, 1);
    assert_true(APR_STATUS_IS_TIMEUP(end(&gone[0])));
    assert_true(APR_STATUS_IS_TIMEUP(end(&gone[1])));
    open_gate(world);
    assert_int_equal(end(&hangs), APR_SUCCESS);
    forget(&hangs, 1);
    forget(gone, 2);
    more_than_fit_are_answered(world);
}

static void that_nobody_asked_for_long_is_no_silence(void **state)
{
    world_t *world = *state;
    request_t all[5];

    limit_crowd(world, 1);
    begin(world, &all[0], 0);
    assert_int_equal(end(&all[0]), APR_SUCCESS);
    forget(all, 1);
    usleep((useconds_t)SILENCE);
    shut(world);
    begin(world, &all[0], 0);
    until_acquired(world, 2);
    begin_all(world, all + 1, 4, 1);
    until_waiting(world, 4);
    open_gate(world);
    all_are_answered(all, 5);
    forget(all, 5);
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(of_a_crowd_some_go_when_nothing_is_heard),
        TEST(who_waits_elsewhere_is_one_of_the_crowd),
        TEST(nobody_is_left_in_the_crowd),
        TEST(when_all_who_gathered_have_gone_others_are_asked_for),
        TEST(that_nobody_asked_for_long_is_no_silence)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
