/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The block that counters are in: many threads at once, its head, its size.
 */
#include "counters_fixture.h"

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
        T(threads_at_once_are_counted_exactly),
        T(a_block_is_known_by_its_head),
        T(a_mebibyte_has_room_for_sixteen_thousand)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
