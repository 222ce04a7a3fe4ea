/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ticks.h"

#include <time.h>

apr_interval_time_t acct_ticks(void)
{
    struct timespec now;

    /* Time goes by for tokens while a machine sleeps, which Linux's
     * CLOCK_MONOTONIC does not count. */
#ifdef CLOCK_BOOTTIME
    if (clock_gettime(CLOCK_BOOTTIME, &now) == 0) {
        return apr_time_make(now.tv_sec, now.tv_nsec / 1000);
    }
#endif
    clock_gettime(CLOCK_MONOTONIC, &now);
    return apr_time_make(now.tv_sec, now.tv_nsec / 1000);
}
