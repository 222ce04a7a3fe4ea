/* SPDX-License-Identifier: Apache-2.0 */
/* The failures of names; see limit/counters.h. */
#include "limit/entry.h"

#include <string.h>

static void tidy(acct_entry_t *entry, apr_interval_time_t now)
{
    if (entry->pending > 0 && now - entry->began >= ACCT_SERIES_PENDING) {
        entry->pending = 0; /* their processes were killed */
    }
    if (entry->pending == 0) {
        entry->waiting = 0;
    }
}

/* After its failures or the time of the last have changed. */
static void settle_series(acct_counters_t *counters, acct_entry_t *entry,
                          const acct_backoff_t *backoff,
                          apr_interval_time_t now)
{
    entry->is_kept = entry->failures >= backoff->free;
    acct_entry_refuse_until(
        counters, entry,
        entry->is_kept
            ? entry->at + acct_backoff_wait(backoff, entry->failures)
            : 0,
        now);
}

static void begin(acct_counters_t *counters, acct_entry_t *entry,
                  const acct_backoff_t *backoff, apr_interval_time_t now,
                  acct_try_t *attempt)
{
    attempt->at = now;
    attempt->before = entry->at;
    entry->at = entry->began = now;
    entry->ends = now + ACCT_SERIES_KEPT;
    if (entry->failures < UINT8_MAX) {
        entry->failures++;
    }
    if (entry->pending < UINT8_MAX) {
        entry->pending++;
    }
    settle_series(counters, entry, backoff, now);
}

/* What a subject's entry says of one more try. */
static acct_try_e judge(acct_entry_t *entry, int is_waiting,
                        apr_interval_time_t now)
{
    if (entry->until <= now) {
        return ACCT_TRY_MAY;
    }
    if (entry->pending == 0) {
        return ACCT_TRY_REFUSED;
    }
    if (is_waiting) {
        return ACCT_TRY_UNDER_WAY;
    }
    if (entry->waiting < ACCT_SERIES_WAITING) {
        entry->waiting++;
        return ACCT_TRY_UNDER_WAY;
    }
    return ACCT_TRY_REFUSED;
}

/* A subject without a place is one of many that share a bucket. */
static apr_status_t begin_without_place(acct_counters_t *counters,
                                        apr_interval_time_t now,
                                        acct_try_t *attempt,
                                        acct_try_e *verdict)
{
    apr_status_t status = acct_counters_take_of_others(counters, now,
                                                       &attempt->wait);

    *verdict = attempt->wait > 0 ? ACCT_TRY_REFUSED : ACCT_TRY_MAY;
    return status;
}

apr_status_t acct_series_begin(acct_counters_t *counters,
                               const acct_subject_t *subject,
                               const acct_backoff_t *backoff,
                               apr_interval_time_t now, acct_try_t *attempt,
                               acct_try_e *verdict)
{
    int was_waiting = attempt->is_waiting;
    acct_entry_t *entry;
    acct_set_t set;
    apr_status_t status = acct_set_open(counters, subject->key, &set);

    *verdict = ACCT_TRY_MAY;
    attempt->at = attempt->before = attempt->wait = 0;
    if (status != APR_SUCCESS) {
        return status;
    }
    entry = acct_set_entry(&set, subject, ACCT_ENTRY_SERIES, now);
    if (entry == NULL) {
        acct_set_close(&set);
        return begin_without_place(counters, now, attempt, verdict);
    }
    tidy(entry, now);
    *verdict = judge(entry, was_waiting, now);
    attempt->is_waiting = *verdict == ACCT_TRY_UNDER_WAY;
    if (*verdict == ACCT_TRY_MAY) {
        begin(counters, entry, backoff, now, attempt);
    }
    else {
        attempt->wait = entry->until - now;
    }
    if (was_waiting && !attempt->is_waiting && entry->waiting > 0) {
        entry->waiting--;
    }
    acct_set_close(&set);
    return APR_SUCCESS;
}

apr_status_t acct_series_leave(acct_counters_t *counters,
                               const acct_subject_t *subject)
{
    acct_entry_t *entry;
    acct_set_t set;
    apr_status_t status = acct_set_open(counters, subject->key, &set);

    if (status == APR_SUCCESS) {
        entry = acct_set_find(&set, subject->key);
        if (entry != NULL && entry->waiting > 0) {
            entry->waiting--;
        }
        acct_set_close(&set);
    }
    return status;
}

static void take_back(acct_entry_t *entry, const acct_try_t *attempt)
{
    if (entry->failures > 0) {
        entry->failures--;
    }
    if (entry->at == attempt->at) {
        entry->at = attempt->before;
    }
    if (entry->failures == 0) {
        entry->ends = 0;
    }
}

apr_status_t acct_series_end(acct_counters_t *counters,
                             const acct_subject_t *subject,
                             const acct_backoff_t *backoff,
                             const acct_try_t *attempt, int is_failure,
                             apr_interval_time_t now)
{
    acct_entry_t *entry;
    acct_set_t set;
    apr_status_t status;

    if (attempt->at == 0) {
        return APR_SUCCESS; /* it had no place */
    }
    status = acct_set_open(counters, subject->key, &set);
    if (status != APR_SUCCESS) {
        return status;
    }
    entry = acct_set_find(&set, subject->key);
    if (entry != NULL) {
        if (entry->pending > 0) {
            entry->pending--;
        }
        if (!is_failure) {
            take_back(entry, attempt);
        }
        else if (entry->at < now) {
            entry->at = now;
            entry->ends = now + ACCT_SERIES_KEPT;
        }
        settle_series(counters, entry, backoff, now);
    }
    acct_set_close(&set);
    return APR_SUCCESS;
}
