/* SPDX-License-Identifier: Apache-2.0 */
#include "stress.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t start_process(const worker_t *first, uint64_t seed)
{
    worker_t worker = *first;
    pid_t pid = fork();

    if (pid < 0) {
        perror("fork");
        exit(2);
    }
    if (pid > 0) {
        return pid;
    }
    worker.random = seed;
    stops_every = 500;
    stop_random = (uint32_t)seed;
    stop_microseconds = 200;
    for (;;) {
        operate(&worker);
    }
}

/* Ends one, and says whether it was alive until then. */
static int end_process(pid_t pid)
{
    int status;

    kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            perror("waitpid");
            exit(2);
        }
    }
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

static int claims_left(acct_cache_block_t *block)
{
    int claims = 0;
    int i;

    for (i = 0; i < SLOTS; i++) {
        uint64_t sequence = atomic_load_explicit(
            &block->slot[i].word[ACCT_W_SEQUENCE], memory_order_relaxed);

        claims += (sequence & ACCT_SEQUENCE_CLAIMED) != 0;
    }
    return claims;
}

/* When all are dead: after their claims' time all slots can be had again,
 * and a token stored is found. */
static int take_over(worker_t *worker, acct_cache_block_t *block)
{
    shared_t *shared = worker->shared;
    int64_t tick = tick_now(shared) + 10 * SECOND;
    uint64_t wrong = 0;
    uint64_t round;
    uint64_t token;

    for (round = 0; round < 200; round++) {
        for (token = 0; token < TOKENS; token++) {
            uint64_t stored = counted(shared, STORED);
            uint64_t found = counted(shared, FOUND);

            do_store(worker, token, tick);
            do_find(worker, token, tick);
            wrong += stored == counted(shared, STORED)
                || found == counted(shared, FOUND);
        }
    }
    printf("kill: all dead: %d claims left, %lu stores lost\n",
           claims_left(block), (unsigned long)wrong);
    return wrong != 0 || claims_left(block) != 0;
}

/* The clock runs 100 times as fast, so that a dead writer's claim ends after
 * 10 ms, and a writer that is kept from running that long is overrun. */
int run_kill(uint64_t kills)
{
    void *memory = shared_memory(acct_cache_bytes(SLOTS));
    acct_cache_block_t *block;
    shared_t *shared = shared_memory(sizeof(*shared));
    pid_t pid[WORKERS];
    worker_t first;
    uint64_t done;
    uint64_t left = 0;
    int failed = 0;
    int before;
    int i;

    prepare(&first, memory, shared);
    block = first.cache.block;
    shared->speed = 100;
    for (i = 0; i < WORKERS; i++) {
        pid[i] = start_process(&first, (uint64_t)i + 5);
    }
    for (done = 0; done < kills; done++) {
        uint64_t pause = next_random(&first.random) % 3000;

        usleep((useconds_t)pause);
        for (i = 0; i < 200; i++) {
            operate(&first);
        }
        i = (int)(next_random(&first.random) % WORKERS);
        failed |= !end_process(pid[i]);
        pid[i] = start_process(&first, 1000 + done);
    }
    /* At last, again and again, all at once: what is claimed then is a
     * dead one's. */
    for (done = 0; done < kills / 20 + 1; done++) {
        for (i = 0; i < WORKERS; i++) {
            failed |= !end_process(pid[i]);
        }
        before = claims_left(block);
        left += (uint64_t)before;
        for (i = 0; i < WORKERS; i++) {
            pid[i] = start_process(&first, 5000 + done * WORKERS
                                           + (uint64_t)i);
        }
        usleep(5000);
    }
    for (i = 0; i < WORKERS; i++) {
        failed |= !end_process(pid[i]);
    }
    if (left == 0) {
        printf("kill: nobody was killed as it wrote: this proves nothing\n");
        failed = 1;
    }
    printf("kill: %lu killed one by one, %lu all at once, which left %lu "
           "claims\n", (unsigned long)kills, (unsigned long)done * WORKERS,
           (unsigned long)left);
    failed |= take_over(&first, block);
    failed |= report("kill", shared, &first.cache);
    if (failed) {
        printf("kill: FAILED\n");
    }
    return failed;
}
