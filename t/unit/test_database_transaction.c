/* SPDX-License-Identifier: Apache-2.0 */
#include "note_fixture.h"

static void what_was_committed_is_there_and_rolled_back_is_not(void **state)
{
    fixture_t *f = *state;
    acct_db_t *other = open_other(f);
    acct_db_t *db = fixture_open(f, statements, NSTATEMENTS);

    assert_int_equal(acct_db_begin(db, f->pool), APR_SUCCESS);
    assert_adds(f, db, "a");
    assert_string_equal(fixture_cell(f, other,
                                     "SELECT count(*) FROM note"), "0");
    assert_int_equal(acct_db_commit(db, f->pool), APR_SUCCESS);
    assert_int_equal(acct_db_begin(db, f->pool), APR_SUCCESS);
    assert_adds(f, db, "b");
    acct_db_rollback(db, f->pool);
    assert_string_equal(fixture_cell(f, other,
                                     "SELECT group_concat(text) FROM note"),
                        "a");
    assert_false(acct_db_is_broken(db));
    acct_db_close(db);
    acct_db_close(other);
}

static void a_transaction_left_open_counts_as_broken(void **state)
{
    fixture_t *f = *state;
    acct_db_t *other = open_other(f);
    acct_db_t *db = fixture_open(f, statements, NSTATEMENTS);

    assert_int_equal(acct_db_begin(db, f->pool), APR_SUCCESS);
    assert_true(acct_db_is_broken(db));
    assert_int_equal(acct_db_begin(db, f->pool), APR_EINVAL);
    assert_adds(f, db, "a");
    acct_db_close(db);
    assert_string_equal(fixture_cell(f, other,
                                     "SELECT count(*) FROM note"), "0");
    acct_db_close(other);
}

static void without_a_transaction_commit_fails_and_rollback_is_fine(
    void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = fixture_open(f, NULL, 0);

    assert_int_equal(acct_db_commit(db, f->pool), APR_EINVAL);
    acct_db_rollback(db, f->pool);
    assert_false(acct_db_is_broken(db));
    acct_db_close(db);
}

static void after_a_failure_nothing_of_the_transaction_is_kept(void **state)
{
    fixture_t *f = *state;
    acct_db_t *other = open_other(f);
    acct_db_t *db = fixture_open(f, statements, NSTATEMENTS);
    acct_rows_t rows;

    assert_int_equal(acct_db_begin(db, f->pool), APR_SUCCESS);
    assert_adds(f, db, "a");
    assert_int_not_equal(add(f, db, "b", 13, NULL), APR_SUCCESS);
    assert_int_not_equal(add(f, db, "c", 1, NULL), APR_SUCCESS);
    assert_int_not_equal(get(f, db, "a", &rows), APR_SUCCESS);
    assert_int_not_equal(acct_db_exec(db, "DELETE FROM note", f->pool),
                         APR_SUCCESS);
    assert_int_equal(acct_db_commit(db, f->pool), APR_EGENERAL);
    assert_non_null(strstr(acct_db_error(db), "constraint failed"));
    assert_string_equal(fixture_cell(f, other,
                                     "SELECT count(*) FROM note"), "0");
    assert_false(acct_db_is_broken(db));
    assert_adds(f, db, "d");
    acct_db_close(db);
    acct_db_close(other);
}

static void a_commit_that_may_have_happened_says_so(void **state)
{
    fixture_t *f = *state;
    acct_db_t *other = open_other(f);
    acct_db_t *db = fixture_open(f, statements, NSTATEMENTS);

    assert_int_equal(acct_db_begin(db, f->pool), APR_SUCCESS);
    assert_adds(f, db, "a");
    /* behind its back: neither COMMIT nor ROLLBACK finds a transaction */
    fixture_exec(f, db, "COMMIT");
    assert_int_equal(acct_db_commit(db, f->pool), ACCT_COMMIT_UNKNOWN);
    assert_true(acct_db_is_broken(db));
    assert_int_not_equal(add(f, db, "b", 1, NULL), APR_SUCCESS);
    acct_db_close(db);
    acct_db_close(other);
}

/* A unit of work: how it shall end, and how often it was run. */
typedef struct work_t {
    fixture_t *f;
    apr_status_t status;
    int runs;
} work_t;

static apr_status_t add_a(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    work_t *work = baton;

    assert_ptr_equal(pool, work->f->pool);
    assert_adds(work->f, db, "a");
    work->runs++;
    return work->status;
}

/* Behind its back, as above. */
static apr_status_t commit_it(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    (void)baton;
    return acct_db_exec(db, "COMMIT", pool);
}

static void work_that_succeeds_is_committed(void **state)
{
    fixture_t *f = *state;
    acct_db_t *other = open_other(f);
    acct_db_t *db = fixture_open(f, statements, NSTATEMENTS);
    work_t work = { f, APR_SUCCESS, 0 };

    assert_int_equal(acct_db_transact(db, add_a, &work, f->pool),
                     APR_SUCCESS);
    assert_int_equal(work.runs, 1);
    assert_string_equal(fixture_cell(f, other,
                                     "SELECT count(*) FROM note"), "1");
    assert_false(acct_db_is_broken(db));
    acct_db_close(db);
    acct_db_close(other);
}

static void work_that_fails_is_rolled_back_and_its_status_comes_back(
    void **state)
{
    fixture_t *f = *state;
    acct_db_t *other = open_other(f);
    acct_db_t *db = fixture_open(f, statements, NSTATEMENTS);
    work_t work = { f, APR_NOTFOUND, 0 };

    assert_int_equal(acct_db_transact(db, add_a, &work, f->pool),
                     APR_NOTFOUND);
    assert_int_equal(work.runs, 1);
    assert_string_equal(fixture_cell(f, other,
                                     "SELECT count(*) FROM note"), "0");
    assert_false(acct_db_is_broken(db));
    acct_db_close(db);
    acct_db_close(other);
}

static void a_begin_that_fails_runs_no_work(void **state)
{
    fixture_t *f = *state;
    acct_db_t *other = open_other(f);
    acct_db_t *db = fixture_open(f, statements, NSTATEMENTS);
    work_t work = { f, APR_SUCCESS, 0 };

    assert_int_equal(acct_db_begin(db, f->pool), APR_SUCCESS);
    assert_int_equal(acct_db_transact(db, add_a, &work, f->pool),
                     APR_EINVAL);
    assert_int_equal(work.runs, 0);
    /* and the transaction that was in the way goes on */
    assert_int_equal(acct_db_commit(db, f->pool), APR_SUCCESS);
    acct_db_close(db);
    acct_db_close(other);
}

static void work_that_may_have_been_committed_says_so(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = fixture_open(f, NULL, 0);

    assert_int_equal(acct_db_transact(db, commit_it, NULL, f->pool),
                     ACCT_COMMIT_UNKNOWN);
    assert_true(acct_db_is_broken(db));
    acct_db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_committed_is_there_and_rolled_back_is_not),
        TEST(a_transaction_left_open_counts_as_broken),
        TEST(without_a_transaction_commit_fails_and_rollback_is_fine),
        TEST(after_a_failure_nothing_of_the_transaction_is_kept),
        TEST(a_commit_that_may_have_happened_says_so),
        TEST(work_that_succeeds_is_committed),
        TEST(work_that_fails_is_rolled_back_and_its_status_comes_back),
        TEST(a_begin_that_fails_runs_no_work),
        TEST(work_that_may_have_been_committed_says_so)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
