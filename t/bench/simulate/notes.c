/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When tokens were last used is noted in their slots, and written 2,000 at
 * a time. How far the database falls behind when more are in use.
 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>

#define SIZE ((size_t)16 << 20)
#define EACH (10 / 60.0)        /* requests of one token a second */
#define WARM (2400 * SECOND)
#define MEASURED (600 * SECOND)
#define LOOK_EVERY (60 * SECOND)

/* How far the database is behind a token's last use. */
static const int limits[] = { 120, 600, 1800 }; /* seconds */

#define LIMITS (sizeof(limits) / sizeof(*limits))

typedef struct count_t {
    double requests;
    double hits;
    double looked;              /* tokens, each as often as looked at */
    double behind[LIMITS];
} count_t;

static void look(const world_t *world, const int64_t *last, uint32_t tokens,
                 count_t *count)
{
    uint32_t t;
    size_t i;

    for (t = 0; t < tokens; t++) {
        for (i = 0; i < LIMITS; i++) {
            count->behind[i] += last[t] - world->used[t]
                > limits[i] * SECOND;
        }
    }
    count->looked += tokens;
}

static void use(world_t *world, uint32_t token, count_t *count)
{
    int knows = world_knows(world, token);

    if (!knows) {
        world_remember(world, token, world_ticket(world));
    }
    count->requests++;
    count->hits += knows;
}

static void report(const world_t *world, uint32_t tokens,
                   const count_t *count)
{
    size_t i;

    printf("%9u %10.0f", tokens,
           world->written * (double)SECOND / (double)MEASURED);
    for (i = 0; i < LIMITS; i++) {
        printf(" %9.5f", count->behind[i] / count->looked);
    }
    printf(" %7.3f\n", count->hits / count->requests);
}

static void run(uint32_t tokens)
{
    popularity_t *who = popularity_make(tokens, 0);
    world_t *world = world_make(SIZE);
    int64_t *last = sim_alloc(tokens, sizeof(*last));
    random_t random = { 6 };
    count_t count = { 0 };
    int64_t warm;
    int64_t look_at;
    double at;

    world_fill(world, tokens);
    warm = world->tick + WARM;
    look_at = warm;
    at = (double)world->tick;
    while (world->tick < warm + MEASURED) {
        uint32_t token = popularity_draw(who, &random);

        if (world->tick >= look_at) {
            if (look_at == warm) {
                count = (count_t){ 0 };
                world->written = 0;
            }
            look(world, last, tokens, &count);
            look_at += LOOK_EVERY;
        }
        use(world, token, &count);
        last[token] = world->tick;
        at += random_gap(&random, tokens * EACH);
        world->tick = (int64_t)at;
    }
    report(world, tokens, &count);
    free(last);
    world_free(world);
    popularity_free(who);
}

void simulate_notes(void)
{
    static const uint32_t tokens[] = { 5000, 12000, 15000, 20000, 30000,
                                       40000 };
    size_t i;

    printf("Notes of last use written, and the part of the tokens of whose "
           "last use the\ndatabase does not know by more than so many "
           "seconds; %zu slots, each token used\n10 times a minute\n\n"
           "%9s %10s", acct_cache_slots_in(SIZE), "tokens", "written/s");
    for (i = 0; i < LIMITS; i++) {
        printf(" %7d s", limits[i]);
    }
    printf(" %7s\n", "hits");
    for (i = 0; i < sizeof(tokens) / sizeof(*tokens); i++) {
        run(tokens[i]);
    }
}
