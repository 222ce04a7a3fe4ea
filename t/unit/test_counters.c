/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cmocka_header.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "limit/counters.h"
#include "limit/entry.h"

#define SECOND apr_time_from_sec(1)
#define BYTES ((size_t)65536)
#define NOW (100 * SECOND)

static const acct_budget_t budget = { 3, apr_time_from_sec(30) };
static const acct_backoff_t backoff = { 5, apr_time_from_sec(900) };

/* In memory that processes share. */
typedef struct table_t {
    void *block;
    acct_counters_t counters;
} table_t;

static int begin(void **state)
{
    table_t *table = calloc(1, sizeof(*table));

    *state = table;
    table->block = mmap(NULL, BYTES, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return table->block == MAP_FAILED
        || acct_counters_format(&table->counters, table->block, BYTES)
           != APR_SUCCESS;
}

static int end(void **state)
{
    table_t *table = *state;

    munmap(table->block, BYTES);
    free(table);
    return 0;
}

static acct_counters_t *counters_of(void **state)
{
    return &((table_t *)*state)->counters;
}

static acct_subject_t name(uint64_t key)
{
    acct_subject_t subject = { .key = key, .database = 1, .account = 7 };

    return subject;
}

static acct_subject_t network(uint64_t key)
{
    acct_subject_t subject = {
        .key = key, .database = 1, .budget = ACCT_BUDGET_FAILURES,
        .network = { 4, 32, { 192, 0, 2, 7 } }
    };

    return subject;
}

static acct_try_e try_at(acct_counters_t *counters, uint64_t key,
                         apr_interval_time_t now, acct_try_t *attempt,
                         apr_interval_time_t *wait)
{
    acct_subject_t subject = name(key);
    acct_try_e verdict;

    memset(attempt, 0, sizeof(*attempt));
    assert_int_equal(acct_series_begin(counters, &subject, &backoff, now,
                                       attempt, &verdict), APR_SUCCESS);
    *wait = attempt->wait;
    return verdict;
}

static void end_at(acct_counters_t *counters, uint64_t key,
                   const acct_try_t *attempt, int is_failure,
                   apr_interval_time_t now)
{
    acct_subject_t subject = name(key);

    assert_int_equal(acct_series_end(counters, &subject, &backoff, attempt,
                                     is_failure, now), APR_SUCCESS);
}

/* So many failures at a time. */
static void fail_times(acct_counters_t *counters, uint64_t key, int count,
                       apr_interval_time_t now)
{
    apr_interval_time_t wait;
    acct_try_t attempt;

    for (int i = 0; i < count; i++) {
        assert_int_equal(try_at(counters, key, now, &attempt, &wait),
                         ACCT_TRY_MAY);
        end_at(counters, key, &attempt, 1, now);
    }
}

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

/* ---- many at once ---- */

typedef struct racer_t {
    acct_counters_t *counters;
    int may;
} racer_t;

static void *race(void *data)
{
    racer_t *racer = data;
    acct_subject_t one = name(9), spent = network(11);
    static const acct_budget_t large = { 100, apr_time_from_sec(1000000) };
    apr_interval_time_t wait;
    acct_try_t attempt;
    acct_try_e verdict;

    for (int i = 0; i < 1000; i++) {
        (void)acct_bucket_take(racer->counters, &spent, &large, NOW, &wait);
        racer->may += wait == 0;
        memset(&attempt, 0, sizeof(attempt));
        (void)acct_series_begin(racer->counters, &one, &backoff, NOW,
                                &attempt, &verdict);
        if (verdict == ACCT_TRY_MAY) {
            (void)acct_series_end(racer->counters, &one, &backoff, &attempt,
                                  0, NOW);
        }
        else if (verdict == ACCT_TRY_UNDER_WAY) {
            (void)acct_series_leave(racer->counters, &one);
        }
    }
    return NULL;
}

static void threads_at_once_are_counted_exactly(void **state)
{
    acct_counters_t *counters = counters_of(state);
    racer_t racers[8];
    pthread_t threads[8];
    int may = 0;

    for (int i = 0; i < 8; i++) {
        racers[i].counters = counters;
        racers[i].may = 0;
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]),
                         0);
    }
    for (int i = 0; i < 8; i++) {
        pthread_join(threads[i], NULL);
        may += racers[i].may;
    }
    assert_int_equal(may, 100);
    fail_times(counters, 9, 5, NOW);    /* nothing of it is left */
}

static void a_block_is_known_by_its_head(void **state)
{
    table_t *table = *state;
    acct_counters_t view;

    assert_int_equal(acct_counters_attach(&view, table->block, BYTES),
                     APR_SUCCESS);
    assert_int_equal(acct_counters_attach(&view, table->block, BYTES / 2),
                     APR_EINVAL);
    memset(table->block, 0, 8);
    assert_int_equal(acct_counters_attach(&view, table->block, BYTES),
                     APR_EINVAL);
}

static void a_mebibyte_has_room_for_sixteen_thousand(void **state)
{
    (void)state;
    assert_in_range(acct_counters_entries(1048576), 16000, 16384);
    assert_int_equal(acct_counters_entries(100), 0);
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
        T(a_lock_whose_holder_was_killed_is_free),
        T(threads_at_once_are_counted_exactly),
        T(a_block_is_known_by_its_head),
        T(a_mebibyte_has_room_for_sixteen_thousand)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
