/* SPDX-License-Identifier: Apache-2.0 */
#include "upkeep.h"

#include <apr_optional.h>
#include <http_log.h>
#include <mod_watchdog.h>
#include <pthread.h>

#include "../core/purge.h"
#include "../core/ticks.h"

APLOG_USE_MODULE(acctauth);

#define READING "_acctauth_feed_"
#define WRITING "_acctauth_upkeep_"

/* How often the writing thread looks whether anything is due. */
#define LOOK_EVERY apr_time_from_sec(1)

/* When tokens were last used is written as often. */
#define NOTES_EVERY apr_time_from_sec(10)

/* What is over goes in small steps and for a short time in all, with as
 * long a pause after each step as it took, so that who wants to write is
 * hardly ever kept waiting. When that was not enough it goes on with the
 * next look. */
#define PURGE_EVERY apr_time_from_sec(10)
#define PURGE_BUDGET apr_time_from_msec(200)

/* One thread's: what it goes over, and whether it still may. A child that
 * ends destroys its connections without regard to mod_watchdog's threads,
 * which it stops later, or not at all. */
typedef struct round_t {
    acct_upkeep_t *all;
    server_rec *server;
    pthread_mutex_t lock;       /* held while connections are used */
    int ended;                  /* guarded by lock */
} round_t;

struct acct_rounds_t {
    round_t reading;
    round_t writing;
};

/* ---- the end of a child ---- */

static apr_status_t end_round(void *data)
{
    round_t *round = data;

    /* On prefork a signal may end the child in that very thread: then it
     * has the lock already (EDEADLK) and will do nothing more. */
    if (pthread_mutex_lock(&round->lock) == 0) {
        round->ended = 1;
        pthread_mutex_unlock(&round->lock);
    }
    return APR_SUCCESS;
}

static apr_status_t begin_round(round_t *round, apr_pool_t *pchild)
{
    pthread_mutexattr_t attr;
    int rv = pthread_mutexattr_init(&attr);

    round->ended = 1;
    if (rv != 0) {
        return rv;
    }
    rv = pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
    if (rv == 0) {
        rv = pthread_mutex_init(&round->lock, &attr);
    }
    pthread_mutexattr_destroy(&attr);
    if (rv == 0) {
        round->ended = 0;
        /* before the pools below it, which hold the connections' list */
        apr_pool_pre_cleanup_register(pchild, round, end_round);
    }
    return rv;
}

apr_status_t acct_upkeep_child_init(acct_rounds_t *rounds,
                                    apr_pool_t *pchild)
{
    apr_status_t status = begin_round(&rounds->reading, pchild);

    return status == APR_SUCCESS ? begin_round(&rounds->writing, pchild)
                                 : status;
}

typedef void work_fn(acct_upkeep_t *one, server_rec *s, apr_pool_t *pool);

/* Do something for each database, while the child lives. */
static void go_round(round_t *round, work_fn *work, apr_pool_t *pool)
{
    acct_upkeep_t *one;
    int ended = 0;

    for (one = round->all; one != NULL && !ended; one = one->next) {
        if (pthread_mutex_lock(&round->lock) != 0) {
            return;
        }
        ended = round->ended;
        if (!ended) {
            work(one, round->server, pool);
        }
        pthread_mutex_unlock(&round->lock);
    }
}

/* ---- reading ---- */

static void read_feed(acct_upkeep_t *one, server_rec *s, apr_pool_t *pool)
{
    if (one->feed != NULL) {
        acct_feed_read(one->feed, s, pool);
    }
    acct_pool_close_idle(one->pool);
}

static apr_status_t read_feeds(int state, void *data, apr_pool_t *pool)
{
    /* At its start too: after a reload there may be little left of the
     * bound. */
    if (state != AP_WATCHDOG_STATE_STOPPING) {
        go_round(data, read_feed, pool);
    }
    return APR_SUCCESS;
}

/* ---- writing ---- */

static void write_failed(acct_upkeep_t *one, server_rec *s,
                         apr_status_t status, const char *error)
{
    ap_log_error(APLOG_MARK, one->is_behind ? APLOG_DEBUG : APLOG_WARNING,
                 status, s, "ACCT0233: when tokens were last used cannot be "
                 "written; those that live by being used may expire: %s",
                 error);
    one->is_behind = 1;
}

/* What requests have noted since, in one transaction. What fails is
 * written the next time. */
static void write_notes(acct_upkeep_t *one, server_rec *s, apr_pool_t *pool)
{
    const char *error = "";
    acct_notes_t notes;
    acct_db_t *db;
    apr_status_t status;

    if (one->notes == NULL) {
        return;
    }
    acct_last_used_collect(&one->last_used, one->notes->cache,
                           one->notes->database, &notes, pool);
    if (notes.count == 0) {
        return;
    }
    status = acct_pool_acquire(one->pool, ACCT_UNIT_WRITE, &db, &error,
                               pool);
    if (status != APR_SUCCESS) {
        write_failed(one, s, status, error);
        return;
    }
    status = acct_last_used_write(&notes, one->notes->cache, db, pool);
    if (status != APR_SUCCESS) {
        write_failed(one, s, status, acct_db_error(db));
    }
    else {
        one->is_behind = 0;
        ap_log_error(APLOG_MARK, APLOG_DEBUG, 0, s,
                     "ACCT0234: the last use of %d tokens written",
                     notes.count);
    }
    acct_pool_release(one->pool, ACCT_UNIT_WRITE, db);
}

static void complain(acct_upkeep_t *one, server_rec *s, apr_status_t status,
                     const char *error)
{
    if (!one->complained) {
        one->complained = 1;
        ap_log_error(APLOG_MARK, APLOG_WARNING, status, s,
                     "ACCT0240: expired tokens cannot be cleared away now, "
                     "and stay in the database until they can: %s", error);
    }
}

static apr_status_t purge_batch(acct_upkeep_t *one, server_rec *s,
                                acct_purged_t *purged, apr_pool_t *pool)
{
    const char *error = "";
    acct_db_t *db;
    apr_status_t status;

    status = acct_pool_acquire(one->pool, ACCT_UNIT_WRITE, &db, &error,
                               pool);
    if (status != APR_SUCCESS) {
        complain(one, s, status, error);
        return status;
    }
    status = acct_purge(db, apr_time_now(), purged, pool);
    if (status != APR_SUCCESS) {
        complain(one, s, status, acct_db_error(db));
    }
    else {
        one->complained = 0;
    }
    acct_pool_release(one->pool, ACCT_UNIT_WRITE, db);
    return status;
}

/* A failure only means that it is tried again later. */
static void purge(acct_upkeep_t *one, server_rec *s, apr_pool_t *pool)
{
    apr_interval_time_t begun = acct_ticks();
    acct_purged_t purged = { 0, 0, 1 };
    int tokens = 0;
    int revocations = 0;
    apr_pool_t *own;

    if (apr_pool_create(&own, pool) != APR_SUCCESS) {
        return;
    }
    while (purged.more && acct_ticks() - begun < PURGE_BUDGET) {
        apr_interval_time_t step = acct_ticks();

        if (purge_batch(one, s, &purged, own) != APR_SUCCESS) {
            purged.more = 0;
            break;
        }
        tokens += purged.tokens;
        revocations += purged.revocations;
        apr_pool_clear(own);
        if (purged.more) {
            apr_sleep(acct_ticks() - step);
        }
    }
    apr_pool_destroy(own);
    one->purge_at = purged.more ? 0 : acct_ticks() + PURGE_EVERY;
    if (tokens > 0 || revocations > 0) {
        ap_log_error(APLOG_MARK, APLOG_DEBUG, 0, s,
                     "ACCT0232: %d expired tokens and %d old revocations "
                     "cleared away in %d ms%s", tokens, revocations,
                     (int)apr_time_as_msec(acct_ticks() - begun),
                     purged.more ? "; there are more" : "");
    }
}

static void write_due(acct_upkeep_t *one, server_rec *s, apr_pool_t *pool)
{
    /* Before the purge, which may find what they prolong. */
    if (acct_ticks() - one->noted_at >= NOTES_EVERY) {
        one->noted_at = acct_ticks();
        write_notes(one, s, pool);
    }
    if (acct_ticks() >= one->purge_at) {
        purge(one, s, pool);
    }
}

static apr_status_t write_what_is_due(int state, void *data,
                                      apr_pool_t *pool)
{
    if (state == AP_WATCHDOG_STATE_RUNNING) {
        go_round(data, write_due, pool);
    }
    return APR_SUCCESS;
}

/* ---- the watchdog ---- */

enum { IN_EACH_CHILD = 0, IN_ONE_CHILD = 1 };

static apr_status_t start(const char *name, int where,
                          apr_interval_time_t interval,
                          ap_watchdog_callback_fn_t *callback,
                          const round_t *round, apr_pool_t *pconf)
{
    APR_OPTIONAL_FN_TYPE(ap_watchdog_get_instance) *get_instance =
        APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_get_instance);
    APR_OPTIONAL_FN_TYPE(ap_watchdog_register_callback) *add_callback =
        APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_register_callback);
    ap_watchdog_t *watchdog;
    apr_status_t status;

    if (get_instance == NULL || add_callback == NULL) {
        return APR_ENOTIMPL;
    }
    status = get_instance(&watchdog, name, 0, where, pconf);
    if (status != APR_SUCCESS) {
        return status;
    }
    return add_callback(watchdog, interval, round, callback);
}

apr_status_t acct_upkeep_start(acct_rounds_t **rounds, acct_upkeep_t *all,
                               apr_interval_time_t bound, server_rec *s,
                               apr_pool_t *pconf)
{
    apr_interval_time_t interval = bound / 4;
    acct_rounds_t *made = apr_pcalloc(pconf, sizeof(*made));
    apr_status_t status = APR_SUCCESS;
    acct_upkeep_t *one;

    made->reading.all = made->writing.all = all;
    made->reading.server = made->writing.server = s;
    if (interval > apr_time_from_sec(1)) {
        interval = apr_time_from_sec(1);
    }
    for (one = all; one != NULL; one = one->next) {
        if (one->feed != NULL) {
            /* one look missed, and it is another's turn */
            one->feed->patience = 2 * interval;
        }
    }
    if (bound > 0) {
        status = start(READING, IN_EACH_CHILD, interval, read_feeds,
                       &made->reading, pconf);
    }
    if (status == APR_SUCCESS) {
        status = start(WRITING, IN_ONE_CHILD, LOOK_EVERY,
                       write_what_is_due, &made->writing, pconf);
    }
    *rounds = made;
    return status;
}
