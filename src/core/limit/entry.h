/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the counters share (limit/counters.h): how the block is
 * laid out, and a set of entries while its lock is held.
 */
#ifndef ACCT_COUNTERS_ENTRY_H
#define ACCT_COUNTERS_ENTRY_H

#include <pthread.h>
#include <stdatomic.h>

#include "limit/counters.h"

#define ACCT_COUNTERS_LOCKS 64
#define ACCT_SET_ENTRIES 16

typedef enum {
    ACCT_ENTRY_NONE,
    ACCT_ENTRY_BUCKET,
    ACCT_ENTRY_SERIES,
    ACCT_ENTRY_TURN             /* of the exchange with a database */
} acct_entry_kind_e;

/* A cache line. What a turn (limit/exchange.c) keeps in the same places stands
 * in brackets. */
typedef struct acct_entry_t {
    uint64_t key;               /* 0: free */
    int64_t at;                 /* a bucket's: when it is full; a series':
                                 * its last failure [the last exchange] */
    int64_t began;              /* the last try that is under way [the
                                 * highest id that was cleared, and 1] */
    int64_t ends;               /* from then on it means nothing */
    int64_t until;              /* tries are refused [the number of
                                 * refusals] */
    union {
        int64_t account;        /* of a series [the end of the last row] */
        unsigned char address[8];   /* of a bucket's network */
    } whose;
    uint32_t database;
    uint32_t process;           /* [whose turn it is] */
    unsigned char kind;
    unsigned char budget;
    unsigned char version;      /* of the network */
    unsigned char bits;
    unsigned char failures;     /* those under way included; 255: or more */
    unsigned char pending;
    unsigned char waiting;
    unsigned char is_kept;      /* it is an active offender's */
} acct_entry_t;

struct acct_counters_head_t {
    uint64_t magic;
    uint64_t sets;
    uint64_t server;            /* at random */
    _Atomic(uint64_t) refusals; /* beginnings of */
    pthread_mutex_t lock[ACCT_COUNTERS_LOCKS];
    pthread_mutex_t others_lock;
    int64_t others; /* the bucket of those without a place */
};

/* A set with its lock held. */
typedef struct acct_set_t {
    acct_entry_t *entry; /* ACCT_SET_ENTRIES */
    pthread_mutex_t *lock;
} acct_set_t;

/** The first entry of all. */
acct_entry_t *acct_counters_entries_of(struct acct_counters_head_t *head);

/** Take a lock of the block, also from a thread that was killed with it. */
apr_status_t acct_set_lock(pthread_mutex_t *lock);

/** The set that a key belongs to, with its lock. APR_ENOTIMPL: this process
 *  has no block. */
apr_status_t acct_set_open(acct_counters_t *counters, uint64_t key,
                           acct_set_t *set);
void acct_set_close(const acct_set_t *set);

/** The entry with a key, or NULL. */
acct_entry_t *acct_set_find(const acct_set_t *set, uint64_t key);

/** The entry of a subject, or a new one; NULL: there is no place. */
acct_entry_t *acct_set_entry(const acct_set_t *set,
                             const acct_subject_t *subject,
                             acct_entry_kind_e kind, apr_interval_time_t now);

/** Refuse tries from now on; 0: do not. That a refusal begins is news for
 *  what tells others. */
void acct_entry_refuse_until(acct_counters_t *counters, acct_entry_t *entry,
                             apr_interval_time_t until,
                             apr_interval_time_t now);

/** Take one out of the bucket that subjects without a place share. */
apr_status_t acct_counters_take_of_others(acct_counters_t *counters,
                                          apr_interval_time_t now,
                                          apr_interval_time_t *wait);

#endif
