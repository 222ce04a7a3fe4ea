/* SPDX-License-Identifier: Apache-2.0 */
#include "connections/server_pool.h"

#include <apr_strings.h>
#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>
#include <stdatomic.h>
#include <string.h>

#include "base/ticks.h"
#include "connections/pool_open.h"
#include "connections/watch.h"

/* A connection that was not needed for so long is closed: each connection is a
 * process on the server. */
#define IDLE_TOO_LONG apr_time_from_sec(60)

/* A request that got its connection late has this long at least. */
#define UNIT_TIME_LEAST apr_time_from_msec(200)

/* libpq's connecting cannot be ended from outside, and may take two seconds
 * (it knows no shorter connect_timeout). So a request that has less time left
 * than this does not begin to open a connection, and waits for one that is put
 * back. */
#define OPENING_TIME_LEAST (ACCT_POOL_WITHIN - apr_time_from_msec(500))

/* What fails sooner than this is tried by every request; what takes longer
 * would keep all threads of the child waiting, and none would serve the rest
 * of the site. */
#define SLOW apr_time_from_msec(500)
#define ASK_AGAIN_AFTER apr_time_from_msec(500)

/* A failure after which no request has asked for so long is not known any
 * more: a child that had no requests since must not refuse a burst of them for
 * what was true an hour ago. */
#define NEWS_IS_OLD apr_time_from_sec(3)

typedef struct idle_t {
    acct_db_t *db;
    apr_interval_time_t since;      /* ticks */
} idle_t;

struct acct_server_pool_t {
    acct_db_config_t config;
    _Atomic(unsigned int) address;  /* see acct_db_config_t */
    acct_pool_expected_t *expected;
    acct_watch_t *watch;
    int most;
    acct_crowd_t *crowd;

    apr_thread_mutex_t *lock;       /* for what follows */
    apr_thread_cond_t *freed;
    idle_t *idle;                   /* the last used on top */
    int idle_count;
    int count;                      /* all there are, those being opened
                                     * too; but for the own */
    acct_db_t *own;                 /* while it is not in use, see
                                     * acct_server_pool_acquire_own() */
    apr_interval_time_t heard;      /* the same, or when a request began to
                                     * wait for one */
    apr_interval_time_t answered;   /* ticks: the last sign of life */
    unsigned int generation;        /* raised when a connection breaks:
                                     * older ones are not to be trusted */
    int down;                       /* it failed, and slowly */
    int asked;                      /* one request is finding out */
    apr_interval_time_t ask_at;     /* ticks */
    char failure[400];              /* the last */
};

/* ---- making ---- */

/* Those in use are closed by the end of the process. No lock: see
 * connections/watch.c. */
static apr_status_t close_idle(void *data)
{
    acct_server_pool_t *pool = data;

    if (pool->own != NULL) {
        acct_db_close(pool->own);
    }
    while (pool->idle_count > 0) {
        acct_db_close(pool->idle[--pool->idle_count].db);
    }
    return APR_SUCCESS;
}

/* A quarter of the threads is left for the rest of the site. A single one
 * (prefork) needs one connection, and those that read revocations and write
 * one each, so that it need not wait for them; they open theirs in few
 * children. */
static int most_of(int threads, int allowed)
{
    int most = threads < 2 ? 3 : acct_pool_threads(threads);

    return most > allowed ? allowed : most;
}

apr_status_t acct_server_pool_make(acct_server_pool_t **pool,
                                   const acct_db_config_t *config,
                                   acct_pool_expected_t *expected,
                                   int threads, int most,
                                   acct_crowd_t *crowd,
                                   apr_pool_t *pchild)
{
    acct_server_pool_t *made = apr_pcalloc(pchild, sizeof(*made));
    apr_status_t status;

    made->config = *config;
    made->config.address = &made->address;
    made->expected = expected;
    made->most = most_of(threads, most > 0 ? most : ACCT_POOL_CONNECTIONS);
    made->crowd = crowd;
    made->idle = apr_pcalloc(pchild, (apr_size_t)made->most
                                     * sizeof(*made->idle));
    status = apr_thread_mutex_create(&made->lock, APR_THREAD_MUTEX_DEFAULT,
                                     pchild);
    if (status == APR_SUCCESS) {
        status = apr_thread_cond_create(&made->freed, pchild);
    }
    if (status == APR_SUCCESS) {
        /* and the own */
        status = acct_watch_start(&made->watch, made->most + 1, pchild);
    }
    if (status == APR_SUCCESS) {
        apr_pool_cleanup_register(pchild, made, close_idle,
                                  apr_pool_cleanup_null);
        *pool = made;
    }
    return status;
}

/* ---- whether it answers; with the lock held ---- */

static int may_ask(acct_server_pool_t *pool)
{
    apr_interval_time_t now = acct_ticks();

    if (pool->down && !pool->asked && now >= pool->ask_at + NEWS_IS_OLD) {
        pool->down = 0;
    }
    if (pool->down && (pool->asked || now < pool->ask_at)) {
        return 0;
    }
    pool->asked = pool->down;
    return 1;
}

static void it_answered(acct_server_pool_t *pool)
{
    pool->answered = pool->heard = acct_ticks();
}

/* What began to wait before the server last answered another says nothing
 * about now. */
static void it_failed(acct_server_pool_t *pool, apr_interval_time_t after,
                      const char *failure)
{
    apr_interval_time_t now = acct_ticks();

    pool->asked = 0;
    if (after >= SLOW && pool->answered > now - after) {
        return;
    }
    pool->down = after >= SLOW;
    pool->ask_at = now + ASK_AGAIN_AFTER;
    apr_cpystrn(pool->failure, failure, sizeof(pool->failure));
}

static unsigned int address_now(acct_server_pool_t *pool)
{
    /* relaxed: a hint, and all there is to it is the number */
    return atomic_load_explicit(&pool->address, memory_order_relaxed);
}

/* What connects and then keeps silent: of several addresses the one behind
 * @a seen is asked next. Not where another thread has moved on already: of
 * two addresses the second to move on would come back to the silent one. */
static void try_next_address(acct_server_pool_t *pool, unsigned int seen)
{
    /* relaxed: as above */
    atomic_compare_exchange_strong_explicit(&pool->address, &seen, seen + 1,
                                            memory_order_relaxed,
                                            memory_order_relaxed);
}

void acct_server_pool_suspect(acct_server_pool_t *pool)
{
    apr_thread_mutex_lock(pool->lock);
    pool->generation++;
    apr_thread_mutex_unlock(pool->lock);
}

int acct_server_pool_trusts(acct_server_pool_t *pool, const acct_db_t *db)
{
    int is_trusted;

    apr_thread_mutex_lock(pool->lock);
    is_trusted = acct_db_generation(db) == pool->generation;
    apr_thread_mutex_unlock(pool->lock);
    return is_trusted;
}

/* ---- taking one ---- */

static void give_up(acct_server_pool_t *pool, acct_db_t *db)
{
    acct_db_close(db);
    apr_thread_mutex_lock(pool->lock);
    pool->count--;
    apr_thread_cond_broadcast(pool->freed);     /* see may_open() */
    apr_thread_mutex_unlock(pool->lock);
}

static apr_status_t open_fresh(acct_server_pool_t *pool,
                               unsigned int generation,
                               apr_interval_time_t begun,
                               apr_interval_time_t until, acct_db_t **db,
                               const char **error, apr_pool_t *p)
{
    unsigned int seen = address_now(pool);
    apr_status_t status;

    status = acct_pool_open(db, &pool->config, pool->expected, pool->watch,
                            until, error, p);
    if (status == APR_SUCCESS) {
        /* as it was before: one that broke meanwhile makes this one
         * suspect too */
        acct_db_set_generation(*db, generation);
        apr_thread_mutex_lock(pool->lock);
        it_answered(pool);
        apr_thread_mutex_unlock(pool->lock);
        return APR_SUCCESS;
    }
    if (APR_STATUS_IS_TIMEUP(status)) {
        try_next_address(pool, seen);
    }
    apr_thread_mutex_lock(pool->lock);
    it_failed(pool, acct_ticks() - begun, *error);
    apr_thread_mutex_unlock(pool->lock);
    return status;
}

/* A place in the list is taken already. */
static apr_status_t open_one(acct_server_pool_t *pool,
                             unsigned int generation,
                             apr_interval_time_t begun,
                             apr_interval_time_t until, acct_db_t **db,
                             const char **error, apr_pool_t *p)
{
    apr_status_t status = open_fresh(pool, generation, begun, until, db,
                                     error, p);

    if (status != APR_SUCCESS) {
        apr_thread_mutex_lock(pool->lock);
        pool->count--;
        apr_thread_cond_broadcast(pool->freed);
        apr_thread_mutex_unlock(pool->lock);
    }
    return status;
}

/* With the lock held. A place that one may not use another may: when one
 * is freed all have to look. */
static int may_open(const acct_server_pool_t *pool,
                    apr_interval_time_t until)
{
    return pool->count < pool->most
        && until - acct_ticks() >= OPENING_TIME_LEAST;
}

/* With the lock held: whether a request that came before the server kept
 * another waiting is refused as later ones are. */
static int is_refused(const acct_server_pool_t *pool)
{
    return pool->down && acct_ticks() < pool->ask_at;
}

/* With the lock held: for how long from now a request that finds no connection
 * may wait for one; 0 or less: not at all, and *why says why. A crowd waits
 * only as long as the server answers some request: the site has more to do. */
static apr_interval_time_t may_wait(const acct_server_pool_t *pool,
                                    apr_interval_time_t until,
                                    const char **why)
{
    apr_interval_time_t now = acct_ticks();
    apr_interval_time_t left = until - now;
    apr_interval_time_t heard = pool->heard + ACCT_POOL_SILENCE - now;

    *why = pool->count < pool->most
        ? ACCT_POOL_NO_TIME : ACCT_POOL_IN_USE;
    if (is_refused(pool)) {
        *why = "the database does not answer";
        return 0;
    }
    if (pool->count == 0) {
        return 0;               /* there is none that could be put back */
    }
    return acct_crowd_is_too_large(pool->crowd) && heard < left ? heard : left;
}

/* An idle connection, or leave to open one (*db NULL). */
static apr_status_t take(acct_server_pool_t *pool,
                         apr_interval_time_t begun,
                         apr_interval_time_t until, acct_db_t **db,
                         unsigned int *generation, const char **error)
{
    apr_status_t status = APR_SUCCESS;

    *db = NULL;
    apr_thread_mutex_lock(pool->lock);
    if (pool->count == pool->idle_count) {
        pool->heard = begun;
    }
    while (pool->idle_count == 0
           && (is_refused(pool) || !may_open(pool, until))) {
        apr_interval_time_t left = may_wait(pool, until, error);

        if (left <= 0) {
            status = APR_TIMEUP;
            pool->asked = 0;
            break;
        }
        (void)apr_thread_cond_timedwait(pool->freed, pool->lock, left);
    }
    if (status == APR_SUCCESS && pool->idle_count > 0) {
        *db = pool->idle[--pool->idle_count].db;
    }
    else if (status == APR_SUCCESS) {
        pool->count++;
    }
    *generation = pool->generation;
    apr_thread_mutex_unlock(pool->lock);
    return status;
}

static apr_status_t find_one(acct_server_pool_t *pool,
                             apr_interval_time_t begun,
                             apr_interval_time_t until, acct_db_t **db,
                             const char **error, apr_pool_t *p)
{
    for (;;) {
        unsigned int generation;
        apr_status_t status = take(pool, begun, until, db, &generation,
                                   error);

        if (status != APR_SUCCESS) {
            return status;
        }
        if (*db == NULL) {
            return open_one(pool, generation, begun, until, db, error, p);
        }
        if (acct_db_generation(*db) == generation
            && acct_db_is_current(*db)) {
            return APR_SUCCESS;
        }
        /* the server has closed it, or one of its age broke */
        give_up(pool, *db);
    }
}

/* The own connection, or another in its place. */
static apr_status_t find_own(acct_server_pool_t *pool,
                             apr_interval_time_t begun,
                             apr_interval_time_t until, acct_db_t **db,
                             const char **error, apr_pool_t *p)
{
    unsigned int generation;

    apr_thread_mutex_lock(pool->lock);
    *db = pool->own;
    pool->own = NULL;
    generation = pool->generation;
    apr_thread_mutex_unlock(pool->lock);
    if (*db != NULL) {
        if (acct_db_generation(*db) == generation
            && acct_db_is_current(*db)) {
            return APR_SUCCESS;
        }
        acct_db_close(*db);
    }
    return open_fresh(pool, generation, begun, until, db, error, p);
}

typedef apr_status_t find_fn(acct_server_pool_t *pool,
                             apr_interval_time_t begun,
                             apr_interval_time_t until, acct_db_t **db,
                             const char **error, apr_pool_t *p);

static apr_status_t acquire(acct_server_pool_t *pool, find_fn *find,
                            apr_interval_time_t within, acct_db_t **db,
                            const char **error, apr_pool_t *p)
{
    apr_interval_time_t begun = acct_ticks();
    apr_interval_time_t until = begun + within;
    apr_interval_time_t now;
    apr_status_t status;
    int may;

    apr_thread_mutex_lock(pool->lock);
    may = may_ask(pool);
    if (!may) {
        *error = apr_pstrdup(p, pool->failure);
    }
    apr_thread_mutex_unlock(pool->lock);
    if (!may) {
        return APR_EAGAIN;
    }
    acct_crowd_enter(pool->crowd);
    status = find(pool, begun, until, db, error, p);
    if (status != APR_SUCCESS) {
        acct_crowd_leave(pool->crowd);
        return status;
    }
    now = acct_ticks();
    if (until < now + UNIT_TIME_LEAST) {
        until = now + UNIT_TIME_LEAST;
    }
    acct_watch_begin(pool->watch, acct_db_socket(*db), until);
    return APR_SUCCESS;
}

apr_status_t acct_server_pool_acquire(acct_server_pool_t *pool,
                                      apr_interval_time_t within,
                                      acct_db_t **db, const char **error,
                                      apr_pool_t *p)
{
    return acquire(pool, find_one, within, db, error, p);
}

apr_status_t acct_server_pool_acquire_own(acct_server_pool_t *pool,
                                          apr_interval_time_t within,
                                          acct_db_t **db,
                                          const char **error, apr_pool_t *p)
{
    return acquire(pool, find_own, within, db, error, p);
}

/* ---- putting it back ---- */

/* The unit of work has ended. Takes the lock, and says whether the connection
 * may be used again. */
static int end_unit(acct_server_pool_t *pool, acct_db_t *db)
{
    apr_interval_time_t took;
    int cut = acct_watch_end(pool->watch, acct_db_socket(db), &took);
    int broken = cut || acct_db_is_broken(db);

    acct_crowd_leave(pool->crowd);
    apr_thread_mutex_lock(pool->lock);
    /* the first of its age: those that are cut with it move on no further */
    if (cut && acct_db_generation(db) == pool->generation) {
        try_next_address(pool, address_now(pool));
    }
    if (broken) {
        it_failed(pool, cut && took < SLOW ? SLOW : took,
                  cut ? "the database does not answer" : acct_db_error(db));
        pool->generation++;
        return 0;
    }
    pool->down = pool->asked = 0;
    it_answered(pool);
    return acct_db_generation(db) == pool->generation;
}

void acct_server_pool_release(acct_server_pool_t *pool, acct_db_t *db)
{
    if (end_unit(pool, db)) {
        pool->idle[pool->idle_count].db = db;
        pool->idle[pool->idle_count++].since = pool->answered;
        db = NULL;
    }
    if (db == NULL) {
        apr_thread_cond_signal(pool->freed);
    }
    apr_thread_mutex_unlock(pool->lock);
    if (db != NULL) {
        give_up(pool, db);
    }
}

void acct_server_pool_release_own(acct_server_pool_t *pool, acct_db_t *db)
{
    if (end_unit(pool, db)) {
        pool->own = db;
        db = NULL;
    }
    apr_thread_mutex_unlock(pool->lock);
    if (db != NULL) {
        acct_db_close(db);
    }
}

void acct_server_pool_drop_own(acct_server_pool_t *pool)
{
    acct_db_t *db;

    apr_thread_mutex_lock(pool->lock);
    db = pool->own;
    pool->own = NULL;
    apr_thread_mutex_unlock(pool->lock);
    if (db != NULL) {
        acct_db_close(db);
    }
}

void acct_server_pool_close_idle(acct_server_pool_t *pool)
{
    acct_db_t *db = NULL;

    apr_thread_mutex_lock(pool->lock);
    /* the lowest was put there first; one stays for the next request */
    if (pool->idle_count > 0 && pool->count > 1
        && acct_ticks() - pool->idle[0].since >= IDLE_TOO_LONG) {
        db = pool->idle[0].db;
        memmove(pool->idle, pool->idle + 1,
                (apr_size_t)--pool->idle_count * sizeof(*pool->idle));
    }
    apr_thread_mutex_unlock(pool->lock);
    if (db != NULL) {
        give_up(pool, db);
    }
}
