/* SPDX-License-Identifier: Apache-2.0 */
#include "stops.h"

#include <sched.h>
#include <unistd.h>

_Thread_local uint32_t stops_every;
_Thread_local uint32_t stop_random = 1;
_Thread_local uint32_t stop_microseconds;

void stop_maybe(void)
{
    if (stops_every == 0) {
        return;
    }
    stop_random = stop_random * 1664525 + 1013904223;
    if ((stop_random >> 8) % stops_every != 0) {
        return;
    }
    if (stop_microseconds > 0) {
        usleep(stop_microseconds);
    }
    else {
        sched_yield();
    }
}
