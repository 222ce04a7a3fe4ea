/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which requests are refused because a database has just failed another one:
 * a circuit breaker. It is a part of a list of connections (list.h), whose
 * lock the caller holds.
 *
 * Of a server: a request that failed slowly (half a second or more) would have
 * been followed by all threads of the child, and none would serve the rest of
 * the site. So from then on one request at a time finds out, half a second
 * after the last, until the server answers; all others are refused. What fails
 * sooner is tried by each request.
 *
 * Of a file: only an opening may take long, and what is open already may be
 * used. So an opening that failed is not tried again for as long as it took.
 */
#ifndef ACCT_BREAKER_H
#define ACCT_BREAKER_H

#include <apr_time.h>

typedef struct acct_breaker_t {
    int is_server;
    int is_down;                    /* it failed, and slowly */
    int is_asked;                   /* one request is finding out */
    apr_interval_time_t ask_at;     /* ticks */
    apr_interval_time_t answered;   /* ticks: the last sign of life */
    char failure[400];              /* the last */
} acct_breaker_t;

/** Whether a request may have a connection at all. On a server that is down
 *  the request that may is the one that finds out. */
int acct_breaker_lets_in(acct_breaker_t *breaker);

/** Whether a request that was let in may open one. */
int acct_breaker_lets_open(const acct_breaker_t *breaker);

/** Whether a request that was let in before the database failed another one is
 *  refused, as later ones are. */
int acct_breaker_refuses(const acct_breaker_t *breaker);

/** A request that was let in has found no connection. */
void acct_breaker_left(acct_breaker_t *breaker);

/** A connection was opened. */
void acct_breaker_opened(acct_breaker_t *breaker, apr_interval_time_t now);

/**
 * None was.
 * @param took    for how long the request had waited
 * @param failure what requests that are refused find out
 */
void acct_breaker_not_opened(acct_breaker_t *breaker,
                             apr_interval_time_t took, const char *failure);

/** A unit of work has ended on a connection that is fine. */
void acct_breaker_worked(acct_breaker_t *breaker, apr_interval_time_t now);

/** One has ended on a connection that broke, after so long.
 *  @param cut whether the connection was shut down for its silence */
void acct_breaker_broke(acct_breaker_t *breaker, apr_interval_time_t took,
                        int cut, const char *failure);

#endif
