/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Revocations, by which servers learn that tokens were ended. See
 * store/store.h for what holds for all functions.
 */
#ifndef ACCT_REVOCATIONS_H
#define ACCT_REVOCATIONS_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>
#include "database/database.h"

/** Note that something of the account is revoked now; in the same
 *  transaction as what revokes. On a server its clock says when now is: by
 *  that of a machine that is behind the row would be old at once, and gone
 *  before the others have read it. */
apr_status_t acct_store_revocation_insert(acct_db_t *db,
                                          apr_int64_t account,
                                          apr_pool_t *pool);

/* A row of the revocation table. */
typedef struct acct_revocation_t {
    apr_int64_t id;
    apr_int64_t account_id;
} acct_revocation_t;

#define ACCT_MARK_OPEN_BYTES 2048

/* Up to where a reader has seen the revocations. acct_mark_at() makes one.
 * It means something only where it came from: numbers are given out again
 * by a server that lost its last transactions in a crash, and by a database
 * that was restored. So it has an origin, and a mark of another origin
 * tells nothing.
 *
 * Where one process writes at a time rows become visible in the order of
 * their ids. On a server they do not: an id is given out long before its
 * row's transaction commits, a sequence may hand ids out in bundles, and no
 * number of ids that are read again covers a transaction that was slow. So
 * there the mark is the snapshot of the reading itself: what was not seen
 * is what later transactions wrote, and those that were open then. */
typedef struct acct_mark_t {
    apr_int64_t number;         /* sqlite3: the highest id seen; pgsql: the
                                 * oldest transaction not seen; -1: nothing
                                 * was read yet */
    apr_int64_t origin;         /* sqlite3: revoked_at of that row; pgsql: a
                                 * hash of the connection and of the tables
                                 * that it reads. No server that crashed
                                 * keeps a connection */
    apr_int64_t from;           /* pgsql: none seen from this one on */
    char open[ACCT_MARK_OPEN_BYTES];    /* pgsql: those below that were
                                         * open, with commas */
} acct_mark_t;

/** The mark of which only two numbers were kept: nothing after them is
 *  skipped, some may be read twice. -1 and 0: at the very beginning. */
void acct_mark_at(acct_mark_t *mark, apr_int64_t number,
                  apr_int64_t origin);

/* Why it is not known what was revoked since a mark. */
typedef enum {
    ACCT_MISSED_NOTHING = 0,    /* it is */
    ACCT_MISSED_BEGINNING,      /* nothing was read before */
    ACCT_MISSED_TOO_MANY,
    ACCT_MISSED_ORIGIN          /* pgsql: another connection, or other
                                 * tables; sqlite3: another past of the
                                 * file */
} acct_missed_e;

/**
 * Read the revocations that became visible since @a mark, and move it.
 * @param limit  more at once are not listed
 * @param list   out: array of acct_revocation_t; empty when any were missed
 * @param missed out: where it is not ACCT_MISSED_NOTHING the caller has to
 *               forget all it believes, after this has returned
 * On failure the mark stays where it was.
 */
apr_status_t acct_store_revocation_read(acct_db_t *db, acct_mark_t *mark,
                                        int limit,
                                        apr_array_header_t **list,
                                        acct_missed_e *missed,
                                        apr_pool_t *pool);

/**
 * Delete every token there is and write a revocation for every account, so
 * that all servers that read them forget. Inside a transaction: what others do
 * with tokens waits for its end, and nothing that they began before is left.
 * @param tokens   how many there were
 * @param accounts how many there are
 */
apr_status_t acct_store_revoke_everyone(acct_db_t *db, apr_int64_t *tokens,
                                        apr_int64_t *accounts,
                                        apr_pool_t *pool);

/**
 * Whether a file is still what it was when @a follower had read all it wants
 * to know by this connection: nothing was revoked since, nor anything else
 * written. Cheap; for who reads again and again. A server cannot tell, and
 * is asked each time.
 * @param version for acct_db_followed(), once all has been read; 0: none
 */
apr_status_t acct_store_follow(acct_db_t *db, const void *follower,
                               apr_int64_t *version, int *is_unchanged,
                               apr_pool_t *pool);

#endif
