/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A child's connections to a database that is a file: how many there are,
 * and what becomes of who finds none. The connections are played; the time
 * is real.
 */
#include "apr_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "httpd/connections/pool_open.h"
#include "httpd/connections/server_pool.h"
#include "base/ticks.h"

struct acct_db_t {
    unsigned int generation;
    int is_broken;
};

typedef struct world_t {
    apr_pool_t *pool;
    acct_cache_t cache;
    acct_pool_t *connections;
    acct_crowd_t crowd;
} world_t;

static int opened;
static apr_status_t opening_fails_with;
static apr_interval_time_t opening_takes;
static const char *unsafe;
static int writers_left;
static apr_status_t looking_finds;
static uint64_t doubts;         /* all children's */

/* ---- what is played ---- */

apr_interval_time_t acct_ticks(void)
{
    return apr_time_now();
}

apr_status_t acct_pool_open(acct_db_t **db, const acct_db_config_t *config,
                            acct_pool_expected_t *expected,
                            acct_watch_t *watch, apr_interval_time_t until,
                            const char **error, apr_pool_t *p)
{
    (void)config;
    (void)expected;
    (void)watch;
    (void)until;
    (void)p;
    apr_sleep(opening_takes);
    if (opening_fails_with != APR_SUCCESS) {
        *error = "no such database";
        return opening_fails_with;
    }
    *db = calloc(1, sizeof(**db));
    opened++;
    return APR_SUCCESS;
}

apr_status_t acct_pool_look_over(acct_db_t *db,
                                 const acct_db_config_t *config,
                                 acct_pool_expected_t *expected,
                                 const char **error, apr_pool_t *p)
{
    (void)db;
    (void)config;
    (void)expected;
    (void)p;
    *error = "another database";
    return looking_finds;
}

void acct_db_close(acct_db_t *db)
{
    opened--;
    free(db);
}

void acct_db_set_generation(acct_db_t *db, unsigned int generation)
{
    db->generation = generation;
}

unsigned int acct_db_generation(const acct_db_t *db)
{
    return db->generation;
}

int acct_db_is_current(const acct_db_t *db)
{
    (void)db;
    return 1;
}

int acct_db_is_broken(const acct_db_t *db)
{
    return db->is_broken;
}

int acct_db_is_file(const char *driver)
{
    (void)driver;
    return 1;
}

apr_status_t acct_db_init(apr_pool_t *pool, const char *driver,
                          const char **error)
{
    (void)pool;
    (void)driver;
    (void)error;
    return APR_SUCCESS;
}

apr_status_t acct_gate_enter(acct_gate_t *gate, int *slot)
{
    (void)gate;
    *slot = 0;
    return APR_SUCCESS;
}

void acct_gate_leave(acct_gate_t *gate, int slot)
{
    (void)gate;
    (void)slot;
    writers_left++;
}

apr_status_t acct_file_guard_child_init(acct_file_guard_t *guard,
                                        apr_pool_t *pchild)
{
    (void)guard;
    (void)pchild;
    return APR_SUCCESS;
}

uint32_t acct_cache_feed_has_trouble(const acct_cache_t *cache, int feed,
                                     acct_cache_trouble_e which)
{
    (void)cache;
    (void)feed;
    (void)which;
    return 0;
}

void acct_cache_feed_doubt(acct_cache_t *cache, int feed)
{
    (void)cache;
    (void)feed;
    doubts++;
}

uint64_t acct_cache_feed_doubts(const acct_cache_t *cache, int feed)
{
    (void)cache;
    (void)feed;
    return doubts;
}

int acct_file_guard_is_open(acct_file_guard_t *guard, int others,
                            const char **why, apr_pool_t *p)
{
    (void)others;
    (void)guard;
    (void)p;
    *why = unsafe;
    return unsafe == NULL;
}

apr_status_t acct_server_pool_make(acct_server_pool_t **pool,
                                   const acct_db_config_t *config,
                                   acct_pool_expected_t *expected,
                                   int threads, int most,
                                   acct_crowd_t *crowd, apr_pool_t *pchild)
{
    (void)pool;
    (void)config;
    (void)expected;
    (void)threads;
    (void)most;
    (void)crowd;
    (void)pchild;
    return APR_ENOTIMPL;
}

apr_status_t acct_server_pool_acquire(acct_server_pool_t *pool,
                                      apr_interval_time_t within,
                                      acct_db_t **db, const char **error,
                                      apr_pool_t *p)
{
    (void)pool;
    (void)within;
    (void)db;
    (void)error;
    (void)p;
    return APR_ENOTIMPL;
}

void acct_server_pool_release(acct_server_pool_t *pool, acct_db_t *db)
{
    (void)pool;
    (void)db;
}

apr_status_t acct_server_pool_acquire_own(acct_server_pool_t *pool,
                                          apr_interval_time_t within,
                                          acct_db_t **db,
                                          const char **error, apr_pool_t *p)
{
    return acct_server_pool_acquire(pool, within, db, error, p);
}

void acct_server_pool_release_own(acct_server_pool_t *pool, acct_db_t *db)
{
    acct_server_pool_release(pool, db);
}

void acct_server_pool_suspect(acct_server_pool_t *pool)
{
    (void)pool;
}

int acct_server_pool_trusts(acct_server_pool_t *pool, const acct_db_t *db)
{
    (void)pool;
    (void)db;
    return 1;
}

void acct_server_pool_drop_own(acct_server_pool_t *pool)
{
    (void)pool;
}

void acct_server_pool_close_idle(acct_server_pool_t *pool)
{
    (void)pool;
}

/* ---- the world ---- */

static int start(void **state)
{
    static const acct_db_config_t config = { .driver = "sqlite3" };
    static const acct_pool_expected_t expected;
    world_t *world = calloc(1, sizeof(*world));

    *state = world;
    opened = writers_left = 0;
    opening_fails_with = looking_finds = APR_SUCCESS;
    opening_takes = 0;
    doubts = 0;
    unsafe = NULL;
    if (apr_pool_create(&world->pool, NULL) != APR_SUCCESS) {
        return -1;
    }
    world->connections = acct_pool_make(&config, NULL, &expected,
                                        world->pool);
    acct_pool_agree_in(world->connections, &world->cache, 0);
    return acct_pool_child_init(world->connections, 64, &world->crowd,
                                world->pool);
}

static int end(void **state)
{
    world_t *world = *state;

    apr_pool_destroy(world->pool);
    assert_int_equal(opened, 0);
    free(world);
    return 0;
}

static acct_db_t *take(world_t *world, acct_unit_e unit)
{
    const char *error = NULL;
    acct_db_t *db = NULL;

    assert_int_equal(acct_pool_acquire(world->connections, unit, &db, &error,
                                       world->pool), APR_SUCCESS);
    return db;
}

static void put(world_t *world, acct_db_t *db)
{
    acct_pool_release(world->connections, ACCT_UNIT_READ, db);
}

static const char *refused(world_t *world, acct_unit_e unit)
{
    const char *error = NULL;
    acct_db_t *db = NULL;

    assert_int_not_equal(acct_pool_acquire(world->connections, unit, &db,
                                           &error, world->pool),
                         APR_SUCCESS);
    return error;
}

/* ---- the tests ---- */

static void one_that_was_put_back_is_used_again(void **state)
{
    world_t *world = *state;
    acct_db_t *db = take(world, ACCT_UNIT_READ);

    put(world, db);
    assert_ptr_equal(take(world, ACCT_UNIT_READ), db);
    put(world, db);
    assert_int_equal(opened, 1);
}

static void the_seventeenth_waits_and_is_told_that_all_are_in_use(
    void **state)
{
    world_t *world = *state;
    acct_db_t *taken[ACCT_POOL_CONNECTIONS];
    apr_time_t begun;
    int i;

    for (i = 0; i < ACCT_POOL_CONNECTIONS; i++) {
        taken[i] = take(world, ACCT_UNIT_READ);
    }
    begun = apr_time_now();
    assert_string_equal(refused(world, ACCT_UNIT_READ), ACCT_POOL_IN_USE);
    assert_true(apr_time_now() - begun >= ACCT_POOL_WAIT);
    assert_true(apr_time_now() - begun < 2 * ACCT_POOL_WAIT);
    assert_int_equal(opened, ACCT_POOL_CONNECTIONS);
    put(world, taken[0]);
    taken[0] = take(world, ACCT_UNIT_READ);
    for (i = 0; i < ACCT_POOL_CONNECTIONS; i++) {
        put(world, taken[i]);
    }
}

/* Other children may have found by now that it is over. */
static void what_failed_a_moment_ago_is_no_news(void **state)
{
    world_t *world = *state;
    const char *error = NULL;
    acct_db_t *db = NULL;
    apr_status_t status;

    opening_takes = apr_time_from_msec(300);
    opening_fails_with = APR_EGENERAL;
    assert_int_equal(acct_pool_acquire(world->connections, ACCT_UNIT_READ,
                                       &db, &error, world->pool),
                     APR_EGENERAL);
    opening_takes = 0;
    status = acct_pool_acquire(world->connections, ACCT_UNIT_READ, &db,
                               &error, world->pool);
    assert_int_equal(status, APR_EAGAIN);
    assert_string_equal(error, "no such database");
    assert_false(acct_pool_is_news(status, error));
}

static void who_wanted_to_write_and_finds_none_lets_others_write(
    void **state)
{
    world_t *world = *state;

    opening_fails_with = APR_EGENERAL;
    assert_string_equal(refused(world, ACCT_UNIT_WRITE), "no such database");
    assert_int_equal(writers_left, 1);
}

static void after_one_breaks_those_of_its_age_are_closed(void **state)
{
    world_t *world = *state;
    acct_db_t *broken = take(world, ACCT_UNIT_READ);
    acct_db_t *other = take(world, ACCT_UNIT_READ);

    broken->is_broken = 1;
    put(world, broken);
    put(world, other);
    assert_int_equal(opened, 0);
}

static void a_wrong_schema_closes_those_that_read_it_too(void **state)
{
    world_t *world = *state;
    acct_db_t *one = take(world, ACCT_UNIT_READ);

    opening_fails_with = APR_EMISMATCH;
    (void)refused(world, ACCT_UNIT_READ);
    put(world, one);
    assert_int_equal(opened, 0);
    assert_int_equal(doubts, 1);
}

static void what_another_child_found_out_closes_what_is_open_here(
    void **state)
{
    world_t *world = *state;
    acct_db_t *before = take(world, ACCT_UNIT_READ);
    acct_db_t *after;

    put(world, before);
    assert_ptr_equal(take(world, ACCT_UNIT_READ), before);
    doubts++;
    assert_false(acct_pool_trusts(world->connections, before));
    after = take(world, ACCT_UNIT_READ);
    assert_int_equal(opened, 2);
    assert_true(acct_pool_trusts(world->connections, after));
    put(world, before);
    assert_int_equal(opened, 1);
    put(world, after);
    assert_ptr_equal(take(world, ACCT_UNIT_READ), after);
    put(world, after);
}

static void a_look_at_another_database_is_told_to_all_children(void **state)
{
    world_t *world = *state;
    acct_db_t *db = take(world, ACCT_UNIT_FOLLOW);
    const char *error = NULL;

    assert_int_equal(acct_pool_look_again(world->connections, db, &error,
                                          world->pool), APR_SUCCESS);
    assert_int_equal(doubts, 0);
    looking_finds = APR_EGENERAL;
    assert_int_equal(acct_pool_look_again(world->connections, db, &error,
                                          world->pool), APR_EGENERAL);
    assert_int_equal(doubts, 0);
    assert_true(acct_pool_trusts(world->connections, db));
    looking_finds = APR_EMISMATCH;
    assert_int_equal(acct_pool_look_again(world->connections, db, &error,
                                          world->pool), APR_EMISMATCH);
    assert_string_equal(error, "another database");
    assert_int_equal(doubts, 1);
    assert_false(acct_pool_trusts(world->connections, db));
    acct_pool_release(world->connections, ACCT_UNIT_FOLLOW, db);
    assert_int_equal(opened, 0);
}

static void while_the_file_is_not_safe_nobody_gets_one(void **state)
{
    world_t *world = *state;

    put(world, take(world, ACCT_UNIT_READ));
    unsafe = "others can write to its folder";
    assert_string_equal(refused(world, ACCT_UNIT_READ), unsafe);
    unsafe = NULL;
    put(world, take(world, ACCT_UNIT_READ));
}

static void a_pool_that_is_closed_gives_none_and_says_why(void **state)
{
    world_t *world = *state;

    acct_pool_close(world->connections, "the key can be read by others");
    assert_string_equal(refused(world, ACCT_UNIT_READ),
                        "the key can be read by others");
}

#define T(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(one_that_was_put_back_is_used_again),
        T(the_seventeenth_waits_and_is_told_that_all_are_in_use),
        T(what_failed_a_moment_ago_is_no_news),
        T(who_wanted_to_write_and_finds_none_lets_others_write),
        T(after_one_breaks_those_of_its_age_are_closed),
        T(a_wrong_schema_closes_those_that_read_it_too),
        T(what_another_child_found_out_closes_what_is_open_here),
        T(a_look_at_another_database_is_told_to_all_children),
        T(while_the_file_is_not_safe_nobody_gets_one),
        T(a_pool_that_is_closed_gives_none_and_says_why)
    };

    return cmocka_run_group_tests(tests, begin_apr, end_apr);
}
