/* SPDX-License-Identifier: Apache-2.0 */
#include "process/upkeep_write.h"

#include <http_log.h>

#include "base/ticks.h"
#include "base/told_status.h"
#include "tables/purge.h"
#include "store/store.h"

APLOG_USE_MODULE(acctauth);

/* Expired rows go in small steps and for a short time in all, with as long a
 * pause after each step as it took, so that requests that write are hardly
 * ever kept waiting. When that was not enough it goes on with the next
 * look. */
#define PURGE_EVERY apr_time_from_sec(10)
#define PURGE_BUDGET apr_time_from_msec(200)

/* Where nothing was due and no request comes. */
#define LOOK_SELDOM apr_time_from_sec(60)

/* relaxed: the lock that the caller has orders all else */
static int is_ending(const _Atomic(int) *ended)
{
    return atomic_load_explicit(ended, memory_order_relaxed);
}

void acct_upkeep_not_acquired(acct_upkeep_t *one, server_rec *s,
                         apr_status_t status, const char *error,
                         apr_pool_t *pool)
{
    if (acct_pool_is_news(status, error)) {
        acct_outage_begin(one->outage, ACCT_UNIT_READ, s, "ACCT0201",
                          status, error, pool);
    }
}

void acct_upkeep_not_written(acct_upkeep_t *one, server_rec *s,
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
        acct_upkeep_not_acquired(one, s, status, error, pool);
        write_failed(one, s);
        return;
    }
    status = acct_last_used_write(notes, one->notes->cache, db, pool);
    if (status != APR_SUCCESS) {
        acct_upkeep_not_written(one, s, status, db, pool);
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
        acct_upkeep_not_acquired(one, s, status, error, pool);
        complain(one, s);
        return status;
    }
    status = acct_purge(db, apr_time_now(), purged, pool);
    if (status != APR_SUCCESS) {
        acct_upkeep_not_written(one, s, status, db, pool);
        complain(one, s);
    }
    else {
        one->complained = 0;
        look_whose_turn(one, s, purged);
    }
    acct_pool_release(one->pool, ACCT_UNIT_WRITE, db);
    return status;
}

static void tell_mails(server_rec *s, int mails)
{
    if (mails > 0) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                     "ACCT0277: %d mails were not sent: no server of their "
                     "virtual hosts sent them in their time, and they are "
                     "cleared away", mails);
    }
}

static int is_visited(const acct_upkeep_t *one)
{
    return one->notes == NULL
        || acct_cache_feed_is_wanted(one->notes->cache, one->notes->place,
                                     acct_ticks());
}

/* Where nothing is due no request is kept from writing. Where that cannot be
 * found out the purge meets the same failure, and logs it. */
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
static void purge(acct_upkeep_t *one, server_rec *s,
                  const _Atomic(int) *ended, apr_pool_t *pool)
{
    apr_interval_time_t begun = acct_ticks();
    acct_purged_t purged = { .more = 1 };
    int tokens = 0;
    int revocations = 0;
    int pending = 0;
    int mails = 0;
    apr_pool_t *own;

    if (apr_pool_create(&own, pool) != APR_SUCCESS) {
        return;
    }
    while (purged.more && !is_ending(ended)
           && acct_ticks() - begun < PURGE_BUDGET) {
        apr_interval_time_t step = acct_ticks();

        if (purge_batch(one, s, &purged, own) != APR_SUCCESS) {
            purged.more = 0;
            break;
        }
        tokens += purged.tokens;
        revocations += purged.revocations;
        pending += purged.pending;
        mails += purged.mails;
        apr_pool_clear(own);
        if (purged.more) {
            apr_sleep(acct_ticks() - step);
        }
    }
    apr_pool_destroy(own);
    tell_mails(s, mails);
    one->purge_at = purged.more ? 0 : acct_ticks() + PURGE_EVERY;
    if (tokens > 0 || revocations > 0 || pending > 0) {
        ap_log_error(APLOG_MARK, APLOG_DEBUG, 0, s,
                     "ACCT0232: %d expired tokens, %d old revocations and "
                     "%d accounts that were not activated in time cleared "
                     "away in %d ms%s", tokens, revocations, pending,
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

static void try_writing(acct_upkeep_t *one, server_rec *s, apr_pool_t *pool)
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
        acct_outage_over(one->outage, ACCT_UNIT_WRITE, s);
    }
    acct_pool_release(one->pool, ACCT_UNIT_WRITE, db);
}

int acct_upkeep_write_is_due(const acct_upkeep_t *one,
                             apr_interval_time_t tick)
{
    return (one->due != NULL && one->due->count > 0)
        || tick >= one->purge_at || acct_outage_of_writing(one->outage);
}

void acct_upkeep_write(acct_upkeep_t *one, server_rec *s,
                       const _Atomic(int) *ended, apr_pool_t *pool)
{
    try_writing(one, s, pool);
    /* Before the purge, which may find what they prolong. */
    write_notes(one, s, pool);
    if (acct_ticks() < one->purge_at || is_ending(ended)) {
        return;
    }
    if (purge_is_due(one, pool)) {
        purge(one, s, ended, pool);
    }
    else {
        one->purge_at = acct_ticks() + (is_visited(one) ? PURGE_EVERY
                                                        : LOOK_SELDOM);
    }
}
