/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sign-ins with limits of networks; modes and keys, and what is told.
 */
#include "account_fixture.h"
#include "limit_attempt_fixture.h"

/* --------------------------------------------------------------- networks */

static void a_network_has_its_failures_over_all_names(void **state)
{
    static const char *const names[] = { "ann", "bob", "cid", "dan" };
    world_t *world = *state;
    acct_result_t *result;

    for (int i = 0; i < 4; i++) {
        assert_int_equal(guess(world, names[i]), ACCT_WRONG_CREDENTIALS);
    }
    add_account(world, "eve", NULL);
    result = sign_in_as(world, "eve", PASSWORD);
    assert_int_equal(result->outcome, ACCT_THROTTLED);
    assert_in_range(result->retry_after, 590, 600);
    assert_int_equal(world->units, 0);
    come_from("192.0.2.8");
    assert_int_equal(sign_in(world, "eve"), ACCT_OK);
}

static void a_wider_network_has_eight_times_the_failures(void **state)
{
    world_t *world = *state;

    site.limits.numbers.backoff.free = 0;
    for (int i = 0; i < 32; i++) {
        come_from(apr_psprintf(world->pool, "192.0.2.%d", i / 4));
        assert_int_equal(guess(world, "ann"), ACCT_WRONG_CREDENTIALS);
    }
    come_from("192.0.2.99");
    assert_int_equal(guess(world, "ann"), ACCT_THROTTLED);
    assert_string_equal(site.event.network, "192.0.2.0/24");
    come_from("192.0.3.1");
    assert_int_equal(guess(world, "ann"), ACCT_WRONG_CREDENTIALS);
}

static void where_the_wider_network_refuses_nothing_is_taken(void **state)
{
    world_t *world = *state;
    acct_attempt_t attempt;
    acct_subject_t subject;
    apr_interval_time_t wait;

    site.limits.numbers.backoff.free = 0;
    for (int i = 0; i < 32; i++) {
        come_from(apr_psprintf(world->pool, "192.0.2.%d", i / 4));
        assert_int_equal(guess(world, "ann"), ACCT_WRONG_CREDENTIALS);
    }
    come_from("192.0.2.99");
    acct_attempt_begin(&attempt, &world->service, world->pool);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(acct_attempt_network(&attempt,
                                              ACCT_BUDGET_FAILURES),
                         ACCT_LIMIT_THROTTLED);
    }
    assert_int_equal(acct_subject_of_network(
                         &attempt.key, site.limits.database,
                         ACCT_BUDGET_FAILURES, &site.client.network,
                         &subject), APR_SUCCESS);
    assert_int_equal(acct_bucket_look(
                         &site.counters, &subject,
                         &site.limits.numbers.budget[ACCT_BUDGET_FAILURES],
                         acct_ticks(), &wait), APR_SUCCESS);
    assert_int_equal(wait, 0);
}

static void an_exempt_client_has_no_budget_but_names_wait(void **state)
{
    world_t *world = *state;

    site.client.is_exempt = 1;
    for (int i = 0; i < 8; i++) {
        assert_int_equal(guess(world, apr_psprintf(world->pool, "ann%d", i)),
                         ACCT_WRONG_CREDENTIALS);
    }
    fail_for_long(world, "ann", 0, 0);
    assert_int_equal(guess(world, "ann"), ACCT_THROTTLED);
}

static void a_look_takes_nothing(void **state)
{
    world_t *world = *state;
    acct_result_t *result = acct_result_make(ACCT_OK, world->pool);

    for (int i = 0; i < 9; i++) {
        assert_true(acct_may_try(&world->service, ACCT_BUDGET_FAILURES,
                                 result, world->pool));
    }
    for (int i = 0; i < 4; i++) {
        assert_int_equal(guess(world, apr_psprintf(world->pool, "ann%d", i)),
                         ACCT_WRONG_CREDENTIALS);
    }
    assert_false(acct_may_try(&world->service, ACCT_BUDGET_FAILURES, result,
                              world->pool));
    assert_int_equal(result->outcome, ACCT_THROTTLED);
    assert_true(result->retry_after > 0);
    assert_true(acct_may_try(&world->service, ACCT_BUDGET_NONE, result,
                             world->pool));
    world->service.client = NULL;
    assert_true(acct_may_try(&world->service, ACCT_BUDGET_FAILURES, result,
                             world->pool));
}

/* ------------------------------------------------------- modes, and keys */

static void switched_off_nothing_is_counted(void **state)
{
    world_t *world = *state;

    site.limits.mode = ACCT_LIMITS_OFF;
    for (int i = 0; i < 6; i++) {
        assert_int_equal(guess(world, "ann"), ACCT_WRONG_CREDENTIALS);
    }
    site.limits.mode = ACCT_LIMITS_ON;
    assert_int_equal(guess(world, "ann"), ACCT_WRONG_CREDENTIALS);
    assert_int_equal(site.events, 0);
}

static void observed_a_refusal_is_told_and_let_pass(void **state)
{
    world_t *world = *state;

    site.limits.mode = ACCT_LIMITS_OBSERVE;
    fail_for_long(world, "ann", 0, 0);
    assert_int_equal(site.events, 0);
    assert_int_equal(guess(world, "ann"), ACCT_WRONG_CREDENTIALS);
    assert_int_equal(guess(world, "ann"), ACCT_WRONG_CREDENTIALS);
    assert_int_equal(site.events, 1);
    assert_int_equal(site.event.kind, ACCT_EVENT_LIMIT_REACHED);
    assert_string_equal(site.event.detail, "observed");
}

static void a_limit_of_names_that_is_off_leaves_that_of_networks(void **state)
{
    world_t *world = *state;

    site.limits.numbers.backoff.free = 0;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(guess(world, "ann"), ACCT_WRONG_CREDENTIALS);
    }
    assert_int_equal(guess(world, "ann"), ACCT_THROTTLED);
    site.limits.numbers.budget[ACCT_BUDGET_FAILURES].count = 0;
    assert_int_equal(guess(world, "ann"), ACCT_WRONG_CREDENTIALS);
}

static void without_a_key_of_its_own_a_host_has_the_databases(void **state)
{
    world_t *world = *state;

    site.limits.has_key = 0;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(guess(world, apr_psprintf(world->pool, "ann%d", i)),
                         ACCT_WRONG_CREDENTIALS);
    }
    assert_int_equal(guess(world, "ann"), ACCT_THROTTLED);
}

/* ------------------------------------------------------------------- told */

static void a_refusal_is_told_once_and_names_the_account(void **state)
{
    world_t *world = *state;
    apr_int64_t id = add_account(world, "ann", NULL);
    apr_time_t now = apr_time_now();

    fail_for_long(world, "ann", id, 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(guess(world, "ann"), ACCT_THROTTLED);
    }
    assert_int_equal(site.events, 1);
    assert_int_equal(site.event.kind, ACCT_EVENT_LIMIT_REACHED);
    assert_int_equal(site.event.outcome, ACCT_THROTTLED);
    assert_string_equal(site.event.limit, "tries");
    assert_int_equal(site.event.account, id);
    assert_null(site.event.name);
    assert_null(site.event.network);
    assert_null(site.event.detail);
    assert_true(site.event.until > now);
}

static void of_a_name_without_account_a_hash_is_told_alone(void **state)
{
    world_t *world = *state;

    fail_for_long(world, "my password", 0, 0);
    assert_int_equal(guess(world, "my password"), ACCT_THROTTLED);
    assert_int_equal(site.events, 1);
    assert_int_equal(site.event.account, 0);
    assert_int_equal(strlen(site.event.name), 16);
    assert_int_equal(strspn(site.event.name, "0123456789abcdef"), 16);
}

/* -------------------------------------------------------- tries under way */

static void where_tries_stay_under_way_the_caller_is_asked_to_come_again(
    void **state)
{
    world_t *world = *state;
    acct_attempt_t one, two;
    acct_offender_t before = { .failures = 6, .until = acct_ticks() + 1 };
    apr_time_t began;

    acct_attempt_begin(&one, &world->service, world->pool);
    acct_attempt_begin(&two, &world->service, world->pool);
    assert_int_equal(acct_subject_of_name(&one.key, site.limits.database,
                                          "ann", NULL, &before.subject,
                                          world->pool), APR_SUCCESS);
    assert_int_equal(acct_counters_impose(&site.counters, &before,
                                          acct_ticks()), APR_SUCCESS);
    assert_int_equal(acct_attempt_name(&one, "ann", 0, 0),
                     ACCT_LIMIT_PASSED);
    began = apr_time_now();
    assert_int_equal(acct_attempt_name(&two, "ann", 0, 0),
                     ACCT_LIMIT_CROWDED);
    assert_true(apr_time_now() - began >= 2 * SECOND);
    /* it was wrong, so now the name waits */
    acct_attempt_end(&one, 1);
    assert_int_equal(acct_attempt_name(&two, "ann", 0, 0),
                     ACCT_LIMIT_THROTTLED);
    assert_true(acct_attempt_seconds(&two) > 8);
}

static void a_wait_is_told_in_whole_seconds_from_one(void **state)
{
    static const struct {
        apr_interval_time_t wait;
        int seconds;
    } t[] = {
        { 0, 1 }, { 1, 1 }, { 1000000, 1 }, { 1000001, 2 }, { 900000000, 900 }
    };
    acct_attempt_t attempt = { .wait = 0 };

    (void)state;
    for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
        attempt.wait = t[i].wait;
        assert_int_equal(acct_attempt_seconds(&attempt), t[i].seconds);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LIMITED(a_network_has_its_failures_over_all_names),
        LIMITED(a_wider_network_has_eight_times_the_failures),
        LIMITED(where_the_wider_network_refuses_nothing_is_taken),
        LIMITED(an_exempt_client_has_no_budget_but_names_wait),
        LIMITED(a_look_takes_nothing),
        LIMITED(switched_off_nothing_is_counted),
        LIMITED(observed_a_refusal_is_told_and_let_pass),
        LIMITED(a_limit_of_names_that_is_off_leaves_that_of_networks),
        LIMITED(without_a_key_of_its_own_a_host_has_the_databases),
        LIMITED(a_refusal_is_told_once_and_names_the_account),
        LIMITED(of_a_name_without_account_a_hash_is_told_alone),
        LIMITED(where_tries_stay_under_way_the_caller_is_asked_to_come_again),
        LIMITED(a_wait_is_told_in_whole_seconds_from_one)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
