/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate itself, over threads and over processes that are killed at bad
 * moments. The memory is what httpd's children have; a process that is forked
 * here gets at it the way they do.
 */
#include "apr_fixture.h"

#include <apr_time.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "httpd/connections/gate.h"
#include "httpd/connections/gate_table.h"
#include "base/ticks.h"

#define MSEC(n) apr_time_from_msec(n)
#define MANY 16

/* In memory that the processes of the test have in common. */
typedef struct shared_t {
    atomic_int inside, most, went, order[MANY];
    atomic_int stage;
} shared_t;

typedef struct world_t {
    apr_pool_t *pool;
    acct_gates_t *gates;
    acct_gate_t *gate;
    shared_t *shared;
} world_t;

static world_t w;

/* ---- the world ---- */

/* What httpd's parent does, at each reload. */
static void make_gate(int slots, int places, int share, int msec)
{
    const acct_gate_size_t size = { slots, places, share, MSEC(msec) };

    assert_int_equal(acct_gates_open(&w.gates, w.pool, w.pool), APR_SUCCESS);
    assert_int_equal(acct_gate_get(&w.gate, w.gates, "test", &size),
                     APR_SUCCESS);
    acct_gates_close(w.gates);
}

/* What a child of httpd does in drop_privileges and child_init; the test's
 * own process once it has forked. */
static void have_gate(void)
{
    if (acct_gates_enter(w.gates) != APR_SUCCESS
        || acct_gates_child_init(w.gates) != APR_SUCCESS) {
        abort();
    }
}

static int begin(void **state)
{
    (void)state;
    memset(&w, 0, sizeof(w));
    w.shared = mmap(NULL, sizeof(*w.shared), PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANON, -1, 0);
    return w.shared == MAP_FAILED
        || apr_pool_create(&w.pool, NULL) != APR_SUCCESS;
}

static int end(void **state)
{
    (void)state;
    acct_gates_close(w.gates);
    apr_pool_destroy(w.pool);
    munmap(w.shared, sizeof(*w.shared));
    return 0;
}

static pid_t child(void (*does)(void))
{
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        alarm(30);
        have_gate();
        does();
        _exit(0);
    }
    return pid;
}

static void killed(pid_t pid)
{
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void stage(int n)
{
    for (int i = 0; atomic_load(&w.shared->stage) < n; i++) {
        assert_true(i < 20000);
        usleep(500);
    }
}

static void reach(int n)
{
    atomic_store(&w.shared->stage, n);
}

/* Until so many wait: the gate's table says it. */
static void until_waiting(int count)
{
    for (int i = 0; atomic_load(&w.gate->table->taken) != count; i++) {
        assert_true(i < 20000);
        usleep(500);
    }
}

static acct_asker_t asker(uint64_t host, uint64_t network, int is_known)
{
    acct_asker_t made = { .host = host, .network = network,
                          .is_known = is_known };

    return made;
}

/* A thread that goes through. */
typedef struct walker_t {
    pthread_t thread;
    acct_asker_t asker;
    apr_status_t status;
    apr_interval_time_t took;
    int number;                 /* the how manieth that came in */
    int stays;                  /* milliseconds inside */
} walker_t;

static void *walk(void *baton)
{
    walker_t *walker = baton;
    apr_interval_time_t since = acct_ticks();
    int slot;

    walker->status = acct_gate_enter_for(w.gate, &walker->asker, &slot);
    walker->took = acct_ticks() - since;
    if (walker->status == APR_SUCCESS) {
        walker->number = atomic_fetch_add(&w.shared->went, 1);
        usleep((useconds_t)walker->stays * 1000);
        acct_gate_leave(w.gate, slot);
    }
    return NULL;
}

static void set_off(walker_t *walker, acct_asker_t who)
{
    memset(walker, 0, sizeof(*walker));
    walker->asker = who;
    walker->stays = 1;
    assert_int_equal(pthread_create(&walker->thread, NULL, walk, walker), 0);
}

static void join(walker_t *walker)
{
    assert_int_equal(pthread_join(walker->thread, NULL), 0);
}

static int slot_of_test(void)
{
    int slot;

    assert_int_equal(acct_gate_enter(w.gate, &slot), APR_SUCCESS);
    return slot;
}

/* So many can go in at once, and none more: nothing is lost. */
static void all_is_free(int slots)
{
    int slot[MANY];

    for (int i = 0; i < slots; i++) {
        slot[i] = slot_of_test();
    }
    assert_false(acct_gate_take(&w.gate->slot[slot[0]].mutex));
    usleep((useconds_t)ACCT_GATE_LOOK + 1000);
    assert_int_equal(acct_gate_lock(w.gate, MSEC(1000)), APR_SUCCESS);
    acct_gate_unlock(w.gate);
    assert_int_equal(atomic_load(&w.gate->table->taken), 0);
    for (int i = 0; i < slots; i++) {
        acct_gate_leave(w.gate, slot[i]);
    }
}

/* ---- one process ---- */

static void as_many_as_there_are_slots_go_in_at_once(void **state)
{
    walker_t last;
    int first, second;

    (void)state;
    make_gate(2, 4, 1, 2000);
    have_gate();
    first = slot_of_test();
    second = slot_of_test();
    assert_int_not_equal(first, second);
    set_off(&last, asker(1, 1, 0));
    until_waiting(1);
    acct_gate_leave(w.gate, second);
    join(&last);
    assert_int_equal(last.status, APR_SUCCESS);
    acct_gate_leave(w.gate, first);
    all_is_free(2);
}

static void the_wait_is_bounded(void **state)
{
    walker_t walker;
    int slot;

    (void)state;
    make_gate(1, 4, 1, 250);
    have_gate();
    slot = slot_of_test();
    set_off(&walker, asker(1, 1, 0));
    join(&walker);
    assert_true(APR_STATUS_IS_TIMEUP(walker.status));
    assert_in_range(walker.took, MSEC(240), MSEC(1500));
    acct_gate_leave(w.gate, slot);
    all_is_free(1);
}

static void a_network_over_its_share_is_refused_at_once(void **state)
{
    walker_t walker[4], other;
    int slot;

    (void)state;
    make_gate(1, 8, 2, 5000);
    have_gate();
    slot = slot_of_test();
    set_off(&walker[0], asker(1, 66, 0));
    set_off(&walker[1], asker(1, 66, 0));
    until_waiting(2);
    set_off(&walker[2], asker(1, 66, 0));
    set_off(&walker[3], asker(2, 66, 0));
    join(&walker[2]);
    join(&walker[3]);
    for (int i = 2; i < 4; i++) {
        assert_true(APR_STATUS_IS_EAGAIN(walker[i].status));
        assert_in_range(walker[i].took, 0, MSEC(1000));
    }
    set_off(&other, asker(1, 7, 0));
    until_waiting(3);
    acct_gate_leave(w.gate, slot);
    join(&other);
    join(&walker[0]);
    join(&walker[1]);
    assert_int_equal(other.status, APR_SUCCESS);
    assert_int_equal(other.number, 1);  /* second: the networks have turns */
    all_is_free(1);
}

static void a_known_owner_has_the_place_of_another(void **state)
{
    walker_t one, another, owner;
    int slot;

    (void)state;
    make_gate(1, 2, 1, 5000);
    have_gate();
    slot = slot_of_test();
    set_off(&one, asker(1, 66, 0));
    until_waiting(1);
    set_off(&another, asker(1, 67, 0));
    until_waiting(2);
    set_off(&owner, asker(1, 7, 1));
    join(&another);             /* it is told at once */
    assert_true(APR_STATUS_IS_EAGAIN(another.status));
    acct_gate_leave(w.gate, slot);
    join(&owner);
    join(&one);
    assert_int_equal(owner.status, APR_SUCCESS);
    assert_int_equal(owner.number, 0);
    assert_int_equal(one.number, 1);
    all_is_free(1);
}

static void without_shares_it_is_one_queue(void **state)
{
    walker_t walker[6];
    int slot;

    (void)state;
    make_gate(1, 8, 0, 5000);
    have_gate();
    slot = slot_of_test();
    for (int i = 0; i < 6; i++) {
        set_off(&walker[i], asker((uint64_t)i % 2, 66, i % 3 == 0));
        until_waiting(i + 1);
    }
    acct_gate_leave(w.gate, slot);
    for (int i = 0; i < 6; i++) {
        join(&walker[i]);
        assert_int_equal(walker[i].number, i);
    }
    all_is_free(1);
}

static void one_network_never_has_all_slots_while_others_wait(void **state)
{
    walker_t same, other;
    acct_asker_t who = asker(1, 66, 1);
    int first, second;

    (void)state;
    make_gate(2, 8, 2, 5000);
    have_gate();
    assert_int_equal(acct_gate_enter_for(w.gate, &who, &first), APR_SUCCESS);
    assert_int_equal(acct_gate_enter_for(w.gate, &who, &second),
                     APR_SUCCESS);
    set_off(&same, who);
    until_waiting(1);
    set_off(&other, asker(1, 7, 0));
    until_waiting(2);
    acct_gate_leave(w.gate, second);
    join(&other);
    join(&same);
    assert_int_equal(other.number, 0);
    acct_gate_leave(w.gate, first);
    all_is_free(2);
}

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
        gate_test(as_many_as_there_are_slots_go_in_at_once),
        gate_test(the_wait_is_bounded),
        gate_test(a_network_over_its_share_is_refused_at_once),
        gate_test(a_known_owner_has_the_place_of_another),
        gate_test(without_shares_it_is_one_queue),
        gate_test(one_network_never_has_all_slots_while_others_wait),
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
