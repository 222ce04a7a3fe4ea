/* SPDX-License-Identifier: Apache-2.0 */
/* Which subjects are refused now; see limit/counters.h. */
#include "limit/entry.h"

#include <string.h>

uint64_t acct_counters_refusals(const acct_counters_t *counters)
{
    /* relaxed: a number that only has to be another */
    return counters->head == NULL
               ? 0
               : atomic_load_explicit(&counters->head->refusals,
                                      memory_order_relaxed);
}

static void copy_offender(const acct_entry_t *entry, acct_offender_t *offender)
{
    memset(offender, 0, sizeof(*offender));
    offender->subject.key = entry->key;
    offender->subject.database = entry->database;
    offender->subject.budget = (acct_budget_e)entry->budget;
    offender->failures = entry->failures;
    offender->until = entry->until;
    if (entry->kind == ACCT_ENTRY_SERIES) {
        offender->subject.account = entry->whose.account;
        return;
    }
    offender->subject.network.version = entry->version;
    offender->subject.network.bits = entry->bits;
    memcpy(offender->subject.network.address, entry->whose.address,
           sizeof(entry->whose.address));
}

static int offenders_of(const acct_set_t *set, uint32_t database,
                        apr_interval_time_t now, acct_offender_t *list,
                        int most)
{
    int count = 0;

    for (int i = 0; i < ACCT_SET_ENTRIES && count < most; i++) {
        const acct_entry_t *entry = &set->entry[i];

        if (entry->key != 0 && entry->kind != ACCT_ENTRY_TURN
            && entry->database == database
            && entry->until > now && entry->pending == 0) {
            copy_offender(entry, &list[count++]);
        }
    }
    return count;
}

int acct_counters_offenders(acct_counters_t *counters, uint32_t database,
                            apr_interval_time_t now, acct_offender_t *list,
                            int most)
{
    struct acct_counters_head_t *head = counters->head;
    int count = 0;

    for (uint64_t i = 0; head != NULL && i < head->sets && count < most; i++) {
        acct_set_t set = {acct_counters_entries_of(head)
                              + i * ACCT_SET_ENTRIES,
                          &head->lock[i % ACCT_COUNTERS_LOCKS]};

        if (acct_set_lock(set.lock) == APR_SUCCESS) {
            count +=
                offenders_of(&set, database, now, list + count, most - count);
            acct_set_close(&set);
        }
    }
    return count;
}

apr_status_t acct_counters_impose(acct_counters_t *counters,
                                  const acct_offender_t *offender,
                                  apr_interval_time_t now)
{
    const acct_subject_t *subject = &offender->subject;
    int is_name = subject->budget == ACCT_BUDGET_NONE;
    acct_entry_t *entry;
    acct_set_t set;
    apr_status_t status = acct_set_open(counters, subject->key, &set);

    if (status != APR_SUCCESS) {
        return status;
    }
    entry = acct_set_entry(
        &set, subject, is_name ? ACCT_ENTRY_SERIES : ACCT_ENTRY_BUCKET, now);
    if (entry != NULL && entry->until < offender->until) {
        entry->until = offender->until;
        entry->is_kept = 1;
        if (is_name) {
            entry->at = now;
            entry->ends = now + ACCT_SERIES_KEPT;
            if (entry->failures < offender->failures) {
                entry->failures = (unsigned char)offender->failures;
            }
        }
        else if (entry->ends < offender->until) {
            entry->ends = offender->until;
        }
    }
    acct_set_close(&set);
    return APR_SUCCESS;
}
