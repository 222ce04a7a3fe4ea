/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens of other systems: each form is found by its own digest alone, costs
 * ours nothing, and becomes one of ours when it is used. The rows and texts
 * are those of django-rest-knox 4.1, 4.2 and 5.0 and of Laravel Sanctum.
 */
#include "account_fixture.h"

#include <ctype.h>

#include "cache/last_used.h"
#include "token/foreign.h"

#define KNOX41 \
    "bd841a9a7a901aac8075aa7063402a55a95537b6547f475f2e364cbc5564874b"
#define KNOX41_DIGEST \
    "d455f03ec3d7bbdd1c3aeaf28ef5e746a9342eebab51c385c9a72c63d9d18bee" \
    "1aa39b9edb9d0ce538f3296b44a7d216ef6fc6f76a29a421c0f51251240d2418"
#define KNOX42 \
    "1bdb2f403e3b880dadc5510923ba056b18a7abbf1b45e8996c4749d9543c452d"
#define KNOX42_DIGEST \
    "58e938bd5998c8ad36464008193cce4cdfde3092299005023baa178e6b76d710" \
    "a308f36b184996c164b389bdceea072d1251f75691acdb83483bd8b52d58f2fe"
#define KNOX50 \
    "51df58b3ee80b7ca982948fe01162d90c61a03ab3be73f0acedf40b2b133afd4"
#define KNOX50_DIGEST \
    "04a0e00165ed733f7a15889c2d3036661fcfb119558fdce3a3a2c0fcd9d8ef30" \
    "270e2d1e14856d9a6779e223b7c0fa1606a02736d9c2e7d80b62aefcc5edd3af"
#define SANCTUM_TEXT "4YTeJ0iwIrIJ02CgCoUKNyhfgtx4tHZ5WiUeivtq40499447"
#define SANCTUM_DIGEST \
    "2afbdd4820cc99ed8611c3eb6c5661999644dbb46b275b39ababda74aae7fa5f"

static void put(world_t *world, const char *id, int form, const char *digest,
                const char *salt, const char *key)
{
    const char *half = apr_pstrmemdup(world->pool, digest, 64);
    const char *values = form == ACCT_FORM_NUMBERED
        ? "NULL" : apr_psprintf(world->pool, "'%s'", digest);

    change(world, apr_psprintf(
        world->pool, "INSERT INTO token (id, account_id, digest, created_at, "
        "form, foreign_digest, foreign_salt, foreign_key) SELECT '%s', id, "
        "'%s', 1, %d, %s, %s, %s FROM account WHERE username = 'ann'",
        apr_psprintf(world->pool, "%032d", atoi(id)), half, form, values,
        salt, key));
}

static void put_all(world_t *world)
{
    add_account(world, "ann", NULL);
    put(world, "1", ACCT_FORM_KNOX_SALTED, KNOX41_DIGEST,
        "'20dc0b6c60322e65'", "'bd841a9a'");
    put(world, "2", ACCT_FORM_KNOX_BYTES, KNOX42_DIGEST, "NULL", "NULL");
    put(world, "3", ACCT_FORM_KNOX_TEXT, KNOX50_DIGEST, "NULL", "NULL");
    put(world, "4", ACCT_FORM_NUMBERED, SANCTUM_DIGEST, "NULL", "'17'");
}

static const char *upper(world_t *world, const char *text, size_t from)
{
    char *copy = apr_pstrdup(world->pool, text);

    for (size_t i = from; copy[i]; i++) {
        copy[i] = (char)toupper((unsigned char)copy[i]);
    }
    return copy;
}

static void each_form_is_found_by_its_own_digest(void **state)
{
    static const char *const good[] = {
        KNOX41, KNOX42, KNOX50, "17|" SANCTUM_TEXT, SANCTUM_TEXT
    };
    world_t *world = *state;
    acct_identity_t identity;

    put_all(world);
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        assert_int_equal(authenticate(world, good[i], &identity), ACCT_OK);
        assert_string_equal(identity.account.username, "ann");
        assert_int_equal(identity.token.id[31] - '1', i < 4 ? i : 3);
    }
}

static void what_is_nearly_one_is_none(void **state)
{
    world_t *world = *state;
    acct_identity_t identity;
    const char *const bad[] = {
        "18|" SANCTUM_TEXT, "017|" SANCTUM_TEXT, "17|" KNOX50, "17|", "|",
        "17||" SANCTUM_TEXT, KNOX41_DIGEST, KNOX42_DIGEST, KNOX50_DIGEST,
        SANCTUM_DIGEST, KNOX42 "0", KNOX42 "00", "0",
        upper(world, KNOX50, 0), upper(world, KNOX41, 0),
        upper(world, SANCTUM_TEXT, 0), "bd841a9a", "bd841a9a00"
    };

    put_all(world);
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        assert_int_equal(authenticate(world, bad[i], &identity),
                         ACCT_INVALID_TOKEN);
    }
}

/* As knox reads hex: but for the eight characters that the row is found by. */
static void capital_digits_are_taken_where_the_other_system_did(void **state)
{
    world_t *world = *state;
    acct_identity_t identity;

    put_all(world);
    assert_int_equal(authenticate(world, upper(world, KNOX42, 0), &identity),
                     ACCT_OK);
    assert_int_equal(identity.token.is_adoptable, 0);
    assert_int_equal(authenticate(world, upper(world, KNOX41, 8), &identity),
                     ACCT_OK);
    assert_int_equal(identity.token.is_adoptable, 0);
    assert_int_equal(authenticate(world, KNOX42, &identity), ACCT_OK);
    assert_int_equal(identity.token.is_adoptable, 1);
}

static void a_row_is_not_taken_for_one_of_another_form(void **state)
{
    static const int forms[] = {
        ACCT_FORM_KNOX_BYTES, ACCT_FORM_KNOX_TEXT
    };
    world_t *world = *state;
    acct_identity_t identity;

    add_account(world, "ann", NULL);
    for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
        change(world, "DELETE FROM token");
        put(world, "5", forms[i], i == 0 ? KNOX50_DIGEST : KNOX42_DIGEST,
            "NULL", "NULL");
        assert_int_equal(authenticate(world, KNOX50, &identity),
                         ACCT_INVALID_TOKEN);
        assert_int_equal(authenticate(world, KNOX42, &identity),
                         ACCT_INVALID_TOKEN);
    }
}

static void no_form_is_looked_for_where_there_is_none(void **state)
{
    world_t *world = *state;
    acct_identity_t identity;

    with_cache(world);
    put_all(world);
    assert_int_equal(authenticate(world, KNOX42, &identity),
                     ACCT_INVALID_TOKEN);
    assert_int_equal(world->units, 1);
    acct_cache_feed_native(&world->cache, world->service.cache_feed, 0,
                           acct_ticks());
    assert_int_equal(authenticate(world, KNOX42, &identity), ACCT_OK);
    assert_int_equal(world->units, 2);
}

static void a_token_of_ours_costs_what_it_did(void **state)
{
    world_t *world = *state;
    acct_identity_t identity;

    put_all(world);
    assert_int_equal(authenticate(world, token_of(world, "ann"), &identity),
                     ACCT_OK);
    assert_int_equal(world->units, 1);
}

static void write_notes(world_t *world)
{
    acct_last_used_t last_used = { 0 };
    acct_notes_t notes = { .database = CACHE_DATABASE };

    acct_last_used_collect(&last_used, &world->cache, &notes, 1,
                           world->pool);
    assert_int_equal(acct_last_used_write(&notes, &world->cache, world->db,
                                          world->pool), APR_SUCCESS);
}

static void the_first_use_makes_a_row_ours(void **state)
{
    static const char *const texts[] = {
        KNOX41, KNOX42, KNOX50, "17|" SANCTUM_TEXT
    };
    world_t *world = *state;
    acct_identity_t identity;

    with_cache(world);
    acct_cache_feed_native(&world->cache, world->service.cache_feed, 0,
                           acct_ticks());
    put_all(world);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(authenticate(world, texts[i], &identity), ACCT_OK);
        assert_string_equal(ask(world, "SELECT count(*) FROM token "
                                       "WHERE form = 0"), "0");
    }
    write_notes(world);
    assert_string_equal(ask(world, "SELECT count(*) FROM token WHERE "
                            "form = 0 AND foreign_digest IS NULL AND "
                            "foreign_key IS NULL AND last_used > 0"), "4");
    acct_cache_raise_all(&world->cache);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(authenticate(world, texts[i], &identity), ACCT_OK);
        assert_int_equal(world->units, 1);
    }
}

static void forms_are_named_while_there_are_rows_of_them(void **state)
{
    world_t *world = *state;
    unsigned int forms;
    int changed;

    put_all(world);
    assert_int_equal(acct_foreign_forms_read(world->db, &forms, world->pool),
                     APR_SUCCESS);
    assert_int_equal(forms, 0);
    assert_int_equal(acct_foreign_forms_write(world->db, 1u << 1 | 1u << 4,
                                              world->pool), APR_SUCCESS);
    assert_string_equal(ask(world, "SELECT value FROM meta WHERE name = "
                                   "'token_forms'"), "1 4");
    change(world, "DELETE FROM token WHERE form = 1");
    assert_int_equal(acct_foreign_forms_settle(world->db, &changed,
                                               world->pool), APR_SUCCESS);
    assert_int_equal(changed, 1);
    assert_int_equal(acct_foreign_forms_read(world->db, &forms, world->pool),
                     APR_SUCCESS);
    assert_int_equal(forms, 1u << 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(each_form_is_found_by_its_own_digest),
        WORLD(what_is_nearly_one_is_none),
        WORLD(capital_digits_are_taken_where_the_other_system_did),
        WORLD(a_row_is_not_taken_for_one_of_another_form),
        WORLD(no_form_is_looked_for_where_there_is_none),
        WORLD(a_token_of_ours_costs_what_it_did),
        WORLD(the_first_use_makes_a_row_ours),
        WORLD(forms_are_named_while_there_are_rows_of_them)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
