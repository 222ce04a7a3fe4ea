/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A gate in memory that processes of the test have in common, as httpd's
 * children have theirs; threads and processes that go through it.
 */
#ifndef ACCT_GATE_FIXTURE_H
#define ACCT_GATE_FIXTURE_H

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
static inline void make_gate(int slots, int places, int share, int msec)
{
    const acct_gate_size_t size = { slots, places, share, MSEC(msec) };

    assert_int_equal(acct_gates_open(&w.gates, w.pool, w.pool), APR_SUCCESS);
    assert_int_equal(acct_gate_get(&w.gate, w.gates, "test", &size),
                     APR_SUCCESS);
    acct_gates_close(w.gates);
}

/* What a child of httpd does in drop_privileges and child_init; the test's
 * own process once it has forked. */
static inline void have_gate(void)
{
    if (acct_gates_enter(w.gates) != APR_SUCCESS
        || acct_gates_child_init(w.gates) != APR_SUCCESS) {
        abort();
    }
}

static inline int begin(void **state)
{
    (void)state;
    memset(&w, 0, sizeof(w));
    w.shared = mmap(NULL, sizeof(*w.shared), PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANON, -1, 0);
    return w.shared == MAP_FAILED
        || apr_pool_create(&w.pool, NULL) != APR_SUCCESS;
}

static inline int end(void **state)
{
    (void)state;
    acct_gates_close(w.gates);
    apr_pool_destroy(w.pool);
    munmap(w.shared, sizeof(*w.shared));
    return 0;
}

static inline pid_t child(void (*does)(void))
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

static inline void killed(pid_t pid)
{
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static inline void stage(int n)
{
    for (int i = 0; atomic_load(&w.shared->stage) < n; i++) {
        assert_true(i < 20000);
        usleep(500);
    }
}

static inline void reach(int n)
{
    atomic_store(&w.shared->stage, n);
}

/* Until so many wait: the gate's table says it. */
static inline void until_waiting(int count)
{
    for (int i = 0; atomic_load(&w.gate->table->taken) != count; i++) {
        assert_true(i < 20000);
        usleep(500);
    }
}

static inline acct_asker_t asker(uint64_t host, uint64_t network, int is_known)
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

static inline void *walk(void *baton)
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

static inline void set_off(walker_t *walker, acct_asker_t who)
{
    memset(walker, 0, sizeof(*walker));
    walker->asker = who;
    walker->stays = 1;
    assert_int_equal(pthread_create(&walker->thread, NULL, walk, walker), 0);
}

static inline void join(walker_t *walker)
{
    assert_int_equal(pthread_join(walker->thread, NULL), 0);
}

static inline int slot_of_test(void)
{
    int slot;

    assert_int_equal(acct_gate_enter(w.gate, &slot), APR_SUCCESS);
    return slot;
}

/* So many can go in at once, and none more: nothing is lost. */
static inline void all_is_free(int slots)
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

#endif
