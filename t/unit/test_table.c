/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Striking entries from a table: which stay, in which order, and that each
 * is asked about once however many go.
 */
#include "apr_fixture.h"

#include <apr_strings.h>
#include <string.h>

#include "httpd/request/table.h"

typedef struct asked_t {
    const char *unwanted;       /* first letter of names that go */
    int count;
} asked_t;

static int is_unwanted(void *ctx, const char *name, const char *value)
{
    asked_t *asked = ctx;

    (void)value;
    asked->count++;
    return strchr(asked->unwanted, name[0]) != NULL;
}

/* "name=value " of all entries, in their order. */
static const char *text_of(const apr_table_t *table, apr_pool_t *pool)
{
    const apr_array_header_t *all = apr_table_elts(table);
    const apr_table_entry_t *entry = (const apr_table_entry_t *)all->elts;
    const char *text = "";
    int i;

    for (i = 0; i < all->nelts; i++) {
        text = apr_pstrcat(pool, text, entry[i].key, "=", entry[i].val, " ",
                           NULL);
    }
    return text;
}

static apr_pool_t *pool;
static apr_table_t *table;

static int start(void **state)
{
    (void)state;
    apr_pool_create(&pool, NULL);
    table = apr_table_make(pool, 1);
    apr_table_add(table, "a", "1");
    apr_table_add(table, "b", "2");
    apr_table_add(table, "c", "3");
    apr_table_add(table, "B", "4");
    apr_table_add(table, "a", "5");
    return 0;
}

static int finish(void **state)
{
    (void)state;
    apr_pool_destroy(pool);
    return 0;
}

static int strike(const char *unwanted)
{
    asked_t asked = { unwanted, 0 };
    int entries = apr_table_elts(table)->nelts;
    int struck = acct_table_strike(table, is_unwanted, &asked, pool);

    assert_int_equal(asked.count, entries);
    return struck;
}

static void what_is_wanted_stays_in_its_order(void **state)
{
    (void)state;
    assert_int_equal(strike("b"), 1);
    assert_string_equal(text_of(table, pool), "a=1 c=3 B=4 a=5 ");
    assert_int_equal(strike("a"), 2);
    assert_string_equal(text_of(table, pool), "c=3 B=4 ");
}

static void the_last_and_all_can_go(void **state)
{
    (void)state;
    apr_table_add(table, "z", "6");
    assert_int_equal(strike("z"), 1);
    assert_string_equal(text_of(table, pool), "a=1 b=2 c=3 B=4 a=5 ");
    assert_int_equal(strike("abcB"), 5);
    assert_true(apr_is_empty_table(table));
    assert_int_equal(strike("a"), 0);
}

static void nothing_is_written_when_all_are_wanted(void **state)
{
    const void *before = apr_table_elts(table)->elts;

    (void)state;
    assert_int_equal(strike("x"), 0);
    assert_ptr_equal(apr_table_elts(table)->elts, before);
    assert_string_equal(text_of(table, pool), "a=1 b=2 c=3 B=4 a=5 ");
}

static void the_table_finds_its_names_afterwards(void **state)
{
    (void)state;
    strike("a");
    assert_null(apr_table_get(table, "a"));
    assert_string_equal(apr_table_get(table, "C"), "3");
    assert_string_equal(apr_table_getm(pool, table, "b"), "2,4");
    apr_table_set(table, "c", "7");
    assert_string_equal(text_of(table, pool), "b=2 c=7 B=4 ");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_wanted_stays_in_its_order),
        TEST(the_last_and_all_can_go),
        TEST(nothing_is_written_when_all_are_wanted),
        TEST(the_table_finds_its_names_afterwards)
    };

    return cmocka_run_group_tests(tests, begin_apr, end_apr);
}
