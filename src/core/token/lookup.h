/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking tokens up in the database, those that are wanted at the same
 * moment together.
 *
 * A look-up costs a database that is a server mostly what it costs to be asked
 * at all: messages, a snapshot, two changes of process. So while one statement
 * is under way the requests that come wait for each other, and the next
 * statement asks for all of them, or as soon as there are as many as fit. (A
 * second that begins with fewer makes batches smaller, and costs more than it
 * saves.) A request that comes alone is asked for alone, at once.
 *
 * A statement begins after every request it asks for has come, so what it says
 * is as new as what each would have read by itself.
 */
#ifndef ACCT_TOKEN_LOOKUP_H
#define ACCT_TOKEN_LOOKUP_H

#include "base/service.h"
#include "store/store.h"
#include "token/crowd.h"
#include "token/token.h"

typedef struct acct_lookups_t acct_lookups_t;

/* How long a request waits, in microseconds. */
typedef struct acct_lookups_limits_t {
    apr_interval_time_t begin;  /* a request that has waited this long for a
                                 * statement to begin begins one, though one is
                                 * under way: what delays that must not delay
                                 * all */
    apr_interval_time_t patience;   /* a request that has waited this long for
                                     * another's statement asks by itself */
    acct_crowd_t *crowd;        /* requests that wait are counted there, and
                                 * when they are too many they wait only while
                                 * the database has answered some request
                                 * within the time of silence; NULL: any number
                                 * waits */
    apr_interval_time_t silence;
} acct_lookups_limits_t;

/**
 * Make what the threads of a process share to look up tokens of one
 * database.
 * @param pool has it for as long as threads may use it; not used by them
 */
apr_status_t acct_lookups_make(acct_lookups_t **lookups,
                               const acct_lookups_limits_t *limits,
                               apr_pool_t *pool);

/** How many wait for a statement to begin; for tests. Any thread. */
int acct_lookups_waiting(acct_lookups_t *lookups);

/**
 * A token and its account by digest, as acct_store_token_find() has them.
 * Together with others where service->lookups is set. Any thread.
 * @param digest 64 hex digits
 * @param pool for what is found
 * @return APR_NOTFOUND when there is none; another failure when it cannot
 *         be known now
 */
apr_status_t acct_token_look_up(const acct_service_t *service,
                                const char *digest, acct_token_t *token,
                                acct_account_t *account, apr_pool_t *pool);

#endif
