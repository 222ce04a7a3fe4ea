/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connections of a child to a database server, behind connections/pool.h.
 * Not an apr_reslist: that opens connections with its lock held, and a server
 * that takes long to answer would stop also the threads that have a connection
 * and want to put it back.
 *
 * A unit of work is ended from outside when it takes too long
 * (connections/watch.h), and a server that has kept one waiting is asked by
 * one request at a time, half a second after the last, until it answers; the
 * others are refused at once.
 */
#ifndef ACCT_SERVER_POOL_H
#define ACCT_SERVER_POOL_H

#include "connections/pool.h"

typedef struct acct_server_pool_t acct_server_pool_t;

/** Made in the child, before its threads. @a config, @a expected and
 *  @a crowd must live as long.
 *  @param threads how many may ask at once
 *  @param most    how many connections there may be; 0: the usual number.
 *                 Never more than three quarters of the threads, and
 *                 three for a single thread
 *  @param crowd   where threads are counted that wait for a connection or have
 *                 one */
apr_status_t acct_server_pool_make(acct_server_pool_t **pool,
                                   const acct_db_config_t *config,
                                   acct_pool_expected_t *expected,
                                   int threads, int most,
                                   acct_crowd_t *crowd,
                                   apr_pool_t *pchild);

/** As acct_pool_acquire_within() and acct_pool_release(). APR_EAGAIN: the
 *  server was not asked, and *error is what another request found. */
apr_status_t acct_server_pool_acquire(acct_server_pool_t *pool,
                                      apr_interval_time_t within,
                                      acct_db_t **db, const char **error,
                                      apr_pool_t *p);
void acct_server_pool_release(acct_server_pool_t *pool, acct_db_t *db);

/**
 * The same of a connection beside the others, which is kept for this: the
 * caller finds the one it had before, unless that has broken, or others have
 * since. It is not counted among those that there may be. One thread at a
 * time; acct_server_pool_drop_own() too.
 */
apr_status_t acct_server_pool_acquire_own(acct_server_pool_t *pool,
                                          apr_interval_time_t within,
                                          acct_db_t **db,
                                          const char **error, apr_pool_t *p);
void acct_server_pool_release_own(acct_server_pool_t *pool, acct_db_t *db);

/** Nothing that is open may be used again. Any thread. */
void acct_server_pool_suspect(acct_server_pool_t *pool);

/** Whether a connection in use may be used again, were it put back now. */
int acct_server_pool_trusts(acct_server_pool_t *pool, const acct_db_t *db);

/** It is not needed any more: close it, if there is one. Cheap. */
void acct_server_pool_drop_own(acct_server_pool_t *pool);

/** Close one connection that was not needed for a minute, if there is one
 *  beside the last. */
void acct_server_pool_close_idle(acct_server_pool_t *pool);

#endif
