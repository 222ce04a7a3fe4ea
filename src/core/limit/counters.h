/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counters of tries, in a block of memory of fixed size that the children of
 * a server share: a hash table of sets of entries. An entry is a bucket (what
 * a network has spent) or a series (the failures of a name, and the tries of
 * it that are under way).
 *
 * A newcomer takes the place of the entry in its set that means the least and
 * never that of an active offender, that is, of one that is refused now or
 * would be after its next failure: where all are, newcomers share one bucket
 * until a place comes free. So the table is never emptied by filling it.
 *
 * Sets are guarded by robust mutexes in the block (POSIX): a thread holds one
 * for some hundred instructions. An entry whose writer was killed is whole or
 * off by one.
 *
 * Times are ticks (base/ticks.h). Any thread of any process that has the
 * block. A status other than APR_SUCCESS means that nothing was counted.
 */
#ifndef ACCT_COUNTERS_H
#define ACCT_COUNTERS_H

#include <apr_errno.h>
#include <apr_time.h>
#include <stddef.h>
#include <stdint.h>

#include "limit/budget.h"
#include "limit/network.h"

/* A process's view of the block. */
typedef struct acct_counters_t {
    struct acct_counters_head_t *head;  /* NULL: there is none */
} acct_counters_t;

/* What is counted: a name, a network, or both together, of a database. */
typedef struct acct_subject_t {
    uint64_t key;               /* a keyed hash of all of it; not 0 */
    uint32_t database;          /* for lists, as all that follows */
    acct_budget_e budget;       /* of a network; NONE: of a name */
    apr_int64_t account;        /* of a name; 0: none, or not known */
    acct_network_t network;     /* of a budget */
} acct_subject_t;

/** The number of entries that a block of @a bytes has; 0: it is too
 *  small. */
size_t acct_counters_entries(size_t bytes);

/** A number for the layout of the block: another version's may differ. */
uint64_t acct_counters_layout(void);

/** Make an empty table of memory that is all zeros. Before other processes
 *  have it. @return what the system said of a mutex */
apr_status_t acct_counters_format(acct_counters_t *counters, void *block,
                                  size_t bytes);

/** The view of a block that was formatted. APR_EINVAL: its head says that it
 *  was not, or not with this size. */
apr_status_t acct_counters_attach(acct_counters_t *counters, void *block,
                                  size_t bytes);

/* ---- buckets ---- */

/** Take one out of a subject's bucket. @param wait out: 0, or how long until
 *  one will be there: none was taken */
apr_status_t acct_bucket_take(acct_counters_t *counters,
                              const acct_subject_t *subject,
                              const acct_budget_t *budget,
                              apr_interval_time_t now,
                              apr_interval_time_t *wait);

/** Look only. */
apr_status_t acct_bucket_look(acct_counters_t *counters,
                              const acct_subject_t *subject,
                              const acct_budget_t *budget,
                              apr_interval_time_t now,
                              apr_interval_time_t *wait);

/** Put back one that was taken. */
apr_status_t acct_bucket_put_back(acct_counters_t *counters,
                                  const acct_subject_t *subject,
                                  const acct_budget_t *budget,
                                  apr_interval_time_t now);

/* ---- series ---- */

/* Failures that long ago are forgotten. */
#define ACCT_SERIES_KEPT apr_time_from_sec(6 * 60 * 60)

/* So long a try may be under way; after that it has failed: its process was
 * killed. */
#define ACCT_SERIES_PENDING apr_time_from_sec(15)

/* So many threads wait for the tries of one name that are under way. */
#define ACCT_SERIES_WAITING 32

typedef enum {
    ACCT_TRY_MAY,               /* it is counted as a failure until
                                 * acct_series_end() says otherwise */
    ACCT_TRY_UNDER_WAY,         /* others are tried, on which it depends:
                                 * ask again soon. Not counted */
    ACCT_TRY_REFUSED            /* not before the wait. Not counted */
} acct_try_e;

/* One try. */
typedef struct acct_try_t {
    int is_waiting;             /* in: it had ACCT_TRY_UNDER_WAY before; the
                                 * caller asks until it has another answer, or
                                 * calls acct_series_leave() */
    apr_interval_time_t wait;   /* out: with ACCT_TRY_REFUSED how long */
    apr_interval_time_t at;     /* 0: it had no place to be counted in */
    apr_interval_time_t before; /* the last failure before it */
} acct_try_t;

/**
 * Begin a try.
 * @param attempt zeros at first
 */
apr_status_t acct_series_begin(acct_counters_t *counters,
                               const acct_subject_t *subject,
                               const acct_backoff_t *backoff,
                               apr_interval_time_t now, acct_try_t *attempt,
                               acct_try_e *verdict);

/** The caller waits no longer. */
apr_status_t acct_series_leave(acct_counters_t *counters,
                               const acct_subject_t *subject);

/** End a try that may. @param is_failure 0: it was none, and is not counted
 *  any more */
apr_status_t acct_series_end(acct_counters_t *counters,
                             const acct_subject_t *subject,
                             const acct_backoff_t *backoff,
                             const acct_try_t *attempt, int is_failure,
                             apr_interval_time_t now);

/* ---- all ---- */

/** Forget a subject. */
apr_status_t acct_counters_forget(acct_counters_t *counters,
                                  const acct_subject_t *subject);

/** Forget a name, and all series of the account that it was counted for. */
apr_status_t acct_counters_forget_name(acct_counters_t *counters,
                                       const acct_subject_t *subject);

/** A number that tells this server's block from those of others. */
uint64_t acct_counters_server(const acct_counters_t *counters);

/* ---- offenders ---- */

/* A subject whose tries are refused now. */
typedef struct acct_offender_t {
    acct_subject_t subject;
    int failures;               /* of a name */
    apr_interval_time_t until;  /* ticks */
} acct_offender_t;

/** A number that is another whenever a refusal has begun. */
uint64_t acct_counters_refusals(const acct_counters_t *counters);

/** The offenders of a database, at most @a most of them. @return how many */
int acct_counters_offenders(acct_counters_t *counters, uint32_t database,
                            apr_interval_time_t now, acct_offender_t *list,
                            int most);

/** What another server says of a subject, where it is more than what is
 *  known here. */
apr_status_t acct_counters_impose(acct_counters_t *counters,
                                  const acct_offender_t *offender,
                                  apr_interval_time_t now);

#endif
