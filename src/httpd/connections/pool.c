/* SPDX-License-Identifier: Apache-2.0 */
#include "connections/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "connections/list.h"
#include "connections/pool_open.h"

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
    acct_list_t *list;              /* NULL: it could not be set up */
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

/* ---- doubts ---- */

/* What is open reads the same, in each child. */
static void doubt(acct_pool_t *pool)
{
    const acct_creation_t *creation = &pool->expected.creation;

    acct_list_suspect(pool->list);
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
    /* relaxed, both: what is open is closed by the list, with a lock */
    if (said != atomic_load_explicit(&pool->doubts, memory_order_relaxed)
        && said != atomic_exchange_explicit(&pool->doubts, said,
                                            memory_order_relaxed)) {
        acct_list_suspect(pool->list);
    }
}

/* ---- units of work ---- */

apr_status_t acct_pool_child_init(acct_pool_t *pool, int threads,
                                  acct_crowd_t *crowd, apr_pool_t *pchild)
{
    const acct_list_settings_t settings = {
        .config = &pool->config,
        .expected = &pool->expected,
        .crowd = crowd,
        .threads = threads,
        .most = pool->most
    };
    const char *error;
    apr_status_t status;

    pool->is_interrupted = threads <= 1;
    pool->interrupted = pthread_self();
    status = acct_db_init(pchild, pool->config.driver, &error);
    if (status == APR_SUCCESS && pool->is_file) {
        status = acct_file_guard_child_init(&pool->guard, pchild);
    }
    if (status == APR_SUCCESS) {
        status = acct_list_make(&pool->list, &settings, pchild);
    }
    return status;
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

/* Of a file each connection reads the same. */
static acct_list_which_e which_for(const acct_pool_t *pool, acct_unit_e unit)
{
    return unit == ACCT_UNIT_FOLLOW && !pool->is_file ? ACCT_LIST_OWN
                                                      : ACCT_LIST_ANY;
}

/* One writer of the server at a time: sqlite has one anyway, and apr_dbd's
 * answer to a second is to sleep for 100 ms at a time with a connection in its
 * hands. */
static int needs_gate(const acct_pool_t *pool, acct_unit_e unit)
{
    return unit == ACCT_UNIT_WRITE && pool->is_file;
}

/* Whether a connection may be handed out at all. */
static apr_status_t may_begin(acct_pool_t *pool, const char **error,
                              apr_pool_t *p)
{
    if (pool->closed != NULL) {
        *error = pool->closed;
        return APR_EACCES;
    }
    if (pool->list == NULL) {
        *error = "the connections could not be set up when the child began";
        return APR_EINIT;
    }
    heed(pool);
    return !pool->is_file
        || acct_file_guard_is_open(&pool->guard, what_others_say(pool),
                                   error, p) ? APR_SUCCESS : APR_EACCES;
}

static apr_status_t begin_unit(acct_pool_t *pool, acct_unit_e unit,
                               apr_interval_time_t within, acct_db_t **db,
                               const char **error, apr_pool_t *p)
{
    apr_status_t status = may_begin(pool, error, p);
    int slot;

    if (status != APR_SUCCESS) {
        return status;
    }
    if (needs_gate(pool, unit)) {
        status = acct_gate_enter(pool->writers, &slot);
        if (status != APR_SUCCESS) {
            *error = ACCT_POOL_WRITERS;
            return status;
        }
    }
    status = acct_list_take(pool->list, which_for(pool, unit), within, db,
                            error, p);
    if (status == APR_EMISMATCH) {
        doubt(pool);
    }
    if (status != APR_SUCCESS && needs_gate(pool, unit)) {
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
    return acct_list_trusts(pool->list, db);
}

void acct_pool_release(acct_pool_t *pool, acct_unit_e unit, acct_db_t *db)
{
    acct_list_put(pool->list, which_for(pool, unit), db);
    if (needs_gate(pool, unit)) {
        acct_gate_leave(pool->writers, WRITER);
    }
    let_signals(pool);
}

void acct_pool_unfollow(acct_pool_t *pool)
{
    if (pool->list != NULL) {
        acct_list_drop_own(pool->list);
    }
}

int acct_pool_has_spare(const acct_pool_t *pool)
{
    return pool->list != NULL && acct_list_has_spare(pool->list);
}

void acct_pool_close_idle(acct_pool_t *pool)
{
    if (pool->list != NULL) {
        acct_list_close_idle(pool->list);
    }
}
