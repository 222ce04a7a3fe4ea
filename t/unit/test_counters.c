/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is counted of each name and network, and what that lets wait.
 */
#include "counters_fixture.h"

static void failures_beyond_the_free_ones_have_to_wait(void **state)
{
    acct_counters_t *counters = counters_of(state);
    apr_interval_time_t wait;
    acct_try_t attempt;

    fail_times(counters, 9, 5, NOW);
    assert_int_equal(try_at(counters, 9, NOW, &attempt, &wait),
                     ACCT_TRY_REFUSED);
    assert_int_equal(wait, SECOND);
    assert_int_equal(try_at(counters, 9, NOW + SECOND, &attempt, &wait),
                     ACCT_TRY_MAY);
}

static void a_try_that_was_right_is_as_if_it_had_not_been(void **state)
{
    acct_counters_t *counters = counters_of(state);
    apr_interval_time_t wait;
    acct_try_t attempt;

    fail_times(counters, 9, 4, NOW);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(try_at(counters, 9, NOW, &attempt, &wait),
                         ACCT_TRY_MAY);
        end_at(counters, 9, &attempt, 0, NOW);
    }
    fail_times(counters, 9, 1, NOW);
    assert_int_equal(try_at(counters, 9, NOW, &attempt, &wait),
                     ACCT_TRY_REFUSED);
}

static void a_try_depends_on_those_that_are_under_way(void **state)
{
    acct_counters_t *counters = counters_of(state);
    acct_subject_t subject = name(9);
    apr_interval_time_t wait;
    acct_try_t attempt[6];
    acct_try_e verdict;

    for (int i = 0; i < 5; i++) {
        assert_int_equal(try_at(counters, 9, NOW, &attempt[i], &wait),
                         ACCT_TRY_MAY);
    }
    assert_int_equal(try_at(counters, 9, NOW, &attempt[5], &wait),
                     ACCT_TRY_UNDER_WAY);
    end_at(counters, 9, &attempt[0], 0, NOW);
    assert_int_equal(acct_series_begin(counters, &subject, &backoff, NOW,
                                       &attempt[5], &verdict), APR_SUCCESS);
    assert_int_equal(verdict, ACCT_TRY_MAY);
}

static void so_many_wait_for_one_name_and_no_more(void **state)
{
    acct_counters_t *counters = counters_of(state);
    acct_subject_t subject = name(9);
    apr_interval_time_t wait;
    acct_try_t attempt;

    for (int i = 0; i < 5; i++) {
        (void)try_at(counters, 9, NOW, &attempt, &wait);
    }
    for (int i = 0; i < ACCT_SERIES_WAITING; i++) {
        assert_int_equal(try_at(counters, 9, NOW, &attempt, &wait),
                         ACCT_TRY_UNDER_WAY);
    }
    assert_int_equal(try_at(counters, 9, NOW, &attempt, &wait),
                     ACCT_TRY_REFUSED);
    assert_int_equal(acct_series_leave(counters, &subject), APR_SUCCESS);
    assert_int_equal(try_at(counters, 9, NOW, &attempt, &wait),
                     ACCT_TRY_UNDER_WAY);
}

static void tries_of_a_killed_process_have_failed(void **state)
{
    acct_counters_t *counters = counters_of(state);
    apr_interval_time_t wait;
    acct_try_t attempt;

    for (int i = 0; i < 6; i++) {
        (void)try_at(counters, 9, NOW, &attempt, &wait);
    }
    assert_int_equal(try_at(counters, 9, NOW + ACCT_SERIES_PENDING, &attempt,
                            &wait), ACCT_TRY_MAY);
    end_at(counters, 9, &attempt, 1, NOW + ACCT_SERIES_PENDING);
    assert_int_equal(try_at(counters, 9, NOW + ACCT_SERIES_PENDING, &attempt,
                            &wait), ACCT_TRY_REFUSED);
    assert_int_equal(wait, 2 * SECOND);
}

static void failures_of_long_ago_are_forgotten(void **state)
{
    acct_counters_t *counters = counters_of(state);

    fail_times(counters, 9, 5, NOW);
    fail_times(counters, 9, 1, NOW + ACCT_SERIES_KEPT - 1);
    fail_times(counters, 9, 5, NOW + 2 * ACCT_SERIES_KEPT);
}

static void a_bucket_is_its_subjects_alone(void **state)
{
    acct_counters_t *counters = counters_of(state);
    acct_subject_t one = network(11), other = network(13);
    apr_interval_time_t wait;

    for (int i = 0; i < 3; i++) {
        acct_bucket_take(counters, &one, &budget, NOW, &wait);
        assert_int_equal(wait, 0);
    }
    acct_bucket_take(counters, &one, &budget, NOW, &wait);
    assert_int_equal(wait, 10 * SECOND);
    acct_bucket_look(counters, &one, &budget, NOW + SECOND, &wait);
    assert_int_equal(wait, 9 * SECOND);
    acct_bucket_take(counters, &other, &budget, NOW, &wait);
    assert_int_equal(wait, 0);
    acct_bucket_put_back(counters, &one, &budget, NOW);
    acct_bucket_look(counters, &one, &budget, NOW, &wait);
    assert_int_equal(wait, 0);
}

static void filling_the_table_does_not_free_an_offender(void **state)
{
    acct_counters_t *counters = counters_of(state);
    apr_interval_time_t wait;
    acct_try_t attempt;

    fail_times(counters, 9, 5, NOW);
    for (uint64_t i = 1; i <= 50000; i++) {
        (void)try_at(counters, (i << 16) | 1, NOW + 1, &attempt, &wait);
    }
    assert_int_equal(try_at(counters, 9, NOW + 2, &attempt, &wait),
                     ACCT_TRY_REFUSED);
}

static void where_all_places_are_offenders_newcomers_share_one(void **state)
{
    acct_counters_t *counters = counters_of(state);
    uint64_t set = counters->head->sets << 16;
    apr_interval_time_t wait;
    acct_try_t attempt;
    int may = 0;

    /* all of one set */
    for (uint64_t i = 1; i <= ACCT_SET_ENTRIES; i++) {
        fail_times(counters, i * set | 1, 5, NOW);
    }
    for (uint64_t i = 100; i < 300; i++) {
        may += try_at(counters, i * set | 1, NOW, &attempt, &wait)
            == ACCT_TRY_MAY;
    }
    assert_int_equal(may, 60);
    assert_int_equal(try_at(counters, set | 1, NOW, &attempt, &wait),
                     ACCT_TRY_REFUSED);
}

static void offenders_are_listed_with_whose_they_are(void **state)
{
    acct_counters_t *counters = counters_of(state);
    acct_subject_t subject = network(11);
    uint64_t before = acct_counters_refusals(counters);
    acct_offender_t list[4];
    apr_interval_time_t wait;

    fail_times(counters, 9, 4, NOW);
    assert_int_equal(acct_counters_offenders(counters, 1, NOW, list, 4), 0);
    fail_times(counters, 9, 1, NOW);
    for (int i = 0; i < 3; i++) {
        acct_bucket_take(counters, &subject, &budget, NOW, &wait);
    }
    assert_int_not_equal(acct_counters_refusals(counters), before);
    assert_int_equal(acct_counters_offenders(counters, 2, NOW, list, 4), 0);
    assert_int_equal(acct_counters_offenders(counters, 1, NOW, list, 4), 2);
    if (list[0].subject.key != 9) {
        list[2] = list[0];
        list[0] = list[1];
        list[1] = list[2];
    }
    assert_int_equal(list[0].subject.account, 7);
    assert_int_equal(list[0].failures, 5);
    assert_int_equal(list[0].until, NOW + SECOND);
    assert_int_equal(list[1].subject.budget, ACCT_BUDGET_FAILURES);
    assert_int_equal(list[1].subject.network.address[3], 7);
    assert_int_equal(list[1].until, NOW + 10 * SECOND);
}

static void what_another_server_tells_holds_here(void **state)
{
    acct_counters_t *counters = counters_of(state);
    acct_offender_t known = {
        .subject = name(9), .failures = 8, .until = NOW + 8 * SECOND
    };
    acct_offender_t spent = {
        .subject = network(11), .until = NOW + 5 * SECOND
    };
    apr_interval_time_t wait;
    acct_try_t attempt;

    assert_int_equal(acct_counters_impose(counters, &known, NOW),
                     APR_SUCCESS);
    assert_int_equal(acct_counters_impose(counters, &spent, NOW),
                     APR_SUCCESS);
    assert_int_equal(try_at(counters, 9, NOW, &attempt, &wait),
                     ACCT_TRY_REFUSED);
    assert_int_equal(wait, 8 * SECOND);
    acct_bucket_take(counters, &spent.subject, &budget, NOW, &wait);
    assert_int_equal(wait, 5 * SECOND);
    fail_times(counters, 9, 1, NOW + 8 * SECOND);
    assert_int_equal(try_at(counters, 9, NOW + 8 * SECOND, &attempt, &wait),
                     ACCT_TRY_REFUSED);
    assert_int_equal(wait, 16 * SECOND);
}

static void what_is_forgotten_may_try_again(void **state)
{
    acct_counters_t *counters = counters_of(state);
    acct_subject_t subject = name(9);

    fail_times(counters, 9, 5, NOW);
    fail_times(counters, 10, 5, NOW);   /* the same account's */
    assert_int_equal(acct_counters_forget_name(counters, &subject),
                     APR_SUCCESS);
    fail_times(counters, 9, 5, NOW);
    fail_times(counters, 10, 5, NOW);
}

static void a_lock_whose_holder_was_killed_is_free(void **state)
{
    acct_counters_t *counters = counters_of(state);
    acct_set_t set;
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        (void)acct_set_open(counters, 9, &set);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    fail_times(counters, 9, 5, NOW);
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(failures_beyond_the_free_ones_have_to_wait),
        T(a_try_that_was_right_is_as_if_it_had_not_been),
        T(a_try_depends_on_those_that_are_under_way),
        T(so_many_wait_for_one_name_and_no_more),
        T(tries_of_a_killed_process_have_failed),
        T(failures_of_long_ago_are_forgotten),
        T(a_bucket_is_its_subjects_alone),
        T(filling_the_table_does_not_free_an_offender),
        T(where_all_places_are_offenders_newcomers_share_one),
        T(offenders_are_listed_with_whose_they_are),
        T(what_another_server_tells_holds_here),
        T(what_is_forgotten_may_try_again),
        T(a_lock_whose_holder_was_killed_is_free)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
