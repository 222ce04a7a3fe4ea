/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the upkeep's writing thread does for one database: uses of tokens
 * are written, expired rows cleared away, and writing is tried where it
 * failed. With the round's lock held.
 */
#ifndef ACCT_UPKEEP_WRITE_H
#define ACCT_UPKEEP_WRITE_H

#include <stdatomic.h>
#include "process/upkeep.h"

/** Whether acct_upkeep_write() would do anything at @a tick. Cheap. */
int acct_upkeep_write_is_due(const acct_upkeep_t *one,
                             apr_interval_time_t tick);

/** Do what is due. @param ended not 0 once the child ends: then nothing
 *  more is begun */
void acct_upkeep_write(acct_upkeep_t *one, server_rec *s,
                       const _Atomic(int) *ended, apr_pool_t *pool);

/** The threads that write got no connection, or the database did not do as
 *  asked: the cause is the outage's to tell. */
void acct_upkeep_not_acquired(acct_upkeep_t *one, server_rec *s,
                              apr_status_t status, const char *error,
                              apr_pool_t *pool);
void acct_upkeep_not_written(acct_upkeep_t *one, server_rec *s,
                             apr_status_t status, acct_db_t *db,
                             apr_pool_t *pool);

#endif
