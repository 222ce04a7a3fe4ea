/* SPDX-License-Identifier: Apache-2.0 */
/* Threads that do one thing over and over, and their times; see bench.h. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ticks.h"

#define MAX_TIMES 2000000
#define MOST_RENEWED 3          /* connections of one thread */

typedef struct runner_t {
    pthread_t thread;
    worker_t worker;
    const work_t *work;
    apr_interval_time_t took;
    uint32_t *times;
    size_t count;
    int renewed;                /* the connection, so often */
    apr_status_t status;
} runner_t;

apr_int64_t draw(worker_t *worker, apr_int64_t count)
{
    return (apr_int64_t)(random_word(&worker->random) % (uint64_t)count);
}

apr_int64_t next_number(bench_t *bench)
{
    apr_int64_t number;

    pthread_mutex_lock(&bench->lock);
    number = bench->next++;
    pthread_mutex_unlock(&bench->lock);
    return number;
}

/* A server ends a transaction whose client does not go on for too long,
 * which happens where more threads than cores want to. It took its time,
 * and counts. */
static int renew(runner_t *runner, apr_pool_t *pool)
{
    worker_t *worker = &runner->worker;

    if (runner->renewed == MOST_RENEWED) {
        return 0;
    }
    fprintf(stderr, "store: %s\n", acct_db_error(worker->db));
    runner->renewed++;
    acct_db_close(worker->db);
    worker->db = NULL;
    if (!open_store(worker->bench, &worker->db, pool)) {
        exit(1);
    }
    runner->status = APR_SUCCESS;
    return 1;
}

static void *run(void *data)
{
    runner_t *runner = data;
    apr_interval_time_t begun = acct_ticks();
    apr_interval_time_t now = begun;
    apr_pool_t *pool;

    apr_pool_create(&pool, NULL);
    while (now - begun < runner->worker.bench->time
           && runner->count < MAX_TIMES) {
        apr_interval_time_t before = now;

        apr_pool_clear(pool);
        runner->status = runner->work->once(&runner->worker, pool);
        if (APR_STATUS_IS_EOF(runner->status)) {
            runner->status = APR_SUCCESS;
            break;
        }
        if (runner->status != APR_SUCCESS && !renew(runner, pool)) {
            break;
        }
        now = acct_ticks();
        runner->times[runner->count++] = (uint32_t)(now - before);
    }
    runner->took = now - begun;
    apr_pool_destroy(pool);
    return NULL;
}

static int get_ready(runner_t *runner, int number, bench_t *bench,
                     const work_t *work, apr_pool_t *pool)
{
    worker_t *worker = &runner->worker;

    worker->bench = bench;
    worker->random.state = (uint64_t)number + 1;
    runner->work = work;
    runner->times = malloc(MAX_TIMES * sizeof(*runner->times));
    if (runner->times == NULL || !open_store(bench, &worker->db, pool)) {
        return 0;
    }
    if (work->begin != NULL && work->begin(worker, pool) != APR_SUCCESS) {
        fprintf(stderr, "store: %s\n", acct_db_error(worker->db));
        return 0;
    }
    return 1;
}

static void run_all(runner_t *runner, int count)
{
    int i;

    for (i = 0; i < count; i++) {
        if (pthread_create(&runner[i].thread, NULL, run, &runner[i])) {
            fprintf(stderr, "store: cannot make a thread\n");
            exit(1);
        }
    }
    for (i = 0; i < count; i++) {
        pthread_join(runner[i].thread, NULL);
    }
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* All times of all threads, the shortest first. */
static uint32_t *sorted_times(const runner_t *runner, int runners,
                              size_t count, apr_pool_t *pool)
{
    uint32_t *times = apr_palloc(pool, count * sizeof(*times));
    uint32_t *end = times;
    int i;

    for (i = 0; i < runners; i++) {
        memcpy(end, runner[i].times, runner[i].count * sizeof(*times));
        end += runner[i].count;
    }
    qsort(times, count, sizeof(*times), by_size);
    return times;
}

static int report(const runner_t *runner, int runners, apr_pool_t *pool)
{
    const uint32_t *times;
    size_t count = 0;
    double rate = 0;
    int i;

    for (i = 0; i < runners; i++) {
        if (runner[i].status != APR_SUCCESS) {
            fprintf(stderr, "store: %s (status %d)\n",
                    acct_db_error(runner[i].worker.db), runner[i].status);
            return 1;
        }
        count += runner[i].count;
        rate += (double)runner[i].count * APR_USEC_PER_SEC
            / (double)runner[i].took;
    }
    if (count == 0) {
        fprintf(stderr, "store: nothing to do\n");
        return 1;
    }
    times = sorted_times(runner, runners, count, pool);
    printf("%.0f %u %u\n", rate, times[count / 2], times[count * 99 / 100]);
    return 0;
}

int measure(bench_t *bench, const work_t *work, apr_pool_t *pool)
{
    runner_t runner[MAX_CONNECTIONS] = { 0 };
    int failed;
    int i;

    for (i = 0; i < bench->connections; i++) {
        if (!get_ready(&runner[i], i, bench, work, pool)) {
            return 1;
        }
    }
    run_all(runner, bench->connections);
    failed = report(runner, bench->connections, pool);
    for (i = 0; i < bench->connections; i++) {
        acct_db_close(runner[i].worker.db);
        free(runner[i].times);
    }
    return failed;
}
