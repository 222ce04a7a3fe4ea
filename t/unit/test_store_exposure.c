/* SPDX-License-Identifier: Apache-2.0 */
/* What surrounds the tables on a server; see store/store.h. What is exposed is
 * looked at with a server of its own, in t/pgsql.t. */
#include "store_fixture.h"

static int is_shared(fixture_t *f, acct_db_t *one, acct_db_t *two)
{
    int shared = -1;

    assert_int_equal(acct_store_is_shared(one, two, &shared, f->pool),
                     APR_SUCCESS);
    return shared;
}

static void two_connections_that_are_one_are_told(void **state)
{
    fixture_t *f = *state;
    acct_db_t *one = open_store(f);
    acct_db_t *two = open_store(f);

    assert_int_equal(is_shared(f, one, two), 0);
    assert_int_equal(is_shared(f, two, one), 0);
    /* of a file there is nothing to share */
    assert_int_equal(is_shared(f, one, one), f->schema ? 1 : 0);
    acct_db_close(one);
    acct_db_close(two);
}

static void a_file_is_exposed_to_nobody(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    const char *exposure = "";

    if (f->schema) {
        skip_because("a server has no modes of files");
    }
    assert_int_equal(acct_store_find_exposure(db, "it", &exposure, f->pool),
                     APR_SUCCESS);
    assert_null(exposure);
    acct_db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(two_connections_that_are_one_are_told),
        TEST(a_file_is_exposed_to_nobody)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
