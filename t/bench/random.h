/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random numbers that are the same in each run (SplitMix64).
 */
#ifndef ACCT_BENCH_RANDOM_H
#define ACCT_BENCH_RANDOM_H

#include <stdint.h>

/* Where one sequence of them is; any number to begin with. One thread's. */
typedef struct random_t {
    uint64_t state;
} random_t;

uint64_t random_word(random_t *random);

/** In [0, 1). */
double random_part(random_t *random);

/** Scatter the bits of a number (the finalizer of SplitMix64). */
uint64_t scatter(uint64_t x);

#endif
