/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection to PostgreSQL: waits that are bounded, what was lost in
 * between, transactions that end badly.
 */
#include "db_fixture.h"
#include "database_pgsql_fixture.h"

static void what_takes_too_long_is_ended_by_the_server(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_notes(f);
    const acct_arg_t args[] = { ACCT_INT(5) };
    apr_time_t start = apr_time_now();
    acct_rows_t rows;

    assert_int_not_equal(acct_db_select(db, WAIT, args, 1, &rows, f->pool),
                         APR_SUCCESS);
    assert_non_null(strstr(acct_db_error(db), "57014"));
    assert_true(apr_time_now() - start < apr_time_from_msec(1900));
    assert_false(acct_db_is_broken(db));
    acct_db_close(db);
}

static void a_lock_is_waited_for_and_no_longer_than_bounded(void **state)
{
    fixture_t *f = *state;
    acct_db_t *one = open_notes(f);
    acct_db_t *two = open_notes(f);
    apr_time_t start;

    assert_int_equal(add(f, one, "a", 1, NULL), APR_SUCCESS);
    assert_int_equal(acct_db_begin(one, f->pool), APR_SUCCESS);
    assert_int_equal(put(f, one, "a"), APR_SUCCESS);
    start = apr_time_now();
    assert_int_not_equal(put(f, two, "a"), APR_SUCCESS);
    assert_non_null(strstr(acct_db_error(two), "55P03"));
    assert_true(apr_time_now() - start < apr_time_from_msec(1500));
    assert_false(acct_db_is_broken(two));
    assert_false(acct_db_is_conflict(two));
    acct_db_rollback(one, f->pool);
    assert_int_equal(put(f, two, "a"), APR_SUCCESS);
    acct_db_close(one);
    acct_db_close(two);
}

/* it would only read for ever, when others may write again */
static void a_session_that_only_reads_is_given_up(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_notes(f);

    fixture_exec(f, db, "SET default_transaction_read_only = on");
    assert_int_not_equal(add(f, db, "a", 1, NULL), APR_SUCCESS);
    assert_non_null(strstr(acct_db_error(db), "25006"));
    assert_true(acct_db_is_broken(db));
    acct_db_close(db);
}

/* the connection's end */

static void a_session_that_was_ended_is_seen_before_it_is_used(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_notes(f);

    assert_true(acct_db_is_current(db));
    kill_backend(f, db);
    assert_false(acct_db_is_current(db));
    acct_db_close(db);
}

static void a_session_that_was_ended_is_broken_when_it_is_used(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_notes(f);
    acct_rows_t rows;

    kill_backend(f, db);
    assert_int_not_equal(get(f, db, "a", &rows), APR_SUCCESS);
    assert_true(acct_db_is_broken(db));
    acct_db_close(db);

    db = open_notes(f);
    assert_int_equal(acct_db_begin(db, f->pool), APR_SUCCESS);
    assert_int_equal(add(f, db, "a", 1, NULL), APR_SUCCESS);
    kill_backend(f, db);
    assert_int_not_equal(put(f, db, "a"), APR_SUCCESS);
    assert_int_equal(acct_db_commit(db, f->pool), APR_EGENERAL);
    assert_true(acct_db_is_broken(db));
    acct_db_close(db);
}

/* libpq's, which fails once after so many calls; 0: never. */
static _Atomic int poll_fails;

int failing_poll(struct pollfd *fds, nfds_t count, int timeout)
    __asm__("poll") __attribute__((visibility("default")));

int failing_poll(struct pollfd *fds, nfds_t count, int timeout)
{
    struct timespec wait = { timeout / 1000, timeout % 1000 * 1000000L };

    if (poll_fails > 0 && --poll_fails == 0) {
        errno = ENOMEM;
        return -1;
    }
    return ppoll(fds, count, timeout < 0 ? NULL : &wait, NULL);
}

/* What libpq could not wait for is on its way yet, and would be taken for the
 * answer to what is asked next. */
static void an_answer_that_was_not_waited_for_answers_nothing_else(
    void **state)
{
    fixture_t *f = *state;

    for (int n = 1; n <= 4; n++) {
        acct_db_t *db = open_notes(f);
        acct_rows_t rows;
        apr_status_t status;

        (void)add(f, db, "a", 1, NULL);
        assert_int_equal(get(f, db, "a", &rows), APR_SUCCESS);
        poll_fails = n;
        status = get(f, db, "a", &rows);
        if (poll_fails == 0) {
            assert_int_not_equal(status, APR_SUCCESS);
            assert_true(acct_db_is_broken(db));
        }
        else {
            assert_int_equal(status, APR_SUCCESS);
            assert_int_equal(rows.count, 1);
        }
        poll_fails = 0;
        acct_db_close(db);
    }
}

static void a_connection_lost_in_commit_leaves_it_unknown(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_notes(f);

    assert_int_equal(acct_db_begin(db, f->pool), APR_SUCCESS);
    assert_int_equal(add(f, db, "a", 1, NULL), APR_SUCCESS);
    kill_backend(f, db);
    assert_int_equal(acct_db_commit(db, f->pool), ACCT_COMMIT_UNKNOWN);
    assert_true(acct_db_is_broken(db));
    acct_db_close(db);
}

/* ROLLBACK would say yes to it, as it does without a transaction. */
static void a_commit_that_was_not_heard_of_is_unknown(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_notes(f);
    acct_db_t *other;

    assert_int_equal(acct_db_begin(db, f->pool), APR_SUCCESS);
    assert_int_equal(add(f, db, "a", 1, NULL), APR_SUCCESS);
    poll_fails = 1;
    assert_int_equal(acct_db_commit(db, f->pool), ACCT_COMMIT_UNKNOWN);
    assert_int_equal(poll_fails, 0);
    assert_true(acct_db_is_broken(db));
    acct_db_close(db);

    other = open_notes(f);
    assert_string_equal(fixture_cell(f, other,
                                     "SELECT count(*) FROM note"), "1");
    acct_db_close(other);
}

/* The transaction has ended there, and nothing of it is kept. */
static void a_commit_that_the_server_refuses_is_no_commit(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_notes(f);

    fixture_exec(f, db, "CREATE TABLE late (number BIGINT UNIQUE DEFERRABLE "
                 "INITIALLY DEFERRED)");
    assert_int_equal(acct_db_begin(db, f->pool), APR_SUCCESS);
    fixture_exec(f, db, "INSERT INTO late VALUES (1), (1)");
    assert_int_equal(acct_db_commit(db, f->pool), APR_EGENERAL);
    assert_non_null(strstr(acct_db_error(db), "23505"));
    assert_false(acct_db_is_broken(db));
    assert_string_equal(fixture_cell(f, db, "SELECT count(*) FROM late"),
                        "0");
    acct_db_close(db);
}

/* And not only that the transaction has ended. */
static void what_cannot_be_prepared_in_a_transaction_says_why(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = fixture_open(f, NULL, 0);
    const char *error = NULL;

    assert_int_equal(acct_db_expect(db, statements, NSTATEMENTS, f->pool,
                                    &error), APR_SUCCESS);
    assert_int_equal(acct_db_begin(db, f->pool), APR_SUCCESS);
    assert_int_equal(add(f, db, "a", 1, NULL), APR_SUCCESS);
    fixture_exec(f, db, "ALTER TABLE note RENAME number TO other");
    assert_int_not_equal(put(f, db, "a"), APR_SUCCESS);
    assert_non_null(strstr(acct_db_error(db), "42703"));
    assert_true(acct_db_is_broken(db));
    assert_int_equal(acct_db_commit(db, f->pool), APR_EGENERAL);
    acct_db_close(db);
}

static void *APR_THREAD_FUNC shut(apr_thread_t *thread, void *data)
{
    acct_db_t *db = data;

    (void)thread;
    apr_sleep(apr_time_from_msec(200));
    shutdown(acct_db_socket(db), SHUT_RDWR);
    return NULL;
}

static void a_wait_is_ended_from_another_thread(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_notes(f);
    const acct_arg_t args[] = { ACCT_INT(1) };
    apr_time_t start = apr_time_now();
    apr_thread_t *thread;
    acct_rows_t rows;
    apr_status_t rv;

    assert_int_equal(apr_thread_create(&thread, NULL, shut, db, f->pool),
                     APR_SUCCESS);
    assert_int_not_equal(acct_db_select(db, WAIT, args, 1, &rows, f->pool),
                         APR_SUCCESS);
    assert_true(apr_time_now() - start < apr_time_from_msec(700));
    assert_true(acct_db_is_broken(db));
    assert_int_equal(apr_thread_join(&rv, thread), APR_SUCCESS);
    acct_db_close(db);
}

/* two at once */

typedef struct other_t {
    fixture_t *f;
    acct_db_t *db;
    const char *text;
    apr_status_t rv;
    int changed;
    int conflict;
} other_t;

static void *APR_THREAD_FUNC put_it(apr_thread_t *thread, void *data)
{
    other_t *other = data;
    acct_arg_t args[] = { ACCT_INT(1), ACCT_TEXT(other->text) };
    apr_pool_t *pool;

    (void)thread;
    apr_pool_create(&pool, NULL);
    other->rv = acct_db_run(other->db, PUT, args, 2, &other->changed, pool);
    other->conflict = acct_db_is_conflict(other->db);
    apr_pool_destroy(pool);
    return NULL;
}

static void a_deadlock_is_a_conflict_for_one_of_the_two(void **state)
{
    fixture_t *f = *state;
    acct_db_t *one;
    acct_db_t *two;
    other_t other;
    apr_thread_t *thread;
    apr_status_t rv;
    int conflicts;

    /* found sooner than the wait for a lock is given up */
    f->config.params = apr_pstrcat(f->pool, f->config.params, " options='-c "
                                   "deadlock_timeout=100 -c search_path=",
                                   f->schema, "'", NULL);
    one = open_notes(f);
    two = open_notes(f);
    assert_int_equal(add(f, one, "a", 1, NULL), APR_SUCCESS);
    assert_int_equal(add(f, one, "b", 1, NULL), APR_SUCCESS);
    assert_int_equal(acct_db_begin(one, f->pool), APR_SUCCESS);
    assert_int_equal(acct_db_begin(two, f->pool), APR_SUCCESS);
    assert_int_equal(put(f, one, "a"), APR_SUCCESS);
    assert_int_equal(put(f, two, "b"), APR_SUCCESS);
    other = (other_t){ f, two, "a", APR_SUCCESS, 0, 0 };
    assert_int_equal(apr_thread_create(&thread, NULL, put_it, &other,
                                       f->pool), APR_SUCCESS);
    apr_sleep(apr_time_from_msec(50));
    rv = put(f, one, "b");
    conflicts = acct_db_is_conflict(one);
    acct_db_rollback(one, f->pool);
    {
        apr_status_t joined;

        assert_int_equal(apr_thread_join(&joined, thread), APR_SUCCESS);
    }
    conflicts += other.conflict;
    assert_int_equal(conflicts, 1);
    assert_true((rv == APR_SUCCESS) != (other.rv == APR_SUCCESS));
    acct_db_rollback(two, f->pool);
    assert_false(acct_db_is_broken(one));
    assert_false(acct_db_is_broken(two));
    acct_db_close(one);
    acct_db_close(two);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, note_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_takes_too_long_is_ended_by_the_server),
        TEST(a_lock_is_waited_for_and_no_longer_than_bounded),
        TEST(a_session_that_only_reads_is_given_up),
        TEST(a_session_that_was_ended_is_seen_before_it_is_used),
        TEST(a_session_that_was_ended_is_broken_when_it_is_used),
        TEST(an_answer_that_was_not_waited_for_answers_nothing_else),
        TEST(a_connection_lost_in_commit_leaves_it_unknown),
        TEST(a_commit_that_was_not_heard_of_is_unknown),
        TEST(a_commit_that_the_server_refuses_is_no_commit),
        TEST(what_cannot_be_prepared_in_a_transaction_says_why),
        TEST(a_wait_is_ended_from_another_thread),
        TEST(a_deadlock_is_a_conflict_for_one_of_the_two)
    };

    if (!getenv("ACCT_PGSQL")) {
        printf("# skip: no ACCT_PGSQL names a server\n");
        return 0;
    }
    setenv("ACCT_DRIVER", "pgsql", 1);
    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
