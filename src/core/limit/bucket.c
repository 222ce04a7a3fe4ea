/* SPDX-License-Identifier: Apache-2.0 */
/* What networks have spent; see limit/counters.h. */
#include "limit/entry.h"

#include <string.h>

/* What this server has counted, and what another one told. */
static apr_interval_time_t wait_of(const acct_entry_t *entry,
                                   const acct_budget_t *budget,
                                   apr_interval_time_t now)
{
    apr_interval_time_t own = acct_budget_wait(budget, entry->at, now);
    apr_interval_time_t told = entry->until - now;

    return own > told ? own : told > 0 ? told : 0;
}

static void settle(acct_counters_t *counters, acct_entry_t *entry,
                   const acct_budget_t *budget, apr_interval_time_t full,
                   apr_interval_time_t now)
{
    apr_interval_time_t wait = acct_budget_wait(budget, full, now);

    entry->at = entry->ends = full;
    entry->is_kept = wait > 0;
    acct_entry_refuse_until(counters, entry, wait > 0 ? now + wait : 0, now);
}

apr_status_t acct_bucket_take(acct_counters_t *counters,
                              const acct_subject_t *subject,
                              const acct_budget_t *budget,
                              apr_interval_time_t now,
                              apr_interval_time_t *wait)
{
    apr_interval_time_t full;
    acct_entry_t *entry;
    acct_set_t set;
    apr_status_t status = acct_set_open(counters, subject->key, &set);

    *wait = 0;
    if (status != APR_SUCCESS) {
        return status;
    }
    entry = acct_set_entry(&set, subject, ACCT_ENTRY_BUCKET, now);
    if (entry == NULL) {
        acct_set_close(&set);
        return acct_counters_take_of_others(counters, now, wait);
    }
    *wait = wait_of(entry, budget, now);
    if (*wait == 0) {
        full = entry->at;
        (void)acct_budget_take(budget, &full, now);
        settle(counters, entry, budget, full, now);
    }
    acct_set_close(&set);
    return APR_SUCCESS;
}

apr_status_t acct_bucket_look(acct_counters_t *counters,
                              const acct_subject_t *subject,
                              const acct_budget_t *budget,
                              apr_interval_time_t now,
                              apr_interval_time_t *wait)
{
    const acct_entry_t *entry;
    acct_set_t set;
    apr_status_t status = acct_set_open(counters, subject->key, &set);

    *wait = 0;
    if (status == APR_SUCCESS) {
        entry = acct_set_find(&set, subject->key);
        if (entry != NULL) {
            *wait = wait_of(entry, budget, now);
        }
        acct_set_close(&set);
    }
    return status;
}

apr_status_t acct_bucket_put_back(acct_counters_t *counters,
                                  const acct_subject_t *subject,
                                  const acct_budget_t *budget,
                                  apr_interval_time_t now)
{
    apr_interval_time_t full;
    acct_entry_t *entry;
    acct_set_t set;
    apr_status_t status = acct_set_open(counters, subject->key, &set);

    if (status == APR_SUCCESS) {
        entry = acct_set_find(&set, subject->key);
        if (entry != NULL && entry->ends > now) {
            full = entry->at;
            acct_budget_put_back(budget, &full);
            settle(counters, entry, budget, full, now);
        }
        acct_set_close(&set);
    }
    return status;
}
