/* SPDX-License-Identifier: Apache-2.0 */
/* Dummies by what the accounts of a database have. */
#include "store_fixture.h"

#include <stdlib.h>

#include "credential/dummy.h"
#include "password/password.h"

#define OLD "m=8,t=1,p=1"
#define NEW "m=16,t=1,p=1"
#define NAMES 400

/* Where the service gets its connections. */
typedef struct source_t {
    fixture_t *f;
    acct_db_t *db;
    int taken;
    int fails;
} source_t;

static apr_status_t acquire(void *context, acct_unit_e unit, acct_db_t **db,
                            apr_pool_t *pool)
{
    source_t *source = context;

    (void)unit;
    (void)pool;
    source->taken++;
    *db = source->db;
    return source->fails ? APR_EGENERAL : APR_SUCCESS;
}

static void release(void *context, acct_unit_e unit, acct_db_t *db)
{
    (void)context;
    (void)unit;
    (void)db;
}

/* As a child of a server has it. */
static acct_service_t make_service(source_t *source, fixture_t *f)
{
    acct_service_t service = { .acquire = acquire, .release = release,
                               .context = source, .dummy = "the service's" };

    source->f = f;
    source->db = open_store(f);
    assert_int_equal(acct_dummies_make(&service.dummies, f->pool), 0);
    return service;
}

static void fill(fixture_t *f, int from, int to, const char *params)
{
    acct_db_t *db = fixture_open(f, NULL, 0);

    fixture_exec(f, db, apr_psprintf(f->pool, f->schema
        ? "INSERT INTO account (username, username_key, password, "
          "created_at) SELECT 'u' || n, 'u' || n, '%s', 1 "
          "FROM generate_series(%d, %d) AS s (n)"
        : "INSERT INTO account (username, username_key, password, "
          "created_at) WITH RECURSIVE s (p, n, e) AS (SELECT '%s', %d, %d "
          "UNION ALL SELECT p, n + 1, e FROM s WHERE n < e) "
          "SELECT 'u' || n, 'u' || n, p, 1 FROM s",
        apr_psprintf(f->pool, "$argon2id$v=19$%s$c2FsdHNhbHRzYWx0c2FsdA$"
                     "NBAAm7uwhjSB48qYxD+uSepIdj40CTVA4wFUxY4InXU", params),
        from, to));
    acct_db_close(db);
}

static const char *dummy_for(const acct_service_t *service, const char *name,
                             apr_pool_t *pool)
{
    const char *dummy = NULL;

    assert_int_equal(acct_dummy_for(service, name, &dummy, pool),
                     APR_SUCCESS);
    return dummy;
}

/* How many of NAMES names are given these parameters. */
static int share(const acct_service_t *service, const char *params,
                 apr_pool_t *pool)
{
    int count = 0;

    for (int i = 0; i < NAMES; i++) {
        count += strstr(dummy_for(service,
                                  apr_psprintf(pool, "nobody%d", i), pool),
                        params) != NULL;
    }
    return count;
}

static void without_accounts_it_is_the_service_s_own(void **state)
{
    fixture_t *f = *state;
    source_t source = { 0 };
    acct_service_t service = make_service(&source, f);

    assert_string_equal(dummy_for(&service, "ann", f->pool), service.dummy);
    assert_string_equal(dummy_for(&service, NULL, f->pool), service.dummy);
    acct_db_close(source.db);
}

static void absent_names_are_as_those_that_are_there(void **state)
{
    fixture_t *f = *state;
    source_t source = { 0 };
    acct_service_t service;

    fill(f, 1, 100, OLD);
    fill(f, 101, 200, NEW);
    service = make_service(&source, f);
    assert_true(abs(share(&service, OLD, f->pool) - NAMES / 2)
                < NAMES / 10);
    assert_true(abs(share(&service, NEW, f->pool) - NAMES / 2)
                < NAMES / 10);
    acct_db_close(source.db);
}

/* More accounts than are read: old ones first, as time has made them. */
static void of_many_accounts_a_sample_tells(void **state)
{
    fixture_t *f = *state;
    source_t source = { 0 };
    acct_service_t service;
    apr_array_header_t *list;

    fill(f, 1, 3000, OLD);
    fill(f, 3001, 4000, NEW);
    service = make_service(&source, f);
    assert_int_equal(acct_store_password_sample(source.db, &list, f->pool),
                     0);
    assert_true(list->nelts > ACCT_STORE_SAMPLE / 3
                && list->nelts <= ACCT_STORE_SAMPLE);
    assert_true(abs(share(&service, OLD, f->pool) - NAMES * 3 / 4)
                < NAMES / 10);
    acct_db_close(source.db);
}

static void the_database_is_asked_now_and_then(void **state)
{
    fixture_t *f = *state;
    source_t source = { 0 };
    acct_service_t service;
    int taken;

    fill(f, 1, 10, OLD);
    service = make_service(&source, f);
    dummy_for(&service, "ann", f->pool);
    taken = source.taken;
    share(&service, OLD, f->pool);
    assert_int_equal(source.taken, taken);
    acct_db_close(source.db);
}

/* Of one server or of two. */
static void all_children_give_a_name_the_same_kind(void **state)
{
    fixture_t *f = *state;
    source_t one = { 0 }, other = { 0 };
    acct_service_t first, second;

    fill(f, 1, 100, OLD);
    fill(f, 101, 200, NEW);
    first = make_service(&one, f);
    second = make_service(&other, f);
    for (int i = 0; i < NAMES; i++) {
        const char *name = apr_psprintf(f->pool, "nobody%d", i);

        assert_string_equal(dummy_for(&first, name, f->pool),
                            dummy_for(&second, name, f->pool));
    }
    acct_db_close(one.db);
    acct_db_close(other.db);
}

static void a_database_that_does_not_answer_tells_nothing(void **state)
{
    fixture_t *f = *state;
    source_t source = { 0 };
    acct_service_t service;
    const char *dummy;

    fill(f, 1, 10, OLD);
    service = make_service(&source, f);
    source.fails = 1;
    assert_int_not_equal(acct_dummy_for(&service, "ann", &dummy, f->pool),
                         APR_SUCCESS);
    source.fails = 0;
    assert_non_null(strstr(dummy_for(&service, "ann", f->pool), OLD));
    acct_db_close(source.db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_accounts_it_is_the_service_s_own),
        TEST(absent_names_are_as_those_that_are_there),
        TEST(of_many_accounts_a_sample_tells),
        TEST(the_database_is_asked_now_and_then),
        TEST(all_children_give_a_name_the_same_kind),
        TEST(a_database_that_does_not_answer_tells_nothing)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
