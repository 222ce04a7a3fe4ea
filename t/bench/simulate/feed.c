/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the feed reads, and what it makes the cache forget. The feed itself
 * (src/httpd/feed.c) needs an httpd; here are its numbers and its table of
 * the ids it has seen, once more.
 */
#include "sim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define WINDOW 1024             /* ids read again each time */
#define SEEN 2048U
#define MOST (8 * WINDOW)       /* rows of one reading */
#define LATE 2.0                /* the longest transaction, seconds */

#define TOKENS 20000U
#define EACH (10 / 60.0)
#define SIZE ((size_t)128 << 20)

static void limits(void)
{
    static const double bounds[] = { 0.5, 1, 2, 4, 10, 60 };
    size_t i;

    printf("Sign-outs/s of all servers together that the feed can carry\n\n"
           "%7s %9s %19s %19s\n", "bound", "reads/s", "rows/s when idle",
           "all is forgotten at");
    for (i = 0; i < sizeof(bounds) / sizeof(*bounds); i++) {
        double interval = fmin(bounds[i] / 4, 1);

        printf("%5.1f s %9.1f %19.0f %19.0f\n", bounds[i], 1 / interval,
               WINDOW / interval, (MOST - WINDOW) / interval);
    }
    printf("\nAn id that becomes visible late is seen as long as fewer than "
           "%d others\noverlook it: at %.0f sign-outs/s for the longest "
           "transaction (%.0f s),\nat 5120 for one of 0.2 s.\n", WINDOW,
           WINDOW / LATE, LATE);
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

/* ---- several databases, one table of what was seen ---- */

typedef struct feeds_t {
    int64_t seen[SEEN];
    uint64_t database[ACCT_CACHE_FEEDS];
    uint64_t last[ACCT_CACHE_FEEDS];
} feeds_t;

/* One reading of all; nobody has signed out since the last. */
static double read_again(feeds_t *feeds, int count, world_t *world)
{
    double raised = 0;
    int f;
    uint64_t id;

    for (f = 0; f < count; f++) {
        for (id = feeds->last[f] - WINDOW + 1; id <= feeds->last[f]; id++) {
            int64_t *place = &feeds->seen[(id + feeds->database[f]) % SEEN];
            int64_t mark = (int64_t)(id ^ feeds->database[f]);

            if (*place != mark) {
                *place = mark;
                world_sign_out(world, scatter(id + feeds->database[f])
                                      % 1000000);
                raised++;
            }
        }
    }
    return raised;
}

static void several_databases(void)
{
    static const int counts[] = { 1, 2, 3, 4, 8, 16 };
    popularity_t *who = popularity_make(TOKENS, 0);
    size_t i;

    printf("\nDatabases of one server with %d revocations or more in each, "
           "nobody signing out;\nread twice a second; the same tokens\n\n"
           "%9s %14s %6s\n", WINDOW, "databases", "raised/reading", "hits");
    for (i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
        feeds_t *feeds = sim_alloc(1, sizeof(*feeds));
        world_t *world = world_make(SIZE);
        random_t random = { 5 };
        double raised = 0;
        double lookups = 0;
        double all = 0;
        int round;
        int f;

        world_fill(world, TOKENS);
        for (f = 0; f < counts[i]; f++) {
            feeds->database[f] = random_word(&random);
            feeds->last[f] = WINDOW + random_word(&random) % 1000000;
        }
        for (round = 0; round < 240; round++) {
            double requests;
            double again = read_again(feeds, counts[i], world);
            double asks = asked(world, who, &random, 0.5, &requests);

            if (round >= 120) {
                raised += again;
                lookups += asks;
                all += requests;
            }
        }
        printf("%9d %14.0f %6.3f  %s\n", counts[i], raised / 120,
               1 - lookups / all, bar(1 - lookups / all));
        world_free(world);
        free(feeds);
    }
    popularity_free(who);
}

void simulate_feed(void)
{
    limits();
    forgetting();
    several_databases();
}
