/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate over processes that are killed at bad moments. A process that is
 * forked here gets at its memory the way httpd's children do.
 */
#include "apr_fixture.h"
#include "gate_fixture.h"

/* ---- several processes ---- */

static void go_in_and_out(void)
{
    for (int i = 0; i < 50; i++) {
        acct_asker_t who = asker((uint64_t)getpid() % 2, (uint64_t)i % 5, 0);
        int slot, inside, most = atomic_load(&w.shared->most);

        if (acct_gate_enter_for(w.gate, &who, &slot) != APR_SUCCESS) {
            continue;
        }
        inside = atomic_fetch_add(&w.shared->inside, 1) + 1;
        while (inside > most
               && !atomic_compare_exchange_weak(&w.shared->most, &most,
                                                inside)) {
        }
        usleep(300);
        atomic_fetch_add(&w.shared->went, 1);
        atomic_fetch_sub(&w.shared->inside, 1);
        acct_gate_leave(w.gate, slot);
    }
}

static void *go_on(void *baton)
{
    (void)baton;
    go_in_and_out();
    return NULL;
}

static void with_four_threads(void)
{
    pthread_t thread[4];

    for (int i = 0; i < 4; i++) {
        if (pthread_create(&thread[i], NULL, go_on, NULL) != 0) {
            abort();
        }
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(thread[i], NULL);
    }
}

static void over_all_processes_no_more_are_inside(void **state)
{
    pid_t pid[3];
    int how;

    (void)state;
    make_gate(2, 64, 16, 10000);
    for (int i = 0; i < 3; i++) {
        pid[i] = child(with_four_threads);
    }
    have_gate();
    for (int i = 0; i < 3; i++) {
        assert_int_equal(waitpid(pid[i], &how, 0), pid[i]);
        assert_int_equal(how, 0);
    }
    assert_int_equal(atomic_load(&w.shared->went), 3 * 4 * 50);
    assert_int_equal(atomic_load(&w.shared->most), 2);
    all_is_free(2);
}

static void hold_a_slot(void)
{
    int slot;

    if (acct_gate_enter(w.gate, &slot) != APR_SUCCESS) {
        abort();
    }
    reach(1);
    pause();
}

/* A child of the old configuration has the slot. */
static void a_reload_finds_the_same_gate_again(void **state)
{
    pid_t pid;
    int slot;

    (void)state;
    make_gate(1, 4, 1, 200);
    pid = child(hold_a_slot);
    stage(1);
    make_gate(1, 4, 1, 200);
    have_gate();
    assert_true(APR_STATUS_IS_TIMEUP(acct_gate_enter(w.gate, &slot)));
    killed(pid);
    all_is_free(1);
}

static void a_killed_holder_s_slot_goes_to_the_next(void **state)
{
    pid_t pid;
    walker_t walker;

    (void)state;
    make_gate(1, 4, 1, 5000);
    pid = child(hold_a_slot);
    have_gate();
    stage(1);
    set_off(&walker, asker(1, 1, 0));
    until_waiting(1);
    killed(pid);
    join(&walker);
    assert_int_equal(walker.status, APR_SUCCESS);
    assert_in_range(walker.took, 0, MSEC(1500));
    all_is_free(1);
}

static void wait_as_66(void)
{
    acct_asker_t who = asker(1, 66, 0);
    int slot;

    reach(1);
    (void)acct_gate_enter_for(w.gate, &who, &slot);
    _exit(3);                   /* with its slot, had it been called */
}

/* The share of a network is one place: another of the network has it. */
static void a_killed_waiter_s_place_is_not_lost(void **state)
{
    pid_t pid;
    walker_t walker;
    int slot;

    (void)state;
    make_gate(1, 4, 1, 5000);
    have_gate();
    slot = slot_of_test();
    pid = child(wait_as_66);
    until_waiting(1);
    killed(pid);
    usleep((useconds_t)ACCT_GATE_LOOK + 20000);
    set_off(&walker, asker(1, 66, 0));
    usleep(50000);
    acct_gate_leave(w.gate, slot);
    join(&walker);
    assert_int_equal(walker.status, APR_SUCCESS);
    all_is_free(1);
}

static void a_killed_waiter_s_turn_goes_to_the_next(void **state)
{
    pid_t pid;
    walker_t walker;
    int slot;

    (void)state;
    make_gate(1, 4, 1, 5000);
    have_gate();
    slot = slot_of_test();
    pid = child(wait_as_66);
    until_waiting(1);
    set_off(&walker, asker(1, 7, 0));
    until_waiting(2);
    killed(pid);
    acct_gate_leave(w.gate, slot);
    join(&walker);
    assert_int_equal(walker.status, APR_SUCCESS);
    all_is_free(1);
}

/* It cannot go in when it is called; it is called again when it can. */
static void a_stopped_waiter_keeps_nobody_out(void **state)
{
    pid_t pid;
    walker_t walker;
    int slot, how;

    (void)state;
    make_gate(1, 4, 1, 5000);
    have_gate();
    slot = slot_of_test();
    pid = child(wait_as_66);
    until_waiting(1);
    set_off(&walker, asker(1, 7, 0));
    until_waiting(2);
    kill(pid, SIGSTOP);
    waitpid(pid, &how, WUNTRACED);
    acct_gate_leave(w.gate, slot);
    join(&walker);
    assert_int_equal(walker.status, APR_SUCCESS);
    assert_in_range(walker.took, 0, MSEC(1500));
    kill(pid, SIGCONT);
    assert_int_equal(waitpid(pid, &how, 0), pid);
    assert_int_equal(WEXITSTATUS(how), 3);
    all_is_free(1);
}

static void hold_the_lock(void)
{
    if (acct_gate_lock(w.gate, MSEC(1000)) != APR_SUCCESS) {
        abort();
    }
    /* as if it had died in the midst of this */
    for (int i = 0; i < w.gate->places; i++) {
        w.gate->turn[i].of_network = 99;
    }
    w.gate->turn[3].state = ACCT_TURN_CALLED;
    reach(1);
    pause();
}

static void a_table_that_was_left_half_written_is_mended(void **state)
{
    pid_t pid;
    walker_t walker;
    int slot;

    (void)state;
    make_gate(1, 4, 2, 5000);
    have_gate();
    slot = slot_of_test();
    set_off(&walker, asker(1, 66, 0));
    until_waiting(1);
    pid = child(hold_the_lock);
    stage(1);
    killed(pid);
    acct_gate_leave(w.gate, slot);
    join(&walker);
    assert_int_equal(walker.status, APR_SUCCESS);
    assert_int_equal(w.gate->turn[3].state, ACCT_TURN_NONE);
    assert_int_not_equal(w.gate->turn[0].of_network, 99);
    all_is_free(1);
}

static void a_lock_that_is_held_for_long_is_not_waited_for(void **state)
{
    pid_t pid;
    acct_asker_t who = asker(1, 1, 0);
    apr_interval_time_t since;
    int slot, other;

    (void)state;
    make_gate(1, 4, 2, 300);
    have_gate();
    slot = slot_of_test();
    pid = child(hold_the_lock);
    stage(1);
    since = acct_ticks();
    assert_true(APR_STATUS_IS_TIMEUP(acct_gate_enter_for(w.gate, &who,
                                                         &other)));
    assert_in_range(acct_ticks() - since, MSEC(290), MSEC(2000));
    acct_gate_leave(w.gate, slot);
    killed(pid);
    all_is_free(1);
}

static void go_on_for_ever(void)
{
    for (;;) {
        with_four_threads();
    }
}

/* At any moment: 60 processes are killed while they go in and out. */
static void killed_at_any_moment_nothing_stays_taken(void **state)
{
    pid_t pid[3];
    unsigned int random = 7;

    (void)state;
    make_gate(2, 16, 8, 3000);
    for (int i = 0; i < 3; i++) {
        pid[i] = child(go_on_for_ever);
    }
    for (int i = 0; i < 60; i++) {
        int which = i % 3;

        random = random * 1103515245 + 12345;
        usleep(2000 + (random >> 16) % 20000);
        killed(pid[which]);
        pid[which] = child(go_on_for_ever);
    }
    for (int i = 0; i < 3; i++) {
        killed(pid[i]);
    }
    have_gate();
    usleep((useconds_t)ACCT_GATE_LOOK + 20000);
    assert_true(atomic_load(&w.shared->went) > 100);
    assert_int_equal(acct_gate_lock(w.gate, MSEC(1000)), APR_SUCCESS);
    acct_gate_unlock(w.gate);
    for (int i = 0; i < w.gate->places; i++) {
        assert_int_equal(w.gate->turn[i].state, ACCT_TURN_NONE);
    }
    all_is_free(2);
}

#define gate_test(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        gate_test(over_all_processes_no_more_are_inside),
        gate_test(a_reload_finds_the_same_gate_again),
        gate_test(a_killed_holder_s_slot_goes_to_the_next),
        gate_test(a_killed_waiter_s_place_is_not_lost),
        gate_test(a_killed_waiter_s_turn_goes_to_the_next),
        gate_test(a_stopped_waiter_keeps_nobody_out),
        gate_test(a_table_that_was_left_half_written_is_mended),
        gate_test(a_lock_that_is_held_for_long_is_not_waited_for),
        gate_test(killed_at_any_moment_nothing_stays_taken)
    };

    return cmocka_run_group_tests_name("gate", tests, begin_apr, end_apr);
}
