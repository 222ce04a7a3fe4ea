/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that look tokens up at the same time. Each thread stands for one;
 * a gate in front of the connections says how long a statement takes.
 */
#ifndef LOOKUP_FIXTURE_H
#define LOOKUP_FIXTURE_H

#include "store_fixture.h"

#include <pthread.h>

#include "base/ticks.h"
#include "token/token.h"
#include "token/lookup.h"

#define PEOPLE 24
#define LONG_TIME apr_time_from_sec(60)

typedef struct world_t {
    fixture_t *f;
    acct_service_t service;
    apr_pool_t *pool;           /* of the look-ups */
    pthread_mutex_t lock;       /* for what follows */
    pthread_cond_t changed;
    int is_shut;                /* who acquires waits */
    int acquired;               /* how often it was tried */
    int fails;                  /* which of them fails; 0: none */
    apr_interval_time_t waited; /* as the look-ups told */
    acct_crowd_t crowd;
} world_t;

typedef struct request_t {
    pthread_t thread;
    world_t *world;
    int person;
    apr_pool_t *pool;
    apr_status_t status;
    acct_token_t token;
    acct_account_t account;
} request_t;

/* ---- the world ---- */

static inline const char *digest_of(int person, apr_pool_t *pool)
{
    return apr_psprintf(pool, "%064x", person + 1);
}

static inline const char *name_of(int person, apr_pool_t *pool)
{
    return apr_psprintf(pool, "person%d", person);
}

static inline apr_status_t acquire(void *context, acct_unit_e unit,
                                   acct_db_t **db, apr_pool_t *pool)
{
    world_t *world = context;
    const char *error;
    int count;
    const acct_statement_t *s;
    int turn;

    (void)unit;
    acct_crowd_enter(&world->crowd);
    pthread_mutex_lock(&world->lock);
    turn = ++world->acquired;
    pthread_cond_broadcast(&world->changed);
    while (world->is_shut) {
        pthread_cond_wait(&world->changed, &world->lock);
    }
    pthread_mutex_unlock(&world->lock);
    if (turn == world->fails) {
        acct_crowd_leave(&world->crowd);
        return APR_EGENERAL;
    }
    s = acct_store_statements(world->f->config.driver, &count, world->f->pool);
    return acct_db_open(db, &world->f->config, s, count, pool, &error);
}

static inline void release(void *context, acct_unit_e unit, acct_db_t *db)
{
    world_t *world = context;

    (void)unit;
    acct_crowd_leave(&world->crowd);
    acct_db_close(db);
}

static inline void waited(void *context, apr_interval_time_t time)
{
    world_t *world = context;

    pthread_mutex_lock(&world->lock);
    world->waited += time;
    pthread_mutex_unlock(&world->lock);
}

static inline void limit(world_t *world, apr_interval_time_t begin,
                         apr_interval_time_t patience)
{
    const acct_lookups_limits_t limits = { .begin = begin,
                                           .patience = patience };

    assert_int_equal(acct_lookups_make(&world->service.lookups, &limits,
                                       world->pool), APR_SUCCESS);
}

static inline int setup(void **state)
{
    world_t *world = calloc(1, sizeof(*world));
    void *fixture;
    acct_db_t *db;
    fixture_t *f;

    if (store_setup(&fixture) != 0) {
        return -1;
    }
    f = world->f = fixture;
    db = open_store(f);
    for (int i = 0; i < PEOPLE; i++) {
        const char *id = apr_psprintf(f->pool, "%032x", i + 1);
        apr_int64_t account = add_person(f, db, name_of(i, f->pool), NULL);

        assert_int_equal(add_token(f, db, id, account,
                                   digest_of(i, f->pool), NULL), 0);
    }
    acct_db_close(db);
    pthread_mutex_init(&world->lock, NULL);
    pthread_cond_init(&world->changed, NULL);
    apr_pool_create_unmanaged_ex(&world->pool, NULL, NULL);
    world->service.acquire = acquire;
    world->service.release = release;
    world->service.waited = waited;
    world->service.context = world;
    limit(world, LONG_TIME, LONG_TIME);
    *state = world;
    return 0;
}

static inline int teardown(void **state)
{
    world_t *world = *state;
    void *fixture = world->f;

    apr_pool_destroy(world->pool);
    pthread_cond_destroy(&world->changed);
    pthread_mutex_destroy(&world->lock);
    free(world);
    return fixture_teardown(&fixture);
}

static inline void shut(world_t *world)
{
    world->is_shut = 1;
}

static inline void open_gate(world_t *world)
{
    pthread_mutex_lock(&world->lock);
    world->is_shut = 0;
    pthread_cond_broadcast(&world->changed);
    pthread_mutex_unlock(&world->lock);
}

static inline void until_acquired(world_t *world, int times)
{
    pthread_mutex_lock(&world->lock);
    while (world->acquired < times) {
        pthread_cond_wait(&world->changed, &world->lock);
    }
    pthread_mutex_unlock(&world->lock);
}

static inline void until_waiting(world_t *world, int count)
{
    while (acct_lookups_waiting(world->service.lookups) < count) {
        usleep(100);
    }
}

/* ---- requests ---- */

static inline void *run(void *data)
{
    request_t *request = data;
    world_t *world = request->world;

    request->status = acct_token_look_up(&world->service,
                                         digest_of(request->person,
                                                   request->pool),
                                         &request->token, &request->account,
                                         request->pool);
    return NULL;
}

static inline void begin(world_t *world, request_t *request, int person)
{
    memset(request, 0, sizeof(*request));
    request->world = world;
    request->person = person;
    apr_pool_create_unmanaged_ex(&request->pool, NULL, NULL);
    assert_int_equal(pthread_create(&request->thread, NULL, run, request),
                     0);
}

static inline void begin_all(world_t *world, request_t *requests,
                             int count, int first)
{
    for (int i = 0; i < count; i++) {
        begin(world, &requests[i], first + i);
    }
}

static inline apr_status_t end(request_t *request)
{
    pthread_join(request->thread, NULL);
    return request->status;
}

static inline void forget(request_t *requests, int count)
{
    for (int i = 0; i < count; i++) {
        apr_pool_destroy(requests[i].pool);
    }
}

static inline int is_own(const request_t *request)
{
    return strcmp(request->account.username,
                  name_of(request->person, request->pool)) == 0
        && strcmp(request->token.digest,
                  digest_of(request->person, request->pool)) == 0
        && request->token.account_id == request->account.id
        && strtol(request->token.id, NULL, 16) == request->person + 1;
}

/* How they are all to end: each with what is his own. */
static inline void all_are_answered(request_t *requests, int count)
{
    for (int i = 0; i < count; i++) {
        assert_int_equal(end(&requests[i]), APR_SUCCESS);
        assert_true(is_own(&requests[i]));
    }
}

static inline void more_than_fit_are_answered(world_t *world)
{
    request_t all[1 + ACCT_STORE_TOGETHER + 3];
    int count = 1 + ACCT_STORE_TOGETHER + 3;
    int before = world->acquired;

    shut(world);
    begin(world, &all[0], 0);
    until_acquired(world, before + 1);
    begin_all(world, all + 1, count - 1, 1);
    until_acquired(world, before + 2);
    until_waiting(world, 3);
    open_gate(world);
    all_are_answered(all, count);
    assert_int_equal(world->acquired, before + 3);
    forget(all, count);
}

#endif
