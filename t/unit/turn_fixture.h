/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table of those that wait for a turn, and names for what is done to it.
 */
#ifndef ACCT_TURN_FIXTURE_H
#define ACCT_TURN_FIXTURE_H

#include "apr_fixture.h"

#include <string.h>

#include "limit/turn.h"

#define PLACES 16
#define SHARE 4
#define TABLE (PLACES + 4)

typedef struct world_t {
    acct_rota_t rota;
    acct_turn_t turn[TABLE];
} world_t;

static inline world_t world(void)
{
    world_t made;

    memset(&made, 0, sizeof(made));
    made.rota.most = PLACES;
    made.rota.share = SHARE;
    return made;
}

static inline acct_asker_t asker(uint64_t host, uint64_t network)
{
    acct_asker_t made = { .host = host, .network = network };

    return made;
}

static inline acct_asker_t owner(uint64_t host, uint64_t network)
{
    acct_asker_t made = { .host = host, .network = network, .is_known = 1 };

    return made;
}

/* Comes, as to the gate. @return its place; below 0: refused */
static inline int come(world_t *w, acct_asker_t who)
{
    int room = acct_turn_room(&w->rota, w->turn, TABLE, &who);
    int place = 0;

    if (room == ACCT_ROOM_NONE) {
        return -1;
    }
    if (room >= 0) {
        acct_turn_give_way(w->turn, TABLE, room);
    }
    while (w->turn[place].state != ACCT_TURN_NONE) {
        place++;
        assert_true(place < TABLE);
    }
    acct_turn_join(&w->rota, w->turn, TABLE, place, &who);
    return place;
}

/* The next one has its turn, and is gone. */
static inline acct_asker_t next(world_t *w)
{
    int place = acct_turn_next(&w->rota, w->turn, TABLE, NULL);
    acct_asker_t who;

    assert_in_range(place, 0, TABLE - 1);
    assert_int_equal(w->turn[place].state, ACCT_TURN_WAITS);
    acct_turn_call(&w->rota, w->turn, TABLE, place);
    who = w->turn[place].asker;
    acct_turn_quit(w->turn, TABLE, place);
    return who;
}

/* Those that gave way find out. */
static inline int gone(world_t *w)
{
    int gone = 0;

    for (int i = 0; i < TABLE; i++) {
        if (w->turn[i].state == ACCT_TURN_GAVE_WAY) {
            acct_turn_quit(w->turn, TABLE, i);
            gone++;
        }
    }
    return gone;
}

static inline int waiting(const world_t *w, uint64_t network)
{
    int count = 0;

    for (int i = 0; i < TABLE; i++) {
        count += w->turn[i].state == ACCT_TURN_WAITS
            && w->turn[i].asker.network == network;
    }
    return count;
}

#endif
