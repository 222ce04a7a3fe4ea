/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An account server with limits, and sign-ins from a network.
 */
#ifndef ACCT_LIMIT_ATTEMPT_FIXTURE_H
#define ACCT_LIMIT_ATTEMPT_FIXTURE_H

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

static inline void note_event(void *context, const acct_event_t *event)
{
    (void)context;
    site.events++;
    site.event = *event;
}

static inline void come_from(const char *network)
{
    assert_int_equal(acct_network_parse(network, &site.client.network),
                     APR_SUCCESS);
}

/* Two free failures of a name, four of a network. */
static inline int begin(void **state)
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

static inline acct_outcome_e guess(world_t *world, const char *who)
{
    return sign_in_as(world, who, OTHER_PASSWORD)->outcome;
}

static inline acct_outcome_e sign_in(world_t *world, const char *who)
{
    return sign_in_as(world, who, PASSWORD)->outcome;
}

/* A guess at a name, after many: it waits for minutes then, longer than any
 * test on a machine that has other work.
 * @param at_home from this network alone, which the account knows */
static inline void fail_for_long(world_t *world, const char *who,
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

#endif
