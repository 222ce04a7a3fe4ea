/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fills that are thrown away, since something was revoked between the
 * question to the database and the store; and what would be were only
 * revocations of the same stripe to count.
 */
#include "sim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define TOKENS 20000U
#define SIZE ((size_t)128 << 20)
#define ACCOUNTS 1000000U
#define PENDING 65536U

/* How sign-outs come: each by itself (this server's own), or all of a
 * round at once (what the feed reads of others'). */
#define ROUND (SECOND / 2)

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
    int in_rounds;
    int by_stripe;
    /* Tickets by stripe are not in the real code. What they would let
     * through is told by these stripes, of another hash than the real
     * ones, but alike in number and chance. */
    uint64_t raised_at[ACCT_CACHE_EPOCHS];
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

static uint64_t *stripe_of(run_t *run, uint64_t account)
{
    return &run->raised_at[scatter(account ^ 77) % ACCT_CACHE_EPOCHS];
}

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
    uint64_t ticket = fill->ticket;

    if (run->by_stripe && *stripe_of(run, fill->token) <= ticket) {
        ticket = world_ticket(run->world);
    }
    run->fills += run->measured;
    run->refused += !world_remember(run->world, fill->token, ticket)
        && run->measured;
}

static void sign_out(run_t *run)
{
    uint64_t account = random_word(&run->random) % ACCOUNTS;

    world_sign_out(run->world, account);
    *stripe_of(run, account) = world_ticket(run->world);
}

static double after_sign_out(run_t *run, double now)
{
    return run->sign_outs <= 0 ? INFINITY
        : now + (run->in_rounds ? (double)ROUND
                 : random_gap(&run->random, run->sign_outs));
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
            double n = run->in_rounds ? run->sign_outs / 2 : 1;

            while (n-- >= 1) {
                sign_out(run);
            }
            next_sign_out = after_sign_out(run, now);
        }
    }
}

static run_t *measure(const popularity_t *who, double rate,
                      double sign_outs, double takes, int in_rounds,
                      int by_stripe)
{
    run_t *run = sim_alloc(1, sizeof(*run));

    run->world = world_make(SIZE);
    run->random.state = 3;
    run->who = who;
    run->rate = rate;
    run->sign_outs = sign_outs;
    run->takes = takes * (double)SECOND;
    run->in_rounds = in_rounds;
    run->by_stripe = by_stripe;
    run->pending = sim_alloc(PENDING, sizeof(*run->pending));
    world_fill(run->world, who->count);
    go(run, 60);
    run->measured = 1;
    go(run, 60);
    free(run->pending);
    world_free(run->world);
    return run;
}

static double refused_of(run_t *run)
{
    double part = run->fills > 0 ? run->refused / run->fills : 0;

    free(run);
    return part;
}

static double hits_of(run_t *run)
{
    double part = 1 - run->lookups / run->requests;

    free(run);
    return part;
}

/* As in epochs.c, but a look-up is repeated until a fill is kept. */
static double hits_formula(double each, double sign_outs, double takes)
{
    double tries = exp(sign_outs * takes);
    double cached = lasting(sign_outs / ACCT_CACHE_EPOCHS);

    return cached / (cached + tries / each);
}

static void table(double each)
{
    static const double takes[] = { 0.0001, 0.0005, 0.002, 0.01 };
    static const double sign_outs[] = { 10, 100, 300, 1000, 3000 };
    popularity_t *who = popularity_make(TOKENS, 0);
    double rate = TOKENS * each;
    size_t i;
    size_t j;

    printf("\n%u tokens, each used %.0f times a minute\n\n"
           "%8s %11s | %7s %9s | %7s %9s %9s %9s\n", TOKENS, each * 60,
           "", "", "refused", "", "hits", "", "", "");
    printf("%8s %11s | %7s %9s | %7s %9s %9s %9s\n", "look-up",
           "sign-outs/s", "formula", "simulated", "formula", "simulated",
           "by stripe", "by feed");
    for (i = 0; i < sizeof(takes) / sizeof(*takes); i++) {
        for (j = 0; j < sizeof(sign_outs) / sizeof(*sign_outs); j++) {
            double r = sign_outs[j];
            double t = takes[i];

            printf("%5.1f ms %11.0f | %7.3f %9.3f | %7.3f %9.3f %9.3f "
                   "%9.3f\n", t * 1000, r, -expm1(-r * t),
                   refused_of(measure(who, rate, r, t, 0, 0)),
                   hits_formula(each, r, t),
                   hits_of(measure(who, rate, r, t, 0, 0)),
                   hits_of(measure(who, rate, r, t, 0, 1)),
                   hits_of(measure(who, rate, r, t, 1, 0)));
        }
    }
    popularity_free(who);
}

void simulate_fills(void)
{
    printf("Fills refused because anything was revoked during the look-up\n"
           "  by stripe  hits if only the same stripe's counted (not in the "
           "real code)\n"
           "  by feed    hits if all sign-outs are other servers', read "
           "twice a second\n");
    table(10 / 60.0);
    table(1.0);
}
