/* SPDX-License-Identifier: Apache-2.0 */
#include "process/feed.h"

#include <http_log.h>
#include <stdatomic.h>

#include "base/ticks.h"
#include "base/told_status.h"
#include "tables/purge.h"
#include "token/check_row.h"
#include "token/foreign.h"

APLOG_USE_MODULE(acctauth);

/* More at once than this are not looked at one by one: forget everything. */
#define MOST 8192

/* What fails sooner keeps no other feed waiting. */
#define SLOW apr_time_from_msec(300)

/* How often to look whether open connections still read what they were
 * opened for: nothing else finds out before the next one is opened. */
#define LOOK_EVERY apr_time_from_sec(1)

/* A child that takes over reads on where another left off. */
static void begin(acct_feed_t *feed)
{
    apr_int64_t origin = acct_cache_feed_origin(feed->cache, feed->place);

    acct_mark_at(&feed->mark, acct_cache_feed_last(feed->cache, feed->place),
                 origin);
}

static apr_status_t read_rows(acct_feed_t *feed, acct_db_t *db,
                              acct_missed_e *missed, apr_pool_t *pool)
{
    apr_array_header_t *list;
    apr_status_t status;
    int i;

    status = acct_store_revocation_read(db, &feed->mark, MOST, &list,
                                        missed, pool);
    if (status != APR_SUCCESS) {
        return status;
    }
    for (i = 0; i < list->nelts; i++) {
        acct_cache_raise(feed->cache, feed->database,
                         APR_ARRAY_IDX(list, i, acct_revocation_t)
                             .account_id);
    }
    return APR_SUCCESS;
}

/* Whether all tokens have the check of a key, and whether none is another
 * system's: the rows, and the tick of before the look. */
static apr_status_t read_check(acct_feed_t *feed, acct_db_t *db,
                               apr_pool_t *pool)
{
    apr_interval_time_t tick = acct_ticks();
    acct_check_row_t row;
    unsigned int forms;
    apr_status_t status = acct_check_row_read(db, &row, pool);

    if (status == APR_SUCCESS) {
        feed->checked = row.state == ACCT_CHECK_ON
            ? acct_token_check_id(row.key_id) : 0;
        acct_cache_feed_checked(feed->cache, feed->place, feed->checked,
                                tick);
        status = acct_foreign_forms_read(db, &forms, pool);
    }
    if (status == APR_SUCCESS) {
        feed->is_native = forms == 0;
        acct_cache_feed_native(feed->cache, feed->place, feed->is_native,
                               tick);
    }
    return status;
}

/* The word decides what is forgotten later; the log is the outage's. */
static void cannot_read(acct_feed_t *feed, server_rec *s,
                        apr_status_t status, const char *error,
                        apr_pool_t *pool)
{
    (void)acct_cache_feed_failing(feed->cache, feed->place, 1);
    if (!APR_STATUS_IS_EAGAIN(status)) {
        acct_outage_begin(feed->outage, ACCT_UNIT_READ, s, "ACCT0230",
                          status, error, pool);
    }
}

/* After an outage the log says that it has ended, and no more. */
static void tell_forgotten(server_rec *s, acct_missed_e missed)
{
    if (missed == ACCT_MISSED_TOO_MANY) {
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, s,
                     "ACCT0236: everybody is asked of the database again: "
                     "more was revoked than is told one by one");
    }
    else if (missed == ACCT_MISSED_ORIGIN) {
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, s,
                     "ACCT0236: everybody is asked of the database again: "
                     "revocations are read by another connection than "
                     "before, or the database is not what it was");
    }
}

/* After so long a rest what was read last may be gone from the table. */
static int was_at_rest(const acct_feed_t *feed, apr_interval_time_t tick)
{
    apr_int64_t age = acct_cache_feed_age(feed->cache, feed->place, tick);

    return age < 0 || age >= ACCT_PURGE_REVOCATIONS_KEPT;
}

/* What was read is all there is to know: from here on the cache is believed
 * again. Where revocations may have gone by unseen nothing older is believed:
 * it is forgotten now, after the look, so that nothing falls between. What
 * happened to the database while it could not be read is not known. */
static void believe(acct_feed_t *feed, server_rec *s,
                    apr_interval_time_t tick, acct_missed_e missed)
{
    int was_failing = acct_cache_feed_failing(feed->cache, feed->place, 0);

    if (missed != ACCT_MISSED_NOTHING || was_failing) {
        acct_cache_raise_all(feed->cache);
        if (!was_failing && !was_at_rest(feed, tick)) {
            tell_forgotten(s, missed);
        }
    }
    acct_cache_feed_read(feed->cache, feed->place, tick, feed->mark.number);
    acct_cache_feed_set_origin(feed->cache, feed->place, feed->mark.origin);
}

/* The feed of a database that no request asks is not read: until it is read
 * again nothing is believed of it. Each is read once all the same, so that
 * what is forgotten by a first reading is forgotten when there is little; a
 * server's always, since it goes by the connection, of which another child
 * has another. An outage is followed to its end. */
static int is_wanted(const acct_feed_t *feed, apr_interval_time_t tick)
{
    return !acct_pool_is_file(feed->pool)
        || feed->is_failing
        || acct_cache_feed_last(feed->cache, feed->place) < 0
        || acct_cache_feed_has_trouble(feed->cache, feed->place,
                                       ACCT_CACHE_NO_READING) != 0
        || acct_cache_feed_is_wanted(feed->cache, feed->place, tick);
}

int acct_feed_is_due(const acct_feed_t *feed, apr_interval_time_t tick)
{
    return (feed->read_at == 0 || tick - feed->read_at >= feed->rest)
        && is_wanted(feed, tick);
}

/* 0 when it is another child's turn. */
static int is_our_turn(acct_feed_t *feed, server_rec *s)
{
    int turn = acct_cache_feed_claim(feed->cache, feed->place, &feed->claim,
                                     acct_ticks(), feed->patience);

    if (turn == 2) {
        ap_log_error(APLOG_MARK, APLOG_DEBUG, 0, s,
                     "ACCT0235: this child reads the revocations now");
    }
    return turn != 0;
}

/* Of a file whenever anything was committed there, since sqlite says when
 * nothing was. */
static apr_status_t look_again(acct_feed_t *feed, acct_db_t *db,
                               const char **error, apr_pool_t *pool)
{
    apr_status_t status;

    if (!acct_pool_is_file(feed->pool) && acct_ticks() < feed->look_at) {
        return APR_SUCCESS;
    }
    status = acct_pool_look_again(feed->pool, db, error, pool);
    if (status == APR_SUCCESS) {
        feed->look_at = acct_ticks() + LOOK_EVERY;
    }
    return status;
}

static apr_status_t read_all(acct_feed_t *feed, acct_db_t *db,
                             acct_missed_e *missed, apr_pool_t *pool)
{
    apr_status_t status = read_rows(feed, db, missed, pool);

    return status == APR_SUCCESS ? read_check(feed, db, pool) : status;
}

/* All that there is to ask by one connection, or that it is what it was at
 * the last reading. */
static apr_status_t read_by(acct_feed_t *feed, acct_db_t *db,
                            apr_interval_time_t tick, acct_missed_e *missed,
                            const char **error, apr_pool_t *pool)
{
    apr_int64_t version;
    int is_unchanged;
    apr_status_t status = acct_store_follow(db, feed, &version,
                                            &is_unchanged, pool);

    if (status == APR_SUCCESS && is_unchanged && feed->read_at != 0) {
        acct_cache_feed_checked(feed->cache, feed->place, feed->checked,
                                tick);
        acct_cache_feed_native(feed->cache, feed->place, feed->is_native,
                               tick);
        return APR_SUCCESS;
    }
    if (status != APR_SUCCESS) {
        *error = acct_db_error(db);
        return status;
    }
    status = look_again(feed, db, error, pool);
    if (status != APR_SUCCESS) {
        return status;
    }
    status = read_all(feed, db, missed, pool);
    *error = acct_db_error(db);
    if (status == APR_SUCCESS) {
        acct_db_followed(db, feed, version);
    }
    return status;
}

static apr_status_t read_feed(acct_feed_t *feed, server_rec *s,
                              apr_pool_t *pool)
{
    const char *error = "";
    acct_missed_e missed = ACCT_MISSED_NOTHING;
    apr_interval_time_t tick;
    acct_db_t *db;
    apr_status_t status;

    status = acct_pool_acquire(feed->pool, ACCT_UNIT_FOLLOW, &db, &error,
                               pool);
    if (status != APR_SUCCESS) {
        cannot_read(feed, s, status, error, pool);
        return status;
    }
    if (feed->mark.number < 0) {
        begin(feed);
    }
    /* The tick of before the look: what comes after it is not seen. */
    tick = acct_ticks();
    status = read_by(feed, db, tick, &missed, &error, pool);
    if (status != APR_SUCCESS && acct_db_is_outdated(db)) {
        (void)acct_cache_feed_failing(feed->cache, feed->place, 1);
    }
    else if (status != APR_SUCCESS) {
        cannot_read(feed, s, status, error, pool);
    }
    else if (acct_pool_trusts(feed->pool, db)) {
        believe(feed, s, tick, missed);
        feed->read_at = tick;
        acct_outage_over(feed->outage, ACCT_UNIT_READ, s);
    }
    acct_pool_release(feed->pool, ACCT_UNIT_FOLLOW, db);
    return status;
}

void acct_feed_read(acct_feed_t *feed, server_rec *s, apr_pool_t *pool)
{
    apr_interval_time_t begun = acct_ticks();
    apr_status_t status;
    int is_slow;

    if (!acct_feed_is_due(feed, begun)) {
        return;
    }
    if (!is_our_turn(feed, s)) {
        feed->read_at = 0;
        feed->is_failing = 0;   /* the other's to follow */
        acct_pool_unfollow(feed->pool);
        return;
    }
    status = read_feed(feed, s, pool);
    feed->is_failing = status != APR_SUCCESS;
    if (feed->is_failing) {
        feed->read_at = 0;      /* tried again with the next look */
    }
    /* refused at once: it was slow for another request */
    is_slow = status != APR_SUCCESS && (APR_STATUS_IS_TIMEUP(status)
                                        || APR_STATUS_IS_EAGAIN(status)
                                        || acct_ticks() - begun >= SLOW);
    /* release: the next reader may be another thread */
    atomic_store_explicit(&feed->is_slow, is_slow, memory_order_release);
}

int acct_feed_is_slow(const acct_feed_t *feed)
{
    /* acquire: what the last reader wrote */
    return atomic_load_explicit(&feed->is_slow, memory_order_acquire);
}
