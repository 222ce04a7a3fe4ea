/* SPDX-License-Identifier: Apache-2.0 */
#include "limit/counters.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#define MAGIC UINT64_C(0x61636374206c696d)
#define LAYOUT 1

#define LOCKS 64
#define WAYS 16                 /* entries of a set */

typedef enum { KIND_NONE, KIND_BUCKET, KIND_SERIES } kind_e;

/* A cache line. */
typedef struct entry_t {
    uint64_t key;               /* 0: free */
    int64_t at;                 /* a bucket's: when it is full; a series':
                                 * its last failure */
    int64_t began;              /* the last try that is under way */
    int64_t ends;               /* from then on it means nothing */
    int64_t kept;               /* until then it is an active offender */
    int64_t account;
    unsigned char address[8];   /* of the network */
    unsigned char version;
    unsigned char bits;
    unsigned char kind;
    unsigned char failures;     /* those under way included; 255: or more */
    unsigned char pending;
    unsigned char waiting;
    unsigned char spare[2];
} entry_t;

struct acct_counters_head_t {
    uint64_t magic;
    uint64_t sets;
    pthread_mutex_t lock[LOCKS];
    pthread_mutex_t others_lock;
    int64_t others;             /* the bucket of those without a place */
};

#define HEAD_BYTES ((sizeof(struct acct_counters_head_t) + 63) / 64 * 64)

/* What subjects without a place have together. */
static const acct_budget_t others_budget = { 60, apr_time_from_sec(60) };

/* ---- the block ---- */

static entry_t *entries_of(struct acct_counters_head_t *head)
{
    return (entry_t *)(void *)((char *)head + HEAD_BYTES);
}

static uint64_t sets_in(size_t bytes)
{
    return bytes < HEAD_BYTES ? 0
        : (bytes - HEAD_BYTES) / (WAYS * sizeof(entry_t));
}

size_t acct_counters_entries(size_t bytes)
{
    return (size_t)sets_in(bytes) * WAYS;
}

uint64_t acct_counters_layout(void)
{
    return LAYOUT * UINT64_C(1000000) + HEAD_BYTES + sizeof(entry_t);
}

static apr_status_t make_lock(pthread_mutex_t *lock)
{
    pthread_mutexattr_t attr;
    int rv = pthread_mutexattr_init(&attr);

    if (rv != 0) {
        return rv;
    }
    rv = pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    if (rv == 0) {
        rv = pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    }
    if (rv == 0) {
        rv = pthread_mutex_init(lock, &attr);
    }
    pthread_mutexattr_destroy(&attr);
    return rv;
}

apr_status_t acct_counters_format(acct_counters_t *counters, void *block,
                                  size_t bytes)
{
    struct acct_counters_head_t *head = block;
    apr_status_t status = APR_SUCCESS;

    if (sets_in(bytes) == 0) {
        return APR_ENOMEM;
    }
    for (int i = 0; status == APR_SUCCESS && i < LOCKS; i++) {
        status = make_lock(&head->lock[i]);
    }
    if (status == APR_SUCCESS) {
        status = make_lock(&head->others_lock);
    }
    if (status == APR_SUCCESS) {
        head->sets = sets_in(bytes);
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

static apr_status_t take_lock(pthread_mutex_t *lock)
{
    int rv = pthread_mutex_lock(lock);

    /* What its holder left half written is off by one at the most. */
    return rv == EOWNERDEAD ? pthread_mutex_consistent(lock) : rv;
}

/* ---- a set, with its lock held ---- */

typedef struct set_t {
    entry_t *entry;
    pthread_mutex_t *lock;
} set_t;

static apr_status_t open_set(acct_counters_t *counters, uint64_t key,
                             set_t *set)
{
    struct acct_counters_head_t *head = counters->head;
    uint64_t number;

    if (head == NULL) {
        return APR_ENOTIMPL;
    }
    number = (key >> 16) % head->sets;
    set->entry = entries_of(head) + number * WAYS;
    set->lock = &head->lock[number % LOCKS];
    return take_lock(set->lock);
}

static void close_set(const set_t *set)
{
    pthread_mutex_unlock(set->lock);
}

static entry_t *find(const set_t *set, uint64_t key)
{
    for (int i = 0; i < WAYS; i++) {
        if (set->entry[i].key == key) {
            return &set->entry[i];
        }
    }
    return NULL;
}

/* The entry that means the least; NULL: all are active offenders. */
static entry_t *least(const set_t *set, apr_interval_time_t now)
{
    entry_t *found = NULL;

    for (int i = 0; i < WAYS; i++) {
        entry_t *entry = &set->entry[i];

        if (entry->key == 0 || entry->ends <= now) {
            return entry;
        }
        if (entry->kept <= now
            && (found == NULL || entry->ends < found->ends)) {
            found = entry;
        }
    }
    return found;
}

/* The entry of a subject, or a new one; NULL: there is no place. */
static entry_t *find_or_make(const set_t *set, const acct_subject_t *subject,
                             kind_e kind, apr_interval_time_t now)
{
    entry_t *entry = find(set, subject->key);

    if (entry == NULL) {
        entry = least(set, now);
    }
    else if (entry->ends > now) {
        return entry;
    }
    if (entry != NULL) {
        memset(entry, 0, sizeof(*entry));
        entry->key = subject->key;
        entry->kind = (unsigned char)kind;
        entry->account = subject->account;
        entry->version = subject->network.version;
        entry->bits = subject->network.bits;
        memcpy(entry->address, subject->network.address,
               sizeof(entry->address));
    }
    return entry;
}

/* One for all subjects that have no place. */
static apr_status_t take_of_others(acct_counters_t *counters,
                                   apr_interval_time_t now,
                                   apr_interval_time_t *wait)
{
    struct acct_counters_head_t *head = counters->head;
    apr_status_t status = take_lock(&head->others_lock);

    if (status == APR_SUCCESS) {
        *wait = acct_budget_take(&others_budget, &head->others, now);
        pthread_mutex_unlock(&head->others_lock);
    }
    return status;
}

/* ---- buckets ---- */

apr_status_t acct_bucket_take(acct_counters_t *counters,
                              const acct_subject_t *subject,
                              const acct_budget_t *budget,
                              apr_interval_time_t now,
                              apr_interval_time_t *wait)
{
    apr_interval_time_t full;
    entry_t *entry;
    set_t set;
    apr_status_t status = open_set(counters, subject->key, &set);

    *wait = 0;
    if (status != APR_SUCCESS) {
        return status;
    }
    entry = find_or_make(&set, subject, KIND_BUCKET, now);
    if (entry == NULL) {
        close_set(&set);
        return take_of_others(counters, now, wait);
    }
    full = entry->at;
    *wait = acct_budget_take(budget, &full, now);
    entry->at = full;
    entry->ends = full;
    if (acct_budget_wait(budget, full, now) > 0) {
        entry->kept = full;
    }
    close_set(&set);
    return APR_SUCCESS;
}

apr_status_t acct_bucket_look(acct_counters_t *counters,
                              const acct_subject_t *subject,
                              const acct_budget_t *budget,
                              apr_interval_time_t now,
                              apr_interval_time_t *wait)
{
    const entry_t *entry;
    set_t set;
    apr_status_t status = open_set(counters, subject->key, &set);

    *wait = 0;
    if (status == APR_SUCCESS) {
        entry = find(&set, subject->key);
        if (entry != NULL) {
            *wait = acct_budget_wait(budget, entry->at, now);
        }
        close_set(&set);
    }
    return status;
}

apr_status_t acct_bucket_put_back(acct_counters_t *counters,
                                  const acct_subject_t *subject,
                                  const acct_budget_t *budget,
                                  apr_interval_time_t now)
{
    apr_interval_time_t full;
    entry_t *entry;
    set_t set;
    apr_status_t status = open_set(counters, subject->key, &set);

    if (status == APR_SUCCESS) {
        entry = find(&set, subject->key);
        if (entry != NULL && entry->ends > now) {
            full = entry->at;
            acct_budget_put_back(budget, &full);
            entry->at = entry->ends = full;
            if (acct_budget_wait(budget, full, now) == 0) {
                entry->kept = 0;
            }
        }
        close_set(&set);
    }
    return status;
}

/* ---- series ---- */

static void tidy(entry_t *entry, apr_interval_time_t now)
{
    if (entry->pending > 0
        && now - entry->began >= ACCT_SERIES_PENDING) {
        entry->pending = 0;     /* their processes were killed */
    }
    if (entry->pending == 0) {
        entry->waiting = 0;
    }
}

static void begin(entry_t *entry, const acct_backoff_t *backoff,
                  apr_interval_time_t now, acct_try_t *attempt)
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
    if (entry->failures >= backoff->free) {
        entry->kept = entry->ends;
    }
}

/* What a subject's entry says of one more try. */
static acct_try_e judge(entry_t *entry, const acct_backoff_t *backoff,
                        int is_waiting, apr_interval_time_t now,
                        apr_interval_time_t *wait)
{
    if (entry->failures >= backoff->free) {
        *wait = entry->at + acct_backoff_wait(backoff, entry->failures)
            - now;
    }
    if (*wait <= 0) {
        *wait = 0;
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

apr_status_t acct_series_begin(acct_counters_t *counters,
                               const acct_subject_t *subject,
                               const acct_backoff_t *backoff,
                               int is_waiting, apr_interval_time_t now,
                               acct_try_e *verdict, acct_try_t *attempt,
                               apr_interval_time_t *wait)
{
    entry_t *entry;
    set_t set;
    apr_status_t status = open_set(counters, subject->key, &set);

    *wait = 0;
    *verdict = ACCT_TRY_MAY;
    attempt->at = attempt->before = 0;
    if (status != APR_SUCCESS) {
        return status;
    }
    entry = find_or_make(&set, subject, KIND_SERIES, now);
    if (entry == NULL) {
        close_set(&set);
        status = take_of_others(counters, now, wait);
        *verdict = *wait > 0 ? ACCT_TRY_REFUSED : ACCT_TRY_MAY;
        return status;
    }
    tidy(entry, now);
    *verdict = judge(entry, backoff, is_waiting, now, wait);
    if (*verdict == ACCT_TRY_MAY) {
        begin(entry, backoff, now, attempt);
    }
    if (is_waiting && *verdict != ACCT_TRY_UNDER_WAY && entry->waiting > 0) {
        entry->waiting--;
    }
    close_set(&set);
    return APR_SUCCESS;
}

apr_status_t acct_series_leave(acct_counters_t *counters,
                               const acct_subject_t *subject)
{
    entry_t *entry;
    set_t set;
    apr_status_t status = open_set(counters, subject->key, &set);

    if (status == APR_SUCCESS) {
        entry = find(&set, subject->key);
        if (entry != NULL && entry->waiting > 0) {
            entry->waiting--;
        }
        close_set(&set);
    }
    return status;
}

static void take_back(entry_t *entry, const acct_backoff_t *backoff,
                      const acct_try_t *attempt)
{
    if (entry->failures > 0) {
        entry->failures--;
    }
    if (entry->at == attempt->at) {
        entry->at = attempt->before;
    }
    if (entry->failures < backoff->free) {
        entry->kept = 0;
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
    entry_t *entry;
    set_t set;
    apr_status_t status;

    if (attempt->at == 0) {
        return APR_SUCCESS;     /* it had no place */
    }
    status = open_set(counters, subject->key, &set);
    if (status != APR_SUCCESS) {
        return status;
    }
    entry = find(&set, subject->key);
    if (entry != NULL) {
        if (entry->pending > 0) {
            entry->pending--;
        }
        if (!is_failure) {
            take_back(entry, backoff, attempt);
        }
        else if (entry->at < now) {
            entry->at = now;
            entry->ends = now + ACCT_SERIES_KEPT;
        }
    }
    close_set(&set);
    return APR_SUCCESS;
}

/* ---- all ---- */

apr_status_t acct_counters_forget(acct_counters_t *counters,
                                  const acct_subject_t *subject)
{
    entry_t *entry;
    set_t set;
    apr_status_t status = open_set(counters, subject->key, &set);

    if (status == APR_SUCCESS) {
        entry = find(&set, subject->key);
        if (entry != NULL) {
            memset(entry, 0, sizeof(*entry));
        }
        close_set(&set);
    }
    return status;
}
