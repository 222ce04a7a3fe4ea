/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is done for each database without a request: its revocations are read
 * (process/feed.h), when its tokens were last used is written
 * (cache/last_used.h), expired tokens and old revocations are cleared away.
 *
 * Threads of mod_watchdog's: one writes, in one child; one reads, in each
 * child: the children settle among themselves which of them does
 * (process/feed.h), since mod_watchdog takes ten seconds to put another in the
 * place of one that was killed and never does for one that hangs. Two, so that
 * a reading is never late because a writing waits. Where there are several
 * databases a third goes on with those whose reading failed slowly, until they
 * answer: the others' must not be late either. And one in each child tells
 * others what is refused after too many tries (process/upkeep_limits.h).
 */
#ifndef ACCT_UPKEEP_H
#define ACCT_UPKEEP_H

#include <httpd.h>

#include "cache/last_used.h"
#include "limit/exchange.h"
#include "process/feed.h"
#include "tables/purge.h"

/* A database. In pconf; constant once the children run, but for what a
 * thread says is its own. */
typedef struct acct_upkeep_t {
    acct_pool_t *pool;
    acct_outage_t *outage;
    acct_feed_t *feed;          /* NULL: its revocations are not read */
    const acct_feed_t *notes;   /* its cache has the notes; NULL: none */
    /* the writing thread's */
    acct_notes_t *due;          /* of its tokens' uses; NULL: none yet */
    int is_behind;              /* with the notes */
    apr_interval_time_t purge_at;   /* ticks */
    int complained;             /* of the purge */
    acct_purge_turn_t turn;     /* the same */
    acct_limits_t *limits;      /* of its virtual hosts, one of them */
    struct acct_upkeep_t *next;
} acct_upkeep_t;

/* What its threads are doing. */
typedef struct acct_rounds_t acct_rounds_t;

/**
 * Have it done while the server runs.
 * @param rounds for acct_upkeep_child_init(), in pconf; made in any case
 * @param all    the databases
 * @param bound  AcctAuthRevocationBound, microseconds; 0: no feed is read
 * @return APR_ENOTIMPL without mod_watchdog: no feed is ever fresh then
 * Parent, in post_config.
 */
apr_status_t acct_upkeep_start(acct_rounds_t **rounds, acct_upkeep_t *all,
                               apr_interval_time_t bound, server_rec *s,
                               apr_pool_t *pconf);

/**
 * See to it that nothing is done any more once a child's connections go.
 * Once in each child, after those were set up and before mod_watchdog
 * starts its threads.
 */
apr_status_t acct_upkeep_child_init(acct_rounds_t *rounds,
                                    apr_pool_t *pchild);

/** This child leaves it all to others. */
void acct_upkeep_leave(acct_rounds_t *rounds);

#endif
