/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connections of a child to a database server, taken and put back by
 * many threads at once, under ThreadSanitizer: of servers that refuse, that
 * freeze and whose connections break. The pool and its watch are the real
 * ones; a connection is a pair of sockets, whose other end the thread that
 * uses it plays.
 *
 *   server_pool [SECONDS]
 */
#include <apr_general.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "httpd/connections/pool_open.h"
#include "httpd/connections/server_pool.h"
#include "base/ticks.h"

#define THREADS 12

struct acct_db_t {
    int fd[2];                  /* ours, the server's */
    unsigned int generation;
    int is_broken;
};

static _Atomic(int) opened;
static _Atomic(int) closed;
static _Atomic(int) taken;
static _Atomic(int) refused;
static _Atomic(int) wrong;
static _Atomic(unsigned int) dice = 1;

/* One of @a sides, each about as often. */
static unsigned int roll(unsigned int sides)
{
    unsigned int x = atomic_fetch_add_explicit(&dice, 0x9e3779b9u,
                                               memory_order_relaxed);

    x ^= x >> 16;
    x *= 0x85ebca6bu;
    x ^= x >> 13;
    return x % sides;
}

static void count(_Atomic(int) *what)
{
    atomic_fetch_add_explicit(what, 1, memory_order_relaxed);
}

/* ---- what is played ---- */

apr_status_t acct_pool_open(acct_db_t **db, const acct_db_config_t *config,
                            acct_pool_expected_t *expected,
                            acct_watch_t *watch, apr_interval_time_t until,
                            const char **error, apr_pool_t *p)
{
    unsigned int fate = roll(40);

    (void)config;
    (void)expected;
    (void)watch;
    (void)p;
    if (fate == 0) {
        *error = "connection refused";
        return APR_EGENERAL;
    }
    if (fate == 1) {
        while (acct_ticks() < until) {
            apr_sleep(1000);
        }
        *error = "it does not answer";
        return APR_TIMEUP;
    }
    *db = calloc(1, sizeof(**db));
    if (*db == NULL
        || socketpair(AF_UNIX, SOCK_STREAM, 0, (*db)->fd) != 0) {
        abort();
    }
    count(&opened);
    return APR_SUCCESS;
}

void acct_db_close(acct_db_t *db)
{
    close(db->fd[0]);
    if (db->fd[1] >= 0) {
        close(db->fd[1]);
    }
    free(db);
    count(&closed);
}

void acct_db_set_generation(acct_db_t *db, unsigned int generation)
{
    db->generation = generation;
}

unsigned int acct_db_generation(const acct_db_t *db)
{
    return db->generation;
}

int acct_db_is_current(const acct_db_t *db)
{
    return !db->is_broken;
}

int acct_db_is_broken(const acct_db_t *db)
{
    return db->is_broken;
}

const char *acct_db_error(const acct_db_t *db)
{
    (void)db;
    return "";
}

int acct_db_socket(const acct_db_t *db)
{
    return db->fd[0];
}

/* ---- the threads ---- */

typedef struct worker_t {
    acct_server_pool_t *pool;
    apr_interval_time_t until;
    pthread_t thread;
} worker_t;

/* A statement: what the server says to it decides whether the connection is
 * one any more. A frozen one's end is the watch. */
static void use(acct_db_t *db)
{
    struct pollfd answer = { .fd = db->fd[0], .events = POLLIN };
    unsigned int fate = roll(400);
    char byte = 'x';

    if (fate < 8) {
        close(db->fd[1]);
        db->fd[1] = -1;
    }
    else if (fate != 8 && write(db->fd[1], &byte, 1) != 1) {
        db->is_broken = 1;
        return;
    }
    if (poll(&answer, 1, 5000) != 1) {
        count(&wrong);          /* the watch did not cut it */
    }
    db->is_broken = read(db->fd[0], &byte, 1) != 1;
}

static void *work(void *data)
{
    worker_t *worker = data;
    apr_pool_t *pool;

    if (apr_pool_create(&pool, NULL) != APR_SUCCESS) {
        abort();
    }
    while (acct_ticks() < worker->until) {
        const char *error = NULL;
        acct_db_t *db;

        if (acct_server_pool_acquire(worker->pool, ACCT_POOL_WITHIN, &db,
                                     &error, pool) == APR_SUCCESS) {
            count(&taken);
            use(db);
            acct_server_pool_release(worker->pool, db);
        }
        else {
            count(error != NULL ? &refused : &wrong);
            apr_sleep(2000);
        }
        if (roll(50) == 0) {
            acct_server_pool_close_idle(worker->pool);
        }
        apr_pool_clear(pool);
    }
    apr_pool_destroy(pool);
    return NULL;
}

static void run(worker_t *worker)
{
    int i;

    for (i = 0; i < THREADS; i++) {
        if (pthread_create(&worker[i].thread, NULL, work, &worker[i]) != 0) {
            abort();
        }
    }
    for (i = 0; i < THREADS; i++) {
        pthread_join(worker[i].thread, NULL);
    }
}

int main(int argc, char **argv)
{
    int seconds = argc > 1 ? atoi(argv[1]) : 10;
    acct_db_config_t config = { .driver = "pgsql" };
    acct_pool_expected_t expected = { .key_id = NULL };
    acct_crowd_t crowd = { .most = THREADS };
    acct_server_pool_t *server;
    worker_t worker[THREADS];
    apr_pool_t *pool;
    int i;

    if (apr_initialize() != APR_SUCCESS
        || apr_pool_create(&pool, NULL) != APR_SUCCESS
        || acct_server_pool_make(&server, &config, &expected, THREADS, 0,
                                 &crowd, pool) != APR_SUCCESS) {
        return 2;
    }
    for (i = 0; i < THREADS; i++) {
        worker[i].pool = server;
        worker[i].until = acct_ticks() + apr_time_from_sec(seconds);
    }
    run(worker);
    apr_pool_destroy(pool);
    printf("server_pool: %d taken, %d times refused; %d opened, %d closed; "
           "%d wrong\n", taken, refused, opened, closed, wrong);
    return taken == 0 || opened != closed || wrong != 0
        || atomic_load(&crowd.inside) != 0;
}
