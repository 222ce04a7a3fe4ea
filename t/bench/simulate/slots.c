/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many tokens the slots are enough for.
 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>

#define MIB ((size_t)1 << 20)
#define RATE 10000.0            /* requests a second */
#define WARM (60 * SECOND)
#define MEASURED (120 * SECOND)

typedef struct count_t {
    double requests;
    double hits;
    double could;               /* hits, had there been room for all */
    double active;              /* distinct tokens in a minute */
} count_t;

/* What a cache without end would do: fills of less than a minute ago. */
typedef struct endless_t {
    int64_t *filled;            /* tick; by token */
    int64_t *used;
} endless_t;

static int endless_knows(endless_t *e, uint64_t place, int64_t tick)
{
    int knows = e->filled[place] != 0
        && tick - e->filled[place] < ACCT_CACHE_AGE;

    if (!knows) {
        e->filled[place] = tick;
    }
    return knows;
}

static int new_this_minute(endless_t *e, uint64_t place, int64_t minute)
{
    int is_new = e->used[place] != minute;

    e->used[place] = minute;
    return is_new;
}

/* @param leaving how many of the clients are replaced by others (with
 * other tokens) in a minute, as a part of all */
static count_t run(world_t *world, const popularity_t *who, double rate,
                   double leaving)
{
    random_t random = { 1 };
    endless_t endless = { sim_alloc(who->count, sizeof(int64_t)),
                          sim_alloc(who->count, sizeof(int64_t)) };
    uint64_t *token = sim_alloc(who->count, sizeof(*token));
    uint64_t next = who->count;
    int64_t begin;
    double at;
    double replaced = leaving * who->count / 60 / rate;
    count_t count = { 0 };
    uint32_t i;

    for (i = 0; i < who->count; i++) {
        token[i] = i;
        world_age(world, i, who->count);
        endless.filled[i] = world->tick;
        world_remember(world, i, world_ticket(world));
    }
    begin = world->tick;
    at = (double)begin;
    while (world->tick < begin + WARM + MEASURED) {
        int measured = world->tick >= begin + WARM;
        uint32_t client = popularity_draw(who, &random);
        int knows;
        int could;

        if (leaving > 0 && random_part(&random) < replaced) {
            i = (uint32_t)(random_part(&random) * who->count);
            token[i] = next++;
            endless.filled[i] = 0;
        }
        knows = world_knows(world, token[client]);
        could = endless_knows(&endless, client, world->tick);
        if (!knows) {
            world_remember(world, token[client], world_ticket(world));
        }
        if (measured) {
            count.requests++;
            count.hits += knows;
            count.could += could;
            count.active += new_this_minute(&endless, client,
                                            (world->tick - begin)
                                            / (60 * SECOND));
        }
        at += random_gap(&random, rate);
        world->tick = (int64_t)at;
    }
    count.active /= (double)(MEASURED / (60 * SECOND));
    free(endless.filled);
    free(endless.used);
    free(token);
    return count;
}

static void sizes(void)
{
    static const size_t size[] = { 1, 4, 8, 16, 32, 64, 128, 256, 512,
                                   1024 };
    size_t i;

    printf("What a size makes\n\n%14s %10s %20s\n", "AcctAuthCache",
           "slots", "tokens in use, good");
    for (i = 0; i < sizeof(size) / sizeof(*size); i++) {
        size_t slots = acct_cache_slots_in(size[i] * MIB);

        printf("%13zuM %10zu %20zu\n", size[i], slots, slots / 4);
    }
}

static void working_sets(size_t bytes)
{
    static const uint32_t tokens[] = { 1000, 10000, 30000, 100000,
                                       1000000 };
    static const double s[] = { 0, 0.8, 1.0, 1.2 };
    size_t i;
    size_t j;

    printf("\nHit rate of %zuM (%zu slots), %.0f requests/s; beside it that "
           "of a cache without end\n\n%6s %9s %12s %6s %9s %7s\n",
           bytes / MIB, acct_cache_slots_in(bytes), RATE, "zipf", "tokens",
           "used in 60 s", "hits", "endless", "lost");
    for (j = 0; j < sizeof(s) / sizeof(*s); j++) {
        for (i = 0; i < sizeof(tokens) / sizeof(*tokens); i++) {
            popularity_t *who = popularity_make(tokens[i], s[j]);
            world_t *world = world_make(bytes);
            count_t c = run(world, who, RATE, 0);

            printf("%6.1f %9u %12.0f %6.3f %9.3f %7.4f  %s\n", s[j],
                   tokens[i], c.active, c.hits / c.requests,
                   c.could / c.requests, (c.could - c.hits) / c.requests,
                   bar(c.hits / c.requests));
            world_free(world);
            popularity_free(who);
        }
    }
}

/* The rule of thumb: active tokens against slots. */
static void loads(void)
{
    static const double load[] = { 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 4, 8 };
    static const size_t sizes_mib[] = { 1, 16 };
    static const double leaving[] = { 0, 0.2 };
    size_t i;
    size_t j;
    size_t k;

    printf("\nPart of the hits that is lost for want of room; each token is "
           "used 10 times a minute\n(0.909 of the requests could be hits); "
           "\"leaving\": part of the clients that others replace in a "
           "minute\n\n%8s %8s %12s %6s %7s\n",
           "slots", "leaving", "active/slots", "hits", "lost");
    for (j = 0; j < sizeof(sizes_mib) / sizeof(*sizes_mib); j++) {
        size_t slots = acct_cache_slots_in(sizes_mib[j] * MIB);

        for (k = 0; k < sizeof(leaving) / sizeof(*leaving); k++) {
            for (i = 0; i < sizeof(load) / sizeof(*load); i++) {
                uint32_t tokens = (uint32_t)(load[i] * (double)slots);
                popularity_t *who = popularity_make(tokens, 0);
                world_t *world = world_make(sizes_mib[j] * MIB);
                count_t c = run(world, who, tokens / 6.0, leaving[k]);

                printf("%8zu %8.1f %12.2f %6.3f %7.4f  %s\n", slots,
                       leaving[k], load[i], c.hits / c.requests,
                       1 - c.hits / c.could, bar(1 - c.hits / c.could));
                world_free(world);
                popularity_free(who);
            }
        }
    }
}

void simulate_slots(void)
{
    sizes();
    working_sets(16 * MIB);
    loads();
}
