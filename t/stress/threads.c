/* SPDX-License-Identifier: Apache-2.0 */
#include "stress.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

static void *run_thread(void *data)
{
    worker_t *worker = data;
    uint64_t i;

    stops_every = 200;
    stop_random = (uint32_t)worker->random;
    for (i = 0; i < worker->operations; i++) {
        operate(worker);
    }
    return NULL;
}

int run_threads(const char *title, uint64_t operations, int64_t jitter)
{
    void *block = shared_memory(acct_cache_bytes(SLOTS));
    shared_t *shared = shared_memory(sizeof(*shared));
    worker_t worker[WORKERS];
    pthread_t thread[WORKERS];
    worker_t first;
    int failed;
    int i;

    prepare(&first, block, shared);
    shared->jitter = jitter;
    for (i = 0; i < WORKERS; i++) {
        worker[i] = first;
        worker[i].random = (uint64_t)i + 77;
        worker[i].operations = operations / WORKERS;
        if (pthread_create(&thread[i], NULL, run_thread, &worker[i]) != 0) {
            perror("pthread_create");
            exit(2);
        }
    }
    for (i = 0; i < WORKERS; i++) {
        pthread_join(thread[i], NULL);
    }
    failed = report(title, shared, &first.cache);
    if (jitter < SECOND && acct_cache_discarded(&first.cache) != 0) {
        printf("%s: two wrote to one slot\n", title);
        failed = 1;
    }
    if (jitter > SECOND && acct_cache_discarded(&first.cache) == 0) {
        printf("%s: nobody was overrun: this proves nothing\n", title);
        failed = 1;
    }
    munmap(shared, sizeof(*shared));
    munmap(block, acct_cache_bytes(SLOTS));
    return failed;
}
