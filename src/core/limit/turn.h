/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Turns: which of the threads that wait for something scarce has it next, and
 * which one gives its place up when too many wait.
 *
 * The next one is of the virtual host that has waited longest for a turn. Of
 * that host's threads, those of known owners (the account has been signed in
 * to rightly from the client's network) and the others have every second turn
 * each, as long as there are both. Of these, one of the network that has
 * waited longest for a turn; of that network, the one that came first.
 *
 * The known owners stand before the networks and not after them: against two
 * hundred networks that guess, an owner who signs in twice would else be the
 * two hundredth the second time. The others have the second turn, so that
 * a client with many known accounts does not keep the others out.
 *
 * How long a host or a network has waited is remembered for ACCT_TURNS_KEPT
 * turns. What has had none of these is as good as new, so that clients which
 * come from ever new networks do not go before one that was here a moment ago
 * for longer than that.
 *
 * Places are given by the same rule from behind: one network has at most its
 * share; and when all places are taken, a thread that comes has the place of
 * one of the host that has most, else of its own host's network that has most,
 * else a known owner has the place of another; always of the last that came.
 * Where none of these has more than the one that comes, that one is refused.
 *
 * Everything here is plain memory of the caller's, which sees to it that one
 * thread at a time is at it. It holds no pointers: it may lie in memory that
 * processes share. A thread may die in the midst of any of these functions:
 * see acct_turns_recount().
 */
#ifndef ACCT_TURN_H
#define ACCT_TURN_H

#include <stdint.h>

#include "limit/network.h"

/* Turns that are remembered. */
#define ACCT_TURNS_KEPT 64

/* On whose behalf a thread waits. */
typedef struct acct_asker_t {
    uint64_t host;              /* any number that tells virtual hosts apart */
    uint64_t network;           /* acct_asker_network() */
    int is_known;               /* the account is known from that network */
} acct_asker_t;

typedef enum {
    ACCT_TURN_NONE,             /* the place is empty (all zeros) */
    ACCT_TURN_WAITS,
    ACCT_TURN_CALLED,           /* it was its turn, and has not gone yet */
    ACCT_TURN_GAVE_WAY          /* another has its place; it has not gone */
} acct_turn_e;

/* A place to wait in, with what the choice of the next one needs. */
typedef struct acct_turn_t {
    acct_asker_t asker;
    acct_turn_e state;
    int of_host;                /* how many places its host has */
    int of_network;             /* and its network, on all hosts */
    int had_known;              /* its host's last turn was a known owner's */
    uint64_t came;              /* numbers those that come */
    uint64_t host_turn;         /* the last turn of its host; 0: long ago */
    uint64_t network_turn;      /* the same of its network */
} acct_turn_t;

/* The turns of the past, and how many may wait. All zeros but for the limits
 * in the beginning. */
typedef struct acct_rota_t {
    int most;                   /* places that may be taken at once */
    int share;                  /* of these by one network; 0: no network and
                                 * no host is looked at, the first that came
                                 * is the next */
    uint64_t came;
    uint64_t turns;
    acct_asker_t past[ACCT_TURNS_KEPT]; /* turn t: past[t % KEPT] */
} acct_rota_t;

/** A number for a network, another for each other one. */
uint64_t acct_asker_network(const acct_network_t *network);

/** What acct_turn_room() returns where there is room for one more. */
#define ACCT_ROOM_FREE (-1)
/** … and where there is none for this one. */
#define ACCT_ROOM_NONE (-2)

/**
 * Whether one more may wait.
 * @param turns the places, @a count of them
 * @return the place of the one that has to give way to it (at least 0), or
 *         ACCT_ROOM_FREE, or ACCT_ROOM_NONE
 */
int acct_turn_room(const acct_rota_t *rota, const acct_turn_t *turns,
                   int count, const acct_asker_t *asker);

/** Put one that asks into an empty place. */
void acct_turn_join(acct_rota_t *rota, acct_turn_t *turns, int count,
                    int place, const acct_asker_t *asker);

/** The one in @a place gives way: it waits no longer. */
void acct_turn_give_way(acct_turn_t *turns, int count, int place);

/** Empty a place. */
void acct_turn_quit(acct_turn_t *turns, int count, int place);

/**
 * The place of the one that waits and is the next.
 * @param apart the network that has all but the last of what there is to have:
 *              it is not the next while another network waits. NULL: none
 * @return -1 where none waits
 */
int acct_turn_next(const acct_rota_t *rota, const acct_turn_t *turns,
                   int count, const uint64_t *apart);

/** It is the turn of the one in @a place; it is no longer among those that
 *  wait. */
void acct_turn_call(acct_rota_t *rota, acct_turn_t *turns, int count,
                    int place);

/**
 * Count anew how many places each host and network has. When a thread died
 * within one of these functions this is what has to be mended, once its own
 * place has been emptied: whatever else it has half written makes a turn come
 * too early or too late, and no more.
 */
void acct_turns_recount(acct_turn_t *turns, int count);

#endif
