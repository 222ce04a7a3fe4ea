/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening a connection for a pool: the right schema, the database that the
 * server goes by, and no other user may write to it.
 */
#ifndef ACCT_POOL_OPEN_H
#define ACCT_POOL_OPEN_H

#include "connections/pool.h"
#include "connections/watch.h"

/**
 * Open a connection.
 * @param expected what it must find there
 * @param watch    bounds what is asked of a server; NULL for a file
 * @param until    ticks: the end of that, but for a little more when the
 *                 connection came late
 * @param error    on failure what is wrong and what mends it, in @a p
 */
apr_status_t acct_pool_open(acct_db_t **db, const acct_db_config_t *config,
                            acct_pool_expected_t *expected,
                            acct_watch_t *watch,
                            apr_interval_time_t until, const char **error,
                            apr_pool_t *p);

/**
 * Whether an open connection still reads what it was opened for: the schema,
 * the facts of the database, which other users may write to it.
 * @param error as of acct_pool_open()
 * @return APR_EMISMATCH when it does not
 */
apr_status_t acct_pool_look_over(acct_db_t *db,
                                 const acct_db_config_t *config,
                                 acct_pool_expected_t *expected,
                                 const char **error, apr_pool_t *p);

/** That a key is another database's: a sentence in @a p. */
const char *acct_pool_key_error(const acct_db_config_t *config,
                                const char *key_file, apr_pool_t *p);

#endif
