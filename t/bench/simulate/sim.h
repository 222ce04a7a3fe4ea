/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The identity cache under made-up traffic, in made-up time.
 *
 * What is found, stored, evicted and revoked is so by the real code of
 * src/core/cache, whose callers give it the time; it never asks for it.
 * Here are the clock, the clients and the tables. The random numbers are
 * the same in each run, and so are the tables.
 */
#ifndef ACCT_SIM_H
#define ACCT_SIM_H

#include <stddef.h>
#include <stdint.h>

#include "cache/cache.h"
#include "cache/last_used.h"
#include "random.h"

#define SECOND INT64_C(1000000)             /* ticks */

/** Time to the next of events that come @a rate times a second, ticks. */
double random_gap(random_t *random, double rate);

/* ---- which token is asked for ---- */

/* Tokens 0 to count - 1; that of rank k is asked for in proportion to
 * 1 / k^s; s = 0: all alike. */
typedef struct popularity_t {
    uint32_t count;
    double s;
    double *part;               /* each token's part of all requests */
    double *limit;              /* alias method */
    uint32_t *alias;
} popularity_t;

popularity_t *popularity_make(uint32_t count, double s);
void popularity_free(popularity_t *popularity);
uint32_t popularity_draw(const popularity_t *popularity, random_t *random);

/* ---- a server's cache ---- */

/* With the notes of last use, and with what the database knows of them:
 * they are collected every ten seconds as src/httpd/process/upkeep.c does it. */
typedef struct world_t {
    acct_cache_t cache;
    void *block;
    int64_t tick;               /* also the time */
    int64_t *used;              /* in the database, by token; 0: never */
    uint64_t used_count;
    int64_t noted_at;
    acct_last_used_t last_used;
    double written;             /* notes; set to 0 at will */
} world_t;

/** A cache as AcctAuthCache makes it of so many bytes. Ends the program
 *  when there is no memory. */
world_t *world_make(size_t bytes);
void world_free(world_t *world);

/** Whether the cache knows the token, which is used now. Each token is of
 *  an account of its own, of the same number and one more. */
int world_knows(world_t *world, uint64_t token);

/** Remember it, as what the database says of it now; @return whether it
 *  was. */
int world_remember(world_t *world, uint64_t token, uint64_t ticket);

/** Let time pass as when @a count tokens come one after the other within
 *  ACCT_CACHE_AGE, up to number @a i: what is filled at one time is asked
 *  for again at one time, and that would take long to even out. */
void world_age(world_t *world, uint64_t i, uint64_t count);

/** The same for all, remembered. */
void world_fill(world_t *world, uint64_t count);

uint64_t world_ticket(const world_t *world);

/** An account signs out. */
void world_sign_out(world_t *world, uint64_t account);
void world_forget_all(world_t *world);

void *sim_alloc(size_t count, size_t size);

/* ---- tables ---- */

/** A part between 0 and 1 as a bar of 40 characters. */
const char *bar(double part);

/** The seconds a token stays cached when its stripe is raised @a rate
 *  times a second: up to ACCT_CACHE_AGE. */
double lasting(double rate);

/* ---- what can be simulated ---- */

void simulate_slots(void);
void simulate_epochs(void);
void simulate_fills(void);
void simulate_notes(void);
void simulate_feed(void);

#endif
