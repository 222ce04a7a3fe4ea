/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counters in memory that processes share, and tries of a name.
 */
#ifndef ACCT_COUNTERS_FIXTURE_H
#define ACCT_COUNTERS_FIXTURE_H

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

static inline int begin(void **state)
{
    table_t *table = calloc(1, sizeof(*table));

    *state = table;
    table->block = mmap(NULL, BYTES, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return table->block == MAP_FAILED
        || acct_counters_format(&table->counters, table->block, BYTES)
           != APR_SUCCESS;
}

static inline int end(void **state)
{
    table_t *table = *state;

    munmap(table->block, BYTES);
    free(table);
    return 0;
}

static inline acct_counters_t *counters_of(void **state)
{
    return &((table_t *)*state)->counters;
}

static inline acct_subject_t name(uint64_t key)
{
    acct_subject_t subject = { .key = key, .database = 1, .account = 7 };

    return subject;
}

static inline acct_subject_t network(uint64_t key)
{
    acct_subject_t subject = {
        .key = key, .database = 1, .budget = ACCT_BUDGET_FAILURES,
        .network = { 4, 32, { 192, 0, 2, 7 } }
    };

    return subject;
}

static inline acct_try_e try_at(acct_counters_t *counters, uint64_t key,
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

static inline void end_at(acct_counters_t *counters, uint64_t key,
                   const acct_try_t *attempt, int is_failure,
                   apr_interval_time_t now)
{
    acct_subject_t subject = name(key);

    assert_int_equal(acct_series_end(counters, &subject, &backoff, attempt,
                                     is_failure, now), APR_SUCCESS);
}

/* So many failures at a time. */
static inline void fail_times(acct_counters_t *counters, uint64_t key, int count,
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

#endif
