/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sign-ins with limits of names: which are counted, which wait, and whom that
 * keeps out. How counters count is for test_counters.c, the numbers are for
 * test_budget.c.
 */
#include "account_fixture.h"
#include "limit_attempt_fixture.h"

/* ------------------------------------------------------------------ names */

static void after_the_free_failures_a_name_waits_and_nothing_is_hashed(
    void **state)
{
    world_t *world = *state;
    acct_result_t *result;
    int failures = 0;

    site.limits.numbers.budget[ACCT_BUDGET_FAILURES].count = 0;
    add_account(world, "ann", NULL);
    do {
        result = sign_in_as(world, "ann", OTHER_PASSWORD);
    } while (result->outcome == ACCT_WRONG_CREDENTIALS && ++failures < 9);
    /* two were free; more of them only where a try took longer than the
     * wait for it */
    assert_in_range(failures, 2, 8);
    assert_int_equal(result->outcome, ACCT_THROTTLED);
    assert_true(result->retry_after >= 1);
    assert_int_equal(world->hashed, 0);
}

static void during_the_wait_the_right_password_is_not_looked_at(void **state)
{
    world_t *world = *state;
    acct_result_t *result;

    fail_for_long(world, "ann", add_account(world, "ann", NULL), 0);
    result = sign_in_as(world, "ann", PASSWORD);
    assert_int_equal(result->outcome, ACCT_THROTTLED);
    assert_int_equal(world->hashed, 0);
    assert_in_range(result->retry_after, 60, 900);
    assert_null(result->token);
    assert_int_equal(count(world, "token"), 0);
}

static void a_name_that_no_account_has_waits_the_same(void **state)
{
    world_t *world = *state;
    acct_result_t *result;

    fail_for_long(world, "nobody", 0, 0);
    result = sign_in_as(world, "nobody", PASSWORD);
    assert_int_equal(result->outcome, ACCT_THROTTLED);
    assert_int_equal(world->hashed, 0);
    assert_in_range(result->retry_after, 60, 900);
}

static void what_can_be_no_name_is_counted_as_none(void **state)
{
    world_t *world = *state;

    for (int i = 0; i < 4; i++) {
        assert_int_equal(guess(world, "\xff"), ACCT_WRONG_CREDENTIALS);
    }
    assert_int_equal(guess(world, "\xff"), ACCT_THROTTLED);
    assert_string_equal(site.event.limit, "failures");
}

static void a_right_sign_in_is_no_failure(void **state)
{
    world_t *world = *state;

    add_account(world, "ann", NULL);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(sign_in(world, "ann"), ACCT_OK);
    }
    assert_int_equal(guess(world, "ann"), ACCT_WRONG_CREDENTIALS);
    assert_int_equal(sign_in(world, "ann"), ACCT_OK);
}

static void the_owner_at_home_is_not_delayed_by_guesses_from_elsewhere(
    void **state)
{
    world_t *world = *state;

    apr_int64_t id = add_account(world, "ann", NULL);

    assert_int_equal(sign_in(world, "ann"), ACCT_OK);
    come_from("198.51.100.1");
    fail_for_long(world, "ann", id, 0);
    assert_int_equal(guess(world, "ann"), ACCT_THROTTLED);
    come_from("192.0.2.7");
    assert_int_equal(sign_in(world, "ann"), ACCT_OK);
    come_from("203.0.113.9");
    assert_int_equal(sign_in(world, "ann"), ACCT_THROTTLED);
}

static void guesses_from_the_owners_network_wait_too(void **state)
{
    world_t *world = *state;

    apr_int64_t id = add_account(world, "ann", NULL);

    assert_int_equal(sign_in(world, "ann"), ACCT_OK);
    fail_for_long(world, "ann", id, 1);
    assert_int_equal(sign_in(world, "ann"), ACCT_THROTTLED);
}

/* --------------------------------------------------------- known networks */

static void a_network_is_forgotten_after_thirty_days(void **state)
{
    world_t *world = *state;

    apr_int64_t id = add_account(world, "ann", NULL);

    assert_int_equal(sign_in(world, "ann"), ACCT_OK);
    change(world, apr_psprintf(world->pool, "UPDATE known_network SET "
                               "seen_at = %" APR_TIME_T_FMT,
                               apr_time_now() - 31 * DAY));
    come_from("198.51.100.1");
    fail_for_long(world, "ann", id, 0);
    come_from("192.0.2.7");
    assert_int_equal(sign_in(world, "ann"), ACCT_THROTTLED);
}

static void a_network_is_written_once_a_day_at_the_most(void **state)
{
    static const char seen[] = "SELECT seen_at FROM known_network";
    world_t *world = *state;
    const char *first;

    add_account(world, "ann", NULL);
    assert_int_equal(sign_in(world, "ann"), ACCT_OK);
    first = ask(world, seen);
    assert_int_equal(sign_in(world, "ann"), ACCT_OK);
    assert_string_equal(ask(world, seen), first);
    change(world, apr_psprintf(world->pool, "UPDATE known_network SET "
                               "seen_at = %" APR_TIME_T_FMT,
                               apr_time_now() - 2 * DAY));
    assert_int_equal(sign_in(world, "ann"), ACCT_OK);
    assert_true(apr_atoi64(ask(world, seen)) >= apr_atoi64(first));
    assert_int_equal(count(world, "known_network"), 1);
}

static void an_account_has_twenty_networks_and_the_last_one_stays(
    void **state)
{
    world_t *world = *state;

    apr_int64_t id = add_account(world, "ann", NULL);

    for (int i = 0; i < ACCT_KNOWN_MOST + 3; i++) {
        come_from(apr_psprintf(world->pool, "198.51.100.%d", i));
        assert_int_equal(sign_in(world, "ann"), ACCT_OK);
    }
    assert_int_equal(count(world, "known_network"), ACCT_KNOWN_MOST);
    come_from("203.0.113.9");
    fail_for_long(world, "ann", id, 0);
    come_from(apr_psprintf(world->pool, "198.51.100.%d",
                           ACCT_KNOWN_MOST + 2));
    assert_int_equal(sign_in(world, "ann"), ACCT_OK);
    come_from("198.51.100.0");
    assert_int_equal(sign_in(world, "ann"), ACCT_THROTTLED);
}

static void a_client_without_a_network_signs_in_and_leaves_none(void **state)
{
    world_t *world = *state;

    add_account(world, "ann", NULL);
    site.client.network.version = 0;
    assert_int_equal(sign_in(world, "ann"), ACCT_OK);
    assert_int_equal(count(world, "known_network"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LIMITED(after_the_free_failures_a_name_waits_and_nothing_is_hashed),
        LIMITED(during_the_wait_the_right_password_is_not_looked_at),
        LIMITED(a_name_that_no_account_has_waits_the_same),
        LIMITED(what_can_be_no_name_is_counted_as_none),
        LIMITED(a_right_sign_in_is_no_failure),
        LIMITED(the_owner_at_home_is_not_delayed_by_guesses_from_elsewhere),
        LIMITED(guesses_from_the_owners_network_wait_too),
        LIMITED(a_network_is_forgotten_after_thirty_days),
        LIMITED(a_network_is_written_once_a_day_at_the_most),
        LIMITED(an_account_has_twenty_networks_and_the_last_one_stays),
        LIMITED(a_client_without_a_network_signs_in_and_leaves_none)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
