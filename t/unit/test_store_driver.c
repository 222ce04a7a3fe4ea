/* SPDX-License-Identifier: Apache-2.0 */
#include "apr_fixture.h"

#include <string.h>

#include "store/drivers.h"

static const char *const names[] = { "sqlite3", "pgsql" };

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

static int set_up(void **state)
{
    return apr_pool_create((apr_pool_t **)state, NULL) != APR_SUCCESS;
}

static int tear_down(void **state)
{
    apr_pool_destroy(*state);
    return 0;
}

static void every_driver_has_every_statement(void **state)
{
    for (size_t d = 0; d < COUNT(names); d++) {
        int count;
        const acct_statement_t *s = acct_store_statements(names[d], &count,
                                                          *state);

        assert_non_null(s);
        assert_true(count >= ACCT_SQL__COUNT);
        for (int i = 0; i < count; i++) {
            if (!s[i].label || !s[i].sql || !*s[i].sql) {
                fail_msg("%s has no statement %d", names[d], i);
            }
        }
    }
}

/* What they are called decides what PostgreSQL calls them, and what a
 * failure is told by. */
static void a_statement_has_one_name_in_all_drivers(void **state)
{
    int counts[COUNT(names)];
    const acct_statement_t *of[COUNT(names)];

    for (size_t d = 0; d < COUNT(names); d++) {
        of[d] = acct_store_statements(names[d], &counts[d], *state);
    }
    for (int i = 0; i < ACCT_SQL__COUNT; i++) {
        assert_string_equal(of[0][i].label, of[1][i].label);
    }
}

static void no_two_statements_of_a_driver_have_one_name(void **state)
{
    for (size_t d = 0; d < COUNT(names); d++) {
        int count;
        const acct_statement_t *s = acct_store_statements(names[d], &count,
                                                          *state);

        for (int i = 0; i < count; i++) {
            for (int j = 0; j < i; j++) {
                assert_string_not_equal(s[i].label, s[j].label);
            }
        }
    }
}

static void what_differs_is_there_for_each_driver(void **state)
{
    (void)state;
    for (size_t d = 0; d < COUNT(names); d++) {
        const acct_store_driver_t *driver = acct_store_driver(names[d]);

        assert_non_null(driver);
        assert_string_equal(driver->name, names[d]);
        assert_non_null(driver->tables);
        assert_non_null(driver->unique_indexes);
        assert_non_null(driver->revoke_all);
        assert_non_null(driver->insert_revocation);
        assert_non_null(driver->read_revocations);
        assert_non_null(driver->lock_purge);
        assert_non_null(driver->write_uses);
    }
}

static void another_driver_has_none(void **state)
{
    int count = 7;

    assert_null(acct_store_driver("mysql"));
    assert_null(acct_store_driver(NULL));
    assert_null(acct_store_statements("mysql", &count, *state));
    assert_int_equal(count, 0);
}

#define POOL_TEST(test) \
    cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(every_driver_has_every_statement),
        POOL_TEST(a_statement_has_one_name_in_all_drivers),
        POOL_TEST(no_two_statements_of_a_driver_have_one_name),
        POOL_TEST(what_differs_is_there_for_each_driver),
        POOL_TEST(another_driver_has_none)
    };

    return cmocka_run_group_tests(tests, begin_apr, end_apr);
}
