/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sign-ins with limits: which are counted, which wait, and whom that keeps
 * out. How counters count is for test_counters.c, the numbers are for
 * test_budget.c.
 */
#include "account_fixture.h"

#include "limit/known.h"
#include "limit/limit.h"

#define BYTES ((size_t)65536)
#define MINUTE (60 * SECOND)

/* Of the server that signs in: what is counted, whose request it is, and what
 * is told. */
static struct {
    acct_counters_t counters;
    acct_limits_t limits;
    acct_client_t client;
    int events;
    acct_event_t event;         /* the last one */
} site;

static void note_event(void *context, const acct_event_t *event)
{
    (void)context;
    site.events++;
    site.event = *event;
}

static void come_from(const char *network)
{
    assert_int_equal(acct_network_parse(network, &site.client.network),
                     APR_SUCCESS);
}

/* Two free failures of a name, four of a network. */
static int begin(void **state)
{
    world_t *world;
    int rv = world_setup(state);

    world = *state;
    memset(&site, 0, sizeof(site));
    if (rv != 0
        || acct_counters_format(&site.counters,
                                apr_pcalloc(world->pool, BYTES), BYTES)
           != APR_SUCCESS) {
        return -1;
    }
    site.limits.counters = &site.counters;
    site.limits.database = 1;
    site.limits.has_key = 1;
    site.limits.key.bytes[0] = 'k';
    site.limits.numbers.backoff = (acct_backoff_t){ 2, 15 * MINUTE };
    site.limits.numbers.budget[ACCT_BUDGET_FAILURES] =
        (acct_budget_t){ 4, 40 * MINUTE };
    come_from("192.0.2.7");
    world->service.limits = &site.limits;
    world->service.client = &site.client;
    world->service.event = note_event;
    return 0;
}

#define LIMITED(name) \
    cmocka_unit_test_setup_teardown(name, begin, world_teardown)

static acct_outcome_e guess(world_t *world, const char *who)
{
    return sign_in_as(world, who, OTHER_PASSWORD)->outcome;
}

static acct_outcome_e sign_in(world_t *world, const char *who)
{
    return sign_in_as(world, who, PASSWORD)->outcome;
}

/* A guess at a name, after many: it waits for minutes then, longer than any
 * test on a machine that has other work.
 * @param at_home from this network alone, which the account knows */
static void fail_for_long(world_t *world, const char *who,
                          apr_int64_t account, int at_home)
{
    acct_offender_t before = {
        .failures = 10, .until = acct_ticks() + 1,
        .subject = { .account = account }
    };

    assert_int_equal(acct_subject_of_name(&site.limits.key,
                                          site.limits.database, who,
                                          at_home ? &site.client.network
                                                  : NULL,
                                          &before.subject, world->pool),
                     APR_SUCCESS);
    assert_int_equal(acct_counters_impose(&site.counters, &before,
                                          acct_ticks()), APR_SUCCESS);
    assert_int_equal(guess(world, who), ACCT_WRONG_CREDENTIALS);
}

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
        LIMITED(a_client_without_a_network_signs_in_and_leaves_none),
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
