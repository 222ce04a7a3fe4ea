/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection to PostgreSQL: values, the session, what failed.
 */
#include "db_fixture.h"
#include "database_pgsql_fixture.h"

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
        TEST(a_table_that_is_gone_breaks_the_connection)
    };

    if (!getenv("ACCT_PGSQL")) {
        printf("# skip: no ACCT_PGSQL names a server\n");
        return 0;
    }
    setenv("ACCT_DRIVER", "pgsql", 1);
    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
