/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The watch over waits for a database server: what is shut down, when, and
 * what is left alone. The sockets are real, the waits short.
 */
#include "apr_fixture.h"

#include <apr_thread_proc.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/ticks.h"
#include "httpd/connections/watch.h"

#define PLACES 4
#define SOON apr_time_from_msec(150)
#define NEVER apr_time_from_sec(3600)

typedef struct wait_t {
    acct_watch_t *watch;
    apr_interval_time_t bound;  /* from now on */
    int fd[2];                  /* the waiter's, the server's */
    ssize_t got;                /* of a read */
    int was_cut;
    apr_interval_time_t took;
    pthread_t thread;
} wait_t;

typedef struct world_t {
    apr_pool_t *pool;
    acct_watch_t *watch;
} world_t;

static int setup(void **state)
{
    world_t *world = calloc(1, sizeof(*world));

    apr_pool_create(&world->pool, NULL);
    *state = world;
    return acct_watch_start(&world->watch, PLACES, world->pool);
}

static int teardown(void **state)
{
    world_t *world = *state;

    apr_pool_destroy(world->pool);
    free(world);
    return 0;
}

/* As libpq waits: until there is something to read. */
static void *wait_for_answer(void *data)
{
    wait_t *wait = data;
    char byte;

    acct_watch_begin(wait->watch, wait->fd[0], acct_ticks() + wait->bound);
    wait->got = read(wait->fd[0], &byte, 1);
    wait->was_cut = acct_watch_end(wait->watch, wait->fd[0], &wait->took);
    return NULL;
}

static void begin(world_t *world, wait_t *wait, apr_interval_time_t bound)
{
    memset(wait, 0, sizeof(*wait));
    wait->watch = world->watch;
    wait->bound = bound;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, wait->fd), 0);
    assert_int_equal(pthread_create(&wait->thread, NULL, wait_for_answer,
                                    wait), 0);
}

static void answer(wait_t *wait)
{
    assert_int_equal(write(wait->fd[1], "x", 1), 1);
}

static void end(wait_t *wait)
{
    pthread_join(wait->thread, NULL);
    close(wait->fd[0]);
    close(wait->fd[1]);
}

static void a_wait_past_its_deadline_is_cut_and_told(void **state)
{
    wait_t wait;

    begin(*state, &wait, SOON);
    end(&wait);
    assert_int_equal(wait.got, 0);
    assert_true(wait.was_cut);
    assert_true(wait.took >= SOON);
}

static void an_answer_in_time_is_left_alone(void **state)
{
    wait_t wait;

    begin(*state, &wait, NEVER);
    answer(&wait);
    end(&wait);
    assert_int_equal(wait.got, 1);
    assert_false(wait.was_cut);
    assert_true(wait.took < NEVER);
}

static void a_deadline_that_has_passed_already_is_looked_at(void **state)
{
    wait_t wait;

    begin(*state, &wait, -SOON);
    end(&wait);
    assert_true(wait.was_cut);
}

static void one_that_is_late_does_not_end_another(void **state)
{
    wait_t late, patient;

    begin(*state, &patient, NEVER);
    begin(*state, &late, SOON);
    end(&late);
    assert_true(late.was_cut);
    answer(&patient);
    end(&patient);
    assert_int_equal(patient.got, 1);
    assert_false(patient.was_cut);
}

static void a_place_is_for_the_next_wait_once_one_has_ended(void **state)
{
    wait_t wait;

    for (int i = 0; i < 3 * PLACES; i++) {
        begin(*state, &wait, NEVER);
        answer(&wait);
        end(&wait);
        assert_false(wait.was_cut);
    }
}

static void a_wait_that_finds_no_place_gets_the_first_that_is_free(
    void **state)
{
    wait_t wait[PLACES + 1];
    int i;

    for (i = 0; i < PLACES; i++) {
        begin(*state, &wait[i], NEVER);
    }
    begin(*state, &wait[PLACES], SOON);
    answer(&wait[0]);
    end(&wait[0]);
    end(&wait[PLACES]);
    assert_true(wait[PLACES].was_cut);
    for (i = 1; i < PLACES; i++) {
        answer(&wait[i]);
        end(&wait[i]);
        assert_int_equal(wait[i].got, 1);
    }
}

static void the_watch_that_sleeps_is_woken_by_the_next_wait(void **state)
{
    wait_t wait;

    for (int i = 0; i < 3; i++) {
        apr_sleep(apr_time_from_msec(20));      /* it has nothing to do */
        begin(*state, &wait, SOON);
        end(&wait);
        assert_true(wait.was_cut);
    }
}

static void an_end_without_a_beginning_is_no_cut(void **state)
{
    world_t *world = *state;
    apr_interval_time_t took = 1;

    assert_false(acct_watch_end(world->watch, 12345, &took));
    assert_int_equal(took, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_wait_past_its_deadline_is_cut_and_told),
        T(an_answer_in_time_is_left_alone),
        T(a_deadline_that_has_passed_already_is_looked_at),
        T(one_that_is_late_does_not_end_another),
        T(a_place_is_for_the_next_wait_once_one_has_ended),
        T(a_wait_that_finds_no_place_gets_the_first_that_is_free),
        T(the_watch_that_sleeps_is_woken_by_the_next_wait),
        T(an_end_without_a_beginning_is_no_cut)
    };

    return cmocka_run_group_tests(tests, begin_apr, end_apr);
}
