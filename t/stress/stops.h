/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stop now and then before a load or a store of an atomic. A slot is
 * written in nanoseconds: without, hardly any reader would meet a writer
 * half-way, and hardly any SIGKILL either.
 *
 * Each source is compiled with this in front (-include), the cache's own as
 * well.
 */
#ifndef ACCT_STOPS_H
#define ACCT_STOPS_H

#include <stdatomic.h>
#include <stdint.h>

/* A thread's own. */
extern _Thread_local uint32_t stops_every;  /* operations; 0: never */
extern _Thread_local uint32_t stop_random;
extern _Thread_local uint32_t stop_microseconds;    /* 0: only yield */

void stop_maybe(void);

#undef atomic_load_explicit
#undef atomic_store_explicit
#ifdef __clang__
#define STORE __c11_atomic_store
#define LOAD __c11_atomic_load
#else
#define STORE __atomic_store_n
#define LOAD __atomic_load_n
#endif
#define atomic_load_explicit(at, order) (stop_maybe(), LOAD(at, order))
#define atomic_store_explicit(at, value, order) \
    (stop_maybe(), STORE(at, value, order))

#endif
