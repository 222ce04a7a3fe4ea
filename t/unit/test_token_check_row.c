/* SPDX-License-Identifier: Apache-2.0 */
#include "db_fixture.h"

#include <signal.h>
#include <sys/time.h>

#include "store/store.h"
#include "token/check_row.h"

#define KEY "00112233445566aa"
#define OTHER "ffeeddccbbaa9988"
#define NONCE "0123456789abcdef0123456789abcdef"

typedef struct test_t {
    fixture_t *fixture;
    acct_db_t *db;
    acct_service_t service;
} test_t;

static apr_status_t acquire(void *context, acct_unit_e unit, acct_db_t **db,
                            apr_pool_t *pool)
{
    test_t *test = context;

    (void)unit;
    (void)pool;
    *db = test->db;
    return APR_SUCCESS;
}

static void release(void *context, acct_unit_e unit, acct_db_t *db)
{
    (void)context;
    (void)unit;
    assert_false(acct_db_is_broken(db));
}

static int setup(void **state)
{
    test_t *test = calloc(1, sizeof(*test));
    const acct_statement_t *statements;
    fixture_t *f;
    int count;

    fixture_setup((void **)&f);
    test->fixture = f;
    test->db = fixture_open(f, NULL, 0);
    assert_int_equal(acct_store_create_schema(test->db,
                                              fixture_schema_sql(f),
                                              f->pool), APR_SUCCESS);
    acct_db_close(test->db);
    statements = acct_store_statements(f->config.driver, &count, f->pool);
    test->db = fixture_open(f, statements, count);
    test->service.acquire = acquire;
    test->service.release = release;
    test->service.context = test;
    *state = test;
    return 0;
}

static int teardown(void **state)
{
    test_t *test = *state;
    void *fixture = test->fixture;

    acct_db_close(test->db);
    free(test);
    return fixture_teardown(&fixture);
}

static void set_row(test_t *test, const char *text)
{
    assert_int_equal(acct_store_meta_set(test->db, "tokens_checked", text,
                                         test->fixture->pool), APR_SUCCESS);
}

static void assert_row(test_t *test, const char *text)
{
    const char *found;

    assert_int_equal(acct_store_meta_get(test->db, "tokens_checked", &found,
                                         test->fixture->pool), APR_SUCCESS);
    assert_string_equal(found, text);
}

static void add_token(test_t *test, const char *digit, apr_time_t created)
{
    apr_pool_t *pool = test->fixture->pool;
    acct_account_t person = {
        .username = digit, .username_key = digit, .first_name = "",
        .last_name = "", .password = "hash", .is_active = 1,
        .created_at = 1
    };
    acct_token_t token = { .label = "", .created_at = created };
    char *id = apr_palloc(pool, 33);
    char *hex = apr_palloc(pool, 65);

    assert_int_equal(acct_store_account_insert(test->db, &person, pool),
                     APR_SUCCESS);
    memset(id, digit[0], 32);
    memset(hex, digit[0], 64);
    id[32] = hex[64] = '\0';
    token.account_id = person.id;
    token.id = id;
    token.digest = hex;
    assert_int_equal(acct_store_token_insert(test->db, &token, pool),
                     APR_SUCCESS);
}

static apr_status_t admit(test_t *test, const char *key_id)
{
    return acct_check_row_admit(test->db, key_id, test->fixture->pool);
}

/* Row, its state, and whether a token may come in with the check of KEY,
 * of OTHER, and with none. */
static void the_row_says_who_may_come_in(void **state)
{
    static const struct {
        const char *text;
        acct_check_e state;
        int key, other, none;
    } rows[] = {
        { "off", ACCT_CHECK_OFF, 1, 1, 1 },
        { "1:" KEY, ACCT_CHECK_ON, 1, 0, 0 },
        { "1:" KEY " from 12", ACCT_CHECK_PROMISED, 1, 0, 0 },
        { "1:" KEY " ending " NONCE, ACCT_CHECK_ENDING, 1, 0, 0 },
        /* other forms: another version's, which may believe them */
        { "", ACCT_CHECK_ON, 0, 0, 0 },
        { "1:", ACCT_CHECK_ON, 0, 0, 0 },
        { "2:" KEY, ACCT_CHECK_ON, 0, 0, 0 },
        { "1:" KEY "0", ACCT_CHECK_ON, 0, 0, 0 },
        { "1:" KEY " from", ACCT_CHECK_ON, 0, 0, 0 },
        { "1:" KEY " from 0", ACCT_CHECK_ON, 0, 0, 0 },
        { "1:" KEY " from -1", ACCT_CHECK_ON, 0, 0, 0 },
        { "1:" KEY " from 1x", ACCT_CHECK_ON, 0, 0, 0 },
        { "on", ACCT_CHECK_ON, 0, 0, 0 },
        { "OFF", ACCT_CHECK_ON, 0, 0, 0 }
    };
    test_t *test = *state;
    acct_check_row_t row;
    size_t i;

    assert_int_equal(admit(test, NULL), APR_SUCCESS);
    assert_int_equal(admit(test, KEY), APR_SUCCESS);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        set_row(test, rows[i].text);
        assert_int_equal(acct_check_row_read(test->db, &row,
                                             test->fixture->pool),
                         APR_SUCCESS);
        if (row.state != rows[i].state
            || (admit(test, KEY) == APR_SUCCESS) != rows[i].key
            || (admit(test, OTHER) == APR_SUCCESS) != rows[i].other
            || (admit(test, NULL) == APR_SUCCESS) != rows[i].none) {
            fail_msg("\"%s\": state %d", rows[i].text, row.state);
        }
    }
    set_row(test, "1:" KEY);
    assert_int_equal(admit(test, NULL), ACCT_CHECK_STANDS);
}

/* What servers take for in force is the id of a whole row alone. */
static void only_the_plain_form_names_a_key(void **state)
{
    test_t *test = *state;
    acct_check_row_t row;

    set_row(test, "1:" KEY);
    acct_check_row_read(test->db, &row, test->fixture->pool);
    assert_string_equal(row.key_id, KEY);
    set_row(test, "1:" KEY "x");
    acct_check_row_read(test->db, &row, test->fixture->pool);
    assert_string_equal(row.key_id, "");
    set_row(test, "2:" KEY);
    acct_check_row_read(test->db, &row, test->fixture->pool);
    assert_string_equal(row.key_id, "");
}

static void begin(test_t *test, acct_check_e expected)
{
    acct_check_row_t row = { 0 };

    assert_int_equal(acct_check_begin(&test->service, &row,
                                      test->fixture->pool), APR_SUCCESS);
    assert_int_equal(row.state, expected);
}

static void without_a_key_there_is_nothing_to_begin(void **state)
{
    test_t *test = *state;
    acct_check_row_t row = { 0 };

    assert_int_equal(acct_check_begin(&test->service, &row,
                                      test->fixture->pool), APR_NOTFOUND);
}

static void it_begins_at_once_without_tokens(void **state)
{
    test_t *test = *state;

    acct_store_meta_set(test->db, "key_id", KEY, test->fixture->pool);
    begin(test, ACCT_CHECK_ON);
    assert_row(test, "1:" KEY);
    begin(test, ACCT_CHECK_ON);
}

/* Also a token whose creator's clock is ahead of ours. */
static void it_begins_when_all_older_tokens_are_gone(void **state)
{
    apr_time_t later = apr_time_now() + apr_time_from_sec(3600);
    test_t *test = *state;
    const char *row = apr_psprintf(test->fixture->pool,
                                   "1:" KEY " from %" APR_TIME_T_FMT,
                                   later + 1);

    acct_store_meta_set(test->db, "key_id", KEY, test->fixture->pool);
    add_token(test, "1", 1);
    add_token(test, "2", later);
    begin(test, ACCT_CHECK_PROMISED);
    assert_row(test, row);
    add_token(test, "3", later + 1);
    begin(test, ACCT_CHECK_PROMISED);
    fixture_exec(test->fixture, test->db, "DELETE FROM token WHERE "
                 "created_at = 1");
    begin(test, ACCT_CHECK_PROMISED);
    assert_row(test, row);
    acct_store_token_delete(test->db, "22222222222222222222222222222222",
                            NULL, test->fixture->pool);
    begin(test, ACCT_CHECK_ON);
    assert_row(test, "1:" KEY);
}

static void another_keys_promise_is_no_promise(void **state)
{
    test_t *test = *state;

    acct_store_meta_set(test->db, "key_id", KEY, test->fixture->pool);
    add_token(test, "1", 5);
    set_row(test, "1:" OTHER " from 2");
    begin(test, ACCT_CHECK_PROMISED);
}

static void a_promise_ends_without_a_wait(void **state)
{
    test_t *test = *state;
    apr_time_t begun = apr_time_now();

    assert_int_equal(acct_check_end(&test->service, test->fixture->pool),
                     APR_SUCCESS);
    set_row(test, "1:" KEY " from 12");
    assert_int_equal(acct_check_end(&test->service, test->fixture->pool),
                     APR_SUCCESS);
    assert_row(test, "off");
    assert_true(apr_time_now() - begun < ACCT_CHECK_BELIEVED);
}

static void ignore(int signal_number)
{
    (void)signal_number;
}

/* A signal each third of a second, which ends any sleep. */
static void send_signals(int on)
{
    const struct itimerval often = { { 0, 333000 }, { 0, 333000 } };
    const struct itimerval never = { { 0, 0 }, { 0, 0 } };
    struct sigaction action = { .sa_handler = ignore };

    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    assert_int_equal(setitimer(ITIMER_REAL, on ? &often : &never, NULL), 0);
}

/* Whatever the row says, no server believes it once the function returns. */
static void another_keys_row_ends_after_a_wait_that_no_signal_ends(
    void **state)
{
    test_t *test = *state;
    apr_time_t begun = apr_time_now();

    acct_store_meta_set(test->db, "key_id", KEY, test->fixture->pool);
    set_row(test, "2:some later form");
    send_signals(1);
    begin(test, ACCT_CHECK_ON);
    send_signals(0);
    assert_row(test, "1:" KEY);
    assert_true(apr_time_now() - begun > ACCT_CHECK_BELIEVED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_row_says_who_may_come_in),
        TEST(only_the_plain_form_names_a_key),
        TEST(without_a_key_there_is_nothing_to_begin),
        TEST(it_begins_at_once_without_tokens),
        TEST(it_begins_when_all_older_tokens_are_gone),
        TEST(another_keys_promise_is_no_promise),
        TEST(a_promise_ends_without_a_wait),
        TEST(another_keys_row_ends_after_a_wait_that_no_signal_ends)
    };

    return cmocka_run_group_tests_name("token_check_row", tests,
                                       fixture_group_setup,
                                       fixture_group_teardown);
}
