/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fills that are thrown away, since something of the same stripe was
 * revoked between the question to the database and the store.
 */
#include "sim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define TOKENS 20000U
#define EACH (10 / 60.0)        /* requests of one token a second */
#define SIZE ((size_t)32 << 20)
#define ACCOUNTS 1000000U
#define PENDING 65536U

typedef struct fill_t {
    uint32_t token;
    uint64_t ticket;
    double done;
} fill_t;

typedef struct run_t {
    world_t *world;
    random_t random;
    const popularity_t *who;
    double rate;                /* requests a second */
    double sign_outs;           /* a second */
    double takes;               /* a look-up, ticks */
    fill_t *pending;            /* each takes as long, so first in, first
                                 * out */
    uint64_t first;
    uint64_t last;
    int measured;
    double requests;
    double lookups;
    double fills;
    double refused;
} run_t;

static void request(run_t *run, double now)
{
    uint32_t token = popularity_draw(run->who, &run->random);
    int knows = world_knows(run->world, token);

    run->requests += run->measured;
    if (knows) {
        return;
    }
    run->lookups += run->measured;
    if (run->last - run->first == PENDING) {
        fprintf(stderr, "simulate: too many look-ups under way\n");
        exit(1);
    }
    run->pending[run->last++ % PENDING] = (fill_t){
        token, world_ticket(run->world), now + run->takes };
}

static void fill(run_t *run)
{
    const fill_t *fill = &run->pending[run->first++ % PENDING];

    run->fills += run->measured;
    run->refused += !world_remember(run->world, fill->token, fill->ticket)
        && run->measured;
}

static double after_sign_out(run_t *run, double now)
{
    return now + random_gap(&run->random, run->sign_outs);
}

static void go(run_t *run, double seconds)
{
    double now = (double)run->world->tick;
    double end = now + seconds * (double)SECOND;
    double next_request = now;
    double next_sign_out = after_sign_out(run, now);

    while (now < end) {
        double next_fill = run->first < run->last
            ? run->pending[run->first % PENDING].done : INFINITY;

        now = fmin(fmin(next_request, next_sign_out), next_fill);
        run->world->tick = (int64_t)now;
        if (now == next_fill) {
            fill(run);
        }
        else if (now == next_request) {
            request(run, now);
            next_request += random_gap(&run->random, run->rate);
        }
        else {
            world_sign_out(run->world, random_word(&run->random) % ACCOUNTS);
            next_sign_out = after_sign_out(run, now);
        }
    }
}

static run_t measure(const popularity_t *who, double rate,
                     double sign_outs, double takes)
{
    run_t run = { .random = { 3 }, .who = who, .rate = rate,
                  .sign_outs = sign_outs,
                  .takes = takes * (double)SECOND };

    run.world = world_make(SIZE);
    run.pending = sim_alloc(PENDING, sizeof(*run.pending));
    world_fill(run.world, who->count);
    go(&run, 60);
    run.measured = 1;
    go(&run, 60);
    free(run.pending);
    world_free(run.world);
    return run;
}

/* As in epochs.c, but a look-up is repeated until a fill is kept. */
static double hits_formula(double sign_outs, double takes)
{
    double cached = lasting(sign_outs / ACCT_CACHE_EPOCHS);
    double tries = exp(sign_outs / ACCT_CACHE_EPOCHS * takes);

    return cached / (cached + tries / EACH);
}

void simulate_fills(void)
{
    static const double takes[] = { 0.002, 0.01, 0.1 };
    static const double sign_outs[] = { 100, 1000, 10000 };
    popularity_t *who = popularity_make(TOKENS, 0);
    size_t i;
    size_t j;

    printf("Fills refused because anything of the stripe was revoked during "
           "the look-up;\n%u tokens, each used %.0f times a minute\n\n"
           "%8s %11s | %8s %9s | %7s %9s\n%8s %11s | %8s %9s | %7s %9s\n",
           TOKENS, EACH * 60, "", "", "refused", "", "hits", "",
           "look-up", "sign-outs/s", "formula", "simulated", "formula",
           "simulated");
    for (i = 0; i < sizeof(takes) / sizeof(*takes); i++) {
        for (j = 0; j < sizeof(sign_outs) / sizeof(*sign_outs); j++) {
            double r = sign_outs[j];
            double t = takes[i];
            run_t run = measure(who, TOKENS * EACH, r, t);

            printf("%5.0f ms %11.0f | %8.5f %9.5f | %7.3f %9.3f\n",
                   t * 1000, r, -expm1(-r / ACCT_CACHE_EPOCHS * t),
                   run.refused / run.fills, hits_formula(r, t),
                   1 - run.lookups / run.requests);
        }
    }
    popularity_free(who);
}
