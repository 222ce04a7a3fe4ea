/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connections of a child to a database, taken and put back by many threads
 * at once, under ThreadSanitizer: of a file, and of servers that refuse, that
 * freeze and whose connections break. The list and its watch are the real
 * ones; a connection is a pair of sockets, whose other end the thread that
 * uses it plays.
 *
 *   pool [SECONDS]             of each
 */
#include <apr_general.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "httpd/connections/list.h"
#include "httpd/connections/pool_open.h"
#include "base/ticks.h"

#define THREADS 12              /* more than a server has connections of */
#define MOST 4

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
    (void)p;
    if (fate == 0) {
        *error = "connection refused";
        return APR_EGENERAL;
    }
    if (fate == 1 && watch != NULL) {
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

int acct_db_is_file(const char *driver)
{
    return strcmp(driver, "sqlite3") == 0;
}

int acct_db_socket(const acct_db_t *db)
{
    return db->fd[0];
}

/* ---- the threads ---- */

typedef struct worker_t {
    acct_list_t *list;
    acct_list_which_e which;
    int is_file;
    apr_interval_time_t until;
    pthread_t thread;
} worker_t;

/* A statement: what the database says to it decides whether the connection is
 * one any more. A frozen one's end is the watch, which a file has not. */
static void use(acct_db_t *db, int is_file)
{
    struct pollfd answer = { .fd = db->fd[0], .events = POLLIN };
    unsigned int fate = roll(400);
    char byte = 'x';

    if (fate < 8) {
        close(db->fd[1]);
        db->fd[1] = -1;
    }
    else if ((fate != 8 || is_file)
             && write(db->fd[1], &byte, 1) != 1) {
        db->is_broken = 1;
        return;
    }
    if (poll(&answer, 1, 5000) != 1) {
        count(&wrong);          /* the watch did not cut it */
    }
    db->is_broken = read(db->fd[0], &byte, 1) != 1;
}

static void housekeep(const worker_t *worker)
{
    if (roll(50) == 0 && acct_list_has_spare(worker->list)) {
        acct_list_close_idle(worker->list);
    }
    if (roll(500) == 0) {
        acct_list_suspect(worker->list);
    }
    if (worker->which == ACCT_LIST_OWN && roll(50) == 0) {
        acct_list_drop_own(worker->list);
    }
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

        if (acct_list_take(worker->list, worker->which, ACCT_POOL_WITHIN,
                           &db, &error, pool) == APR_SUCCESS) {
            count(&taken);
            use(db, worker->is_file);
            acct_list_put(worker->list, worker->which, db);
        }
        else {
            count(error != NULL ? &refused : &wrong);
            apr_sleep(2000);
        }
        housekeep(worker);
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

/* Whether all went well. */
static int stress(const char *driver, int seconds)
{
    acct_db_config_t config = { .driver = driver };
    acct_pool_expected_t expected = { .key_id = NULL };
    acct_crowd_t crowd = { .most = THREADS };
    int is_file = acct_db_is_file(driver);
    const acct_list_settings_t settings = {
        .config = &config,
        .expected = &expected,
        .crowd = &crowd,
        .threads = is_file ? MOST - 2 : THREADS,
        .most = MOST
    };
    worker_t worker[THREADS] = { { .list = NULL } };
    acct_list_t *list;
    apr_pool_t *pool;
    int i;

    opened = closed = taken = refused = wrong = 0;
    if (apr_pool_create(&pool, NULL) != APR_SUCCESS
        || acct_list_make(&list, &settings, pool) != APR_SUCCESS) {
        return 0;
    }
    for (i = 0; i < THREADS; i++) {
        worker[i].list = list;
        worker[i].is_file = is_file;
        worker[i].until = acct_ticks() + apr_time_from_sec(seconds);
    }
    worker[0].which = is_file ? ACCT_LIST_ANY : ACCT_LIST_OWN;
    run(worker);
    apr_pool_destroy(pool);
    printf("pool, %s: %d taken, %d times refused; %d opened, %d closed; "
           "%d wrong\n", driver, taken, refused, opened, closed, wrong);
    return taken > 0 && opened == closed && wrong == 0
        && atomic_load(&crowd.inside) == 0;
}

int main(int argc, char **argv)
{
    int seconds = argc > 1 ? atoi(argv[1]) : 10;

    if (apr_initialize() != APR_SUCCESS) {
        return 2;
    }
    return !stress("sqlite3", seconds) || !stress("pgsql", seconds);
}
