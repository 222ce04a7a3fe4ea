/* SPDX-License-Identifier: Apache-2.0 */
#include "stress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

static const char *const event_name[EVENTS] = {
    "found", "missed", "stored", "not stored", "of them stale",
    "touched", "of the notes collected", "raised", "raised all"
};

uint64_t next_random(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x * UINT64_C(0x2545f4914f6cdd1d) >> 20;
}

static int64_t microseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * SECOND + now.tv_nsec / 1000;
}

int64_t tick_now(const shared_t *shared)
{
    return BASE + (microseconds() - shared->began) * shared->speed;
}

void count(shared_t *shared, int event)
{
    atomic_fetch_add_explicit(&shared->events[event], 1,
                              memory_order_relaxed);
}

uint64_t counted(shared_t *shared, int event)
{
    return atomic_load_explicit(&shared->events[event],
                                memory_order_relaxed);
}

void *shared_memory(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED) {
        perror("mmap");
        exit(2);
    }
    return memory;
}

void prepare(worker_t *worker, void *block, shared_t *shared)
{
    static const unsigned char secret[ACCT_CACHE_SECRET_BYTES] = "stress";
    uint64_t i;

    memset(shared, 0, sizeof(*shared));
    worker->shared = shared;
    worker->random = 1;
    acct_cache_format(&worker->cache, block, SLOTS, secret);
    shared->began = microseconds();
    shared->jitter = 1;
    for (i = 0; i < ACCOUNTS; i++) {
        commit(shared, i);
    }
}

int report(const char *title, shared_t *shared,
                  const acct_cache_t *cache)
{
    uint64_t wrong = atomic_load_explicit(&shared->wrong,
                                          memory_order_acquire);
    int i;

    printf("%s: %lu operations:", title,
           (unsigned long)atomic_load_explicit(&shared->operations,
                                               memory_order_acquire));
    for (i = 0; i < EVENTS; i++) {
        printf("%s %lu %s", i > 0 ? "," : "",
               (unsigned long)counted(shared, i), event_name[i]);
    }
    printf("; %lu discarded; %lu wrong\n",
           (unsigned long)acct_cache_discarded(cache), (unsigned long)wrong);
    fflush(stdout);
    for (i = 0; i < EVENTS; i++) {
        if (counted(shared, i) == 0) {
            printf("%s: nothing was %s: this proves nothing\n", title,
                   event_name[i]);
            return 1;
        }
    }
    return wrong != 0;
}
