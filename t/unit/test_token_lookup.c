/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking tokens up, together with others. Each thread stands for a request;
 * a gate in front of the connections says how long a statement takes.
 */
#include "store_fixture.h"

#include <pthread.h>

#include "ticks.h"
#include "token.h"
#include "token_lookup.h"

#define PEOPLE 24
#define LONG_TIME apr_time_from_sec(60)
#define SILENCE apr_time_from_msec(700)

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

static const char *digest_of(int person, apr_pool_t *pool)
{
    return apr_psprintf(pool, "%064x", person + 1);
}

static const char *name_of(int person, apr_pool_t *pool)
{
    return apr_psprintf(pool, "person%d", person);
}

static apr_status_t acquire(void *context, acct_unit_e unit, acct_db_t **db,
                            apr_pool_t *pool)
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
    s = acct_store_statements(world->f->config.driver, &count);
    return acct_db_open(db, &world->f->config, s, count, pool, &error);
}

static void release(void *context, acct_unit_e unit, acct_db_t *db)
{
    world_t *world = context;

    (void)unit;
    acct_crowd_leave(&world->crowd);
    acct_db_close(db);
}

static void waited(void *context, apr_interval_time_t time)
{
    world_t *world = context;

    pthread_mutex_lock(&world->lock);
    world->waited += time;
    pthread_mutex_unlock(&world->lock);
}

static void limit(world_t *world, apr_interval_time_t begin,
                  apr_interval_time_t patience)
{
    const acct_lookups_limits_t limits = { .begin = begin,
                                           .patience = patience };

    assert_int_equal(acct_lookups_make(&world->service.lookups, &limits,
                                       world->pool), APR_SUCCESS);
}

static void limit_crowd(world_t *world, int crowd)
{
    const acct_lookups_limits_t limits = {
        .begin = LONG_TIME, .patience = LONG_TIME,
        .crowd = &world->crowd, .silence = SILENCE
    };

    world->crowd.most = crowd;
    assert_int_equal(acct_lookups_make(&world->service.lookups, &limits,
                                       world->pool), APR_SUCCESS);
}

static int setup(void **state)
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

static int teardown(void **state)
{
    world_t *world = *state;
    void *fixture = world->f;

    apr_pool_destroy(world->pool);
    pthread_cond_destroy(&world->changed);
    pthread_mutex_destroy(&world->lock);
    free(world);
    return fixture_teardown(&fixture);
}

static void shut(world_t *world)
{
    world->is_shut = 1;
}

static void open_gate(world_t *world)
{
    pthread_mutex_lock(&world->lock);
    world->is_shut = 0;
    pthread_cond_broadcast(&world->changed);
    pthread_mutex_unlock(&world->lock);
}

static void until_acquired(world_t *world, int times)
{
    pthread_mutex_lock(&world->lock);
    while (world->acquired < times) {
        pthread_cond_wait(&world->changed, &world->lock);
    }
    pthread_mutex_unlock(&world->lock);
}

static void until_waiting(world_t *world, int count)
{
    while (acct_lookups_waiting(world->service.lookups) < count) {
        usleep(100);
    }
}

/* ---- requests ---- */

static void *run(void *data)
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

static void begin(world_t *world, request_t *request, int person)
{
    memset(request, 0, sizeof(*request));
    request->world = world;
    request->person = person;
    apr_pool_create_unmanaged_ex(&request->pool, NULL, NULL);
    assert_int_equal(pthread_create(&request->thread, NULL, run, request),
                     0);
}

static void begin_all(world_t *world, request_t *requests, int count,
                      int first)
{
    for (int i = 0; i < count; i++) {
        begin(world, &requests[i], first + i);
    }
}

static apr_status_t end(request_t *request)
{
    pthread_join(request->thread, NULL);
    return request->status;
}

static void forget(request_t *requests, int count)
{
    for (int i = 0; i < count; i++) {
        apr_pool_destroy(requests[i].pool);
    }
}

static int is_own(const request_t *request)
{
    return strcmp(request->account.username,
                  name_of(request->person, request->pool)) == 0
        && strcmp(request->token.digest,
                  digest_of(request->person, request->pool)) == 0
        && request->token.account_id == request->account.id
        && strtol(request->token.id, NULL, 16) == request->person + 1;
}

/* ---- the tests ---- */

static void who_comes_alone_is_asked_for_at_once(void **state)
{
    world_t *world = *state;
    request_t one;

    begin(world, &one, 3);
    assert_int_equal(end(&one), APR_SUCCESS);
    assert_true(is_own(&one));
    assert_int_equal(world->acquired, 1);
    assert_int_equal(world->waited, 0);
    forget(&one, 1);
}

static void those_who_come_while_one_is_under_way_share_the_next(
    void **state)
{
    world_t *world = *state;
    request_t first;
    request_t others[7];

    shut(world);
    begin(world, &first, 0);
    until_acquired(world, 1);
    begin_all(world, others, 7, 1);
    until_waiting(world, 7);
    open_gate(world);
    assert_int_equal(end(&first), APR_SUCCESS);
    assert_true(is_own(&first));
    for (int i = 0; i < 7; i++) {
        assert_int_equal(end(&others[i]), APR_SUCCESS);
        assert_true(is_own(&others[i]));
    }
    assert_int_equal(world->acquired, 2);
    assert_true(world->waited > 0);
    forget(&first, 1);
    forget(others, 7);
}

static void more_than_fit_are_answered(world_t *world)
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
    for (int i = 0; i < count; i++) {
        assert_int_equal(end(&all[i]), APR_SUCCESS);
        assert_true(is_own(&all[i]));
    }
    assert_int_equal(world->acquired, before + 3);
    forget(all, count);
}

static void who_fill_a_statement_wait_for_no_other_to_end(void **state)
{
    more_than_fit_are_answered(*state);
}

static void two_with_one_token_are_both_answered(void **state)
{
    world_t *world = *state;
    request_t all[3];

    shut(world);
    begin(world, &all[0], 5);
    until_acquired(world, 1);
    begin(world, &all[1], 5);
    begin(world, &all[2], 5);
    until_waiting(world, 2);
    open_gate(world);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(end(&all[i]), APR_SUCCESS);
        assert_true(is_own(&all[i]));
    }
    forget(all, 3);
}

static void a_token_nobody_has_is_not_found_among_others(void **state)
{
    world_t *world = *state;
    request_t all[4];

    shut(world);
    begin(world, &all[0], 0);
    until_acquired(world, 1);
    begin(world, &all[1], 1);
    begin(world, &all[2], PEOPLE);
    begin(world, &all[3], 2);
    until_waiting(world, 3);
    open_gate(world);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(end(&all[i]), i == 2 ? APR_NOTFOUND : APR_SUCCESS);
    }
    assert_null(all[2].account.username);
    assert_true(is_own(&all[1]));
    assert_true(is_own(&all[3]));
    forget(all, 4);
}

static void a_fault_that_another_met_is_not_ones_own(void **state)
{
    world_t *world = *state;
    request_t all[5];
    int failed = 0;

    shut(world);
    world->fails = 2;
    begin(world, &all[0], 0);
    until_acquired(world, 1);
    begin_all(world, all + 1, 4, 1);
    until_waiting(world, 4);
    open_gate(world);
    for (int i = 0; i < 5; i++) {
        if (end(&all[i]) != APR_SUCCESS) {
            failed++;
            continue;
        }
        assert_true(is_own(&all[i]));
    }
    assert_int_equal(failed, 1);
    assert_int_equal(world->acquired, 1 + 1 + 3);
    forget(all, 5);
}

static void who_has_no_patience_left_asks_himself(void **state)
{
    world_t *world = *state;
    request_t all[3];

    limit(world, apr_time_from_msec(1000), apr_time_from_msec(1200));
    shut(world);
    begin(world, &all[0], 0);
    until_acquired(world, 1);
    begin(world, &all[1], 1);
    begin(world, &all[2], 2);
    until_waiting(world, 2);
    /* one of the two asks for both, and the other then for himself */
    until_acquired(world, 3);
    assert_true(world->waited >= apr_time_from_msec(1000 + 1200));
    open_gate(world);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(end(&all[i]), APR_SUCCESS);
        assert_true(is_own(&all[i]));
    }
    assert_int_equal(world->acquired, 3);
    forget(all, 3);
}

static void a_statement_that_hangs_does_not_keep_others(void **state)
{
    world_t *world = *state;
    request_t hangs;
    request_t other;

    limit(world, apr_time_from_msec(5), LONG_TIME);
    shut(world);
    begin(world, &hangs, 0);
    until_acquired(world, 1);
    begin(world, &other, 1);
    until_acquired(world, 2);
    open_gate(world);
    assert_int_equal(end(&other), APR_SUCCESS);
    assert_true(is_own(&other));
    assert_int_equal(end(&hangs), APR_SUCCESS);
    forget(&hangs, 1);
    forget(&other, 1);
}

static void until_no_more_wait_than(world_t *world, int count)
{
    while (acct_lookups_waiting(world->service.lookups) > count) {
        usleep(1000);
    }
}

static void of_a_crowd_some_go_when_nothing_is_heard(void **state)
{
    world_t *world = *state;
    request_t all[7];
    int gone = 0;

    limit_crowd(world, 4);
    shut(world);
    begin(world, &all[0], 0);
    until_acquired(world, 1);
    begin_all(world, all + 1, 6, 1);
    until_waiting(world, 6);
    until_no_more_wait_than(world, 3);
    open_gate(world);
    for (int i = 0; i < 7; i++) {
        if (APR_STATUS_IS_TIMEUP(end(&all[i]))) {
            gone++;
            continue;
        }
        assert_int_equal(all[i].status, APR_SUCCESS);
        assert_true(is_own(&all[i]));
    }
    assert_int_equal(gone, 3);
    assert_int_equal(world->acquired, 2);
    forget(all, 7);
}

static void who_waits_elsewhere_is_one_of_the_crowd(void **state)
{
    world_t *world = *state;
    request_t hangs;
    request_t gone;

    limit_crowd(world, 4);
    for (int i = 0; i < 3; i++) {
        acct_crowd_enter(&world->crowd);
    }
    shut(world);
    begin(world, &hangs, 0);
    until_acquired(world, 1);
    begin(world, &gone, 1);
    assert_true(APR_STATUS_IS_TIMEUP(end(&gone)));
    open_gate(world);
    assert_int_equal(end(&hangs), APR_SUCCESS);
    forget(&hangs, 1);
    forget(&gone, 1);
}

static void nobody_is_left_in_the_crowd(void **state)
{
    world_t *world = *state;
    request_t all[5];

    limit_crowd(world, 1);
    world->fails = 2;
    shut(world);
    begin(world, &all[0], 0);
    until_acquired(world, 1);
    begin_all(world, all + 1, 4, 1);
    until_waiting(world, 4);
    open_gate(world);
    for (int i = 0; i < 5; i++) {
        (void)end(&all[i]);
    }
    assert_int_equal(atomic_load(&world->crowd.inside), 0);
    forget(all, 5);
}

static void when_all_who_gathered_have_gone_others_are_asked_for(
    void **state)
{
    world_t *world = *state;
    request_t hangs;
    request_t gone[2];

    limit_crowd(world, 1);
    shut(world);
    begin(world, &hangs, 0);
    until_acquired(world, 1);
    begin_all(world, gone, 2, 1);
    assert_true(APR_STATUS_IS_TIMEUP(end(&gone[0])));
    assert_true(APR_STATUS_IS_TIMEUP(end(&gone[1])));
    open_gate(world);
    assert_int_equal(end(&hangs), APR_SUCCESS);
    forget(&hangs, 1);
    forget(gone, 2);
    more_than_fit_are_answered(world);
}

static void that_nobody_asked_for_long_is_no_silence(void **state)
{
    world_t *world = *state;
    request_t all[5];

    limit_crowd(world, 1);
    begin(world, &all[0], 0);
    assert_int_equal(end(&all[0]), APR_SUCCESS);
    forget(all, 1);
    usleep((useconds_t)SILENCE);
    shut(world);
    begin(world, &all[0], 0);
    until_acquired(world, 2);
    begin_all(world, all + 1, 4, 1);
    until_waiting(world, 4);
    open_gate(world);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(end(&all[i]), APR_SUCCESS);
        assert_true(is_own(&all[i]));
    }
    forget(all, 5);
}

static void *run_many(void *data)
{
    request_t *request = data;

    for (int i = 0; i < 40 && request->status == APR_SUCCESS; i++) {
        request->person = (request->person * 7 + 1) % PEOPLE;
        run(request);
        if (request->status == APR_SUCCESS && !is_own(request)) {
            request->status = APR_EMISMATCH;
        }
    }
    return NULL;
}

static void everybody_gets_his_own_however_they_come_together(void **state)
{
    world_t *world = *state;
    request_t all[8];

    for (int i = 0; i < 8; i++) {
        memset(&all[i], 0, sizeof(all[i]));
        all[i].world = world;
        all[i].person = i;
        apr_pool_create_unmanaged_ex(&all[i].pool, NULL, NULL);
        assert_int_equal(pthread_create(&all[i].thread, NULL, run_many,
                                        &all[i]), 0);
    }
    for (int i = 0; i < 8; i++) {
        assert_int_equal(end(&all[i]), APR_SUCCESS);
    }
    assert_in_range(world->acquired, 1, 8 * 40 - 1);
    assert_int_equal(acct_lookups_waiting(world->service.lookups), 0);
    forget(all, 8);
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_comes_alone_is_asked_for_at_once),
        TEST(those_who_come_while_one_is_under_way_share_the_next),
        TEST(who_fill_a_statement_wait_for_no_other_to_end),
        TEST(two_with_one_token_are_both_answered),
        TEST(a_token_nobody_has_is_not_found_among_others),
        TEST(a_fault_that_another_met_is_not_ones_own),
        TEST(who_has_no_patience_left_asks_himself),
        TEST(a_statement_that_hangs_does_not_keep_others),
        TEST(of_a_crowd_some_go_when_nothing_is_heard),
        TEST(who_waits_elsewhere_is_one_of_the_crowd),
        TEST(nobody_is_left_in_the_crowd),
        TEST(when_all_who_gathered_have_gone_others_are_asked_for),
        TEST(that_nobody_asked_for_long_is_no_silence),
        TEST(everybody_gets_his_own_however_they_come_together)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
