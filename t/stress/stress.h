/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the driver share; see identity_cache.c. */
#ifndef ACCT_STRESS_H
#define ACCT_STRESS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "cache/block.h"

#define WORKERS 4
#define ACCOUNTS 48
#define TOKENS (2 * ACCOUNTS)       /* two for each account */
#define SLOTS 64                    /* less than tokens: they compete */
#define DB UINT64_C(0x0123456789abcdef)
#define NOW INT64_C(1800000000000000)
#define BASE INT64_C(1000000000)    /* tick */
#define SECOND INT64_C(1000000)

/* Counts of one kind of event, and how many there must be at least. */
enum { FOUND, MISSED, STORED, NOT_STORED, STALE, TOUCHED, NOTED, RAISED,
       RAISED_ALL, EVENTS };

/* All that the workers share, beside the cache. */
typedef struct shared_t {
    _Atomic uint64_t version[ACCOUNTS];
    _Atomic uint64_t floor[ACCOUNTS];
    _Atomic uint64_t events[EVENTS];
    _Atomic uint64_t operations;
    _Atomic uint64_t wrong;
    int64_t jitter;             /* ticks of stores vary by this much */
    int64_t speed;              /* ticks for a microsecond; 0: no clock */
    int64_t began;              /* clock, microseconds */
} shared_t;

typedef struct worker_t {
    shared_t *shared;
    acct_cache_t cache;
    uint64_t random;
    uint64_t operations;
} worker_t;

/* shared.c */

uint64_t next_random(uint64_t *x);
int64_t tick_now(const shared_t *shared);
void count(shared_t *shared, int event);
uint64_t counted(shared_t *shared, int event);

/* Of zeros, for this process and those it makes. */
void *shared_memory(size_t bytes);

/* An empty cache, every account in its first version, and a worker. */
void prepare(worker_t *worker, void *block, shared_t *shared);

/* Prints the counts. 0: nothing was wrong, and each kind of event happened
 * often enough. */
int report(const char *title, shared_t *shared, const acct_cache_t *cache);

/* oracle.c */

void do_find(worker_t *worker, uint64_t token, int64_t tick);
void do_store(worker_t *worker, uint64_t token, int64_t tick);

/* One of all operations, by chance. */
void operate(worker_t *worker);

/* An account's next version: what a revocation commits. */
uint64_t commit(shared_t *shared, uint64_t account);

/* Runs; 0: all held. */

/* @param jitter below a second no claim ever expires, and no slot's bytes
 * may be found mixed; above it writers overrun each other */
int run_threads(const char *title, uint64_t operations, int64_t jitter);

int run_kill(uint64_t kills);

#endif
