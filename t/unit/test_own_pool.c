/* SPDX-License-Identifier: Apache-2.0 */
#include "apr_fixture.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own_pool.h"

static void it_is_used_and_destroyed_like_any_other(void **state)
{
    apr_pool_t *pool;

    (void)state;
    assert_int_equal(acct_own_pool(&pool), APR_SUCCESS);
    assert_null(apr_pool_parent_get(pool));
    assert_non_null(apr_palloc(pool, 100000));
    apr_pool_destroy(pool);
}

/* With memory for nothing more. */
static void take_too_much(void)
{
    const struct rlimit least = { 0, 0 };
    const struct rlimit no_core = { 0, 0 };
    apr_pool_t *pool;

    if (acct_own_pool(&pool) != APR_SUCCESS) {
        _exit(1);
    }
    setrlimit(RLIMIT_CORE, &no_core);
    setrlimit(RLIMIT_AS, &least);
    _exit(apr_palloc(pool, 1 << 30) == NULL ? 2 : 3);
}

static void without_memory_the_process_ends_and_has_no_null(void **state)
{
    pid_t child;
    int status;

    (void)state;
#ifdef __SANITIZE_ADDRESS__
    skip();                     /* ends it by itself, and says so */
#endif
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        take_too_much();
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_used_and_destroyed_like_any_other),
        cmocka_unit_test(without_memory_the_process_ends_and_has_no_null)
    };

    return cmocka_run_group_tests_name("own pool", tests, begin_apr, end_apr);
}
