/* SPDX-License-Identifier: Apache-2.0 */
/* Statements: run, and healed when another changed the schema. */
#include "note_fixture.h"

static void values_come_back_as_they_went_in(void **state)
{
    fixture_t *f = *state;
    acct_db_t *other = open_other(f);
    acct_db_t *db = fixture_open(f, statements, NSTATEMENTS);
    static const struct { const char *text; apr_int64_t number; } in[] = {
        { "plain", 0 },
        { "", -1 },
        { "it's \"quoted\"; DROP TABLE note; --", APR_INT64_MAX },
        { "100 %s %lld %", APR_INT64_MIN },
        { "Grüße, 世界 \xf0\x9f\x8c\x8d", 1700000000123456 },
        { NULL, 7 }
    };
    const int count = (int)(sizeof(in) / sizeof(*in));
    acct_rows_t rows;

    for (int i = 0; i < count; i++) {
        assert_int_equal(add(f, db, in[i].text, in[i].number, NULL),
                         APR_SUCCESS);
    }
    assert_int_equal(acct_db_select(db, ALL, NULL, 0, &rows, f->pool),
                     APR_SUCCESS);
    acct_db_close(db);
    acct_db_close(other);

    /* the rows outlive the connection */
    assert_int_equal(rows.count, count);
    assert_int_equal(rows.columns, 2);
    for (int i = 0; i < count; i++) {
        if (in[i].text) {
            assert_string_equal(rows.cell[i][0], in[i].text);
        }
        else {
            assert_null(rows.cell[i][0]);
        }
        assert_int_equal(apr_atoi64(rows.cell[i][1]), in[i].number);
    }
}

static void a_number_is_bound_as_a_number(void **state)
{
    static const acct_statement_t type[] = {
        { "type", "SELECT typeof(%lld), typeof(%s), typeof(%s)" }
    };
    fixture_t *f = *state;
    acct_db_t *db = fixture_open(f, type, 1);
    const acct_arg_t args[] = { ACCT_INT(1), ACCT_TEXT("1"),
                                ACCT_TEXT(NULL) };
    acct_rows_t rows;

    assert_int_equal(acct_db_select(db, 0, args, 3, &rows, f->pool),
                     APR_SUCCESS);
    assert_string_equal(rows.cell[0][0], "integer");
    assert_string_equal(rows.cell[0][1], "text");
    assert_string_equal(rows.cell[0][2], "null");
    acct_db_close(db);
}

static void a_select_that_matches_nothing_has_no_rows(void **state)
{
    fixture_t *f = *state;
    acct_db_t *other = open_other(f);
    acct_db_t *db = fixture_open(f, statements, NSTATEMENTS);
    acct_rows_t rows;

    assert_int_equal(get(f, db, "nobody", &rows), APR_SUCCESS);
    assert_int_equal(rows.count, 0);
    acct_db_close(db);
    acct_db_close(other);
}

static void changed_counts_the_rows_of_this_statement(void **state)
{
    fixture_t *f = *state;
    acct_db_t *other = open_other(f);
    acct_db_t *db = fixture_open(f, statements, NSTATEMENTS);
    acct_arg_t args[] = { ACCT_INT(5), ACCT_TEXT("a") };
    int changed = -1;

    assert_adds(f, db, "a");
    assert_int_equal(add(f, db, "a", 2, &changed), APR_SUCCESS);
    assert_int_equal(changed, 0);       /* a conflict, not the 1 before */
    assert_int_equal(acct_db_run(db, CHANGE, args, 2, &changed, f->pool),
                     APR_SUCCESS);
    assert_int_equal(changed, 1);
    args[1].text = "nobody";
    assert_int_equal(acct_db_run(db, CHANGE, args, 2, &changed, f->pool),
                     APR_SUCCESS);
    assert_int_equal(changed, 0);
    acct_db_close(db);
    acct_db_close(other);
}

static void a_wrong_number_of_arguments_is_refused(void **state)
{
    fixture_t *f = *state;
    acct_db_t *other = open_other(f);
    acct_db_t *db = fixture_open(f, statements, NSTATEMENTS);
    const acct_arg_t args[] = { ACCT_TEXT("a"), ACCT_INT(1), ACCT_INT(2) };

    assert_int_equal(acct_db_run(db, ADD, args, 1, NULL, f->pool),
                     APR_EINVAL);
    assert_int_equal(acct_db_run(db, ADD, args, 3, NULL, f->pool),
                     APR_EINVAL);
    assert_int_equal(acct_db_run(db, NSTATEMENTS, args, 2, NULL, f->pool),
                     APR_EINVAL);
    assert_int_equal(acct_db_run(db, -1, args, 2, NULL, f->pool),
                     APR_EINVAL);
    assert_adds(f, db, "a");
    acct_db_close(db);
    acct_db_close(other);
}

static void a_wrong_text_fails_and_the_connection_goes_on(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = fixture_open(f, NULL, 0);
    acct_rows_t rows;

    assert_int_not_equal(acct_db_exec(db, "NONSENSE", f->pool),
                         APR_SUCCESS);
    assert_non_null(strstr(acct_db_error(db), "syntax error"));
    assert_int_not_equal(acct_db_query(db, "SELECT 1 FROM nowhere", &rows,
                                       f->pool), APR_SUCCESS);
    assert_string_equal(acct_db_error(db), "no such table: nowhere");
    assert_int_equal(rows.count, 0);
    assert_string_equal(fixture_cell(f, db, "SELECT 1"), "1");
    assert_string_equal(acct_db_error(db), "");
    assert_false(acct_db_is_broken(db));
    acct_db_close(db);
}

/* healing */

static void
a_statement_killed_by_anothers_create_index_is_prepared_again(void **state)
{
    fixture_t *f = *state;
    acct_db_t *other = open_other(f);
    acct_db_t *db = fixture_open(f, statements, NSTATEMENTS);
    acct_rows_t rows;

    assert_adds(f, db, "a");
    fixture_exec(f, other, "CREATE INDEX note_number ON note (number)");
    assert_adds(f, db, "b");
    assert_adds(f, db, "c");
    /* one that had not run when the first was healed */
    assert_int_equal(get(f, db, "b", &rows), APR_SUCCESS);
    assert_int_equal(rows.count, 1);
    assert_string_equal(acct_db_error(db), "");
    assert_false(acct_db_is_broken(db));
    acct_db_close(db);
    acct_db_close(other);
}

static void analyze_and_vacuum_are_survived_too(void **state)
{
    fixture_t *f = *state;
    acct_db_t *other = open_other(f);
    acct_db_t *db = fixture_open(f, statements, NSTATEMENTS);
    acct_rows_t rows;

    assert_adds(f, db, "a");
    fixture_exec(f, other, "ANALYZE");
    assert_adds(f, db, "b");
    assert_int_equal(get(f, db, "b", &rows), APR_SUCCESS);
    fixture_exec(f, other, "VACUUM");
    assert_int_equal(get(f, db, "a", &rows), APR_SUCCESS);
    assert_int_equal(rows.count, 1);
    assert_adds(f, db, "c");
    assert_false(acct_db_is_broken(db));
    acct_db_close(db);
    acct_db_close(other);
}

static void a_killed_statement_is_healed_inside_a_transaction_too(
    void **state)
{
    fixture_t *f = *state;
    acct_db_t *other = open_other(f);
    acct_db_t *db = fixture_open(f, statements, NSTATEMENTS);
    acct_rows_t rows;

    assert_adds(f, db, "a");
    assert_int_equal(get(f, db, "a", &rows), APR_SUCCESS);
    fixture_exec(f, other, "CREATE INDEX note_number ON note (number)");
    assert_int_equal(acct_db_begin(db, f->pool), APR_SUCCESS);
    assert_adds(f, db, "b");
    assert_int_equal(get(f, db, "b", &rows), APR_SUCCESS);
    assert_int_equal(rows.count, 1);
    assert_adds(f, db, "c");
    assert_int_equal(acct_db_commit(db, f->pool), APR_SUCCESS);
    assert_string_equal(fixture_cell(f, other,
                                     "SELECT count(*) FROM note"), "3");
    assert_false(acct_db_is_broken(db));
    acct_db_close(db);
    acct_db_close(other);
}

/* This pragma makes every statement of its connection expire, without any
 * text of an error. */
static void a_statement_that_expired_is_healed_inside_a_transaction_too(
    void **state)
{
    fixture_t *f = *state;
    acct_db_t *other = open_other(f);
    acct_db_t *db = fixture_open(f, statements, NSTATEMENTS);

    assert_adds(f, db, "a");
    fixture_exec(f, db, "PRAGMA foreign_keys = OFF");
    assert_int_equal(acct_db_begin(db, f->pool), APR_SUCCESS);
    assert_adds(f, db, "b");
    assert_int_equal(acct_db_commit(db, f->pool), APR_SUCCESS);
    assert_false(acct_db_is_broken(db));
    acct_db_close(db);
    acct_db_close(other);
}

static void a_connection_that_was_healed_often_is_given_up(void **state)
{
    fixture_t *f = *state;
    acct_db_t *other = open_other(f);
    acct_db_t *db = fixture_open(f, statements, NSTATEMENTS);
    int times = 0;

    while (!acct_db_is_broken(db) && times < 40) {
        fixture_exec(f, other, "CREATE INDEX note_number ON note (number)");
        fixture_exec(f, other, "DROP INDEX note_number");
        assert_adds(f, db, apr_itoa(f->pool, ++times));
    }
    assert_int_equal(times, 16);
    acct_db_close(db);
    acct_db_close(other);
}

static void a_statement_that_cannot_be_healed_breaks_the_connection(
    void **state)
{
    fixture_t *f = *state;
    acct_db_t *other = open_other(f);
    acct_db_t *db = fixture_open(f, statements, NSTATEMENTS);
    acct_rows_t rows;

    assert_adds(f, db, "a");
    fixture_exec(f, other, "DROP TABLE note");
    assert_int_not_equal(get(f, db, "a", &rows), APR_SUCCESS);
    assert_string_equal(acct_db_error(db), "no such table: note");
    assert_int_equal(rows.count, 0);
    assert_true(acct_db_is_broken(db));
    acct_db_close(db);
    acct_db_close(other);
}

static void a_constraint_does_not_break_the_connection(void **state)
{
    fixture_t *f = *state;
    acct_db_t *other = open_other(f);
    acct_db_t *db = fixture_open(f, statements, NSTATEMENTS);
    int changed = -1;

    for (int i = 0; i < 20; i++) {
        assert_int_not_equal(add(f, db, "secret-value", 13, &changed),
                             APR_SUCCESS);
        assert_int_equal(changed, 0);
    }
    assert_non_null(strstr(acct_db_error(db), "constraint failed"));
    assert_null(strstr(acct_db_error(db), "secret-value"));
    assert_false(acct_db_is_broken(db));
    assert_adds(f, db, "a");
    acct_db_close(db);
    acct_db_close(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(values_come_back_as_they_went_in),
        TEST(a_number_is_bound_as_a_number),
        TEST(a_select_that_matches_nothing_has_no_rows),
        TEST(changed_counts_the_rows_of_this_statement),
        TEST(a_wrong_number_of_arguments_is_refused),
        TEST(a_wrong_text_fails_and_the_connection_goes_on),
        TEST(a_statement_killed_by_anothers_create_index_is_prepared_again),
        TEST(analyze_and_vacuum_are_survived_too),
        TEST(a_killed_statement_is_healed_inside_a_transaction_too),
        TEST(a_statement_that_expired_is_healed_inside_a_transaction_too),
        TEST(a_connection_that_was_healed_often_is_given_up),
        TEST(a_statement_that_cannot_be_healed_breaks_the_connection),
        TEST(a_constraint_does_not_break_the_connection)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
