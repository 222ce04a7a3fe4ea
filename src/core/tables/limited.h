/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables limited and limit_clear: what servers refuse now, told to each
 * other and to the operator; and what an operator has cleared. See
 * store/store.h for what holds for all functions.
 */
#ifndef ACCT_STORE_LIMITED_H
#define ACCT_STORE_LIMITED_H

#include <apr_tables.h>

#include "store/store.h"

#define ACCT_LIMITED_SUBJECT_HEX 16

/* A row of the table limited. */
typedef struct acct_limited_t {
    const char *subject;        /* ACCT_LIMITED_SUBJECT_HEX hex digits */
    const char *budget;         /* "": a name's */
    apr_int64_t account_id;     /* 0: none, or not known */
    const char *network;        /* "": a name's */
    int failures;
    const char *server;         /* that told it */
    apr_time_t ends_at;
} acct_limited_t;

/** Write a refusal; a row of the same subject stays where it ends later. */
apr_status_t acct_store_limited_set(acct_db_t *db, const acct_limited_t *row,
                                    apr_pool_t *pool);

/** Those that end after @a now, the last ones first, at most @a limit. Array
 *  of acct_limited_t. */
apr_status_t acct_store_limited_list(acct_db_t *db, apr_time_t now,
                                     int limit, apr_array_header_t **list,
                                     apr_pool_t *pool);

/** Delete that of a subject. */
apr_status_t acct_store_limited_delete(acct_db_t *db, const char *subject,
                                       apr_pool_t *pool);

/** Delete those that have ended at @a now. */
apr_status_t acct_store_limited_purge(acct_db_t *db, apr_time_t now,
                                      int *changed, apr_pool_t *pool);

/* A row of the table limit_clear. */
typedef struct acct_limit_clear_t {
    apr_int64_t id;
    const char *subject;        /* a canonical name, or a network */
} acct_limit_clear_t;

/** Write that @a subject is cleared at @a now. */
apr_status_t acct_store_limit_clear_insert(acct_db_t *db,
                                           const char *subject,
                                           apr_time_t now, apr_pool_t *pool);

/** The rows with ids above @a after, in order, at most @a limit. Array of
 *  acct_limit_clear_t. */
apr_status_t acct_store_limit_clear_list(acct_db_t *db, apr_int64_t after,
                                         int limit,
                                         apr_array_header_t **list,
                                         apr_pool_t *pool);

/** The highest id there ever was; 0: none. */
apr_status_t acct_store_limit_clear_last(acct_db_t *db, apr_int64_t *last,
                                         apr_pool_t *pool);

/** Delete those of before @a before, but for the last. */
apr_status_t acct_store_limit_clear_purge(acct_db_t *db, apr_time_t before,
                                          int *changed, apr_pool_t *pool);

#endif
