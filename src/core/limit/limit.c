/* SPDX-License-Identifier: Apache-2.0 */
#include "limit/limit.h"

#include <apr_strings.h>
#include <string.h>

#include "base/ticks.h"

/* The longest wait for tries that are under way (as long as a thread waits
 * for the hasher), and how often the thread looks. */
#define WAIT_MOST apr_time_from_sec(2)
#define LOOK_EVERY apr_time_from_msec(10)

static const acct_limits_t *limits_of(const acct_attempt_t *attempt)
{
    const acct_limits_t *limits = attempt->service->limits;

    return limits != NULL && limits->mode != ACCT_LIMITS_OFF
        && limits->counters != NULL ? limits : NULL;
}

/* ---- attempts ---- */

void acct_attempt_begin(acct_attempt_t *attempt,
                        const acct_service_t *service, apr_pool_t *pool)
{
    memset(attempt, 0, sizeof(*attempt));
    attempt->service = service;
    attempt->pool = pool;
    if (service->limits != NULL && service->limits->has_key) {
        attempt->key = service->limits->key;
    }
}

/* Whether it is the first refusal of a wait: the audit log has a line of each
 * wait. The lines are counted as tries are, by a key of their own. */
static int is_news(const acct_attempt_t *attempt,
                   const acct_subject_t *subject, apr_interval_time_t wait)
{
    acct_budget_t once = { 1, wait + APR_USEC_PER_SEC };
    acct_subject_t told = { .key = ~subject->key | 1 };
    apr_interval_time_t since = 0;

    return acct_bucket_take(limits_of(attempt)->counters, &told, &once,
                            acct_ticks(), &since) == APR_SUCCESS
        && since == 0;
}

static acct_limit_e refuse(acct_attempt_t *attempt,
                           const acct_subject_t *subject,
                           apr_interval_time_t wait)
{
    int is_observed = limits_of(attempt)->mode == ACCT_LIMITS_OBSERVE;
    int is_name = subject->budget == ACCT_BUDGET_NONE;
    acct_event_t event = {
        .kind = ACCT_EVENT_LIMIT_REACHED,
        .outcome = ACCT_THROTTLED,
        .limit = is_name ? "tries" : acct_budget_name(subject->budget),
        .account = subject->account,
        .until = apr_time_now() + wait,
        .detail = is_observed ? "observed" : NULL
    };

    attempt->wait = wait;
    if (attempt->service->event != NULL
        && is_news(attempt, subject, wait)) {
        if (!is_name) {
            event.network = acct_network_text(&subject->network,
                                              attempt->pool);
        }
        else if (event.account == 0) {
            event.name = apr_psprintf(attempt->pool, "%016"
                                      APR_UINT64_T_HEX_FMT,
                                      (apr_uint64_t)subject->key);
        }
        acct_raise(attempt->service, &event);
    }
    return is_observed ? ACCT_LIMIT_PASSED : ACCT_LIMIT_THROTTLED;
}

int acct_attempt_seconds(const acct_attempt_t *attempt)
{
    apr_interval_time_t wait = attempt->wait + APR_USEC_PER_SEC - 1;

    return wait < apr_time_from_sec(1) ? 1 : (int)apr_time_sec(wait);
}

/* ---- networks ---- */

/* The buckets of a client's network, and of the wider one. */
typedef struct buckets_t {
    acct_subject_t subject[2];
    acct_budget_t budget[2];
} buckets_t;

/* 0: the client's network has none that count. */
static int find_buckets(const acct_attempt_t *attempt, acct_budget_e budget,
                        buckets_t *buckets)
{
    const acct_limits_t *limits = limits_of(attempt);
    const acct_client_t *client = attempt->service->client;
    acct_network_t wider;

    if (limits == NULL || client == NULL || client->is_exempt
        || client->network.version == 0
        || limits->numbers.budget[budget].count == 0) {
        return 0;
    }
    wider = acct_network_wider(&client->network);
    buckets->budget[0] = limits->numbers.budget[budget];
    buckets->budget[1] = acct_budget_times(&buckets->budget[0],
                                           ACCT_BUDGET_WIDER);
    return acct_subject_of_network(&attempt->key, limits->database, budget,
                                   &client->network, &buckets->subject[0])
           == APR_SUCCESS
        && acct_subject_of_network(&attempt->key, limits->database, budget,
                                   &wider, &buckets->subject[1])
           == APR_SUCCESS;
}

acct_limit_e acct_attempt_look(acct_attempt_t *attempt, acct_budget_e budget)
{
    apr_interval_time_t wait = 0;
    buckets_t buckets;

    if (budget == ACCT_BUDGET_NONE
        || !find_buckets(attempt, budget, &buckets)) {
        return ACCT_LIMIT_PASSED;
    }
    for (int i = 0; i < 2; i++) {
        (void)acct_bucket_look(limits_of(attempt)->counters,
                               &buckets.subject[i], &buckets.budget[i],
                               acct_ticks(), &wait);
        if (wait > 0) {
            return refuse(attempt, &buckets.subject[i], wait);
        }
    }
    return ACCT_LIMIT_PASSED;
}

static void put_back(const acct_attempt_t *attempt,
                     const buckets_t *buckets, int count)
{
    for (int i = 0; i < count; i++) {
        (void)acct_bucket_put_back(limits_of(attempt)->counters,
                                   &buckets->subject[i],
                                   &buckets->budget[i], acct_ticks());
    }
}

acct_limit_e acct_attempt_network(acct_attempt_t *attempt,
                                  acct_budget_e budget)
{
    apr_interval_time_t wait = 0;
    buckets_t buckets;
    int taken;

    if (!find_buckets(attempt, budget, &buckets)) {
        return ACCT_LIMIT_PASSED;
    }
    for (taken = 0; taken < 2; taken++) {
        if (acct_bucket_take(limits_of(attempt)->counters,
                             &buckets.subject[taken], &buckets.budget[taken],
                             acct_ticks(), &wait) != APR_SUCCESS
            || wait > 0) {
            break;
        }
    }
    if (wait > 0) {
        put_back(attempt, &buckets, taken);
        return refuse(attempt, &buckets.subject[taken], wait);
    }
    if (taken == 2) {
        attempt->budget = budget;
    }
    return ACCT_LIMIT_PASSED;
}

/* ---- names ---- */

/* Ask until it is decided, or for as long as a request waits. */
static apr_status_t begin_series(acct_attempt_t *attempt,
                                 const acct_subject_t *subject,
                                 acct_try_e *verdict)
{
    const acct_limits_t *limits = limits_of(attempt);
    apr_interval_time_t now = acct_ticks();
    apr_interval_time_t end = now + WAIT_MOST;
    apr_status_t status;

    for (;;) {
        status = acct_series_begin(limits->counters, subject,
                                   &limits->numbers.backoff, now,
                                   &attempt->tried, verdict);
        if (status != APR_SUCCESS || *verdict != ACCT_TRY_UNDER_WAY
            || limits->mode == ACCT_LIMITS_OBSERVE) {
            return status;
        }
        if (now >= end) {
            return acct_series_leave(limits->counters, subject);
        }
        apr_sleep(LOOK_EVERY);
        now = acct_ticks();
    }
}

acct_limit_e acct_attempt_name(acct_attempt_t *attempt, const char *name,
                               int is_known, apr_int64_t account)
{
    const acct_limits_t *limits = limits_of(attempt);
    acct_subject_t subject = { .account = account };
    acct_try_e verdict;

    if (limits == NULL || name == NULL
        || limits->numbers.backoff.free == 0) {
        return ACCT_LIMIT_PASSED;
    }
    if (acct_subject_of_name(&attempt->key, limits->database, name, is_known
                             ? &attempt->service->client->network : NULL,
                             &subject, attempt->pool) != APR_SUCCESS
        || begin_series(attempt, &subject, &verdict) != APR_SUCCESS) {
        return ACCT_LIMIT_CROWDED;      /* in doubt no try is made */
    }
    switch (verdict) {
    case ACCT_TRY_MAY:
        attempt->name = subject;
        return ACCT_LIMIT_PASSED;
    case ACCT_TRY_UNDER_WAY:
        return limits->mode == ACCT_LIMITS_OBSERVE ? ACCT_LIMIT_PASSED
                                                   : ACCT_LIMIT_CROWDED;
    case ACCT_TRY_REFUSED:
        break;
    }
    return refuse(attempt, &subject, attempt->tried.wait);
}

void acct_attempt_end(acct_attempt_t *attempt, int is_failure)
{
    const acct_limits_t *limits = limits_of(attempt);
    buckets_t buckets;

    if (limits == NULL) {
        return;
    }
    if (attempt->name.key != 0) {
        (void)acct_series_end(limits->counters, &attempt->name,
                              &limits->numbers.backoff, &attempt->tried,
                              is_failure, acct_ticks());
        attempt->name.key = 0;
    }
    if (attempt->budget != ACCT_BUDGET_NONE && !is_failure
        && find_buckets(attempt, attempt->budget, &buckets)) {
        put_back(attempt, &buckets, 2);
    }
    attempt->budget = ACCT_BUDGET_NONE;
}
