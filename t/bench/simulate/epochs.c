/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a sign-out costs those who did not sign out: the cached tokens of
 * all accounts that share its stripe are asked of the database once more.
 */
#include "sim.h"

#include <stdio.h>

#define TOKENS 20000U
#define EACH (10 / 60.0)        /* requests of one token a second */
#define SIZE ((size_t)32 << 20)    /* so that nothing is evicted */
#define ACCOUNTS 1000000U       /* who signs out is any of these */

typedef struct count_t {
    double seconds;
    double requests;
    double lookups;
    double sign_outs;
} count_t;

static count_t run(const popularity_t *who, double rate, double sign_outs)
{
    world_t *world = world_make(SIZE);
    random_t random = { 2 };
    count_t count = { .seconds = 120 };
    double next_request;
    double next_sign_out;
    int64_t warm;
    int64_t end;

    world_fill(world, who->count);
    warm = world->tick + 60 * SECOND;
    end = warm + 120 * SECOND;
    next_request = (double)world->tick;
    next_sign_out = sign_outs > 0 ? next_request : (double)end + 1;
    for (;;) {
        int is_request = next_request < next_sign_out;

        world->tick = (int64_t)(is_request ? next_request : next_sign_out);
        if (world->tick >= end) {
            break;
        }
        if (is_request) {
            uint32_t token = popularity_draw(who, &random);
            int knows = world_knows(world, token);

            if (!knows) {
                world_remember(world, token, world_ticket(world));
            }
            count.requests += world->tick >= warm;
            count.lookups += world->tick >= warm && !knows;
            next_request += random_gap(&random, rate);
        }
        else {
            world_sign_out(world, random_word(&random) % ACCOUNTS);
            count.sign_outs += world->tick >= warm;
            next_sign_out += random_gap(&random, sign_outs);
        }
    }
    world_free(world);
    return count;
}

/* A token that is asked for r times a second is looked up, then cached for
 * a while, then waits 1/r for its next request: one look-up in that time. */
static double formula(const popularity_t *who, double rate, double sign_outs)
{
    double cached = lasting(sign_outs / ACCT_CACHE_EPOCHS);
    double sum = 0;
    uint32_t i;

    for (i = 0; i < who->count; i++) {
        sum += 1 / (cached + 1 / (rate * who->part[i]));
    }
    return sum;
}

static void table(double s)
{
    static const double sign_outs[] = { 0, 1, 3, 10, 30, 100, 300, 1000,
                                        3000, 10000 };
    popularity_t *who = popularity_make(TOKENS, s);
    double rate = TOKENS * EACH;
    double none = formula(who, rate, 0);
    size_t i;

    printf("\n%u tokens, zipf %.1f, %.0f requests/s; look-ups/s\n\n"
           "%11s %9s %9s %11s %6s\n", TOKENS, s, rate, "sign-outs/s",
           "formula", "simulated", "of sharing", "hits");
    for (i = 0; i < sizeof(sign_outs) / sizeof(*sign_outs); i++) {
        count_t c = run(who, rate, sign_outs[i]);
        double expected = formula(who, rate, sign_outs[i]);

        printf("%11.0f %9.1f %9.1f %11.1f %6.3f  %s\n", sign_outs[i],
               expected, c.lookups / c.seconds, expected - none,
               1 - c.lookups / c.requests,
               bar(1 - c.lookups / c.requests));
    }
    popularity_free(who);
}

/* How much each sign-out costs: tokens that are cached, and used again
 * before they would have been asked for anyway. */
static void each(void)
{
    static const uint32_t tokens[] = { 1000, 10000, 100000, 1000000 };
    size_t i;

    printf("\nLook-ups that one sign-out adds while they are few (formula; "
           "tokens used 10 times a minute)\n\n%9s %9s\n", "tokens", "each");
    for (i = 0; i < sizeof(tokens) / sizeof(*tokens); i++) {
        double few = 0.001;
        double before = 1 / (lasting(0) + 1 / EACH);
        double after = 1 / (lasting(few / ACCT_CACHE_EPOCHS) + 1 / EACH);

        printf("%9u %9.2f\n", tokens[i], tokens[i] * (after - before) / few);
    }
}

void simulate_epochs(void)
{
    printf("Accounts in %d stripes; who signs out is one of %u, any\n",
           ACCT_CACHE_EPOCHS, ACCOUNTS);
    table(0);
    table(1.0);
    each();
}
