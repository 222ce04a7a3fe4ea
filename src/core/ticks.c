/* SPDX-License-Identifier: Apache-2.0 */
#include "ticks.h"

#include <time.h>

apr_interval_time_t acct_ticks(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return apr_time_make(now.tv_sec, now.tv_nsec / 1000);
}
