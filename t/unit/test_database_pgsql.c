/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the other test_database_*.c are for a file, for a server: needs
 * ACCT_PGSQL, the connection string of one on which schemas may be made.
 */
#include "db_fixture.h"

#include <apr_thread_proc.h>
#include <apr_time.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "store/store.h"

enum { ADD, GET, PUT, WAIT, MINE, NSTATEMENTS };

static const acct_statement_t statements[NSTATEMENTS] = {
    [ADD] = { "add", "INSERT INTO note (text, number) VALUES (%s, %lld) "
                     "ON CONFLICT DO NOTHING" },
    [GET] = { "get", "SELECT text, number FROM note WHERE text = %s" },
    [PUT] = { "put", "UPDATE note SET number = number + %lld "
                     "WHERE text = %s" },
    [WAIT] = { "wait", "SELECT pg_sleep(%lld)" },
    [MINE] = { "mine", "SELECT CAST(%s AS BIGINT)" }
};

#define TABLE \
    "CREATE TABLE note (id BIGINT GENERATED ALWAYS AS IDENTITY, " \
    "text TEXT UNIQUE, number BIGINT CHECK (number <> 13))"

static int note_setup(void **state)
{
    acct_db_t *db;

    fixture_setup(state);
    db = fixture_open(*state, NULL, 0);
    fixture_exec(*state, db, TABLE);
    acct_db_close(db);
    return 0;
}

static acct_db_t *open_notes(fixture_t *f)
{
    return fixture_open(f, statements, NSTATEMENTS);
}

static apr_status_t add(fixture_t *f, acct_db_t *db, const char *text,
                        apr_int64_t number, int *changed)
{
    const acct_arg_t args[] = { ACCT_TEXT(text), ACCT_INT(number) };

    return acct_db_run(db, ADD, args, 2, changed, f->pool);
}

static apr_status_t put(fixture_t *f, acct_db_t *db, const char *text)
{
    const acct_arg_t args[] = { ACCT_INT(1), ACCT_TEXT(text) };

    return acct_db_run(db, PUT, args, 2, NULL, f->pool);
}

static apr_status_t get(fixture_t *f, acct_db_t *db, const char *text,
                        acct_rows_t *rows)
{
    const acct_arg_t args[] = { ACCT_TEXT(text) };

    return acct_db_select(db, GET, args, 1, rows, f->pool);
}

static void kill_backend(fixture_t *f, acct_db_t *db)
{
    const char *pid = fixture_cell(f, db, "SELECT pg_backend_pid()");

    fixture_on_server(f, apr_psprintf(f->pool, "DO $$ BEGIN PERFORM "
                                      "pg_terminate_backend(%s, 5000); "
                                      "END $$", pid));
}

static void values_come_back_as_they_went_in(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_notes(f);
    static const struct { const char *text; apr_int64_t number; } in[] = {
        { "plain", 0 }, { "", -1 },
        { "it's \"quoted\"; DROP TABLE note; --", APR_INT64_MAX },
        { "100 %s %lld % $1 \\", APR_INT64_MIN },
        { "Grüße, 世界 \xf0\x9f\x8c\x8d", 1700000000123456 }
    };
    acct_rows_t rows;
    int changed;

    for (size_t i = 0; i < sizeof(in) / sizeof(*in); i++) {
        assert_int_equal(add(f, db, in[i].text, in[i].number, &changed),
                         APR_SUCCESS);
        assert_int_equal(changed, 1);
        assert_int_equal(add(f, db, in[i].text, 5, &changed), APR_SUCCESS);
        assert_int_equal(changed, 0);
        assert_int_equal(get(f, db, in[i].text, &rows), APR_SUCCESS);
        assert_int_equal(rows.count, 1);
        assert_string_equal(rows.cell[0][0], in[i].text);
        assert_int_equal(apr_atoi64(rows.cell[0][1]), in[i].number);
    }
    assert_int_equal(add(f, db, NULL, 7, &changed), APR_SUCCESS);
    assert_null(fixture_cell(f, db, "SELECT text FROM note WHERE "
                                    "number = 7"));
    acct_db_close(db);
}

/* As where a pooler gives out one connection to several. */
static void what_is_prepared_already_is_a_poolers_doing(void **state)
{
    fixture_t *f = *state;
    static const acct_statement_t twice[] = {
        { "same", "SELECT 1" }, { "same", "SELECT 1" }
    };
    acct_db_t *db;
    const char *error;

    assert_int_not_equal(acct_db_open(&db, &f->config, twice, 2, f->pool,
                                      &error), APR_SUCCESS);
    assert_null(db);
    assert_non_null(strstr(error, "statement same: 42P05"));
    assert_non_null(strstr(error, "pool_mode = session"));
}

static void an_empty_result_does_not_wait(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_notes(f);
    apr_time_t start = apr_time_now();
    acct_rows_t rows;

    for (int i = 0; i < 20; i++) {
        assert_int_equal(get(f, db, "nobody", &rows), APR_SUCCESS);
        assert_int_equal(rows.count, 0);
    }
    assert_true(apr_time_now() - start < apr_time_from_msec(500));
    acct_db_close(db);
}

static void the_session_is_set_up(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = fixture_open(f, NULL, 0);

    assert_string_equal(fixture_cell(f, db, "SHOW statement_timeout"),
                        "1500ms");
    assert_string_equal(fixture_cell(f, db, "SHOW lock_timeout"), "1s");
    assert_string_equal(fixture_cell(f, db, "SHOW client_encoding"),
                        "UTF8");
    assert_string_equal(fixture_cell(f, db, "SHOW application_name"),
                        "mod_acctauth");
    assert_string_equal(fixture_cell(f, db, "SHOW search_path"), f->schema);
    acct_db_close(db);

    f->config.patience = apr_time_from_sec(60);
    db = fixture_open(f, NULL, 0);
    assert_string_equal(fixture_cell(f, db, "SHOW statement_timeout"),
                        "1min");
    acct_db_close(db);

    f->config.patience = 0;
    f->config.params = apr_pstrcat(f->pool, f->config.params,
                                   " options='-c statement_timeout=77' "
                                   "application_name=mine", NULL);
    db = fixture_open(f, NULL, 0);
    assert_string_equal(fixture_cell(f, db, "SHOW statement_timeout"),
                        "77ms");
    assert_string_equal(fixture_cell(f, db, "SHOW application_name"),
                        "mine");
    acct_db_close(db);
}

static void a_server_that_is_not_there_is_told_in_one_line(void **state)
{
    fixture_t *f = *state;
    const char *error = NULL;
    acct_db_t *db;

    f->config.params = "host=/nowhere port=1 dbname=d password=hunter2";
    assert_int_not_equal(acct_db_open(&db, &f->config, NULL, 0, f->pool,
                                      &error), APR_SUCCESS);
    assert_non_null(strstr(error, "/nowhere"));
    assert_null(strstr(error, "hunter2"));
    assert_null(strchr(error, '\n'));
    f->config.params = "file:/etc/acctauth/database";
    assert_int_not_equal(acct_db_open(&db, &f->config, NULL, 0, f->pool,
                                      &error), APR_SUCCESS);
    assert_non_null(strstr(error, "could not be read"));
}

/* addresses */

/* One that takes connections and says nothing; its descriptor. */
static int listen_silently(int *port)
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    socklen_t length = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(fd, 5), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &length), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

typedef struct opener_t {
    const acct_db_config_t *config;
    apr_status_t rv;
} opener_t;

static void *APR_THREAD_FUNC open_it(apr_thread_t *thread, void *data)
{
    opener_t *opener = data;
    const char *error = NULL;
    acct_db_t *db = NULL;
    apr_pool_t *pool;

    (void)thread;
    apr_pool_create(&pool, NULL);
    opener->rv = acct_db_open(&db, opener->config, NULL, 0, pool, &error);
    acct_db_close(db);
    apr_pool_destroy(pool);
    return NULL;
}

/* Were each to move on, of two addresses it would be the silent one's turn
 * again. */
static void two_threads_at_a_silent_address_move_on_once(void **state)
{
    fixture_t *f = *state;
    _Atomic(unsigned int) address = 0;
    apr_thread_t *thread;
    opener_t opener = { &f->config, APR_SUCCESS };
    opener_t other = opener;
    apr_status_t joined;
    int first;
    int second;
    int ports[2];

    first = listen_silently(&ports[0]);
    second = listen_silently(&ports[1]);
    f->config.params = apr_psprintf(f->pool, "host=127.0.0.1,127.0.0.1 "
                                    "port=%d,%d dbname=x user=x",
                                    ports[0], ports[1]);
    f->config.address = &address;
    assert_int_equal(apr_thread_create(&thread, NULL, open_it, &other,
                                       f->pool), APR_SUCCESS);
    (void)open_it(NULL, &opener);
    assert_int_equal(apr_thread_join(&joined, thread), APR_SUCCESS);
    assert_int_not_equal(opener.rv, APR_SUCCESS);
    assert_int_not_equal(other.rv, APR_SUCCESS);
    assert_int_equal(atomic_load(&address), 1);
    (void)open_it(NULL, &opener);
    assert_int_equal(atomic_load(&address), 2);
    f->config.address = NULL;
    close(first);
    close(second);
}

/* errors */

static void a_value_is_never_told(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_notes(f);
    const acct_arg_t args[] = { ACCT_TEXT("hunter2") };
    acct_rows_t rows;

    assert_int_not_equal(acct_db_select(db, MINE, args, 1, &rows, f->pool),
                         APR_SUCCESS);
    assert_non_null(strstr(acct_db_error(db), "refused a value"));
    assert_null(strstr(acct_db_error(db), "hunter2"));
    assert_false(acct_db_is_broken(db));
    assert_int_not_equal(add(f, db, "hunter2", 13, NULL), APR_SUCCESS);
    assert_non_null(strstr(acct_db_error(db), "23514"));
    assert_null(strstr(acct_db_error(db), "hunter2"));
    assert_false(acct_db_is_broken(db));
    assert_int_not_equal(acct_db_exec(db, "DO $$ BEGIN RAISE EXCEPTION "
                                          "'hunter2'; END $$", f->pool),
                         APR_SUCCESS);
    assert_null(strstr(acct_db_error(db), "hunter2"));
    acct_db_close(db);
}

static void after_a_failure_nothing_of_the_transaction_is_kept(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_notes(f);

    assert_int_equal(acct_db_begin(db, f->pool), APR_SUCCESS);
    assert_int_equal(add(f, db, "a", 1, NULL), APR_SUCCESS);
    assert_int_not_equal(add(f, db, "b", 13, NULL), APR_SUCCESS);
    assert_int_not_equal(add(f, db, "c", 1, NULL), APR_SUCCESS);
    assert_int_equal(acct_db_commit(db, f->pool), APR_EGENERAL);
    assert_non_null(strstr(acct_db_error(db), "23514"));
    assert_string_equal(fixture_cell(f, db, "SELECT count(*) FROM note"),
                        "0");
    assert_false(acct_db_is_broken(db));
    acct_db_close(db);
}

static void a_statement_that_was_lost_is_prepared_again(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_notes(f);
    acct_rows_t rows;

    fixture_exec(f, db, "DEALLOCATE ALL");
    assert_int_equal(get(f, db, "a", &rows), APR_SUCCESS);
    assert_string_equal(acct_db_error(db), "");
    assert_false(acct_db_is_broken(db));
    /* another shape of the same columns */
    fixture_exec(f, db, "ALTER TABLE note ALTER COLUMN number TYPE INTEGER");
    assert_int_equal(get(f, db, "a", &rows), APR_SUCCESS);
    assert_false(acct_db_is_broken(db));
    /* within a transaction it takes the whole with it */
    fixture_exec(f, db, "DEALLOCATE ALL");
    assert_int_equal(acct_db_begin(db, f->pool), APR_SUCCESS);
    assert_int_not_equal(put(f, db, "a"), APR_SUCCESS);
    acct_db_rollback(db, f->pool);
    assert_true(acct_db_is_broken(db));
    acct_db_close(db);
}

static void a_table_that_is_gone_breaks_the_connection(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_notes(f);
    acct_rows_t rows;

    fixture_exec(f, db, "DROP TABLE note");
    assert_int_not_equal(get(f, db, "a", &rows), APR_SUCCESS);
    assert_non_null(strstr(acct_db_error(db), "42P01"));
    assert_true(acct_db_is_broken(db));
    acct_db_close(db);
}

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
        TEST(values_come_back_as_they_went_in),
        TEST(what_is_prepared_already_is_a_poolers_doing),
        TEST(an_empty_result_does_not_wait),
        TEST(the_session_is_set_up),
        TEST(a_server_that_is_not_there_is_told_in_one_line),
        TEST(two_threads_at_a_silent_address_move_on_once),
        TEST(a_value_is_never_told),
        TEST(after_a_failure_nothing_of_the_transaction_is_kept),
        TEST(a_statement_that_was_lost_is_prepared_again),
        TEST(a_table_that_is_gone_breaks_the_connection),
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
