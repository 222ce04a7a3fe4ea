/* SPDX-License-Identifier: Apache-2.0 */
#include "limit/turn.h"

#include <stddef.h>
#include <string.h>

/* No IPv4 address is then an IPv6 network that a client could have: these
 * begin with 2 or 3 (RFC 4291, 2.4), or with f within a site. */
#define IPV4 (UINT64_C(4) << 56)

uint64_t acct_asker_network(const acct_network_t *network)
{
    uint64_t number = network->version == 4 ? IPV4 : 0;

    for (int i = 0; i < 8; i++) {
        int shift = network->version == 4 ? 24 - 8 * i : 56 - 8 * i;

        number |= shift < 0 ? 0 : (uint64_t)network->address[i] << shift;
    }
    return number;
}

/* Whether it has a place that counts: another may have been given the place
 * of one that has not gone yet. */
static int counts(const acct_turn_t *turn)
{
    return turn->state == ACCT_TURN_WAITS || turn->state == ACCT_TURN_CALLED;
}

/* ---- places ---- */

/* How many places the newcomer's host and network have. */
typedef struct have_t {
    int all;
    int of_host;
    int of_network;
} have_t;

static have_t have(const acct_turn_t *turns, int count,
                   const acct_asker_t *asker)
{
    have_t have = { 0, 0, 0 };

    for (int i = 0; i < count; i++) {
        if (counts(&turns[i])) {
            have.all++;
            have.of_host += turns[i].asker.host == asker->host;
            have.of_network += turns[i].asker.network == asker->network;
        }
    }
    return have;
}

/* Which of those that wait may be asked to give way. */
typedef struct among_t {
    const uint64_t *host;       /* NULL: any */
    const uint64_t *network;    /* NULL: any */
    int unknown;                /* 1: no known owner */
} among_t;

static int is_among(const acct_turn_t *turn, const among_t *among)
{
    return turn->state == ACCT_TURN_WAITS
        && (among->host == NULL || *among->host == turn->asker.host)
        && (among->network == NULL
            || *among->network == turn->asker.network)
        && (!among->unknown || !turn->asker.is_known);
}

/* Whether a gives way rather than b. */
static int goes_first(const acct_turn_t *a, const acct_turn_t *b)
{
    if (a->of_network != b->of_network) {
        return a->of_network > b->of_network;
    }
    if (a->asker.is_known != b->asker.is_known) {
        return b->asker.is_known;
    }
    return a->came > b->came;
}

static int last_of(const acct_turn_t *turns, int count, const among_t *among)
{
    int last = ACCT_ROOM_NONE;

    for (int i = 0; i < count; i++) {
        if (is_among(&turns[i], among)
            && (last < 0 || goes_first(&turns[i], &turns[last]))) {
            last = i;
        }
    }
    return last;
}

/* The host that has most places, where that is more than the newcomer's host
 * would have; NULL: there is none. */
static const uint64_t *fuller_host(const acct_turn_t *turns, int count,
                                   int of_host)
{
    const acct_turn_t *most = NULL;

    for (int i = 0; i < count; i++) {
        if (turns[i].state == ACCT_TURN_WAITS
            && (most == NULL || turns[i].of_host > most->of_host)) {
            most = &turns[i];
        }
    }
    return most != NULL && most->of_host > of_host + 1 ? &most->asker.host
                                                       : NULL;
}

static int place_of_another(const acct_turn_t *turns, int count,
                            const acct_asker_t *asker, const have_t *has)
{
    among_t among = { fuller_host(turns, count, has->of_host), NULL, 0 };
    int place;

    if (among.host != NULL) {
        return last_of(turns, count, &among);
    }
    among.host = &asker->host;
    place = last_of(turns, count, &among);
    if (place >= 0 && turns[place].of_network > has->of_network + 1) {
        return place;
    }
    if (!asker->is_known) {
        return ACCT_ROOM_NONE;
    }
    among.unknown = 1;
    place = last_of(turns, count, &among);
    if (place < 0) {
        among.host = NULL;
        place = last_of(turns, count, &among);
    }
    return place;
}

int acct_turn_room(const acct_rota_t *rota, const acct_turn_t *turns,
                   int count, const acct_asker_t *asker)
{
    have_t has = have(turns, count, asker);

    if (rota->share == 0) {
        return has.all < rota->most ? ACCT_ROOM_FREE : ACCT_ROOM_NONE;
    }
    if (has.of_network >= rota->share) {
        among_t same = { NULL, &asker->network, 1 };

        return asker->is_known ? last_of(turns, count, &same)
                               : ACCT_ROOM_NONE;
    }
    return has.all < rota->most ? ACCT_ROOM_FREE
        : place_of_another(turns, count, asker, &has);
}

static void count_one(acct_turn_t *turns, int count,
                      const acct_asker_t *asker, int by)
{
    for (int i = 0; i < count; i++) {
        if (counts(&turns[i])) {
            turns[i].of_host += turns[i].asker.host == asker->host ? by : 0;
            turns[i].of_network += turns[i].asker.network == asker->network
                ? by : 0;
        }
    }
}

/* What is remembered of its host and of its network. */
static void remember(const acct_rota_t *rota, acct_turn_t *turn)
{
    uint64_t kept = rota->turns < ACCT_TURNS_KEPT ? rota->turns
                                                  : ACCT_TURNS_KEPT;

    for (uint64_t t = rota->turns; t > rota->turns - kept; t--) {
        const acct_asker_t *past = &rota->past[t % ACCT_TURNS_KEPT];

        if (turn->host_turn == 0 && past->host == turn->asker.host) {
            turn->host_turn = t;
            turn->had_known = past->is_known;
        }
        if (turn->network_turn == 0
            && past->network == turn->asker.network) {
            turn->network_turn = t;
        }
    }
}

void acct_turn_join(acct_rota_t *rota, acct_turn_t *turns, int count,
                    int place, const acct_asker_t *asker)
{
    have_t has = have(turns, count, asker);
    acct_turn_t turn = {
        .asker = *asker, .came = ++rota->came, .of_host = has.of_host,
        .of_network = has.of_network
    };

    remember(rota, &turn);
    turns[place] = turn;
    turns[place].state = ACCT_TURN_WAITS;
    count_one(turns, count, asker, 1);
}

void acct_turn_give_way(acct_turn_t *turns, int count, int place)
{
    turns[place].state = ACCT_TURN_GAVE_WAY;
    count_one(turns, count, &turns[place].asker, -1);
}

void acct_turn_quit(acct_turn_t *turns, int count, int place)
{
    int counted = counts(&turns[place]);

    turns[place].state = ACCT_TURN_NONE;
    if (counted) {
        count_one(turns, count, &turns[place].asker, -1);
    }
}

void acct_turns_recount(acct_turn_t *turns, int count)
{
    for (int i = 0; i < count; i++) {
        have_t has = have(turns, count, &turns[i].asker);

        turns[i].of_host = has.of_host;
        turns[i].of_network = has.of_network;
    }
}

/* ---- turns ---- */

/* For how many turns one has had none; as far as is remembered. */
static uint64_t without(const acct_rota_t *rota, uint64_t turn)
{
    uint64_t turns = rota->turns - turn;

    return turn == 0 || turns > ACCT_TURNS_KEPT ? ACCT_TURNS_KEPT : turns;
}

/* Whether it is the other kind's turn than its host's last one was. */
static int is_of_kind(const acct_turn_t *turn)
{
    return !turn->had_known == !!turn->asker.is_known;
}

/* Whether a is before b. */
static int is_before(const acct_rota_t *rota, const acct_turn_t *a,
                     const acct_turn_t *b)
{
    uint64_t of_a = without(rota, a->host_turn);
    uint64_t of_b = without(rota, b->host_turn);

    if (of_a != of_b) {
        return of_a > of_b;
    }
    if (is_of_kind(a) != is_of_kind(b)) {
        return is_of_kind(a);
    }
    of_a = without(rota, a->network_turn);
    of_b = without(rota, b->network_turn);
    if (of_a != of_b) {
        return of_a > of_b;
    }
    return a->came < b->came;
}

static int first_of(const acct_rota_t *rota, const acct_turn_t *turns,
                    int count, const uint64_t *apart)
{
    int next = -1;

    for (int i = 0; i < count; i++) {
        const acct_turn_t *turn = &turns[i];

        if (turn->state != ACCT_TURN_WAITS
            || (apart != NULL && turn->asker.network == *apart)) {
            continue;
        }
        if (next < 0
            || (rota->share == 0 ? turn->came < turns[next].came
                                 : is_before(rota, turn, &turns[next]))) {
            next = i;
        }
    }
    return next;
}

int acct_turn_next(const acct_rota_t *rota, const acct_turn_t *turns,
                   int count, const uint64_t *apart)
{
    int next = rota->share == 0 ? -1
        : first_of(rota, turns, count, apart);

    return next >= 0 ? next : first_of(rota, turns, count, NULL);
}

void acct_turn_call(acct_rota_t *rota, acct_turn_t *turns, int count,
                    int place)
{
    const acct_asker_t *asker = &turns[place].asker;
    uint64_t turn = rota->turns + 1;

    turns[place].state = ACCT_TURN_CALLED;
    rota->past[turn % ACCT_TURNS_KEPT] = *asker;
    rota->turns = turn;
    for (int i = 0; i < count; i++) {
        if (turns[i].asker.host == asker->host) {
            turns[i].host_turn = turn;
            turns[i].had_known = asker->is_known;
        }
        if (turns[i].asker.network == asker->network) {
            turns[i].network_turn = turn;
        }
    }
}
