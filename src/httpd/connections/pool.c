/* SPDX-License-Identifier: Apache-2.0 */
#include "connections/pool.h"

#include <apr_reslist.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "base/own_pool.h"
#include "base/ticks.h"
#include "connections/pool_open.h"
#include "connections/server_pool.h"

/* The one slot of the writers' gate. */
#define WRITER 0

struct acct_pool_t {
    acct_db_config_t config;
    acct_pool_expected_t expected;
    const char *closed;             /* why it may not be used, or NULL */
    acct_file_guard_t guard;
    acct_gate_t *writers;           /* see acct_pool_acquire() */
    int most;                       /* on a server; 0: not configured */
    int is_file;
    /* child only */
    int is_interrupted;             /* see hold_signals() */
    pthread_t interrupted;
    sigset_t before;                /* that thread's */
    acct_server_pool_t *server;     /* NULL: the database is a file */
    apr_reslist_t *connections;
    apr_thread_mutex_t *lock;       /* for what follows */
    apr_interval_time_t try_again_at;   /* ticks; 0: at once */
    char failure[256];
    unsigned int generation;        /* raised when a connection breaks:
                                     * older ones are not to be trusted */
    _Atomic(uint64_t) doubts;       /* of other children; see heed() */
};

acct_pool_t *acct_pool_make(const acct_db_config_t *config,
                            acct_gate_t *writers,
                            const acct_pool_expected_t *expected,
                            apr_pool_t *pconf)
{
    acct_pool_t *pool = apr_pcalloc(pconf, sizeof(*pool));

    pool->config = *config;
    pool->is_file = acct_db_is_file(config->driver);
    pool->writers = writers;
    pool->expected.key_id = expected->key_id;
    pool->expected.key_file = expected->key_file;
    pool->expected.creation.known = expected->creation.known;
    return pool;
}

void acct_pool_agree_in(acct_pool_t *pool, acct_cache_t *cache, int place)
{
    pool->expected.creation.cache = cache;
    pool->expected.creation.place = place;
}

void acct_pool_guard(acct_pool_t *pool, const acct_trusted_t *trusted,
                     const char *owner)
{
    if (acct_pool_is_file(pool)) {
        pool->guard.path = pool->config.params;
        pool->guard.trusted = trusted;
        pool->guard.owner = owner;
    }
}

void acct_pool_close(acct_pool_t *pool, const char *why)
{
    pool->closed = why;
}

void acct_pool_limit(acct_pool_t *pool, int connections)
{
    if (pool->most == 0 || connections < pool->most) {
        pool->most = connections;
    }
}

int acct_pool_is_file(const acct_pool_t *pool)
{
    return pool->is_file;
}

/* ---- the end of a child ---- */

/* Prefork ends a child inside a signal handler, which destroys the child's
 * pool while the interrupted request waits below it. So that it finds no
 * connection in use, no lock held and no thread waiting, the signal comes once
 * the unit of work has ended, which it soon does. Other MPMs have threads that
 * do nothing but wait for signals. */
static void hold_signals(acct_pool_t *pool)
{
    sigset_t ends;

    if (pool->is_interrupted
        && pthread_equal(pthread_self(), pool->interrupted)) {
        sigemptyset(&ends);
        sigaddset(&ends, SIGTERM);
        sigaddset(&ends, SIGHUP);
        pthread_sigmask(SIG_BLOCK, &ends, &pool->before);
    }
}

/* The child may end in here. */
static void let_signals(acct_pool_t *pool)
{
    if (pool->is_interrupted
        && pthread_equal(pthread_self(), pool->interrupted)) {
        sigset_t before = pool->before;

        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
}

/* ---- the list ---- */

/* An opening that failed is not tried again for as long as it took:
 * threads that queue for the list must not wait, each in turn, for what is
 * not to be had. */
static int is_too_early(acct_pool_t *pool)
{
    int early;

    apr_thread_mutex_lock(pool->lock);
    early = acct_ticks() < pool->try_again_at;
    apr_thread_mutex_unlock(pool->lock);
    return early;
}

static void note_opening(acct_pool_t *pool, apr_interval_time_t begun,
                         const char *failure)
{
    apr_interval_time_t now = acct_ticks();

    apr_thread_mutex_lock(pool->lock);
    pool->try_again_at = 0;
    if (failure != NULL) {
        pool->try_again_at = now + (now - begun);
        apr_cpystrn(pool->failure, failure, sizeof(pool->failure));
    }
    apr_thread_mutex_unlock(pool->lock);
}

static unsigned int generation_of(acct_pool_t *pool)
{
    unsigned int generation;

    apr_thread_mutex_lock(pool->lock);
    generation = pool->generation;
    apr_thread_mutex_unlock(pool->lock);
    return generation;
}

static void suspect_all(acct_pool_t *pool)
{
    if (pool->server != NULL) {
        acct_server_pool_suspect(pool->server);
        return;
    }
    apr_thread_mutex_lock(pool->lock);
    pool->generation++;
    apr_thread_mutex_unlock(pool->lock);
}

/* What is open reads the same, in each child. */
static void doubt(acct_pool_t *pool)
{
    const acct_creation_t *creation = &pool->expected.creation;

    suspect_all(pool);
    if (creation->cache != NULL) {
        acct_cache_feed_doubt(creation->cache, creation->place);
    }
}

/* Whether another child had doubts since a thread here last looked. */
static void heed(acct_pool_t *pool)
{
    const acct_creation_t *creation = &pool->expected.creation;
    uint64_t said;

    if (creation->cache == NULL) {
        return;
    }
    said = acct_cache_feed_doubts(creation->cache, creation->place);
    /* relaxed, both: the generation is what counts, and has a lock */
    if (said != atomic_load_explicit(&pool->doubts, memory_order_relaxed)
        && said != atomic_exchange_explicit(&pool->doubts, said,
                                            memory_order_relaxed)) {
        suspect_all(pool);
    }
}

/* Called by the list with its lock held. */
static apr_status_t construct(void **resource, void *params, apr_pool_t *p)
{
    acct_pool_t *pool = params;
    const char *error = NULL;
    apr_pool_t *scratch;
    acct_db_t *db = NULL;
    unsigned int generation;
    apr_interval_time_t begun = acct_ticks();
    apr_status_t status;

    (void)p;
    if (is_too_early(pool)) {
        return APR_EAGAIN;
    }
    status = acct_own_pool(&scratch);
    if (status != APR_SUCCESS) {
        return status;
    }
    generation = generation_of(pool);
    status = acct_pool_open(&db, &pool->config, &pool->expected, NULL, 0,
                            &error, scratch);
    if (status == APR_SUCCESS) {
        /* As it was before the opening: one that breaks meanwhile makes
         * this one suspect too. */
        acct_db_set_generation(db, generation);
    }
    if (status == APR_EMISMATCH) {
        doubt(pool);
    }
    note_opening(pool, begun, status == APR_SUCCESS ? NULL : error);
    apr_pool_destroy(scratch);
    *resource = db;
    return status;
}

static apr_status_t destruct(void *resource, void *params, apr_pool_t *p)
{
    (void)params;
    (void)p;
    acct_db_close(resource);
    return APR_SUCCESS;
}

apr_status_t acct_pool_child_init(acct_pool_t *pool, int threads,
                                  acct_crowd_t *crowd, apr_pool_t *pchild)
{
    const char *error;
    apr_status_t status;
    /* and those of process/upkeep.h */
    int most = (threads < 1 ? 1 : threads) + 2;

    if (most > ACCT_POOL_CONNECTIONS) {
        most = ACCT_POOL_CONNECTIONS;
    }
    pool->is_interrupted = threads <= 1;
    pool->interrupted = pthread_self();
    status = acct_db_init(pchild, pool->config.driver, &error);
    if (status == APR_SUCCESS && !pool->is_file) {
        return acct_server_pool_make(&pool->server, &pool->config,
                                     &pool->expected, threads, pool->most,
                                     crowd, pchild);
    }
    if (status == APR_SUCCESS) {
        status = apr_thread_mutex_create(&pool->lock,
                                         APR_THREAD_MUTEX_DEFAULT, pchild);
    }
    if (status == APR_SUCCESS) {
        status = acct_file_guard_child_init(&pool->guard, pchild);
    }
    if (status == APR_SUCCESS) {
        status = apr_reslist_create(&pool->connections, 0, most, most, 0,
                                    construct, destruct, pool, pchild);
    }
    if (status != APR_SUCCESS) {
        pool->connections = NULL;
        return status;
    }
    apr_reslist_timeout_set(pool->connections, ACCT_POOL_WAIT);
    return APR_SUCCESS;
}

static int is_suspect(acct_pool_t *pool, const acct_db_t *db)
{
    return acct_db_generation(db) != generation_of(pool);
}

static apr_status_t acquire(acct_pool_t *pool, acct_db_t **db,
                            const char **error, apr_pool_t *p)
{
    apr_status_t status;
    void *resource;
    int try;

    /* All that are there may be of no use, and then a fresh one is made. */
    for (try = 0; try <= ACCT_POOL_CONNECTIONS; try++) {
        status = apr_reslist_acquire(pool->connections, &resource);
        if (APR_STATUS_IS_TIMEUP(status)) {
            *error = ACCT_POOL_IN_USE;
            return status;
        }
        if (status != APR_SUCCESS) {
            apr_thread_mutex_lock(pool->lock);
            *error = apr_pstrdup(p, pool->failure);
            apr_thread_mutex_unlock(pool->lock);
            return status;
        }
        if (acct_db_is_current(resource) && !is_suspect(pool, resource)) {
            *db = resource;
            return APR_SUCCESS;
        }
        /* Another file has the name now, or none, or another connection
         * of its age broke: whatever it reads, it is not to be trusted. */
        apr_reslist_invalidate(pool->connections, resource);
    }
    *error = "connections to the database keep breaking";
    return APR_EGENERAL;
}

/* An outage that another child has logged must not end, nor begin again, in
 * the log because this child did not look. */
static int what_others_say(const acct_pool_t *pool)
{
    const acct_creation_t *creation = &pool->expected.creation;

    if (creation->cache == NULL) {
        return -1;
    }
    return acct_cache_feed_has_trouble(creation->cache, creation->place,
                                       ACCT_CACHE_NO_READING) == 0;
}

static apr_status_t begin_on_server(acct_pool_t *pool, acct_unit_e unit,
                                    apr_interval_time_t within,
                                    acct_db_t **db, const char **error,
                                    apr_pool_t *p)
{
    apr_status_t status = unit == ACCT_UNIT_FOLLOW
        ? acct_server_pool_acquire_own(pool->server, within, db, error, p)
        : acct_server_pool_acquire(pool->server, within, db, error, p);

    if (status == APR_EMISMATCH) {
        doubt(pool);
    }
    return status;
}

static apr_status_t begin_unit(acct_pool_t *pool, acct_unit_e unit,
                               apr_interval_time_t within, acct_db_t **db,
                               const char **error, apr_pool_t *p)
{
    apr_status_t status;
    int slot;

    if (pool->closed != NULL) {
        *error = pool->closed;
        return APR_EACCES;
    }
    heed(pool);
    if (pool->server != NULL) {
        return begin_on_server(pool, unit, within, db, error, p);
    }
    if (!acct_file_guard_is_open(&pool->guard, what_others_say(pool),
                                 error, p)) {
        return APR_EACCES;
    }
    if (pool->connections == NULL) {
        *error = "the connections could not be set up when the child began";
        return APR_EINIT;
    }
    /* of a file each connection reads the same */
    if (unit != ACCT_UNIT_WRITE) {
        return acquire(pool, db, error, p);
    }
    /* One writer of the server at a time: sqlite has one anyway, and
     * apr_dbd's answer to a second is to sleep for 100 ms at a time with
     * a connection in its hands. */
    status = acct_gate_enter(pool->writers, &slot);
    if (status != APR_SUCCESS) {
        *error = ACCT_POOL_WRITERS;
        return status;
    }
    status = acquire(pool, db, error, p);
    if (status != APR_SUCCESS) {
        acct_gate_leave(pool->writers, WRITER);
    }
    return status;
}

apr_status_t acct_pool_acquire_within(acct_pool_t *pool, acct_unit_e unit,
                                      apr_interval_time_t within,
                                      acct_db_t **db, const char **error,
                                      apr_pool_t *p)
{
    apr_status_t status;

    hold_signals(pool);
    status = begin_unit(pool, unit, within, db, error, p);
    if (status != APR_SUCCESS) {
        let_signals(pool);
    }
    return status;
}

apr_status_t acct_pool_acquire(acct_pool_t *pool, acct_unit_e unit,
                               acct_db_t **db, const char **error,
                               apr_pool_t *p)
{
    return acct_pool_acquire_within(pool, unit, ACCT_POOL_WITHIN, db, error,
                                    p);
}

apr_status_t acct_pool_look_again(acct_pool_t *pool, acct_db_t *db,
                                  const char **error, apr_pool_t *p)
{
    apr_status_t status = acct_pool_look_over(db, &pool->config,
                                              &pool->expected, error, p);

    if (status == APR_EMISMATCH) {
        doubt(pool);
    }
    return status;
}

int acct_pool_trusts(acct_pool_t *pool, const acct_db_t *db)
{
    heed(pool);
    return pool->server != NULL
        ? acct_server_pool_trusts(pool->server, db) : !is_suspect(pool, db);
}

static void end_unit(acct_pool_t *pool, acct_unit_e unit, acct_db_t *db)
{
    if (pool->server != NULL && unit == ACCT_UNIT_FOLLOW) {
        acct_server_pool_release_own(pool->server, db);
        return;
    }
    if (pool->server != NULL) {
        acct_server_pool_release(pool->server, db);
        return;
    }
    if (acct_db_is_broken(db)) {
        suspect_all(pool);
        apr_reslist_invalidate(pool->connections, db);
    }
    else if (is_suspect(pool, db)) {
        apr_reslist_invalidate(pool->connections, db);
    }
    else {
        apr_reslist_release(pool->connections, db);
    }
    if (unit == ACCT_UNIT_WRITE) {
        acct_gate_leave(pool->writers, WRITER);
    }
}

void acct_pool_release(acct_pool_t *pool, acct_unit_e unit, acct_db_t *db)
{
    end_unit(pool, unit, db);
    let_signals(pool);
}

void acct_pool_unfollow(acct_pool_t *pool)
{
    if (pool->server != NULL) {
        acct_server_pool_drop_own(pool->server);
    }
}

void acct_pool_close_idle(acct_pool_t *pool)
{
    if (pool->server != NULL) {
        acct_server_pool_close_idle(pool->server);
    }
}
