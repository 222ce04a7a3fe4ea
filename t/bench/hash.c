/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many passwords a second this machine verifies with the default
 * parameters, and nothing else: what sign-ins are compared with.
 *
 *   hash THREADS SECONDS      prints verifications per second
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <apr_general.h>
#include <apr_time.h>

#include "password/password.h"

#define MAX_THREADS 64
#define PASSWORD "the password of the bench"

typedef struct {
    pthread_t thread;
    const char *stored;
    apr_interval_time_t time;   /* to run for; then what it took */
    long count;                 /* -1: failed */
} worker_t;

static void *work(void *data)
{
    worker_t *worker = data;
    apr_time_t begin = apr_time_now();
    apr_time_t end = begin + worker->time;
    apr_pool_t *pool;

    if (apr_pool_create(&pool, NULL) != APR_SUCCESS) {
        worker->count = -1;
        return NULL;
    }
    do {
        apr_pool_clear(pool);
        if (acct_password_verify(worker->stored, PASSWORD, pool)
            != ACCT_PASSWORD_MATCH) {
            worker->count = -1;
            break;
        }
        worker->count++;
    } while (apr_time_now() < end);
    worker->time = apr_time_now() - begin;
    apr_pool_destroy(pool);
    return NULL;
}

int main(int argc, char **argv)
{
    static const acct_password_params_t params = ACCT_PASSWORD_DEFAULT;
    worker_t workers[MAX_THREADS] = { 0 };
    int threads = argc == 3 ? atoi(argv[1]) : 0;
    double seconds = argc == 3 ? atof(argv[2]) : 0;
    double rate = 0;
    const char *stored;
    apr_pool_t *pool;
    int i;

    if (threads < 1 || threads > MAX_THREADS || seconds <= 0) {
        fprintf(stderr, "hash THREADS SECONDS\n");
        return 2;
    }
    if (apr_initialize() != APR_SUCCESS
        || apr_pool_create(&pool, NULL) != APR_SUCCESS
        || acct_password_hash(&params, PASSWORD, &stored, pool)
           != APR_SUCCESS) {
        fprintf(stderr, "hash: cannot hash\n");
        return 1;
    }
    for (i = 0; i < threads; i++) {
        workers[i].stored = stored;
        workers[i].time = (apr_interval_time_t)(seconds * APR_USEC_PER_SEC);
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i])) {
            fprintf(stderr, "hash: cannot make a thread\n");
            return 1;
        }
    }
    for (i = 0; i < threads; i++) {
        pthread_join(workers[i].thread, NULL);
        if (workers[i].count < 0) {
            fprintf(stderr, "hash: a verification failed\n");
            return 1;
        }
        rate += (double)workers[i].count * APR_USEC_PER_SEC
                / (double)workers[i].time;
    }
    printf("%.3f\n", rate);
    apr_terminate();
    return 0;
}
