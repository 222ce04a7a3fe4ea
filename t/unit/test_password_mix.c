/* SPDX-License-Identifier: Apache-2.0 */
/* Which kind of hash the dummy of a name without an account has. */
#include "apr_fixture.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "password/password.h"
#include "password/password_mix.h"

#define NAMES 2000
#define STORED(params) \
    "$argon2id$v=19$" params "$c2FsdHNhbHRzYWx0c2FsdA$" \
    "NBAAm7uwhjSB48qYxD+uSepIdj40CTVA4wFUxY4InXU"
#define OLD STORED("m=19456,t=2,p=1")
#define NEW STORED("m=19456,t=4,p=1")
#define OTHER STORED("m=64,t=1,p=1")

static const unsigned char key[ACCT_MIX_KEY_BYTES] = "of the test";
static apr_pool_t *pool;

static int begin(void **state)
{
    return begin_apr(state) || apr_pool_create(&pool, NULL) != APR_SUCCESS;
}

static int end(void **state)
{
    apr_pool_destroy(pool);
    return end_apr(state);
}

/* So many of each. */
static acct_password_mix_t *mix_of(int old, int new, int other)
{
    acct_password_mix_t *mix = acct_password_mix_make(pool);

    while (old-- > 0) {
        acct_password_mix_count(mix, OLD, pool);
    }
    while (new-- > 0) {
        acct_password_mix_count(mix, NEW, pool);
    }
    while (other-- > 0) {
        acct_password_mix_count(mix, OTHER, pool);
    }
    acct_password_mix_settle(mix);
    return mix;
}

static const char *choose(const acct_password_mix_t *mix, int name)
{
    const char *dummy = NULL;

    assert_int_equal(acct_password_mix_choose(
        mix, key, apr_psprintf(pool, "name%d@x.io", name), &dummy, pool),
        APR_SUCCESS);
    return dummy;
}

static int is_like(const char *dummy, const char *stored)
{
    return strcmp(dummy, acct_password_dummy_like(stored, pool)) == 0;
}

/* How many of all names are given a kind like @a stored. */
static int share(const acct_password_mix_t *mix, const char *stored)
{
    int count = 0;

    for (int i = 0; i < NAMES; i++) {
        count += is_like(choose(mix, i), stored);
    }
    return count;
}

static void a_dummy_has_the_cost_of_a_hash_and_nothing_else_of_it(
    void **state)
{
    const char *dummy = acct_password_dummy_like(OLD, pool);

    (void)state;
    assert_memory_equal(dummy, "$argon2id$v=19$m=19456,t=2,p=1$", 31);
    assert_int_equal(strlen(dummy), strlen(OLD));
    assert_null(strstr(dummy, "c2Fsd"));
    assert_null(strstr(dummy, "NBAA"));
    dummy = acct_password_dummy_like(OTHER, pool);
    assert_int_equal(acct_password_verify(dummy, "x", pool),
                     ACCT_PASSWORD_MISMATCH);
    assert_memory_equal(acct_password_dummy_like(
        "$argon2i$m=256,t=3,p=1$c2FsdHNhbHRzYWx0c2FsdA$"
        "CWRfcfuXus/rio2ajd6dx2nbCB3ykjZM4fQ1XkK2VOA", pool),
        "$argon2i$v=16$m=256,t=3,p=1$", 28);
}

static void what_cannot_be_verified_is_no_kind(void **state)
{
    static const char *const bad[] = {
        "", "!", "x", "$argon2id$", "md5$a$b",
        ("$argon2id$v=19$m=4194304,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$"
         "NBAAm7uwhjSB48qYxD+uSepIdj40CTVA4wFUxY4InXU")
    };
    acct_password_mix_t *mix = acct_password_mix_make(pool);

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_null(acct_password_dummy_like(bad[i], pool));
        acct_password_mix_count(mix, bad[i], pool);
    }
    acct_password_mix_settle(mix);
    assert_null(choose(mix, 1));
    acct_password_mix_count(mix, OLD, pool);
    acct_password_mix_settle(mix);
    assert_int_equal(share(mix, OLD), NAMES);
}

static void names_have_kinds_in_the_proportion_of_accounts(void **state)
{
    static const int cases[][3] = {
        { 1, 0, 0 }, { 50, 50, 0 }, { 450, 62, 0 }, { 10, 90, 0 },
        { 100, 100, 100 }, { 400, 64, 48 }
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const int *c = cases[i];
        const acct_password_mix_t *mix = mix_of(c[0], c[1], c[2]);
        int all = c[0] + c[1] + c[2];

        assert_true(abs(share(mix, OLD) - NAMES * c[0] / all) < NAMES / 20);
        assert_true(abs(share(mix, NEW) - NAMES * c[1] / all) < NAMES / 20);
    }
}

static void a_rare_kind_is_given_to_some(void **state)
{
    (void)state;
    assert_true(share(mix_of(511, 1, 0), NEW) > 0);
}

static void a_name_keeps_its_kind(void **state)
{
    const acct_password_mix_t *mix = mix_of(50, 50, 0);
    const acct_password_mix_t *again = mix_of(50, 50, 0);
    const acct_password_mix_t *larger = mix_of(5000, 5000, 0);

    (void)state;
    for (int i = 0; i < NAMES; i++) {
        assert_string_equal(choose(mix, i), choose(mix, i));
        assert_string_equal(choose(mix, i), choose(again, i));
        assert_string_equal(choose(mix, i), choose(larger, i));
    }
}

/* As accounts do, when they sign in and their hashes are replaced: a name
 * that came to have a new kind has no old one again. */
static void no_name_goes_back_to_a_kind_that_shrinks(void **state)
{
    const acct_password_mix_t *before = mix_of(60, 20, 20);
    const acct_password_mix_t *after = mix_of(30, 50, 20);
    int moved = 0;

    (void)state;
    for (int i = 0; i < NAMES; i++) {
        const char *was = choose(before, i), *is = choose(after, i);

        if (strcmp(was, is) != 0) {
            assert_false(is_like(is, OLD));
            assert_false(is_like(was, NEW));
            moved++;
        }
    }
    assert_true(moved > NAMES / 4 && moved < NAMES / 2);
}

static void of_two_kinds_one_gives_to_the_other_alone(void **state)
{
    const acct_password_mix_t *before = mix_of(90, 10, 0);
    const acct_password_mix_t *after = mix_of(50, 50, 0);
    int moved = 0;

    (void)state;
    for (int i = 0; i < NAMES; i++) {
        const char *was = choose(before, i), *is = choose(after, i);

        if (strcmp(was, is) != 0) {
            assert_true(is_like(was, OLD) && is_like(is, NEW));
            moved++;
        }
    }
    assert_true(moved > NAMES * 3 / 10 && moved < NAMES / 2);
}

static void another_key_gives_other_kinds(void **state)
{
    static const unsigned char other[ACCT_MIX_KEY_BYTES] = "another";
    const acct_password_mix_t *mix = mix_of(50, 50, 0);
    int same = 0;

    (void)state;
    for (int i = 0; i < NAMES; i++) {
        const char *dummy = NULL;

        assert_int_equal(acct_password_mix_choose(
            mix, other, apr_psprintf(pool, "name%d@x.io", i), &dummy, pool),
            APR_SUCCESS);
        same += strcmp(dummy, choose(mix, i)) == 0;
    }
    assert_true(same > NAMES * 2 / 5 && same < NAMES * 3 / 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_dummy_has_the_cost_of_a_hash_and_nothing_else_of_it),
        cmocka_unit_test(what_cannot_be_verified_is_no_kind),
        cmocka_unit_test(names_have_kinds_in_the_proportion_of_accounts),
        cmocka_unit_test(a_rare_kind_is_given_to_some),
        cmocka_unit_test(a_name_keeps_its_kind),
        cmocka_unit_test(no_name_goes_back_to_a_kind_that_shrinks),
        cmocka_unit_test(of_two_kinds_one_gives_to_the_other_alone),
        cmocka_unit_test(another_key_gives_other_kinds)
    };

    return cmocka_run_group_tests_name("password mix", tests, begin, end);
}
