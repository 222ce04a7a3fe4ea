/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory that the processes of a server have in common: which has what of
 * it, and what a restart keeps. The processes are forked by the test; each
 * says by its exit status what it saw.
 */
#include "apr_fixture.h"

#include <apr_strings.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "httpd/memory/segment.h"
#include "httpd/memory/shared.h"

#define BYTES 100000
#define DATABASE UINT64_C(0x1122334455667788)

typedef struct world_t {
    apr_pool_t *process;
    apr_pool_t *scratch;
} world_t;

static int setup(void **state)
{
    world_t *world = calloc(1, sizeof(*world));

    apr_pool_create(&world->process, NULL);
    apr_pool_create(&world->scratch, NULL);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    world_t *world = *state;

    apr_pool_destroy(world->scratch);
    apr_pool_destroy(world->process);
    free(world);
    return 0;
}

/* What a process forked from this one ends with. */
static int in_child(int (*what)(void *data), void *data)
{
    pid_t pid = fork();
    int status;

    assert_true(pid >= 0);
    if (pid == 0) {
        signal(SIGSEGV, SIG_DFL);       /* not cmocka's */
        signal(SIGBUS, SIG_DFL);
        _exit(what(data));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
                               : WEXITSTATUS(status);
}

/* ---- a segment ---- */

static acct_segment_t *make_segment(world_t *world)
{
    acct_segment_t *segment;

    assert_int_equal(acct_segment_make(&segment, BYTES, world->process),
                     APR_SUCCESS);
    return segment;
}

static void a_new_segment_is_all_zeros_and_as_long_as_asked(void **state)
{
    acct_segment_t *segment = make_segment(*state);
    void *start;
    char *bytes;

    assert_int_equal(acct_segment_open(segment, &start), APR_SUCCESS);
    assert_int_equal((uintptr_t)start % acct_segment_page(), 0);
    bytes = start;
    for (int i = 0; i < BYTES; i++) {
        assert_int_equal(bytes[i], 0);
        bytes[i] = 1;
    }
    acct_segment_release(segment);
}

static void what_was_written_is_there_when_it_is_opened_again(void **state)
{
    acct_segment_t *segment = make_segment(*state);
    void *start;

    assert_int_equal(acct_segment_open(segment, &start), APR_SUCCESS);
    strcpy(start, "kept");
    acct_segment_close(segment);
    assert_int_equal(acct_segment_open(segment, &start), APR_SUCCESS);
    assert_string_equal(start, "kept");
    acct_segment_release(segment);
}

static int enter_and_answer(void *data)
{
    acct_segment_t *segment = data;
    void *start;

    if (acct_segment_enter(segment) != APR_SUCCESS
        || acct_segment_open(segment, &start) != APR_SUCCESS
        || strcmp(start, "asked") != 0) {
        return 1;
    }
    strcpy(start, "answered");
    return 0;
}

static void a_child_that_enters_has_the_same_memory(void **state)
{
    acct_segment_t *segment = make_segment(*state);
    void *start;

    assert_int_equal(acct_segment_open(segment, &start), APR_SUCCESS);
    strcpy(start, "asked");
    acct_segment_close(segment);
    assert_int_equal(in_child(enter_and_answer, segment), 0);
    assert_int_equal(acct_segment_open(segment, &start), APR_SUCCESS);
    assert_string_equal(start, "answered");
    acct_segment_release(segment);
}

#ifdef __linux__

static int open_only(void *data)
{
    void *start;

    return acct_segment_open(data, &start) == APR_EINVAL ? 0 : 1;
}

static void a_process_that_did_not_enter_cannot_open_it(void **state)
{
    acct_segment_t *segment = make_segment(*state);

    assert_int_equal(in_child(open_only, segment), 0);
    acct_segment_release(segment);
}

static int look_at(void *data)
{
    return *(volatile char *)data;
}

static void what_the_parent_has_no_child_inherits(void **state)
{
    acct_segment_t *segment = make_segment(*state);
    void *start;

    assert_int_equal(acct_segment_open(segment, &start), APR_SUCCESS);
    assert_int_not_equal(in_child(look_at, start), 0);
    acct_segment_close(segment);
    assert_int_not_equal(in_child(look_at, start), 0);
    acct_segment_release(segment);
}

/* Asked of the kernel, which does not crash. */
static int can_be_read(const void *at)
{
    int fd[2];
    ssize_t got;

    assert_int_equal(pipe(fd), 0);
    got = write(fd[1], at, 1);
    close(fd[0]);
    close(fd[1]);
    return got == 1;
}

static void what_is_shut_can_be_read_by_nobody_until_opened_anew(void **state)
{
    acct_segment_t *segment = make_segment(*state);
    char *rest;
    void *start;

    assert_int_equal(acct_segment_open(segment, &start), APR_SUCCESS);
    rest = (char *)start + acct_segment_page();
    acct_segment_shut(segment, 1);
    assert_false(can_be_read(start));
    assert_true(can_be_read(rest));
    assert_int_equal(acct_segment_open(segment, &start), APR_SUCCESS);
    assert_true(can_be_read(start));
    acct_segment_release(segment);
}

static void what_was_let_go_of_cannot_be_opened(void **state)
{
    acct_segment_t *segment = make_segment(*state);
    void *start;

    acct_segment_release(segment);
    assert_int_equal(acct_segment_open(segment, &start), APR_EINVAL);
}

#endif

/* ---- the cache's ---- */

static acct_shared_t *open_shared(world_t *world, acct_cache_t *cache,
                                  apr_size_t bytes)
{
    acct_shared_t *shared;

    assert_int_equal(acct_shared_open(&shared, cache, bytes, world->process,
                                      world->scratch), APR_SUCCESS);
    return shared;
}

static void remember(acct_cache_t *cache)
{
    unsigned char digest[32] = "digest";
    acct_cached_t identity = { .account = 7 };

    acct_cache_feed(cache, DATABASE);
    assert_true(acct_cache_store(cache, DATABASE, digest,
                                 acct_cache_ticket(cache), 1, &identity));
}

static int knows(const acct_cache_t *cache)
{
    unsigned char digest[32] = "digest";
    acct_cached_t found;

    return acct_cache_find(cache, DATABASE, digest, 1, 1, &found)
        == APR_SUCCESS && found.account == 7;
}

static void a_restart_keeps_what_is_known(void **state)
{
    world_t *world = *state;
    acct_shared_t *first, *second;
    acct_cache_t cache;

    first = open_shared(world, &cache, 1 << 20);
    remember(&cache);
    acct_shared_close(first, &cache);
    second = open_shared(world, &cache, 1 << 20);
    assert_ptr_equal(first, second);
    assert_true(knows(&cache));
    acct_shared_close(second, &cache);
}

static void another_size_begins_with_nothing_also_when_it_is_as_before(
    void **state)
{
    world_t *world = *state;
    acct_cache_t cache;

    acct_shared_close(open_shared(world, &cache, 1 << 20), &cache);
    open_shared(world, &cache, 1 << 20);
    remember(&cache);
    acct_shared_close(open_shared(world, &cache, 1 << 21), &cache);
    open_shared(world, &cache, 1 << 21);
    assert_false(knows(&cache));
    remember(&cache);
    open_shared(world, &cache, 1 << 20);
    assert_false(knows(&cache));
}

static int attach_and_look(void *data)
{
    acct_shared_t *shared = data;
    acct_cache_t cache;

    if (acct_shared_enter(shared) != APR_SUCCESS
        || acct_shared_attach(shared, &cache) != APR_SUCCESS) {
        return 1;
    }
    return knows(&cache) ? 0 : 2;
}

static void a_child_knows_what_the_parent_remembered(void **state)
{
    world_t *world = *state;
    acct_shared_t *shared;
    acct_cache_t cache;

    shared = open_shared(world, &cache, 1 << 20);
    remember(&cache);
    acct_shared_close(shared, &cache);
    assert_int_equal(in_child(attach_and_look, shared), 0);
}

static void too_little_memory_for_a_slot_is_told(void **state)
{
    world_t *world = *state;
    acct_shared_t *shared;
    acct_cache_t cache;

    assert_int_equal(acct_shared_open(&shared, &cache, 100, world->process,
                                      world->scratch), APR_ENOMEM);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_new_segment_is_all_zeros_and_as_long_as_asked),
        T(what_was_written_is_there_when_it_is_opened_again),
        T(a_child_that_enters_has_the_same_memory),
#ifdef __linux__
        T(a_process_that_did_not_enter_cannot_open_it),
        T(what_the_parent_has_no_child_inherits),
        T(what_is_shut_can_be_read_by_nobody_until_opened_anew),
        T(what_was_let_go_of_cannot_be_opened),
#endif
        T(a_restart_keeps_what_is_known),
        T(another_size_begins_with_nothing_also_when_it_is_as_before),
        T(a_child_knows_what_the_parent_remembered),
        T(too_little_memory_for_a_slot_is_told)
    };

    return cmocka_run_group_tests(tests, begin_apr, end_apr);
}
