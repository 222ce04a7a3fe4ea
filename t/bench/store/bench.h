/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of build/bench/store share.
 *
 * The files:
 *   main.c        the command line
 *   content.c     what the database is full of: accounts and tokens
 *   fill.c        putting that in
 *   measure.c     threads that do one thing over and over, and their times
 *   connection.c  opening one; a transaction on it
 *   lookups.c, signins.c, signouts.c, notes.c, purge.c, feed.c
 *                 what can be measured, by the name it has in the command
 *                 line
 */
#ifndef ACCT_BENCH_H
#define ACCT_BENCH_H

#include <pthread.h>

#include <apr_pools.h>
#include <apr_time.h>

#include "random.h"
#include "store/store.h"

#define MAX_CONNECTIONS 64
#define TOKENS_EACH 10          /* of an account */

/* What the command line asks for, and what all threads share. */
typedef struct bench_t {
    acct_db_config_t config;
    apr_int64_t tokens;
    apr_interval_time_t time;   /* to measure for */
    int connections;
    pthread_mutex_t writers;    /* as the gate, where the database is a
                                 * file */
    pthread_mutex_t lock;       /* for what follows */
    apr_int64_t next;
} bench_t;

/* A connection and the thread that uses it. */
typedef struct worker_t {
    bench_t *bench;
    acct_db_t *db;
    random_t random;
    acct_mark_t mark;           /* of the feed */
} worker_t;

/* Something that can be measured. */
typedef struct work_t {
    const char *name;           /* in the command line */
    /* What it needs and is not measured; NULL: nothing. On each
     * connection, one after the other. */
    apr_status_t (*begin)(worker_t *worker, apr_pool_t *pool);
    /* Once. APR_EOF: there is nothing left to do. */
    apr_status_t (*once)(worker_t *worker, apr_pool_t *pool);
} work_t;

extern const work_t work_lookups;
extern const work_t work_signins;
extern const work_t work_signouts;
extern const work_t work_notes;
extern const work_t work_purge;
extern const work_t work_feed;

/* ---- what the database is full of ---- */

/* Accounts and tokens have numbers from 0 on, and all there is to know of
 * one follows from its number: one run finds what another has put in. */

const char *username_of(apr_int64_t account, apr_pool_t *pool);

/** The id of a token's account, as the database gives it to one after the
 *  other while it is filled. */
apr_int64_t account_id_of(apr_int64_t token);

const char *digest_of(apr_int64_t token, apr_pool_t *pool);
const char *id_of(apr_int64_t token, apr_pool_t *pool);

/** Insert a token that lives for a day. */
apr_status_t add_token(acct_db_t *db, apr_int64_t account_id,
                       apr_int64_t token, apr_pool_t *pool);

/** Put bench->tokens of them, and their accounts, into the tables that are
 *  there. @return 0, or 1 after it has said what went wrong */
int fill(const bench_t *bench, apr_pool_t *pool);

/* ---- measuring ---- */

/** Do it over and over on all connections, and print how often in a second
 *  and how long it takes. @return 0, or 1 after it has said what went
 *  wrong */
int measure(bench_t *bench, const work_t *work, apr_pool_t *pool);

/** One of so many, at random: 0 to @a count - 1. */
apr_int64_t draw(worker_t *worker, apr_int64_t count);

/** From 0 on; no number comes twice, whichever thread asks. */
apr_int64_t next_number(bench_t *bench);

/** Print the statement by which the feed is read. @return 0, or 1 where
 *  there is none */
int print_feed_sql(const char *driver, apr_pool_t *pool);

/* ---- connections ---- */

/** Open a connection. @return 0 after it has said why it could not */
int open_store(const bench_t *bench, acct_db_t **db, apr_pool_t *pool);

/** acct_db_transact() on a worker's connection; where the database is a
 *  file, one at a time. */
apr_status_t in_transaction(worker_t *worker, acct_work_fn work, void *baton,
                            apr_pool_t *pool);

#endif
