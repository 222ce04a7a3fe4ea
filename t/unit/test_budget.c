/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "cmocka_header.h"

#include "limit/budget.h"

#define SECOND apr_time_from_sec(1)

static apr_pool_t *p;

static int begin(void **state)
{
    (void)state;
    return apr_initialize() != APR_SUCCESS
        || apr_pool_create(&p, NULL) != APR_SUCCESS;
}

static int end(void **state)
{
    (void)state;
    apr_pool_destroy(p);
    apr_terminate();
    return 0;
}

static const acct_budget_t budget = { 30, apr_time_from_sec(300) };

static void a_full_bucket_can_be_spent_at_once(void **state)
{
    apr_interval_time_t full = 0;

    (void)state;
    for (int i = 0; i < 30; i++) {
        assert_int_equal(acct_budget_take(&budget, &full, 1000), 0);
    }
    assert_int_equal(acct_budget_take(&budget, &full, 1000), 10 * SECOND);
}

static void one_comes_back_in_its_part_of_the_time(void **state)
{
    apr_interval_time_t full = 0;
    apr_interval_time_t now = 1000;

    (void)state;
    while (acct_budget_take(&budget, &full, now) == 0) {
    }
    now += 10 * SECOND - 1;
    assert_int_equal(acct_budget_take(&budget, &full, now), 1);
    now += 1;
    assert_int_equal(acct_budget_take(&budget, &full, now), 0);
    assert_int_equal(acct_budget_take(&budget, &full, now), 10 * SECOND);
}

static void it_never_holds_more_than_its_count(void **state)
{
    apr_interval_time_t full = 0;
    int taken = 0;

    (void)state;
    assert_int_equal(acct_budget_take(&budget, &full, 0), 0);
    while (acct_budget_take(&budget, &full, 86400 * SECOND) == 0) {
        taken++;
    }
    assert_int_equal(taken, 30);
}

static void what_is_put_back_can_be_taken_again(void **state)
{
    apr_interval_time_t full = 0;

    (void)state;
    while (acct_budget_take(&budget, &full, 5) == 0) {
    }
    acct_budget_put_back(&budget, &full);
    assert_int_equal(acct_budget_take(&budget, &full, 5), 0);
    assert_int_not_equal(acct_budget_take(&budget, &full, 5), 0);
}

static void no_count_is_no_limit(void **state)
{
    static const acct_budget_t off = { 0, 0 };
    apr_interval_time_t full = 0;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(acct_budget_take(&off, &full, 5), 0);
    }
}

static void a_wait_doubles_from_a_second_up_to_the_longest(void **state)
{
    static const acct_backoff_t backoff = { 5, apr_time_from_sec(900) };

    (void)state;
    assert_int_equal(acct_backoff_wait(&backoff, 4), 0);
    assert_int_equal(acct_backoff_wait(&backoff, 5), SECOND);
    assert_int_equal(acct_backoff_wait(&backoff, 6), 2 * SECOND);
    assert_int_equal(acct_backoff_wait(&backoff, 14), 512 * SECOND);
    assert_int_equal(acct_backoff_wait(&backoff, 15), 900 * SECOND);
    assert_int_equal(acct_backoff_wait(&backoff, 255), 900 * SECOND);
}

/* What an attacker can try at one name in an hour by the defaults. */
static void an_hour_of_guessing_at_a_name_is_seventeen_tries(void **state)
{
    const acct_backoff_t *backoff = &acct_limit_defaults.backoff;
    apr_interval_time_t now = 0;
    int tries = 0;

    (void)state;
    while (now < 3600 * SECOND) {
        tries++;
        now += acct_backoff_wait(backoff, tries);
    }
    assert_int_equal(tries, 17);
}

static void words_change_one_number_each(void **state)
{
    acct_limit_numbers_t numbers = acct_limit_defaults;

    (void)state;
    assert_null(acct_limit_set_number(&numbers, "failures=7/90s", p));
    assert_null(acct_limit_set_number(&numbers, "register=3/h", p));
    assert_null(acct_limit_set_number(&numbers, "names=off", p));
    assert_null(acct_limit_set_number(&numbers, "tries=9", p));
    assert_null(acct_limit_set_number(&numbers, "wait=30m", p));
    assert_int_equal(numbers.budget[ACCT_BUDGET_FAILURES].count, 7);
    assert_int_equal(numbers.budget[ACCT_BUDGET_FAILURES].per, 90 * SECOND);
    assert_int_equal(numbers.budget[ACCT_BUDGET_REGISTER].count, 3);
    assert_int_equal(numbers.budget[ACCT_BUDGET_REGISTER].per,
                     3600 * SECOND);
    assert_int_equal(numbers.budget[ACCT_BUDGET_NAMES].count, 0);
    assert_int_equal(numbers.backoff.free, 9);
    assert_int_equal(numbers.backoff.longest, 1800 * SECOND);
}

static void a_word_that_is_wrong_changes_nothing_and_is_explained(
    void **state)
{
    static const char *const wrong[] = {
        "", "=", "failures", "failures=", "failures=/5m", "failures=30/",
        "failures=30/5", "failures=30/5w", "failures=-1/5m",
        "failures=0/5m", "failures=1000000/5m", "failures=30/25h",
        "failures=30/5m ", "Failures=30/5m", "login=30/5m", "=30/5m",
        "tries=0", "tries=101", "tries=5x", "wait=0s", "wait=61m",
        "wait=off", "failures=99999999999999999999/5m"
    };
    acct_limit_numbers_t numbers = acct_limit_defaults;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        if (acct_limit_set_number(&numbers, wrong[i], p) == NULL) {
            fail_msg("\"%s\" was taken", wrong[i]);
        }
    }
    assert_memory_equal(&numbers, &acct_limit_defaults, sizeof(numbers));
}

static void each_budget_has_a_name(void **state)
{
    (void)state;
    for (int i = 0; i < ACCT_BUDGET__COUNT; i++) {
        assert_int_equal(acct_budget_find(acct_budget_name(
                                              (acct_budget_e)i)), i);
    }
    assert_int_equal(acct_budget_find("letters"), -1);
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_full_bucket_can_be_spent_at_once),
        T(one_comes_back_in_its_part_of_the_time),
        T(it_never_holds_more_than_its_count),
        T(what_is_put_back_can_be_taken_again),
        T(no_count_is_no_limit),
        T(a_wait_doubles_from_a_second_up_to_the_longest),
        T(an_hour_of_guessing_at_a_name_is_seventeen_tries),
        T(words_change_one_number_each),
        T(a_word_that_is_wrong_changes_nothing_and_is_explained),
        T(each_budget_has_a_name)
    };

    return cmocka_run_group_tests(tests, begin, end);
}
