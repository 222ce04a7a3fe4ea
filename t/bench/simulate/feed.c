/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the feed reads, and how the cache fills again when it had to forget
 * everything. The feed itself (src/httpd/process/feed.c) needs an httpd; here are
 * its numbers once more.
 */
#include "sim.h"

#include <math.h>
#include <stdio.h>

#define MOST 8192               /* rows of one reading */
#define STATEMENTS 2            /* the revocations, the row of the check */

#define TOKENS 20000U
#define EACH (10 / 60.0)
#define SIZE ((size_t)32 << 20)

static void limits(void)
{
    static const double bounds[] = { 0.5, 1, 2, 4, 10, 60 };
    size_t i;

    printf("Sign-outs/s of all servers together that the feed can carry\n\n"
           "%7s %9s %13s %9s %20s\n", "bound", "reads/s", "statements/s",
           "takeover", "all is forgotten at");
    for (i = 0; i < sizeof(bounds) / sizeof(*bounds); i++) {
        double look = fmin(bounds[i] / 4, 1);
        double period = fmin(bounds[i] / 2, 1);

        printf("%5.1f s %9.1f %13.1f %7.2f s %20.0f\n", bounds[i],
               1 / period, STATEMENTS / period, period + look,
               MOST / period);
    }
}

/* ---- a cache that is read through ---- */

static double asked(world_t *world, const popularity_t *who,
                    random_t *random, double seconds, double *requests)
{
    double rate = TOKENS * EACH;
    double at = (double)world->tick;
    double end = at + seconds * (double)SECOND;
    double lookups = 0;

    *requests = 0;
    while ((at += random_gap(random, rate)) < end) {
        uint32_t token = popularity_draw(who, random);

        world->tick = (int64_t)at;
        *requests += 1;
        if (!world_knows(world, token)) {
            lookups++;
            world_remember(world, token, world_ticket(world));
        }
    }
    world->tick = (int64_t)end;
    return lookups;
}

/* What is filled together is asked for together again a minute later. */
static void waves(world_t *world, const popularity_t *who, random_t *random)
{
    int minute;

    printf("\n%7s %21s\n", "minute", "most look-ups/s in it");
    for (minute = 1; minute <= 5; minute++) {
        double most = 0;
        int second;

        for (second = 0; second < 60; second++) {
            double requests;

            most = fmax(most, asked(world, who, random, 1, &requests));
        }
        printf("%7d %21.0f\n", minute, most);
    }
}

static void forgetting(void)
{
    popularity_t *who = popularity_make(TOKENS, 0);
    world_t *world = world_make(SIZE);
    random_t random = { 4 };
    double requests;
    int second;

    printf("\nAfter everything was forgotten: %u tokens, each used 10 times "
           "a minute\n\n%7s %9s %6s\n", TOKENS, "second", "look-ups",
           "hits");
    world_fill(world, TOKENS);
    asked(world, who, &random, 120, &requests);
    for (second = -1; second < 20; second++) {
        double lookups;

        if (second == 0) {
            world_forget_all(world);
        }
        lookups = asked(world, who, &random, 1, &requests);
        printf("%7d %9.0f %6.3f  %s\n", second, lookups,
               1 - lookups / requests, bar(1 - lookups / requests));
    }
    asked(world, who, &random, 40, &requests);
    waves(world, who, &random);
    world_free(world);
    popularity_free(who);
}

void simulate_feed(void)
{
    limits();
    forgetting();
}
