/* SPDX-License-Identifier: Apache-2.0 */
#include "limit/entry.h"

#include <errno.h>
#include <openssl/rand.h>
#include <string.h>

#include "base/shared_mutex.h"

#define MAGIC UINT64_C(0x61636374206c696d)
#define LAYOUT 1

#define HEAD_BYTES ((sizeof(struct acct_counters_head_t) + 63) / 64 * 64)

/* What subjects without a place have together. */
static const acct_budget_t others_budget = {60, apr_time_from_sec(60)};

/* ---- the block ---- */

acct_entry_t *acct_counters_entries_of(struct acct_counters_head_t *head)
{
    return (acct_entry_t *)(void *)((char *)head + HEAD_BYTES);
}

static uint64_t sets_in(size_t bytes)
{
    return bytes < HEAD_BYTES
               ? 0
               : (bytes - HEAD_BYTES)
                     / (ACCT_SET_ENTRIES * sizeof(acct_entry_t));
}

size_t acct_counters_entries(size_t bytes)
{
    return (size_t)sets_in(bytes) * ACCT_SET_ENTRIES;
}

uint64_t acct_counters_layout(void)
{
    return LAYOUT * UINT64_C(1000000) + HEAD_BYTES + sizeof(acct_entry_t);
}

apr_status_t acct_counters_format(acct_counters_t *counters, void *block,
                                  size_t bytes)
{
    struct acct_counters_head_t *head = block;
    apr_status_t status = APR_SUCCESS;

    if (sets_in(bytes) == 0) {
        return APR_ENOMEM;
    }
    for (int i = 0; status == APR_SUCCESS && i < ACCT_COUNTERS_LOCKS; i++) {
        status = acct_shared_mutex_make(&head->lock[i]);
    }
    if (status == APR_SUCCESS) {
        status = acct_shared_mutex_make(&head->others_lock);
    }
    if (status == APR_SUCCESS) {
        head->sets = sets_in(bytes);
        status = RAND_bytes((unsigned char *)&head->server,
                            sizeof(head->server)) == 1 ? APR_SUCCESS
                                                       : APR_EGENERAL;
    }
    if (status == APR_SUCCESS) {
        head->magic = MAGIC;
        counters->head = head;
    }
    return status;
}

apr_status_t acct_counters_attach(acct_counters_t *counters, void *block,
                                  size_t bytes)
{
    struct acct_counters_head_t *head = block;

    if (head->magic != MAGIC || head->sets != sets_in(bytes)) {
        return APR_EINVAL;
    }
    counters->head = head;
    return APR_SUCCESS;
}

apr_status_t acct_set_lock(pthread_mutex_t *lock)
{
    int rv = pthread_mutex_lock(lock);

    /* What its holder left half written is off by one at the most. */
    return rv == EOWNERDEAD ? pthread_mutex_consistent(lock) : rv;
}

/* ---- a set, with its lock held ---- */

apr_status_t acct_set_open(acct_counters_t *counters, uint64_t key,
                           acct_set_t *set)
{
    struct acct_counters_head_t *head = counters->head;
    uint64_t number;

    if (head == NULL) {
        return APR_ENOTIMPL;
    }
    number = (key >> 16) % head->sets;
    set->entry = acct_counters_entries_of(head) + number * ACCT_SET_ENTRIES;
    set->lock = &head->lock[number % ACCT_COUNTERS_LOCKS];
    return acct_set_lock(set->lock);
}

void acct_set_close(const acct_set_t *set)
{
    pthread_mutex_unlock(set->lock);
}

acct_entry_t *acct_set_find(const acct_set_t *set, uint64_t key)
{
    for (int i = 0; i < ACCT_SET_ENTRIES; i++) {
        if (set->entry[i].key == key) {
            return &set->entry[i];
        }
    }
    return NULL;
}

/* The entry that means the least; NULL: all are active offenders. */
static acct_entry_t *least(const acct_set_t *set, apr_interval_time_t now)
{
    acct_entry_t *found = NULL;

    for (int i = 0; i < ACCT_SET_ENTRIES; i++) {
        acct_entry_t *entry = &set->entry[i];

        if (entry->key == 0 || entry->ends <= now) {
            return entry;
        }
        if (!entry->is_kept && (found == NULL || entry->ends < found->ends)) {
            found = entry;
        }
    }
    return found;
}

static void fill(acct_entry_t *entry, const acct_subject_t *subject,
                 acct_entry_kind_e kind)
{
    memset(entry, 0, sizeof(*entry));
    entry->key = subject->key;
    entry->kind = (unsigned char)kind;
    entry->database = subject->database;
    entry->budget = (unsigned char)subject->budget;
    if (kind == ACCT_ENTRY_SERIES) {
        entry->whose.account = subject->account;
        return;
    }
    entry->version = subject->network.version;
    entry->bits = subject->network.bits;
    memcpy(entry->whose.address, subject->network.address,
           sizeof(entry->whose.address));
}

/* The entry of a subject, or a new one; NULL: there is no place. */
acct_entry_t *acct_set_entry(const acct_set_t *set,
                             const acct_subject_t *subject,
                             acct_entry_kind_e kind, apr_interval_time_t now)
{
    acct_entry_t *entry = acct_set_find(set, subject->key);

    if (entry == NULL) {
        entry = least(set, now);
    }
    else if (entry->ends > now) {
        return entry;
    }
    if (entry != NULL) {
        fill(entry, subject, kind);
    }
    return entry;
}

/* That tries are refused from now on is news for whoever tells others. */
void acct_entry_refuse_until(acct_counters_t *counters, acct_entry_t *entry,
                             apr_interval_time_t until,
                             apr_interval_time_t now)
{
    if (until > now && until != entry->until) {
        /* relaxed: a number that only has to be another */
        atomic_fetch_add_explicit(&counters->head->refusals, 1,
                                  memory_order_relaxed);
    }
    entry->until = until;
}

/* One for all subjects that have no place. */
apr_status_t acct_counters_take_of_others(acct_counters_t *counters,
                                          apr_interval_time_t now,
                                          apr_interval_time_t *wait)
{
    struct acct_counters_head_t *head = counters->head;
    apr_status_t status = acct_set_lock(&head->others_lock);

    if (status == APR_SUCCESS) {
        *wait = acct_budget_take(&others_budget, &head->others, now);
        pthread_mutex_unlock(&head->others_lock);
    }
    return status;
}

/* ---- all ---- */

apr_status_t acct_counters_forget(acct_counters_t *counters,
                                  const acct_subject_t *subject)
{
    acct_entry_t *entry;
    acct_set_t set;
    apr_status_t status = acct_set_open(counters, subject->key, &set);

    if (status == APR_SUCCESS) {
        entry = acct_set_find(&set, subject->key);
        if (entry != NULL) {
            memset(entry, 0, sizeof(*entry));
        }
        acct_set_close(&set);
    }
    return status;
}

static void forget_account(acct_counters_t *counters, uint32_t database,
                           int64_t account)
{
    struct acct_counters_head_t *head = counters->head;

    for (uint64_t i = 0; i < head->sets * ACCT_SET_ENTRIES; i++) {
        acct_entry_t *entry = acct_counters_entries_of(head) + i;
        pthread_mutex_t *lock =
            &head->lock[i / ACCT_SET_ENTRIES % ACCT_COUNTERS_LOCKS];

        if (acct_set_lock(lock) != APR_SUCCESS) {
            continue;
        }
        if (entry->kind == ACCT_ENTRY_SERIES && entry->database == database
            && entry->whose.account == account) {
            memset(entry, 0, sizeof(*entry));
        }
        pthread_mutex_unlock(lock);
    }
}

apr_status_t acct_counters_forget_name(acct_counters_t *counters,
                                       const acct_subject_t *subject)
{
    int64_t account = 0;
    acct_entry_t *entry;
    acct_set_t set;
    apr_status_t status = acct_set_open(counters, subject->key, &set);

    if (status != APR_SUCCESS) {
        return status;
    }
    entry = acct_set_find(&set, subject->key);
    if (entry != NULL) {
        account = entry->whose.account;
        memset(entry, 0, sizeof(*entry));
    }
    acct_set_close(&set);
    if (account != 0) {
        forget_account(counters, subject->database, account);
    }
    return APR_SUCCESS;
}

uint64_t acct_counters_server(const acct_counters_t *counters)
{
    return counters->head != NULL ? counters->head->server : 0;
}
