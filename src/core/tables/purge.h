/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clearing away what is over: tokens and links that have expired, revocations
 * that no feed needs any more, networks that nobody signed in from for long,
 * accounts that were not activated in time, names that are not held any more,
 * mails of sites that are no more, counts of mails. In batches, each a short
 * transaction, so that no request waits long for one.
 */
#ifndef ACCT_PURGE_H
#define ACCT_PURGE_H

#include <apr_pools.h>
#include <apr_time.h>

#include "database/database.h"

/** The most rows of each kind that a batch deletes. */
#define ACCT_PURGE_BATCH 200

/** How long what has expired is kept, microseconds: the clocks of several
 *  servers differ, and what by one has expired may live by the one that
 *  made it. And a use that prolongs a token is written some time after it
 *  (cache/last_used.h). */
#define ACCT_PURGE_EXPIRED_KEPT apr_time_from_sec(600)

/** How long revocations are kept. A feed that was not read for longer needs
 *  none of them: nothing is believed for longer than a minute without
 *  asking the database again (cache/cache.h). */
#define ACCT_PURGE_REVOCATIONS_KEPT apr_time_from_sec(86400)

/** How long it is known that an account was signed in to from a network. */
#define ACCT_PURGE_NETWORKS_KEPT apr_time_from_sec(30 * 86400)

/** How long it is known how much was mailed. */
#define ACCT_PURGE_MAIL_COUNTS_KEPT apr_time_from_sec(2 * 86400)

typedef struct acct_purged_t {
    int tokens;                 /* rows that went */
    int revocations;
    int networks;
    int pending;                /* accounts */
    int links;
    int holds;
    int mails;                  /* that no server took */
    int mail_counts;
    int more;                   /* there may be more: ask again */
    int others;                 /* nothing was done: another server had its
                                 * turn */
} acct_purged_t;

/** For how long it may be another's turn each time before the operator should
 *  look: microseconds. A server that clears away lets go after each batch. */
#define ACCT_PURGE_TURN_LATE apr_time_from_sec(300)

/* For how long it has been. Zeros at first. */
typedef struct acct_purge_turn_t {
    apr_interval_time_t since;  /* ticks; 0: it was ours */
    int told;
} acct_purge_turn_t;

/**
 * Note what came of a batch.
 * @param tick now
 * @return minutes for which it was not our turn, once when that gets long;
 *         0 when there is nothing to tell
 */
int acct_purge_turn(acct_purge_turn_t *turn, const acct_purged_t *purged,
                    apr_interval_time_t tick);

/**
 * Whether a batch would find anything, by a look that keeps nobody from
 * writing. Of a server it is not known: 1.
 * @param now as of acct_purge()
 */
apr_status_t acct_purge_is_due(acct_db_t *db, apr_time_t now, int *is_due,
                               apr_pool_t *pool);

/**
 * One batch in a transaction of its own. On a server it does nothing while
 * another does the same.
 * @param now    what had expired, or was old, by then; and on a server by
 *               its own clock, too
 * @param purged also on failure: what was committed, so nothing
 */
apr_status_t acct_purge(acct_db_t *db, apr_time_t now, acct_purged_t *purged,
                        apr_pool_t *pool);

#endif
