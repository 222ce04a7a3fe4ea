/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A clock for waiting and limits: it is never set forward or back.
 */
#ifndef ACCT_TICKS_H
#define ACCT_TICKS_H

#include <apr_time.h>

/** Microseconds since the machine was started, the time it slept included
 *  where the system can tell. Any thread. */
apr_interval_time_t acct_ticks(void);

#endif
