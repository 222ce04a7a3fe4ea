/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The database's own key for what is made of names: the same for all servers
 * of a database, with or without a key file.
 */
#include "account_fixture.h"

#include "credential/dummy.h"
#include "limit/subject.h"

static const unsigned char zeros[ACCT_NAMES_KEY_BYTES];

/* Another server's service on the database of the world's. */
static acct_service_t server(world_t *world)
{
    acct_service_t service = world->service;

    assert_int_equal(acct_dummies_make(&service.dummies, world->pool),
                     APR_SUCCESS);
    return service;
}

static apr_status_t key_of(world_t *world, const acct_service_t *service,
                           unsigned char *key)
{
    return acct_names_key(service, key, world->pool);
}

static void all_servers_have_the_key_that_was_made_first(void **state)
{
    world_t *world = *state;
    acct_service_t one = server(world), other = server(world);
    unsigned char first[ACCT_NAMES_KEY_BYTES], second[ACCT_NAMES_KEY_BYTES];

    assert_int_equal(key_of(world, &one, first), APR_SUCCESS);
    assert_int_equal(key_of(world, &other, second), APR_SUCCESS);
    assert_memory_equal(first, second, sizeof(first));
    assert_memory_not_equal(first, zeros, sizeof(first));
    assert_int_equal(count(world, "meta WHERE name = 'name_mix_key'"), 1);
}

static void another_database_has_another(void **state)
{
    world_t *world = *state;
    acct_service_t one = server(world), later = server(world);
    unsigned char first[ACCT_NAMES_KEY_BYTES], second[ACCT_NAMES_KEY_BYTES];

    assert_int_equal(key_of(world, &one, first), APR_SUCCESS);
    change(world, "DELETE FROM meta WHERE name = 'name_mix_key'");
    assert_int_equal(key_of(world, &later, second), APR_SUCCESS);
    assert_memory_not_equal(first, second, sizeof(first));
}

static void a_service_that_keeps_no_mix_has_zeros_and_asks_nobody(
    void **state)
{
    world_t *world = *state;
    unsigned char key[ACCT_NAMES_KEY_BYTES] = { 1 };

    world->units = 0;
    assert_int_equal(key_of(world, &world->service, key), APR_SUCCESS);
    assert_memory_equal(key, zeros, sizeof(key));
    assert_int_equal(world->units, 0);
}

static void a_database_that_does_not_answer_gives_no_key(void **state)
{
    world_t *world = *state;
    acct_service_t one = server(world);
    unsigned char key[ACCT_NAMES_KEY_BYTES];

    world->units = 0;
    world->fails_at = 1;
    assert_int_not_equal(key_of(world, &one, key), APR_SUCCESS);
    assert_memory_equal(key, zeros, sizeof(key));
    world->fails_at = 0;
    assert_int_equal(key_of(world, &one, key), APR_SUCCESS);
    assert_memory_not_equal(key, zeros, sizeof(key));
}

static void a_key_that_is_none_is_refused_and_stays(void **state)
{
    static const char *const damage[] = { "'abc'", "''", "'zz'" };
    world_t *world = *state;
    acct_service_t one = server(world);
    unsigned char key[ACCT_NAMES_KEY_BYTES];
    acct_limit_key_t limit_key;

    assert_int_equal(key_of(world, &one, key), APR_SUCCESS);
    for (size_t i = 0; i < sizeof(damage) / sizeof(*damage); i++) {
        acct_service_t other = server(world);

        change(world, apr_pstrcat(world->pool, "UPDATE meta SET value = ",
                                  damage[i],
                                  " WHERE name = 'name_mix_key'", NULL));
        assert_int_not_equal(key_of(world, &other, key), APR_SUCCESS);
        assert_int_not_equal(acct_names_limit_key(world->db, &limit_key,
                                                  world->pool),
                             APR_SUCCESS);
        assert_int_equal(count(world, apr_pstrcat(
            world->pool, "meta WHERE name = 'name_mix_key' AND value = ",
            damage[i], NULL)), 1);
    }
    /* and a server that knew it goes on with it */
    assert_int_equal(key_of(world, &one, key), APR_SUCCESS);
}

static void what_is_counted_goes_by_it_where_there_is_no_key_file(
    void **state)
{
    world_t *world = *state;
    acct_service_t one = server(world);
    unsigned char names[ACCT_NAMES_KEY_BYTES];
    acct_limit_key_t made, read;

    assert_true(APR_STATUS_IS_NOTFOUND(acct_names_limit_key(
        world->db, &read, world->pool)));
    assert_int_equal(key_of(world, &one, names), APR_SUCCESS);
    assert_int_equal(acct_limit_key_make(&made, names, sizeof(names)),
                     APR_SUCCESS);
    assert_int_equal(acct_names_limit_key(world->db, &read, world->pool),
                     APR_SUCCESS);
    assert_memory_equal(made.bytes, read.bytes, sizeof(made.bytes));
    /* it is not the key of names itself */
    assert_memory_not_equal(made.bytes, names, sizeof(names));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(all_servers_have_the_key_that_was_made_first),
        WORLD(another_database_has_another),
        WORLD(a_service_that_keeps_no_mix_has_zeros_and_asks_nobody),
        WORLD(a_database_that_does_not_answer_gives_no_key),
        WORLD(a_key_that_is_none_is_refused_and_stays),
        WORLD(what_is_counted_goes_by_it_where_there_is_no_key_file)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
