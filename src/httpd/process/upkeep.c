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
#include "base/told_status.h"
#include "store/purge.h"
#include "store/store.h"

APLOG_USE_MODULE(acctauth);

#define READING "_acctauth_feed_"
#define READING_SLOW "_acctauth_slow_feed_"
#define WRITING "_acctauth_upkeep_"

/* How often the writing thread looks whether anything is due. */
#define LOOK_EVERY apr_time_from_sec(1)

/* When tokens were last used is written as often. */
#define NOTES_EVERY apr_time_from_sec(10)

/* Expired rows go in small steps and for a short time in all, with as long a
 * pause after each step as it took, so that requests that write are hardly
 * ever kept waiting. When that was not enough it goes on with the next
 * look. */
#define PURGE_EVERY apr_time_from_sec(10)
#define PURGE_BUDGET apr_time_from_msec(200)

/* Where nothing was due and nobody comes. */
#define LOOK_SELDOM apr_time_from_sec(60)

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

static int is_over(round_t *round)
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
 * done most of the time, and finding that out takes no lock. */
typedef int due_fn(const acct_upkeep_t *one, const round_t *round,
                   apr_interval_time_t tick);

/* Do something for a database, while the child lives. */
static void do_one(round_t *round, acct_upkeep_t *one, work_fn *work,
                   apr_pool_t *pool)
{
    if (is_over(round) || pthread_mutex_lock(&round->lock) != 0) {
        return;
    }
    if (!is_over(round)) {
        work(one, round, pool);
    }
    pthread_mutex_unlock(&round->lock);
}

static void go_round(round_t *round, due_fn *is_due, work_fn *work,
                     apr_pool_t *pool)
{
    apr_interval_time_t tick = acct_ticks();
    acct_upkeep_t *one;

    leave_signals_to_others();
    for (one = round->all; one != NULL; one = one->next) {
        if (is_due(one, round, tick)) {
            do_one(round, one, work, pool);
        }
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
    return !acct_pool_is_file(one->pool)
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

    /* before the look: what gets slow meanwhile is found the next time */
    if (state != AP_WATCHDOG_STATE_STOPPING
        && !atomic_exchange_explicit(&round->rounds->any_slow, 0,
                                     memory_order_relaxed)) {
        return APR_SUCCESS;
    }
    return read_feeds(state, round, slow_is_due, read_slow, pool);
}

/* ---- writing ---- */

/* The cause is the outage's to tell. */
static void not_acquired(acct_upkeep_t *one, server_rec *s,
                         apr_status_t status, const char *error,
                         apr_pool_t *pool)
{
    if (acct_pool_is_news(status, error)) {
        acct_outage_begin(one->outage, ACCT_UNIT_READ, s, "ACCT0201",
                          status, error, pool);
    }
}

static void not_written(acct_upkeep_t *one, server_rec *s,
                        apr_status_t status, acct_db_t *db, apr_pool_t *pool)
{
    if (!acct_db_is_busy(db) && !acct_db_is_conflict(db)
        && !acct_db_is_outdated(db)) {
        acct_outage_begin(one->outage, ACCT_UNIT_WRITE, s, "ACCT0203",
                          status, acct_db_error(db), pool);
    }
}

static void write_failed(acct_upkeep_t *one, server_rec *s)
{
    ap_log_error(APLOG_MARK, one->is_behind ? APLOG_DEBUG : APLOG_WARNING,
                 0, s, "ACCT0233: when tokens were last used cannot be "
                 "written now; those that live by being used may expire");
    one->is_behind = 1;
}

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

/* In one transaction. What fails is collected again the next time. */
static void write_notes(acct_upkeep_t *one, server_rec *s, apr_pool_t *pool)
{
    const char *error = "";
    acct_notes_t *notes = one->due;
    acct_db_t *db;
    apr_status_t status;

    one->due = NULL;
    if (notes == NULL || notes->count == 0) {
        return;
    }
    status = acct_pool_acquire(one->pool, ACCT_UNIT_WRITE, &db, &error,
                               pool);
    if (status != APR_SUCCESS) {
        not_acquired(one, s, status, error, pool);
        write_failed(one, s);
        return;
    }
    status = acct_last_used_write(notes, one->notes->cache, db, pool);
    if (status != APR_SUCCESS) {
        not_written(one, s, status, db, pool);
        write_failed(one, s);
    }
    else {
        one->is_behind = 0;
        ap_log_error(APLOG_MARK, APLOG_DEBUG, 0, s,
                     "ACCT0234: the last use of %d tokens written",
                     notes->count);
    }
    acct_pool_release(one->pool, ACCT_UNIT_WRITE, db);
}

static void complain(acct_upkeep_t *one, server_rec *s)
{
    if (!one->complained) {
        one->complained = 1;
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                     "ACCT0240: expired tokens cannot be cleared away now, "
                     "and stay in the database until they can");
    }
}

static void look_whose_turn(acct_upkeep_t *one, server_rec *s,
                            const acct_purged_t *purged)
{
    int minutes = acct_purge_turn(&one->turn, purged, acct_ticks());

    if (minutes > 0) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                     "ACCT0241: expired tokens were not cleared away from "
                     "here for %d minutes: each time another session had "
                     "the row schema_version of the table meta locked. "
                     "Either another server clears away without end, or one "
                     "forgot to end its transaction (see pg_locks)",
                     minutes);
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
        not_acquired(one, s, status, error, pool);
        complain(one, s);
        return status;
    }
    status = acct_purge(db, apr_time_now(), purged, pool);
    if (status != APR_SUCCESS) {
        not_written(one, s, status, db, pool);
        complain(one, s);
    }
    else {
        one->complained = 0;
        look_whose_turn(one, s, purged);
    }
    acct_pool_release(one->pool, ACCT_UNIT_WRITE, db);
    return status;
}

static int is_visited(const acct_upkeep_t *one)
{
    return one->notes == NULL
        || acct_cache_feed_is_wanted(one->notes->cache, one->notes->place,
                                     acct_ticks());
}

/* Where nothing is due nobody is kept from writing. Where that cannot be
 * found out the purge meets the same, and tells. */
static int purge_is_due(acct_upkeep_t *one, apr_pool_t *pool)
{
    const char *error = "";
    acct_db_t *db;
    int due = 1;

    if (!acct_pool_is_file(one->pool)
        || acct_pool_acquire(one->pool, ACCT_UNIT_READ, &db, &error, pool)
           != APR_SUCCESS) {
        return 1;
    }
    if (acct_purge_is_due(db, apr_time_now(), &due, pool) != APR_SUCCESS) {
        due = 1;
    }
    acct_pool_release(one->pool, ACCT_UNIT_READ, db);
    return due;
}

/* A failure only means that it is tried again later. */
static void purge(acct_upkeep_t *one, round_t *round, apr_pool_t *pool)
{
    server_rec *s = round->server;
    apr_interval_time_t begun = acct_ticks();
    acct_purged_t purged = { 0, 0, 1, 0 };
    int tokens = 0;
    int revocations = 0;
    apr_pool_t *own;

    if (apr_pool_create(&own, pool) != APR_SUCCESS) {
        return;
    }
    while (purged.more && !is_over(round)
           && acct_ticks() - begun < PURGE_BUDGET) {
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

/* Whether the database takes writes again: only what is really written
 * shows it. */
static apr_status_t write_something(acct_db_t *db, void *ignored,
                                    apr_pool_t *pool)
{
    (void)ignored;
    return acct_store_meta_replace(db, "schema_version",
                                   APR_STRINGIFY(ACCT_SCHEMA_VERSION),
                                   APR_STRINGIFY(ACCT_SCHEMA_VERSION), pool);
}

static void try_writing(acct_upkeep_t *one, round_t *round, apr_pool_t *pool)
{
    const char *error = "";
    acct_db_t *db;

    if (!acct_outage_of_writing(one->outage)
        || acct_pool_acquire(one->pool, ACCT_UNIT_WRITE, &db, &error, pool)
           != APR_SUCCESS) {
        return;
    }
    if (acct_db_transact(db, write_something, NULL, pool) == APR_SUCCESS
        && acct_pool_trusts(one->pool, db)) {
        acct_outage_over(one->outage, ACCT_UNIT_WRITE, round->server);
    }
    acct_pool_release(one->pool, ACCT_UNIT_WRITE, db);
}

static int writing_is_due(const acct_upkeep_t *one, const round_t *round,
                          apr_interval_time_t tick)
{
    (void)round;
    return (one->due != NULL && one->due->count > 0)
        || tick >= one->purge_at || acct_outage_of_writing(one->outage);
}

static void write_due(acct_upkeep_t *one, round_t *round, apr_pool_t *pool)
{
    try_writing(one, round, pool);
    /* Before the purge, which may find what they prolong. */
    write_notes(one, round->server, pool);
    if (acct_ticks() < one->purge_at || is_over(round)) {
        return;
    }
    if (purge_is_due(one, pool)) {
        purge(one, round, pool);
    }
    else {
        one->purge_at = acct_ticks() + (is_visited(one) ? PURGE_EVERY
                                                        : LOOK_SELDOM);
    }
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
            && !is_over(round)) {
            rounds->noted_at = acct_ticks();
            collect_notes(round, pool);
        }
        go_round(round, writing_is_due, write_due, pool);
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

    made->reading.all = all;
    made->reading.server = s;
    made->reading.rounds = made;
    made->reading_slow = made->writing = made->reading;
    if (interval > apr_time_from_sec(1)) {
        interval = apr_time_from_sec(1);
    }
    if (period > apr_time_from_sec(1)) {
        period = apr_time_from_sec(1);
    }
    for (one = all; one != NULL; one = one->next) {
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
    *rounds = made;
    return status;
}
