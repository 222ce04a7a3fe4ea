/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a server tells of its limits by way of the database, and what it reads
 * there: its offenders, for the other servers of the database and for the
 * operator; those of the others, so that several servers do not mean several
 * budgets; and what the operator has cleared.
 *
 * In one transaction, with a bounded number of rows; never for each failure.
 * A thread of each child's that may wait for the database.
 */
#ifndef ACCT_LIMIT_EXCHANGE_H
#define ACCT_LIMIT_EXCHANGE_H

#include <apr_tables.h>

#include "database/database.h"
#include "limit/limit.h"

/** How often at the most, and when it is late. */
#define ACCT_EXCHANGE_EVERY apr_time_from_msec(1500)
#define ACCT_EXCHANGE_LATE apr_time_from_sec(4)

/* Which process does it, and what was exchanged with a database so far: in
 * the block of the counters, so that another process can go on. A process that
 * has exchanged goes on doing so; the others come in when it is late. */
typedef struct acct_exchange_t {
    uint64_t refusals;          /* acct_counters_refusals() at the last one */
    apr_time_t ends_at;         /* the last row of ours ends then; 0: none */
    apr_int64_t cleared;        /* the highest id of limit_clear that is
                                 * known */
    int is_begun;               /* 0: nothing was read yet */
} acct_exchange_t;

/**
 * Whether there is anything to tell or to read, and it is this process's
 * turn. Cheap.
 * @param is_shared other servers may have told something
 * @param exchange  out, with 1: for acct_exchange()
 */
int acct_exchange_is_due(acct_counters_t *counters, uint32_t database,
                         int is_shared, apr_interval_time_t now,
                         acct_exchange_t *exchange);

/* A refusal of this server's that has ended. */
typedef struct acct_limit_over_t {
    const char *limit;          /* by its word in the configuration */
    apr_int64_t account;        /* of a name; 0: none, or not known */
    const char *network;        /* NULL: a name's */
    const char *name;           /* a keyed hash of it; NULL: a network's, or
                                 * the account is known */
} acct_limit_over_t;

/**
 * Exchange.
 * @param key      as of the attempts that are counted
 * @param database the number of their subjects
 * @param over     out: array of acct_limit_over_t, in @a pool
 * @return what the database did not do: it is tried again the next time
 */
apr_status_t acct_exchange(acct_exchange_t *exchange, acct_db_t *db,
                           acct_counters_t *counters,
                           const acct_limit_key_t *key, uint32_t database,
                           apr_array_header_t **over, apr_pool_t *pool);

#endif
