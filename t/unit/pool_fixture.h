/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A child's connections to a database, of either driver. The list is the real
 * one; what it opens, the watch, the gate, what other children say and the
 * clock are played: a minute is over when the test says so.
 */
#ifndef POOL_FIXTURE_H
#define POOL_FIXTURE_H

#include "apr_fixture.h"

#include <apr_strings.h>
#include <apr_thread_proc.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/ticks.h"
#include "httpd/connections/pool.h"
#include "httpd/connections/pool_open.h"
#include "httpd/connections/queue.h"

#define SECOND APR_USEC_PER_SEC
#define MINUTE (60 * SECOND)
#define MOST 4                  /* connections of the pool of a world */

struct acct_db_t {
    unsigned int generation;
    int is_open;
    int is_stale;               /* another file has its name, or the server
                                 * has closed it */
    int is_broken;
};

typedef struct world_t {
    apr_pool_t *pool;
    acct_db_config_t config;
    acct_cache_t cache;
    acct_crowd_t crowd;
    acct_pool_t *connections;
    acct_db_t *taken[MOST];
    int is_file;
} world_t;

/* ---- what is played ---- */

static apr_interval_time_t now;
static int is_running;                      /* the clock goes on by itself */
static acct_db_t played[100];
static int opened;                          /* how many of them */
static apr_interval_time_t opening_fails_after;
static apr_status_t opening_fails_with;     /* APR_SUCCESS: it does not */
static apr_interval_time_t cut_after;       /* 0: it was in time */
static unsigned int asked;                  /* the address of an opening */
static void (*meanwhile)(void);             /* during the next opening */
static const char *unsafe;
static int writers;                         /* that are in the gate */
static apr_status_t looking_finds;
static uint64_t doubts;                     /* all children's */
static _Atomic(int) waiting;                /* that have begun to */

static inline apr_interval_time_t real_time(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return apr_time_make(t.tv_sec, t.tv_nsec / 1000);
}

apr_interval_time_t acct_ticks(void)
{
    return is_running ? real_time() : now;
}

apr_status_t acct_pool_open(acct_db_t **db, const acct_db_config_t *config,
                            acct_pool_expected_t *expected,
                            acct_watch_t *watch, apr_interval_time_t until,
                            const char **error, apr_pool_t *p)
{
    void (*others_do)(void) = meanwhile;

    (void)expected;
    (void)watch;
    (void)until;
    (void)p;
    meanwhile = NULL;
    asked = config->address != NULL ? atomic_load(config->address) : 0;
    if (others_do != NULL) {
        others_do();
    }
    if (opening_fails_with != APR_SUCCESS) {
        now += opening_fails_after;
        *error = "it cannot be opened";
        return opening_fails_with;
    }
    assert_true(opened < 100);
    *db = &played[opened++];
    memset(*db, 0, sizeof(**db));
    (*db)->is_open = 1;
    return APR_SUCCESS;
}

apr_status_t acct_pool_look_over(acct_db_t *db,
                                 const acct_db_config_t *config,
                                 acct_pool_expected_t *expected,
                                 const char **error, apr_pool_t *p)
{
    (void)db;
    (void)config;
    (void)expected;
    (void)p;
    *error = "another database";
    return looking_finds;
}

void acct_db_close(acct_db_t *db)
{
    assert_true(db->is_open);
    db->is_open = 0;
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
    assert_true(db->is_open);
    return !db->is_stale;
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
    (void)db;
    return -1;
}

int acct_db_is_file(const char *driver)
{
    return strcmp(driver, "sqlite3") == 0;
}

apr_status_t acct_db_init(apr_pool_t *pool, const char *driver,
                          const char **error)
{
    (void)pool;
    (void)driver;
    (void)error;
    return APR_SUCCESS;
}

/* A file has none: its connections must not be watched. */
apr_status_t acct_watch_start(acct_watch_t **watch, int places,
                              apr_pool_t *pool)
{
    (void)places;
    *watch = apr_palloc(pool, 1);
    return APR_SUCCESS;
}

void acct_watch_begin(acct_watch_t *watch, int fd,
                      apr_interval_time_t deadline)
{
    (void)fd;
    assert_non_null(watch);
    assert_true(deadline > acct_ticks());
}

int acct_watch_end(acct_watch_t *watch, int fd, apr_interval_time_t *took)
{
    (void)fd;
    assert_non_null(watch);
    *took = cut_after;
    return cut_after > 0;
}

apr_status_t acct_gate_enter(acct_gate_t *gate, int *slot)
{
    (void)gate;
    *slot = 0;
    writers++;
    return APR_SUCCESS;
}

void acct_gate_leave(acct_gate_t *gate, int slot)
{
    (void)gate;
    (void)slot;
    writers--;
}

apr_status_t acct_file_guard_child_init(acct_file_guard_t *guard,
                                        apr_pool_t *pchild)
{
    (void)guard;
    (void)pchild;
    return APR_SUCCESS;
}

int acct_file_guard_is_open(acct_file_guard_t *guard, int others,
                            const char **why, apr_pool_t *p)
{
    (void)others;
    (void)guard;
    (void)p;
    *why = unsafe;
    return unsafe == NULL;
}

uint32_t acct_cache_feed_has_trouble(const acct_cache_t *cache, int feed,
                                     acct_cache_trouble_e which)
{
    (void)cache;
    (void)feed;
    (void)which;
    return 0;
}

void acct_cache_feed_doubt(acct_cache_t *cache, int feed)
{
    (void)cache;
    (void)feed;
    doubts++;
}

uint64_t acct_cache_feed_doubts(const acct_cache_t *cache, int feed)
{
    (void)cache;
    (void)feed;
    return doubts;
}

/* The linker puts this in front of the real one, which is called with the
 * list's lock held: what takes that lock later finds the thread waiting. */
apr_status_t __real_acct_queue_join(acct_queue_t *queue,
                                    acct_waiter_t *waiter,
                                    apr_interval_time_t until);
apr_status_t __wrap_acct_queue_join(acct_queue_t *queue,
                                    acct_waiter_t *waiter,
                                    apr_interval_time_t until);

apr_status_t __wrap_acct_queue_join(acct_queue_t *queue,
                                    acct_waiter_t *waiter,
                                    apr_interval_time_t until)
{
    atomic_fetch_add(&waiting, 1);
    return __real_acct_queue_join(queue, waiter, until);
}

/* ---- the world ---- */

static inline acct_pool_t *make_pool(world_t *world, int threads, int most)
{
    static const acct_pool_expected_t expected;
    acct_pool_t *made = acct_pool_make(&world->config, NULL, &expected,
                                       world->pool);

    acct_pool_agree_in(made, &world->cache, 0);
    if (most > 0) {
        acct_pool_limit(made, most);
    }
    assert_int_equal(acct_pool_child_init(made, threads, &world->crowd,
                                          world->pool), APR_SUCCESS);
    return made;
}

static inline int start(void **state, const char *driver)
{
    world_t *world = calloc(1, sizeof(*world));

    *state = world;
    now = 1000 * SECOND;
    is_running = opened = writers = 0;
    opening_fails_after = cut_after = 0;
    opening_fails_with = looking_finds = APR_SUCCESS;
    doubts = 0;
    meanwhile = NULL;
    unsafe = NULL;
    atomic_store(&waiting, 0);
    if (apr_pool_create(&world->pool, NULL) != APR_SUCCESS) {
        return -1;
    }
    world->config.driver = driver;
    world->is_file = acct_db_is_file(driver);
    world->crowd.most = 100;
    /* a file has two more than threads, a server fewer */
    world->connections = world->is_file
        ? make_pool(world, MOST - 2, 0) : make_pool(world, 2 * MOST, MOST);
    return 0;
}

static inline int start_file(void **state)
{
    return start(state, "sqlite3");
}

static inline int start_server(void **state)
{
    return start(state, "pgsql");
}

static inline int stop(void **state)
{
    world_t *world = *state;
    int i;

    apr_pool_destroy(world->pool);
    assert_int_equal(atomic_load(&world->crowd.inside), 0);
    assert_int_equal(writers, 0);
    for (i = 0; i < opened; i++) {
        assert_false(played[i].is_open);
    }
    free(world);
    return 0;
}

/* ---- requests ---- */

static inline acct_db_t *take_from(acct_pool_t *connections,
                                   acct_unit_e unit, apr_pool_t *pool)
{
    const char *error = NULL;
    acct_db_t *db = NULL;

    assert_int_equal(acct_pool_acquire(connections, unit, &db, &error, pool),
                     APR_SUCCESS);
    assert_true(db->is_open);
    return db;
}

static inline acct_db_t *take_one(world_t *world, acct_unit_e unit)
{
    return take_from(world->connections, unit, world->pool);
}

static inline void put_one(world_t *world, acct_db_t *db)
{
    acct_pool_release(world->connections, ACCT_UNIT_READ, db);
}

static inline void take(world_t *world, int count)
{
    int i;

    for (i = 0; i < count; i++) {
        world->taken[i] = take_one(world, ACCT_UNIT_READ);
    }
}

/* The one that was taken last is put back first. */
static inline void put_back(world_t *world, int count)
{
    while (count-- > 0) {
        put_one(world, world->taken[count]);
    }
}

/* One that gets none: what it is told. */
static inline const char *refused(world_t *world, acct_unit_e unit)
{
    const char *error = NULL;
    acct_db_t *db = NULL;

    assert_int_not_equal(acct_pool_acquire(world->connections, unit, &db,
                                           &error, world->pool),
                         APR_SUCCESS);
    assert_non_null(error);
    return error;
}

static inline int open_now(void)
{
    int count = 0;
    int i;

    for (i = 0; i < opened; i++) {
        count += played[i].is_open;
    }
    return count;
}

#endif
