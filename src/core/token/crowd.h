/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many threads of a process are busy with database servers: they wait
 * for a connection, have one, or wait for what another asks. All databases
 * are counted together, since they share the threads.
 *
 * It is asked before a thread goes on waiting for a server that says nothing:
 * in a crowd none does, so that threads are left for the rest of the site.
 */
#ifndef ACCT_CROWD_H
#define ACCT_CROWD_H

#include <stdatomic.h>
#include <stddef.h>

typedef struct acct_crowd_t {
    _Atomic(int) inside;
    int most;                   /* more than this many are a crowd */
} acct_crowd_t;

/** One more. Any thread; NULL: they are not counted. A thread that enters
 *  leaves. */
static inline void acct_crowd_enter(acct_crowd_t *crowd)
{
    if (crowd != NULL) {
        /* relaxed, here and below: nothing else is read by this number,
         * and one too many or too few for a moment does no harm */
        atomic_fetch_add_explicit(&crowd->inside, 1, memory_order_relaxed);
    }
}

static inline void acct_crowd_leave(acct_crowd_t *crowd)
{
    if (crowd != NULL) {
        /* relaxed: see above */
        atomic_fetch_sub_explicit(&crowd->inside, 1, memory_order_relaxed);
    }
}

/** Whether they are too many, the caller counted. Any thread; NULL: never. */
static inline int acct_crowd_is_too_large(const acct_crowd_t *crowd)
{
    /* relaxed: see above */
    return crowd != NULL
        && atomic_load_explicit(&crowd->inside, memory_order_relaxed)
           > crowd->most;
}

#endif
