/* SPDX-License-Identifier: Apache-2.0 */
#include "sim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cache/last_used.h"

#define DATABASE UINT64_C(0x5eed)
#define BEGIN (1000 * SECOND)   /* so that "never" is long ago */
#define NOTES_EVERY (10 * SECOND)

static const unsigned char secret[ACCT_CACHE_SECRET_BYTES] = "simulation only";

void *sim_alloc(size_t count, size_t size)
{
    void *memory = calloc(count, size);

    if (memory == NULL) {
        fprintf(stderr, "simulate: no memory\n");
        exit(1);
    }
    return memory;
}

double random_gap(random_t *random, double rate)
{
    return -log1p(-random_part(random)) / rate * (double)SECOND;
}

/* ---- which token is asked for ---- */

/* The alias method of Walker and Vose: as many boxes as tokens, each with
 * parts of at most two. */
static void fill_boxes(popularity_t *p)
{
    uint32_t *few = sim_alloc(p->count, sizeof(*few));
    uint32_t *many = sim_alloc(p->count, sizeof(*many));
    uint32_t fews = 0;
    uint32_t manys = 0;
    uint32_t i;

    for (i = 0; i < p->count; i++) {
        p->limit[i] = p->part[i] * p->count;
        p->alias[i] = i;
        if (p->limit[i] < 1) {
            few[fews++] = i;
        }
        else {
            many[manys++] = i;
        }
    }
    while (fews > 0 && manys > 0) {
        uint32_t low = few[--fews];
        uint32_t high = many[manys - 1];

        p->alias[low] = high;
        p->limit[high] -= 1 - p->limit[low];
        if (p->limit[high] < 1) {
            manys--;
            few[fews++] = high;
        }
    }
    free(few);
    free(many);
}

popularity_t *popularity_make(uint32_t count, double s)
{
    popularity_t *p = sim_alloc(1, sizeof(*p));
    double sum = 0;
    uint32_t i;

    p->count = count;
    p->s = s;
    p->part = sim_alloc(count, sizeof(*p->part));
    p->limit = sim_alloc(count, sizeof(*p->limit));
    p->alias = sim_alloc(count, sizeof(*p->alias));
    for (i = 0; i < count; i++) {
        p->part[i] = pow(i + 1.0, -s);
        sum += p->part[i];
    }
    for (i = 0; i < count; i++) {
        p->part[i] /= sum;
    }
    fill_boxes(p);
    return p;
}

void popularity_free(popularity_t *p)
{
    free(p->part);
    free(p->limit);
    free(p->alias);
    free(p);
}

uint32_t popularity_draw(const popularity_t *p, random_t *random)
{
    double at = random_part(random) * p->count;
    uint32_t box = (uint32_t)at;

    return at - box < p->limit[box] ? box : p->alias[box];
}

/* ---- a server's cache ---- */

static void digest_of(uint64_t token, unsigned char *digest)
{
    uint64_t word[ACCT_CACHE_DIGEST_BYTES / 8];
    size_t i;

    for (i = 0; i < ACCT_CACHE_DIGEST_BYTES / 8; i++) {
        word[i] = scatter((token + 1) * UINT64_C(0x9e3779b97f4a7c15) + i);
    }
    memcpy(digest, word, sizeof(word));
}

world_t *world_make(size_t bytes)
{
    world_t *world = sim_alloc(1, sizeof(*world));
    size_t slots = acct_cache_slots_in(bytes);
    size_t size = (acct_cache_bytes(slots) + 63) / 64 * 64;

    world->block = aligned_alloc(64, size);
    if (world->block == NULL) {
        fprintf(stderr, "simulate: no memory\n");
        exit(1);
    }
    memset(world->block, 0, size);
    world->tick = world->noted_at = BEGIN;
    acct_cache_format(&world->cache, world->block, slots, secret);
    return world;
}

void world_free(world_t *world)
{
    free(world->block);
    free(world->used);
    free(world);
}

/* ---- what the database knows of uses ---- */

static int64_t *used_of(world_t *world, uint64_t token)
{
    if (token >= world->used_count) {
        uint64_t count = 2 * token + 1024;
        int64_t *more = sim_alloc(count, sizeof(*more));

        if (world->used_count > 0) {
            memcpy(more, world->used, world->used_count * sizeof(*more));
        }
        free(world->used);
        world->used = more;
        world->used_count = count;
    }
    return &world->used[token];
}

static void write_note(world_t *world, const acct_cache_note_t *note)
{
    uint64_t token;

    memcpy(&token, note->token_id, sizeof(token));
    *used_of(world, token) = note->used;
    world->written++;
    acct_cache_noted(&world->cache, note, world->tick);
}

static void write_notes(world_t *world)
{
    acct_notes_t notes = { DATABASE, NULL, 0 };
    apr_pool_t *pool;
    int i;

    if (world->tick - world->noted_at < NOTES_EVERY) {
        return;
    }
    world->noted_at = world->tick;
    if (apr_pool_create(&pool, NULL) != APR_SUCCESS) {
        fprintf(stderr, "simulate: no memory\n");
        exit(1);
    }
    acct_last_used_collect(&world->last_used, &world->cache, &notes, 1,
                           pool);
    for (i = 0; i < notes.count; i++) {
        write_note(world, &notes.note[i]);
    }
    apr_pool_destroy(pool);
}

/* ---- what requests do ---- */

int world_knows(world_t *world, uint64_t token)
{
    unsigned char digest[ACCT_CACHE_DIGEST_BYTES];
    acct_cached_t found;

    write_notes(world);
    digest_of(token, digest);
    if (acct_cache_find(&world->cache, DATABASE, digest, world->tick,
                        world->tick, &found) != APR_SUCCESS) {
        return 0;
    }
    if (world->tick - found.last_used >= ACCT_CACHE_NOTE_AGE) {
        acct_cache_touch(&world->cache, DATABASE, digest, world->tick,
                         world->tick, &found);
    }
    return 1;
}

int world_remember(world_t *world, uint64_t token, uint64_t ticket)
{
    unsigned char digest[ACCT_CACHE_DIGEST_BYTES];
    acct_cached_t identity = { .account = (int64_t)token + 1,
                               .last_used = *used_of(world, token) };

    digest_of(token, digest);
    memcpy(identity.token_id, &token, sizeof(token));
    if (world->tick - identity.last_used >= ACCT_CACHE_NOTE_AGE) {
        identity.last_used = world->tick;
        identity.is_unwritten = 1;
    }
    return acct_cache_store(&world->cache, DATABASE, digest, ticket,
                            world->tick, &identity);
}

void world_age(world_t *world, uint64_t i, uint64_t count)
{
    world->tick = BEGIN + (int64_t)((double)ACCT_CACHE_AGE * (double)i
                                     / (double)count);
}

void world_fill(world_t *world, uint64_t count)
{
    uint64_t i;

    for (i = 0; i < count; i++) {
        world_age(world, i, count);
        write_notes(world);
        world_remember(world, i, world_ticket(world));
    }
}

uint64_t world_ticket(const world_t *world)
{
    return acct_cache_ticket(&world->cache);
}

void world_sign_out(world_t *world, uint64_t account)
{
    acct_cache_raise(&world->cache, DATABASE, (int64_t)account + 1);
}

void world_forget_all(world_t *world)
{
    acct_cache_raise_all(&world->cache);
}

/* ---- tables ---- */

const char *bar(double part)
{
    static const char full[] = "########################################";
    double size = part * (double)(sizeof(full) - 1) + 0.5;
    size_t n = size < 0 ? 0 : (size_t)size;

    return full + (n < sizeof(full) ? sizeof(full) - 1 - n : 0);
}

double lasting(double rate)
{
    double age = (double)ACCT_CACHE_AGE / (double)SECOND;

    return rate > 0 ? -expm1(-rate * age) / rate : age;
}
