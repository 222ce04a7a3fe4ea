/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long a child keeps its connections to a database server, and what it
 * found out about the server. The clock, the connections and the watch over
 * them are played: a minute is over when the test says so.
 */
#include "apr_fixture.h"

#include <apr_thread_proc.h>
#include <stdlib.h>

#include "httpd/connections/pool_open.h"
#include "httpd/connections/server_pool.h"
#include "base/ticks.h"

#define SECOND APR_USEC_PER_SEC
#define MINUTE (60 * SECOND)
#define MOST 3                  /* of a child with one thread */

struct acct_db_t {
    unsigned int generation;
    int is_open;
};

typedef struct world_t {
    apr_pool_t *pool;
    acct_db_config_t config;
    acct_pool_expected_t expected;
    acct_crowd_t crowd;         /* a single thread is one */
    acct_server_pool_t *server;
    acct_db_t *taken[MOST];
} world_t;

static apr_interval_time_t now;
static acct_db_t connections[100];
static int opened;
static apr_interval_time_t opening_fails_after;     /* 0: it succeeds */
static apr_status_t opening_fails_with;
static apr_interval_time_t cut_after;               /* 0: it was in time */
static unsigned int asked;                  /* the address of an opening */
static void (*meanwhile)(void);             /* during the next opening */

/* ---- what is played ---- */

apr_interval_time_t acct_ticks(void)
{
    return now;
}

apr_status_t acct_pool_open(acct_db_t **db, const acct_db_config_t *config,
                            acct_pool_expected_t *expected,
                            acct_watch_t *watch, apr_interval_time_t until,
                            const char **error, apr_pool_t *p)
{
    void (*others_do)(void) = meanwhile;

    (void)expected;
    (void)watch;
    (void)until;
    (void)p;
    meanwhile = NULL;
    asked = atomic_load(config->address);
    if (others_do != NULL) {
        others_do();
    }
    if (opening_fails_after > 0) {
        now += opening_fails_after;
        *error = "nobody answers";
        return opening_fails_with;
    }
    assert_true(opened < 100);
    *db = &connections[opened++];
    (*db)->is_open = 1;
    return APR_SUCCESS;
}

void acct_db_close(acct_db_t *db)
{
    assert_true(db->is_open);
    db->is_open = 0;
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
    return db->is_open;
}

int acct_db_is_broken(const acct_db_t *db)
{
    return !db->is_open;
}

const char *acct_db_error(const acct_db_t *db)
{
    (void)db;
    return "";
}

int acct_db_socket(const acct_db_t *db)
{
    (void)db;
    return -1;
}

apr_status_t acct_watch_start(acct_watch_t **watch, int places,
                              apr_pool_t *pool)
{
    (void)places;
    (void)pool;
    *watch = NULL;
    return APR_SUCCESS;
}

void acct_watch_begin(acct_watch_t *watch, int fd,
                      apr_interval_time_t deadline)
{
    (void)watch;
    (void)fd;
    assert_true(deadline > now);
}

int acct_watch_end(acct_watch_t *watch, int fd, apr_interval_time_t *took)
{
    (void)watch;
    (void)fd;
    *took = cut_after;
    return cut_after > 0;
}

/* ---- the world ---- */

static int start(void **state)
{
    world_t *world = calloc(1, sizeof(*world));

    *state = world;
    now = 1000 * SECOND;
    opened = 0;
    opening_fails_after = cut_after = 0;
    opening_fails_with = APR_EGENERAL;
    meanwhile = NULL;
    if (apr_pool_create(&world->pool, NULL) != APR_SUCCESS) {
        return -1;
    }
    return acct_server_pool_make(&world->server, &world->config,
                                 &world->expected, 1, 0, &world->crowd,
                                 world->pool);
}

static int stop(void **state)
{
    world_t *world = *state;
    int i;

    apr_pool_destroy(world->pool);
    assert_int_equal(atomic_load(&world->crowd.inside), 0);
    for (i = 0; i < opened; i++) {
        assert_false(connections[i].is_open);
    }
    free(world);
    return 0;
}

static void take(world_t *world, int count)
{
    const char *error = NULL;
    int i;

    for (i = 0; i < count; i++) {
        assert_int_equal(acct_server_pool_acquire(world->server,
                                                  ACCT_POOL_WITHIN,
                                                  &world->taken[i], &error,
                                                  world->pool), APR_SUCCESS);
    }
}

/* The one that was taken last is put back first. */
static void put_back(world_t *world, int count)
{
    while (count-- > 0) {
        acct_server_pool_release(world->server, world->taken[count]);
    }
}

static int open_now(void)
{
    int count = 0;
    int i;

    for (i = 0; i < opened; i++) {
        count += connections[i].is_open;
    }
    return count;
}

/* ---- the tests ---- */

static void what_nobody_needed_for_a_minute_is_closed_one_by_one(
    void **state)
{
    world_t *world = *state;

    take(world, MOST);
    put_back(world, MOST);
    assert_int_equal(open_now(), MOST);
    now += MINUTE - 1;
    acct_server_pool_close_idle(world->server);
    assert_int_equal(open_now(), MOST);
    now++;
    acct_server_pool_close_idle(world->server);
    assert_int_equal(open_now(), MOST - 1);
    acct_server_pool_close_idle(world->server);
    assert_int_equal(open_now(), MOST - 2);
}

static void the_last_stays(void **state)
{
    world_t *world = *state;

    take(world, 1);
    put_back(world, 1);
    now += 100 * MINUTE;
    acct_server_pool_close_idle(world->server);
    assert_int_equal(open_now(), 1);
    take(world, 1);
    assert_int_equal(opened, 1);
    put_back(world, 1);
}

static void the_one_that_requests_use_stays(void **state)
{
    world_t *world = *state;
    acct_db_t *used;
    int i;

    take(world, MOST);
    put_back(world, MOST);
    for (i = 0; i < 59; i++) {
        now += SECOND;
        take(world, 1);
        put_back(world, 1);
        acct_server_pool_close_idle(world->server);
        assert_int_equal(open_now(), MOST);
    }
    used = world->taken[0];
    for (i = 0; i < 61; i++) {
        now += SECOND;
        take(world, 1);
        assert_ptr_equal(world->taken[0], used);
        put_back(world, 1);
        acct_server_pool_close_idle(world->server);
    }
    assert_int_equal(open_now(), 1);
    assert_true(used->is_open);
    assert_int_equal(opened, MOST);
}

static void what_is_in_use_is_not_idle(void **state)
{
    world_t *world = *state;

    take(world, 2);
    acct_server_pool_release(world->server, world->taken[1]);
    now += 2 * MINUTE;
    acct_server_pool_close_idle(world->server);
    acct_server_pool_close_idle(world->server);
    assert_false(world->taken[1]->is_open);
    assert_true(world->taken[0]->is_open);
    /* its time begins when it is put back */
    put_back(world, 1);
    take(world, 2);
    put_back(world, 2);
    now += MINUTE - 1;
    acct_server_pool_close_idle(world->server);
    assert_int_equal(open_now(), 2);
}

static void the_place_of_one_that_was_closed_is_free(void **state)
{
    world_t *world = *state;
    const char *error = NULL;
    acct_db_t *more;

    take(world, MOST);
    put_back(world, MOST);
    now += MINUTE;
    acct_server_pool_close_idle(world->server);
    acct_server_pool_close_idle(world->server);
    take(world, MOST);
    assert_int_equal(open_now(), MOST);
    assert_int_equal(opened, MOST + 2);
    /* no time to wait in: the clock stands still */
    assert_int_equal(acct_server_pool_acquire(world->server, 0, &more,
                                              &error, world->pool),
                     APR_TIMEUP);
    put_back(world, MOST);
}

/* Were he to wait he would wait for ever: the clock stands still. */
static void who_cannot_open_the_first_in_his_time_does_not_wait(void **state)
{
    world_t *world = *state;
    const char *error = NULL;
    acct_db_t *db;

    assert_int_equal(acct_server_pool_acquire(world->server, SECOND, &db,
                                              &error, world->pool),
                     APR_TIMEUP);
    assert_non_null(strstr(error, "no time is left"));
    assert_int_equal(opened, 0);
}

/* One request: whether it got a connection. */
static int is_served(world_t *world)
{
    const char *error = NULL;
    acct_db_t *db;

    if (acct_server_pool_acquire(world->server, ACCT_POOL_WITHIN, &db,
                                 &error, world->pool) != APR_SUCCESS) {
        assert_non_null(error);
        return 0;
    }
    acct_server_pool_release(world->server, db);
    return 1;
}

/* A server that keeps silent for two seconds. */
static void find_it_silent(world_t *world)
{
    opening_fails_after = 2 * SECOND;
    assert_false(is_served(world));
    opening_fails_after = 0;
}

static void a_silent_server_is_asked_again_after_half_a_second(void **state)
{
    world_t *world = *state;

    find_it_silent(world);
    now += SECOND / 2 - 1;
    assert_false(is_served(world));
    assert_int_equal(opened, 0);
    now++;
    assert_true(is_served(world));
}

static void one_asks_a_silent_server_and_the_others_are_refused(
    void **state)
{
    world_t *world = *state;
    const char *error = NULL;
    acct_db_t *db;

    find_it_silent(world);
    now += SECOND;
    assert_int_equal(acct_server_pool_acquire(world->server,
                                              ACCT_POOL_WITHIN, &db, &error,
                                              world->pool), APR_SUCCESS);
    assert_false(is_served(world));
    acct_server_pool_release(world->server, db);
    assert_true(is_served(world));
}

static void what_another_was_told_is_no_news(void **state)
{
    world_t *world = *state;
    const char *error = NULL;
    acct_db_t *db;
    apr_status_t status;

    find_it_silent(world);
    status = acct_server_pool_acquire(world->server, ACCT_POOL_WITHIN, &db,
                                      &error, world->pool);
    assert_int_equal(status, APR_EAGAIN);
    assert_string_equal(error, "nobody answers");
    assert_false(acct_pool_is_news(status, error));
    assert_true(acct_pool_is_news(APR_EGENERAL, error));
}

static void that_a_server_was_silent_is_forgotten_when_nobody_asks(
    void **state)
{
    world_t *world = *state;

    find_it_silent(world);
    now += SECOND / 2 + 3 * SECOND;
    take(world, MOST);
    put_back(world, MOST);
}

/* ---- the own ---- */

static acct_db_t *take_own(world_t *world)
{
    const char *error = NULL;
    acct_db_t *db = NULL;

    assert_int_equal(acct_server_pool_acquire_own(world->server,
                                                  ACCT_POOL_WITHIN, &db,
                                                  &error, world->pool),
                     APR_SUCCESS);
    return db;
}

static void the_own_is_the_same_each_time_and_nobody_else_gets_it(
    void **state)
{
    world_t *world = *state;
    acct_db_t *own = take_own(world);
    int i;

    acct_server_pool_release_own(world->server, own);
    take(world, MOST);
    for (i = 0; i < MOST; i++) {
        assert_ptr_not_equal(world->taken[i], own);
    }
    assert_ptr_equal(take_own(world), own);
    acct_server_pool_release_own(world->server, own);
    put_back(world, MOST);
    now += MINUTE;
    acct_server_pool_close_idle(world->server);
    assert_ptr_equal(take_own(world), own);
    acct_server_pool_release_own(world->server, own);
    acct_server_pool_drop_own(world->server);
    assert_false(own->is_open);
    acct_server_pool_drop_own(world->server);
}

static void the_own_is_another_when_any_has_broken(void **state)
{
    world_t *world = *state;
    acct_db_t *own = take_own(world);
    acct_db_t *next;

    acct_server_pool_release_own(world->server, own);
    take(world, 1);
    cut_after = SECOND;
    put_back(world, 1);
    cut_after = 0;
    now += MINUTE;
    next = take_own(world);
    assert_ptr_not_equal(next, own);
    assert_false(own->is_open);
    cut_after = SECOND;
    acct_server_pool_release_own(world->server, next);
    cut_after = 0;
    assert_false(next->is_open);
}

/* ---- a silent server that has other addresses ---- */

/* Which of them is asked next. A second later, since who has found it
 * silent is not followed at once. */
static unsigned int next_asked(world_t *world)
{
    opening_fails_after = 0;
    now += SECOND;
    take(world, 1);
    put_back(world, 1);
    return asked;
}

static void what_connects_and_keeps_silent_is_left_for_the_next_address(
    void **state)
{
    world_t *world = *state;

    opening_fails_with = APR_TIMEUP;
    find_it_silent(world);
    assert_int_equal(asked, 0);
    assert_int_equal(next_asked(world), 1);
}

static void an_address_that_fails_otherwise_is_for_the_driver_to_leave(
    void **state)
{
    world_t *world = *state;

    find_it_silent(world);
    assert_int_equal(next_asked(world), 0);
}

static world_t *the_world;

/* Another thread, which asks while one does. */
static void another_is_kept_waiting(void)
{
    assert_false(is_served(the_world));
    assert_int_equal(asked, 0);
}

/* Both have asked the same one before either of them gave it up. Were each
 * to move on, of two addresses it would be the silent one's turn again. */
static void two_who_find_an_address_silent_move_on_once(void **state)
{
    world_t *world = *state;

    the_world = world;
    opening_fails_with = APR_TIMEUP;
    opening_fails_after = 2 * SECOND;
    meanwhile = another_is_kept_waiting;
    assert_false(is_served(world));
    assert_int_equal(next_asked(world), 1);
}

static void those_that_are_cut_together_move_on_once(void **state)
{
    world_t *world = *state;

    take(world, MOST);
    cut_after = 2 * SECOND;
    put_back(world, MOST);
    cut_after = 0;
    assert_int_equal(next_asked(world), 1);
}

static void another_was_cut(void)
{
    cut_after = 2 * SECOND;
    acct_server_pool_release(the_world->server, the_world->taken[0]);
    cut_after = 0;
}

static void who_opens_while_another_is_cut_moves_on_once(void **state)
{
    world_t *world = *state;

    the_world = world;
    take(world, 1);
    opening_fails_with = APR_TIMEUP;
    opening_fails_after = 2 * SECOND;
    meanwhile = another_was_cut;
    assert_false(is_served(world));
    assert_int_equal(next_asked(world), 1);
}

/* It is the next one's silence that counts then. */
static void who_is_cut_at_the_next_address_moves_on_again(void **state)
{
    world_t *world = *state;

    take(world, 1);
    cut_after = 2 * SECOND;
    put_back(world, 1);
    cut_after = 0;
    assert_int_equal(next_asked(world), 1);
    take(world, 1);
    cut_after = 2 * SECOND;
    put_back(world, 1);
    cut_after = 0;
    assert_int_equal(next_asked(world), 2);
}

/* ---- waiting for a silent server ---- */

#define THREADS 8
#define CROWD 6                 /* a quarter is left for the site */

static acct_server_pool_t *with_threads(world_t *world, int most)
{
    acct_server_pool_t *server = NULL;

    world->crowd.most = CROWD;
    assert_int_equal(acct_server_pool_make(&server, &world->config,
                                           &world->expected, THREADS, most,
                                           &world->crowd, world->pool),
                     APR_SUCCESS);
    return server;
}

static void take_all(acct_server_pool_t *server, acct_db_t **taken,
                     int count, apr_pool_t *pool)
{
    const char *error = NULL;

    while (count-- > 0) {
        assert_int_equal(acct_server_pool_acquire(server, ACCT_POOL_WITHIN,
                                                  taken++, &error, pool),
                         APR_SUCCESS);
    }
}

/* Its answer comes at once, or the test ends by its time-out: the clock
 * stands still. */
static void a_crowd_does_not_wait_for_a_server_that_says_nothing(
    void **state)
{
    world_t *world = *state;
    acct_server_pool_t *server = with_threads(world, CROWD);
    acct_db_t *taken[CROWD];
    const char *error = NULL;
    acct_db_t *more;
    int i;

    take_all(server, taken, CROWD, world->pool);
    now += ACCT_POOL_SILENCE;
    assert_int_equal(acct_server_pool_acquire(server, ACCT_POOL_WITHIN,
                                              &more, &error, world->pool),
                     APR_TIMEUP);
    assert_non_null(strstr(error, "in use"));
    for (i = 0; i < CROWD; i++) {
        acct_server_pool_release(server, taken[i]);
    }
}

static void who_waits_elsewhere_is_one_of_the_crowd(void **state)
{
    world_t *world = *state;
    acct_server_pool_t *server = with_threads(world, 1);
    acct_db_t *taken[1];
    const char *error = NULL;
    acct_db_t *more;
    int i;

    take_all(server, taken, 1, world->pool);
    now += ACCT_POOL_SILENCE;
    for (i = 0; i < CROWD - 1; i++) {
        acct_crowd_enter(&world->crowd);
    }
    assert_int_equal(acct_server_pool_acquire(server, ACCT_POOL_WITHIN,
                                              &more, &error, world->pool),
                     APR_TIMEUP);
    for (i = 0; i < CROWD - 1; i++) {
        acct_crowd_leave(&world->crowd);
    }
    acct_server_pool_release(server, taken[0]);
}

typedef struct waiter_t {
    apr_thread_t *thread;
    acct_server_pool_t *server;
    apr_pool_t *pool;           /* used by its thread alone */
    acct_db_t *db;
    apr_status_t status;
} waiter_t;

static void *APR_THREAD_FUNC wait_for_one(apr_thread_t *thread, void *data)
{
    waiter_t *waiter = data;
    const char *error = NULL;

    waiter->status = acct_server_pool_acquire(waiter->server,
                                              ACCT_POOL_WITHIN, &waiter->db,
                                              &error, waiter->pool);
    (void)thread;
    /* not by apr_thread_exit(): that leaves by pthread_exit(), whose
     * unwinding an address sanitizer's frames do not survive */
    return NULL;
}

/* Two connections, both in use since the server last said something, a
 * second ago, and one who wants a third. */
static void begin_to_wait(world_t *world, waiter_t *waiter,
                          acct_db_t **taken)
{
    memset(waiter, 0, sizeof(*waiter));
    waiter->server = with_threads(world, 2);
    take_all(waiter->server, taken, 2, world->pool);
    now += SECOND;
    assert_int_equal(apr_pool_create(&waiter->pool, NULL), APR_SUCCESS);
    assert_int_equal(apr_thread_create(&waiter->thread, NULL, wait_for_one,
                                       waiter, world->pool), APR_SUCCESS);
    apr_sleep(apr_time_from_msec(50));  /* who is refused has ended by then */
}

static void end_waiting(waiter_t *waiter)
{
    apr_status_t ended;

    apr_thread_join(&ended, waiter->thread);
    apr_pool_destroy(waiter->pool);
}

static void a_few_wait_for_it_until_their_time_is_over(void **state)
{
    world_t *world = *state;
    acct_db_t *taken[2];
    waiter_t waiter;

    begin_to_wait(world, &waiter, taken);
    acct_server_pool_release(waiter.server, taken[0]);
    end_waiting(&waiter);
    assert_int_equal(waiter.status, APR_SUCCESS);
    assert_ptr_equal(waiter.db, taken[0]);
    acct_server_pool_release(waiter.server, waiter.db);
    acct_server_pool_release(waiter.server, taken[1]);
}

/* The other's connection was cut after a second of silence. */
static void who_waits_is_refused_when_another_was_kept_waiting(void **state)
{
    world_t *world = *state;
    acct_db_t *taken[2];
    waiter_t waiter;

    begin_to_wait(world, &waiter, taken);
    cut_after = SECOND;
    acct_server_pool_release(waiter.server, taken[0]);
    end_waiting(&waiter);
    assert_int_equal(waiter.status, APR_TIMEUP);
    cut_after = 0;
    acct_server_pool_release(waiter.server, taken[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_nobody_needed_for_a_minute_is_closed_one_by_one),
        TEST(the_last_stays),
        TEST(the_one_that_requests_use_stays),
        TEST(what_is_in_use_is_not_idle),
        TEST(the_place_of_one_that_was_closed_is_free),
        TEST(who_cannot_open_the_first_in_his_time_does_not_wait),
        TEST(a_silent_server_is_asked_again_after_half_a_second),
        TEST(one_asks_a_silent_server_and_the_others_are_refused),
        TEST(what_another_was_told_is_no_news),
        TEST(that_a_server_was_silent_is_forgotten_when_nobody_asks),
        TEST(the_own_is_the_same_each_time_and_nobody_else_gets_it),
        TEST(the_own_is_another_when_any_has_broken),
        TEST(what_connects_and_keeps_silent_is_left_for_the_next_address),
        TEST(an_address_that_fails_otherwise_is_for_the_driver_to_leave),
        TEST(two_who_find_an_address_silent_move_on_once),
        TEST(those_that_are_cut_together_move_on_once),
        TEST(who_opens_while_another_is_cut_moves_on_once),
        TEST(who_is_cut_at_the_next_address_moves_on_again),
        TEST(a_crowd_does_not_wait_for_a_server_that_says_nothing),
        TEST(who_waits_elsewhere_is_one_of_the_crowd),
        TEST(a_few_wait_for_it_until_their_time_is_over),
        TEST(who_waits_is_refused_when_another_was_kept_waiting)
    };

    return cmocka_run_group_tests(tests, begin_apr, end_apr);
}
