/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The numbers of limits, and the arithmetic with them: what a network may
 * spend in a time, and how long a name waits after so many failures.
 *
 * A budget is a bucket that fills again all the time (the generic cell rate
 * algorithm, ITU-T I.371): with 30 in 5 minutes 30 tries can be made at once,
 * and then one each 10 seconds. Such a bucket is one number, the time at
 * which it will be full.
 *
 * Constant or the caller's; times are ticks in microseconds.
 */
#ifndef ACCT_BUDGET_H
#define ACCT_BUDGET_H

#include <apr_pools.h>
#include <apr_time.h>
#include "base/operation.h"

/* So many in so much time; count 0: any number. */
typedef struct acct_budget_t {
    int count;
    apr_interval_time_t per;
} acct_budget_t;

/* What a wider network has, in budgets of a network. */
#define ACCT_BUDGET_WIDER 8

/* What a name's failures lead to. */
typedef struct acct_backoff_t {
    int free;                   /* failures without a wait; 0: no limit */
    apr_interval_time_t longest;    /* wait */
} acct_backoff_t;

typedef struct acct_limit_numbers_t {
    acct_budget_t budget[ACCT_BUDGET__COUNT];   /* of a network */
    acct_backoff_t backoff;     /* of a name */
} acct_limit_numbers_t;

/** What holds where nothing is configured. */
extern const acct_limit_numbers_t acct_limit_defaults;

/**
 * Change one number by a word such as "failures=30/5m", "register=20/h",
 * "names=off", "tries=5" or "wait=15m".
 * @return NULL, or what is wrong with it and what to write, in @a pool
 */
const char *acct_limit_set_number(acct_limit_numbers_t *numbers,
                                  const char *word, apr_pool_t *pool);

/** The name of a budget in words and tables: "failures"; "" for NONE, which
 *  stands for a name. */
const char *acct_budget_name(acct_budget_e budget);

/** The budget called so, or -1. */
int acct_budget_find(const char *name);

/** The budget of @a times as many. */
acct_budget_t acct_budget_times(const acct_budget_t *budget, int times);

/**
 * Take one out of a bucket.
 * @param full when it will be full (0: it is); moved when one was there
 * @return 0, or how long until one will be there
 */
apr_interval_time_t acct_budget_take(const acct_budget_t *budget,
                                     apr_interval_time_t *full,
                                     apr_interval_time_t now);

/** How long until one can be taken; 0: now. */
apr_interval_time_t acct_budget_wait(const acct_budget_t *budget,
                                     apr_interval_time_t full,
                                     apr_interval_time_t now);

/** Put back one that was taken. */
void acct_budget_put_back(const acct_budget_t *budget,
                          apr_interval_time_t *full);

/** How long a name waits after its last of @a failures. */
apr_interval_time_t acct_backoff_wait(const acct_backoff_t *backoff,
                                      int failures);

#endif
