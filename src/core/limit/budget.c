/* SPDX-License-Identifier: Apache-2.0 */
#include "limit/budget.h"

#include <apr_strings.h>
#include <string.h>

#define MOST_COUNT 100000
#define MOST_TIME apr_time_from_sec(24 * 60 * 60)

const acct_limit_numbers_t acct_limit_defaults = {
    .budget = {
        [ACCT_BUDGET_FAILURES] = { 30, apr_time_from_sec(5 * 60) },
        [ACCT_BUDGET_REGISTER] = { 20, apr_time_from_sec(60 * 60) },
        [ACCT_BUDGET_MAILS] = { 20, apr_time_from_sec(60 * 60) },
        [ACCT_BUDGET_NAMES] = { 60, apr_time_from_sec(60 * 60) }
    },
    .backoff = { 5, apr_time_from_sec(15 * 60) }
};

/* ---- arithmetic ---- */

acct_budget_t acct_budget_times(const acct_budget_t *budget, int times)
{
    acct_budget_t more = { budget->count * times, budget->per };

    return more;
}

/* The time in which one comes. */
static apr_interval_time_t interval(const acct_budget_t *budget)
{
    return budget->per / budget->count;
}

apr_interval_time_t acct_budget_wait(const acct_budget_t *budget,
                                     apr_interval_time_t full,
                                     apr_interval_time_t now)
{
    apr_interval_time_t wait;

    if (budget->count == 0 || full <= now) {
        return 0;
    }
    wait = full + interval(budget) - budget->per - now;
    return wait > 0 ? wait : 0;
}

apr_interval_time_t acct_budget_take(const acct_budget_t *budget,
                                     apr_interval_time_t *full,
                                     apr_interval_time_t now)
{
    apr_interval_time_t wait = acct_budget_wait(budget, *full, now);

    if (wait == 0 && budget->count != 0) {
        *full = (*full > now ? *full : now) + interval(budget);
    }
    return wait;
}

void acct_budget_put_back(const acct_budget_t *budget,
                          apr_interval_time_t *full)
{
    if (budget->count != 0) {
        *full -= interval(budget);
    }
}

apr_interval_time_t acct_backoff_wait(const acct_backoff_t *backoff,
                                      int failures)
{
    int doublings = failures - backoff->free;
    apr_interval_time_t wait;

    if (backoff->free == 0 || doublings < 0) {
        return 0;
    }
    if (doublings > 30) {
        return backoff->longest;
    }
    wait = apr_time_from_sec((apr_interval_time_t)1 << doublings);
    return wait < backoff->longest ? wait : backoff->longest;
}

/* ---- words ---- */

static const char *const budget_names[ACCT_BUDGET__COUNT] = {
    [ACCT_BUDGET_NONE] = "",
    [ACCT_BUDGET_FAILURES] = "failures",
    [ACCT_BUDGET_REGISTER] = "register",
    [ACCT_BUDGET_MAILS] = "mails",
    [ACCT_BUDGET_NAMES] = "names"
};

const char *acct_budget_name(acct_budget_e budget)
{
    return budget_names[budget];
}

int acct_budget_find(const char *name)
{
    for (int i = 0; i < ACCT_BUDGET__COUNT; i++) {
        if (strcmp(name, budget_names[i]) == 0) {
            return i;
        }
    }
    return -1;
}

/* Digits alone, from 1; -1: not so, or too many. */
static long parse_count(const char *text, size_t length)
{
    long number = 0;

    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9' || number > MOST_COUNT) {
            return -1;
        }
        number = number * 10 + (text[i] - '0');
    }
    return length > 0 && number > 0 && number <= MOST_COUNT ? number : -1;
}

/* "90s", "5m", "h" (one hour); 0 when it is none, or longer than a day. */
static apr_interval_time_t parse_time(const char *text)
{
    size_t length = strlen(text);
    long count;
    apr_interval_time_t unit;

    if (length == 0) {
        return 0;
    }
    switch (text[length - 1]) {
    case 's':
        unit = apr_time_from_sec(1);
        break;
    case 'm':
        unit = apr_time_from_sec(60);
        break;
    case 'h':
        unit = apr_time_from_sec(60 * 60);
        break;
    case 'd':
        unit = apr_time_from_sec(24 * 60 * 60);
        break;
    default:
        return 0;
    }
    count = length == 1 ? 1 : parse_count(text, length - 1);
    return count > 0 && count * unit <= MOST_TIME ? count * unit : 0;
}

static const char *set_budget(acct_budget_t *budget, const char *name,
                              const char *value, apr_pool_t *pool)
{
    const char *slash = strchr(value, '/');
    long count = slash != NULL ? parse_count(value, (size_t)(slash - value))
                               : -1;
    apr_interval_time_t per = slash != NULL ? parse_time(slash + 1) : 0;

    if (strcmp(value, "off") == 0) {
        budget->count = 0;
        return NULL;
    }
    if (count < 0 || per == 0) {
        return apr_psprintf(pool, "\"%s\" is not a number and a time of at "
                            "most a day; write %s=30/5m, or %s=off", value,
                            name, name);
    }
    budget->count = (int)count;
    budget->per = per;
    return NULL;
}

static const char *set_tries(acct_backoff_t *backoff, const char *value,
                             apr_pool_t *pool)
{
    long count = parse_count(value, strlen(value));

    if (strcmp(value, "off") == 0) {
        backoff->free = 0;
        return NULL;
    }
    if (count < 0 || count > 100) {
        return apr_psprintf(pool, "\"%s\" is not a number from 1 to 100; "
                            "write tries=%d, or tries=off", value,
                            acct_limit_defaults.backoff.free);
    }
    backoff->free = (int)count;
    return NULL;
}

static const char *set_wait(acct_backoff_t *backoff, const char *value,
                            apr_pool_t *pool)
{
    apr_interval_time_t longest = parse_time(value);

    if (longest == 0 || longest > apr_time_from_sec(60 * 60)) {
        return apr_psprintf(pool, "\"%s\" is not a time of at most an hour; "
                            "write wait=15m", value);
    }
    backoff->longest = longest;
    return NULL;
}

const char *acct_limit_set_number(acct_limit_numbers_t *numbers,
                                  const char *word, apr_pool_t *pool)
{
    const char *value = strchr(word, '=');
    const char *name;
    int budget;

    if (value == NULL) {
        return apr_psprintf(pool, "\"%s\" is no number; write one such as "
                            "failures=30/5m, register=20/h, names=60/h, "
                            "tries=5 or wait=15m", word);
    }
    name = apr_pstrmemdup(pool, word, (apr_size_t)(value - word));
    value++;
    if (strcmp(name, "tries") == 0) {
        return set_tries(&numbers->backoff, value, pool);
    }
    if (strcmp(name, "wait") == 0) {
        return set_wait(&numbers->backoff, value, pool);
    }
    budget = acct_budget_find(name);
    if (budget > ACCT_BUDGET_NONE) {
        return set_budget(&numbers->budget[budget], name, value, pool);
    }
    return apr_psprintf(pool, "there is no number \"%s\"; there are "
                        "failures, register and names (of a network), tries "
                        "and wait (of a name)", name);
}
