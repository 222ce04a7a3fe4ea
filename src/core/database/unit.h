/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Units of work on a connection that the service hands out, and gets back.
 * Any thread; each waits no longer than the service's time-outs.
 */
#ifndef ACCT_UNIT_H
#define ACCT_UNIT_H

#include "base/service.h"
#include "database/database.h"

/** Run one operation's unit on a connection, on a fresh one again if the
 *  first turns out to be broken; for operations of the command too.
 *  @param work returns APR_SUCCESS or what it failed with; is run again
 *         only after what it did left nothing behind: once when the
 *         connection was broken, a few times when another transaction was
 *         in the way
 */
apr_status_t acct_unit_run(const acct_service_t *service, acct_unit_e unit,
                           acct_work_fn work, void *baton,
                           apr_pool_t *pool);

/** The same inside BEGIN … COMMIT; @a work failing rolls back. */
apr_status_t acct_transaction_run(const acct_service_t *service,
                                  acct_work_fn work, void *baton,
                                  apr_pool_t *pool);

#endif
