/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is refused now is written to the database for other servers and the
 * operator, and what they wrote is read (limit/exchange.h). By a thread of its
 * own in each child, of which one does it: so it goes on within seconds of a
 * start, and of the end of the child that did it. With the round's lock held.
 */
#ifndef ACCT_UPKEEP_LIMITS_H
#define ACCT_UPKEEP_LIMITS_H

#include "process/upkeep.h"

/** Do it for one database, where it is due, and this child's turn. */
void acct_upkeep_limits(acct_upkeep_t *one, server_rec *s,
                        apr_pool_t *pool);

#endif
