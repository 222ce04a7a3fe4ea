/* SPDX-License-Identifier: Apache-2.0 */
#include "process/upkeep.h"

#include <apr_general.h>
#include <apr_optional.h>
#include <http_log.h>
#include <mod_watchdog.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "base/ticks.h"
#include "process/upkeep_limits.h"
#include "process/upkeep_write.h"

APLOG_USE_MODULE(acctauth);

#define READING "_acctauth_feed_"
#define READING_SLOW "_acctauth_slow_feed_"
#define WRITING "_acctauth_upkeep_"
#define LIMITS "_acctauth_limits_"

/* How often the writing thread looks whether anything is due. */
#define LOOK_EVERY apr_time_from_sec(1)

/* How often a child looks whether it is its turn to tell of limits. */
#define LIMITS_EVERY apr_time_from_msec(500)

/* When tokens were last used is written as often. */
#define NOTES_EVERY apr_time_from_sec(10)

/* One thread's: what it goes over, and whether it still may. A child that
 * ends destroys its connections without regard to mod_watchdog's threads,
 * which it stops later, or not at all. */
typedef struct round_t {
    acct_upkeep_t *all;
    server_rec *server;
    pthread_mutex_t lock;       /* held while connections are used */
    acct_rounds_t *rounds;
} round_t;

struct acct_rounds_t {
    round_t reading;
    round_t reading_slow;
    round_t writing;
    round_t limits;
    int is_shared;              /* several feeds are read */
    _Atomic(int) any_slow;      /* acct_feed_is_slow() may be true of one */
    /* the writing thread's */
    apr_interval_time_t noted_at;   /* ticks */
    acct_last_used_t last_used;
    _Atomic(int) ended;         /* nothing new is begun */
};

/* ---- the end of a child ---- */

static void say_it_ends(acct_rounds_t *rounds)
{
    /* relaxed: the locks order what was done before; that it is seen soon
     * is all there is to it */
    atomic_store_explicit(&rounds->ended, 1, memory_order_relaxed);
}

static int is_ending(const round_t *round)
{
    /* relaxed: a thread that gets the lock after end_rounds() had it sees it
     * by the lock; end_rounds() waits for one that asks earlier */
    return atomic_load_explicit(&round->rounds->ended, memory_order_relaxed);
}

static void wait_for(round_t *round)
{
    if (pthread_mutex_lock(&round->lock) == 0) {
        pthread_mutex_unlock(&round->lock);
    }
}

/* Said to all before one is waited for: each stops after the unit of work
 * that it is at. */
static apr_status_t end_rounds(void *data)
{
    acct_rounds_t *rounds = data;

    say_it_ends(rounds);
    wait_for(&rounds->reading);
    wait_for(&rounds->reading_slow);
    wait_for(&rounds->writing);
    wait_for(&rounds->limits);
    return APR_SUCCESS;
}

void acct_upkeep_leave(acct_rounds_t *rounds)
{
    say_it_ends(rounds);
}

static int make_lock(round_t *round)
{
    pthread_mutexattr_t attr;
    int rv = pthread_mutexattr_init(&attr);

    if (rv != 0) {
        return rv;
    }
    rv = pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
    if (rv == 0) {
        rv = pthread_mutex_init(&round->lock, &attr);
    }
    pthread_mutexattr_destroy(&attr);
    return rv;
}

apr_status_t acct_upkeep_child_init(acct_rounds_t *rounds,
                                    apr_pool_t *pchild)
{
    int rv;

    say_it_ends(rounds);
    rv = make_lock(&rounds->reading);
    if (rv == 0) {
        rv = make_lock(&rounds->reading_slow);
    }
    if (rv == 0) {
        rv = make_lock(&rounds->writing);
    }
    if (rv == 0) {
        rv = make_lock(&rounds->limits);
    }
    if (rv == 0) {
        /* relaxed: the threads are started later */
        atomic_store_explicit(&rounds->ended, 0, memory_order_relaxed);
        /* before the pools below it, which hold the connections' list */
        apr_pool_pre_cleanup_register(pchild, rounds, end_rounds);
    }
    return rv;
}

/* Another thread ends the child: a signal's handler that ran in this one would
 * wait for itself. Before 2.4.49 httpd leaves signals to threads of
 * mod_watchdog's too, and this one is ours alone. */
static void leave_signals_to_others(void)
{
    sigset_t ends;

    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
}

typedef void work_fn(acct_upkeep_t *one, round_t *round, apr_pool_t *pool);

/* Whether that would do anything: of many databases most have nothing to be
 * done most of the time. */
typedef int due_fn(const acct_upkeep_t *one, const round_t *round,
                   apr_interval_time_t tick);

/* Do something for a database, while the child lives. What tells whether it is
 * due may lie in the child's pool, so it is asked with the lock as well. */
static void do_one(round_t *round, acct_upkeep_t *one, due_fn *is_due,
                   work_fn *work, apr_pool_t *pool)
{
    if (is_ending(round) || pthread_mutex_lock(&round->lock) != 0) {
        return;
    }
    if (!is_ending(round) && is_due(one, round, acct_ticks())) {
        work(one, round, pool);
    }
    pthread_mutex_unlock(&round->lock);
}

static void go_round(round_t *round, due_fn *is_due, work_fn *work,
                     apr_pool_t *pool)
{
    acct_upkeep_t *one;

    leave_signals_to_others();
    for (one = round->all; one != NULL; one = one->next) {
        do_one(round, one, is_due, work, pool);
    }
}

/* ---- reading ---- */

static int is_usual(const acct_upkeep_t *one, const round_t *round)
{
    return one->feed != NULL
        && (!round->rounds->is_shared || !acct_feed_is_slow(one->feed));
}

static int usual_is_due(const acct_upkeep_t *one, const round_t *round,
                        apr_interval_time_t tick)
{
    return acct_pool_has_spare(one->pool)
        || (is_usual(one, round) && acct_feed_is_due(one->feed, tick));
}

static void note_slow(const acct_upkeep_t *one, round_t *round)
{
    if (acct_feed_is_slow(one->feed)) {
        /* relaxed: what goes with it is the feed's */
        atomic_store_explicit(&round->rounds->any_slow, 1,
                              memory_order_relaxed);
    }
}

static void read_usual(acct_upkeep_t *one, round_t *round, apr_pool_t *pool)
{
    if (is_usual(one, round)) {
        acct_feed_read(one->feed, round->server, pool);
        note_slow(one, round);
    }
    acct_pool_close_idle(one->pool);
}

/* Until it answers a database is this thread's. */
static int slow_is_due(const acct_upkeep_t *one, const round_t *round,
                       apr_interval_time_t tick)
{
    (void)round;
    (void)tick;
    return one->feed != NULL && acct_feed_is_slow(one->feed);
}

static void read_slow(acct_upkeep_t *one, round_t *round, apr_pool_t *pool)
{
    acct_feed_read(one->feed, round->server, pool);
    note_slow(one, round);
}

static apr_status_t read_feeds(int state, round_t *round, due_fn *is_due,
                               work_fn *work, apr_pool_t *pool)
{
    /* mod_watchdog stops the thread by this call and then waits for it. */
    if (state == AP_WATCHDOG_STATE_STOPPING) {
        say_it_ends(round->rounds);
        return APR_SUCCESS;
    }
    /* At its start too: after a reload there may be little left of the
     * bound. */
    go_round(round, is_due, work, pool);
    return APR_SUCCESS;
}

static apr_status_t read_usual_feeds(int state, void *data, apr_pool_t *pool)
{
    return read_feeds(state, data, usual_is_due, read_usual, pool);
}

static apr_status_t read_slow_feeds(int state, void *data, apr_pool_t *pool)
{
    round_t *round = data;

    /* Before the look: what gets slow meanwhile is found the next time.
     * relaxed: what goes with it is the feed's. */
    if (state != AP_WATCHDOG_STATE_STOPPING
        && !atomic_exchange_explicit(&round->rounds->any_slow, 0,
                                     memory_order_relaxed)) {
        return APR_SUCCESS;
    }
    return read_feeds(state, round, slow_is_due, read_slow, pool);
}

/* ---- writing ---- */

/* What requests have noted of all databases' tokens. */
static void collect_notes(round_t *round, apr_pool_t *pool)
{
    const acct_cache_t *cache = NULL;
    acct_upkeep_t *one;
    acct_notes_t *notes;
    int count = 0;

    for (one = round->all; one != NULL; one = one->next) {
        count += one->notes != NULL;
    }
    notes = apr_pcalloc(pool, (apr_size_t)count * sizeof(*notes));
    count = 0;
    for (one = round->all; one != NULL; one = one->next) {
        one->due = NULL;
        if (one->notes != NULL) {
            cache = one->notes->cache;
            one->due = &notes[count++];
            one->due->database = one->notes->database;
        }
    }
    if (cache != NULL) {
        acct_last_used_collect(&round->rounds->last_used, cache, notes,
                               count, pool);
    }
}

/* They lie in the round's pool. Those of a database that had none are not
 * written, so writing does not forget them. */
static void forget_notes(round_t *round)
{
    acct_upkeep_t *one;

    for (one = round->all; one != NULL; one = one->next) {
        one->due = NULL;
    }
}

static int writing_is_due(const acct_upkeep_t *one, const round_t *round,
                          apr_interval_time_t tick)
{
    (void)round;
    return acct_upkeep_write_is_due(one, tick);
}

static void write_due(acct_upkeep_t *one, round_t *round, apr_pool_t *pool)
{
    acct_upkeep_write(one, round->server, &round->rounds->ended, pool);
}

static apr_status_t write_what_is_due(int state, void *data,
                                      apr_pool_t *pool)
{
    round_t *round = data;

    if (state == AP_WATCHDOG_STATE_STOPPING) {
        say_it_ends(round->rounds);
    }
    else if (state == AP_WATCHDOG_STATE_RUNNING) {
        acct_rounds_t *rounds = round->rounds;

        if (acct_ticks() - rounds->noted_at >= NOTES_EVERY
            && !is_ending(round)) {
            rounds->noted_at = acct_ticks();
            collect_notes(round, pool);
        }
        go_round(round, writing_is_due, write_due, pool);
        forget_notes(round);
    }
    return APR_SUCCESS;
}

/* ---- limits ---- */

static int limits_are_due(const acct_upkeep_t *one, const round_t *round,
                          apr_interval_time_t tick)
{
    (void)round;
    (void)tick;
    return one->limits != NULL;
}

static void tell_limits(acct_upkeep_t *one, round_t *round, apr_pool_t *pool)
{
    acct_upkeep_limits(one, round->server, pool);
}

static apr_status_t tell_all_limits(int state, void *data, apr_pool_t *pool)
{
    round_t *round = data;

    if (state == AP_WATCHDOG_STATE_STOPPING) {
        say_it_ends(round->rounds);
    }
    else {
        go_round(round, limits_are_due, tell_limits, pool);
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
    apr_interval_time_t period = bound / 2;
    acct_rounds_t *made = apr_pcalloc(pconf, sizeof(*made));
    apr_status_t status = APR_SUCCESS;
    acct_upkeep_t *one;
    int feeds = 0;
    int limited = 0;

    made->reading.all = all;
    made->reading.server = s;
    made->reading.rounds = made;
    made->reading_slow = made->writing = made->limits = made->reading;
    if (interval > apr_time_from_sec(1)) {
        interval = apr_time_from_sec(1);
    }
    if (period > apr_time_from_sec(1)) {
        period = apr_time_from_sec(1);
    }
    for (one = all; one != NULL; one = one->next) {
        limited += one->limits != NULL;
        if (one->feed != NULL) {
            /* looks come a little early or late */
            one->feed->rest = period - interval / 4;
            /* one look missed, and it is another's turn */
            one->feed->patience = period + interval;
            feeds++;
        }
    }
    made->is_shared = feeds > 1;
    if (bound > 0) {
        status = start(READING, IN_EACH_CHILD, interval, read_usual_feeds,
                       &made->reading, pconf);
    }
    if (status == APR_SUCCESS && made->is_shared) {
        status = start(READING_SLOW, IN_EACH_CHILD, interval,
                       read_slow_feeds, &made->reading_slow, pconf);
    }
    if (status == APR_SUCCESS) {
        status = start(WRITING, IN_ONE_CHILD, LOOK_EVERY,
                       write_what_is_due, &made->writing, pconf);
    }
    if (status == APR_SUCCESS && limited > 0) {
        status = start(LIMITS, IN_EACH_CHILD, LIMITS_EVERY, tell_all_limits,
                       &made->limits, pconf);
    }
    *rounds = made;
    return status;
}
