/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operator clears on two servers of one database, and whose turn it is
 * to exchange.
 */
#include "store_fixture.h"
#include "limit_exchange_fixture.h"

/* ---------------------------------------------------------------- clearing */

static void clear(fixture_t *f, acct_db_t *db, const char *subject,
                  apr_time_t at)
{
    assert_int_equal(acct_store_limit_clear_insert(db, subject, at, f->pool),
                     APR_SUCCESS);
}

static void what_the_operator_clears_all_servers_forget(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    server_t *one = server(f), *other = server(f);
    acct_subject_t ada = name(f, "ada", 7);
    acct_subject_t guesser = network("192.0.2.7");
    acct_subject_t elsewhere = network("198.51.100.1");

    refuse(one, &ada, MINUTE);
    refuse(one, &guesser, MINUTE);
    refuse(one, &elsewhere, MINUTE);
    exchange(f, db, one);
    exchange(f, db, other);
    clear(f, db, "ada", apr_time_now());
    clear(f, db, "192.0.2.7", apr_time_now());
    exchange(f, db, other);
    exchange(f, db, one);
    assert_false(is_refused(one, &ada));
    assert_false(is_refused(other, &ada));
    assert_false(is_refused(one, &guesser));
    assert_false(is_refused(other, &guesser));
    assert_true(is_refused(one, &elsewhere));
    assert_true(is_refused(other, &elsewhere));
    acct_db_close(db);
}

static void an_accounts_other_series_go_with_its_name(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    server_t *one = server(f);
    acct_subject_t ada = name(f, "ada", 7);
    acct_subject_t by_email = name(f, "ada@example.org", 7);
    acct_subject_t bob = name(f, "bob", 8);

    exchange(f, db, one);
    refuse(one, &ada, MINUTE);
    refuse(one, &by_email, MINUTE);
    refuse(one, &bob, MINUTE);
    clear(f, db, "ada", apr_time_now());
    exchange(f, db, one);
    assert_false(is_refused(one, &ada));
    assert_false(is_refused(one, &by_email));
    assert_true(is_refused(one, &bob));
    acct_db_close(db);
}

static void what_was_cleared_before_a_server_began_is_not_its_own(
    void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    server_t *one = server(f);
    acct_subject_t ada = name(f, "ada", 7);

    clear(f, db, "ada", apr_time_now());
    refuse(one, &ada, MINUTE);
    exchange(f, db, one);
    assert_true(is_refused(one, &ada));
    exchange(f, db, one);
    assert_true(is_refused(one, &ada));
    acct_db_close(db);
}

static void old_clears_are_deleted_but_for_the_last(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    server_t *one = server(f);

    clear(f, db, "ada", apr_time_now() - 120 * MINUTE);
    clear(f, db, "bob", apr_time_now() - 119 * MINUTE);
    exchange(f, db, one);
    assert_string_equal(fixture_cell(f, db, "SELECT count(*) FROM "
                                     "limit_clear"), "1");
    clear(f, db, "cid", apr_time_now());
    exchange(f, db, one);
    assert_string_equal(fixture_cell(f, db, "SELECT subject FROM "
                                     "limit_clear"), "cid");
    acct_db_close(db);
}

static void a_database_that_fails_leaves_the_exchange_to_the_next_time(
    void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    server_t *one = server(f);
    acct_subject_t ada = name(f, "ada", 7);

    exchange(f, db, one);
    refuse(one, &ada, MINUTE);
    clear(f, db, "ada", apr_time_now());
    fixture_exec(f, db, "ALTER TABLE limited RENAME TO away");
    assert_int_not_equal(acct_exchange(&one->exchange, db, &one->counters,
                                       &key, DATABASE, &one->over, f->pool),
                         APR_SUCCESS);
    acct_db_close(db);
    db = fixture_open(f, NULL, 0);
    fixture_exec(f, db, "ALTER TABLE away RENAME TO limited");
    acct_db_close(db);
    db = open_store(f);
    refuse(one, &ada, MINUTE);
    exchange(f, db, one);
    assert_false(is_refused(one, &ada));
    acct_db_close(db);
}

/* ------------------------------------------------------------- whose turn */

static int is_due(server_t *server, int is_shared, apr_interval_time_t now)
{
    return acct_exchange_is_due(&server->counters, DATABASE, is_shared, now,
                                &server->exchange);
}

static void alone_a_server_exchanges_when_a_refusal_has_begun(void **state)
{
    fixture_t *f = *state;
    server_t *one = server(f);
    acct_budget_t once = { 1, MINUTE };
    acct_subject_t guesser = network("192.0.2.7");
    apr_interval_time_t now = acct_ticks(), wait;

    assert_false(is_due(one, 0, now));
    assert_int_equal(acct_bucket_take(&one->counters, &guesser, &once, now,
                                      &wait), APR_SUCCESS);
    assert_true(is_due(one, 0, now));
}

static void alone_it_goes_on_until_its_last_row_has_ended(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    server_t *one = server(f);
    acct_subject_t ada = name(f, "ada", 7);
    apr_interval_time_t now = acct_ticks();

    refuse(one, &ada, MINUTE);
    exchange(f, db, one);
    assert_true(is_due(one, 0, now + 10 * SECOND));
    assert_int_equal(acct_counters_forget(&one->counters, &ada), 0);
    one->exchange.ends_at = 1;
    exchange(f, db, one);
    assert_false(is_due(one, 0, now + 20 * SECOND));
    acct_db_close(db);
}

static void a_process_has_a_turn_each_second_and_a_half(void **state)
{
    fixture_t *f = *state;
    server_t *one = server(f);
    apr_interval_time_t now = acct_ticks();

    assert_true(is_due(one, 1, now));
    assert_false(is_due(one, 1, now));
    assert_false(is_due(one, 1, now + ACCT_EXCHANGE_EVERY - 1));
    assert_true(is_due(one, 1, now + ACCT_EXCHANGE_EVERY));
}

static void another_process_has_the_turn_when_it_is_late(void **state)
{
    fixture_t *f = *state;
    server_t *one = server(f);
    apr_interval_time_t now = acct_ticks();
    acct_entry_t *entry = acct_counters_entries_of(one->counters.head);
    acct_entry_t *end = entry + acct_counters_entries(BYTES);

    assert_true(is_due(one, 1, now));
    while (entry < end && entry->kind != ACCT_ENTRY_TURN) {
        entry++;
    }
    assert_true(entry < end);
    entry->process++;           /* it was another's */
    assert_false(is_due(one, 1, now + ACCT_EXCHANGE_EVERY));
    assert_false(is_due(one, 1, now + ACCT_EXCHANGE_LATE - 1));
    assert_true(is_due(one, 1, now + ACCT_EXCHANGE_LATE));
}

static void the_next_process_knows_what_the_last_one_has_read(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    server_t *one = server(f);
    acct_exchange_t next = { 0 };

    clear(f, db, "ada", apr_time_now());
    exchange(f, db, one);
    assert_true(acct_exchange_is_due(&one->counters, DATABASE, 1,
                                     acct_ticks(), &next));
    assert_true(next.is_begun);
    assert_int_equal(next.cleared, one->exchange.cleared);
    assert_true(next.cleared > 0);
    acct_db_close(db);
}

static void without_counters_nothing_is_due(void **state)
{
    acct_counters_t none = { NULL };
    acct_exchange_t exchange;

    (void)state;
    assert_false(acct_exchange_is_due(&none, DATABASE, 1, acct_ticks(),
                                      &exchange));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_the_operator_clears_all_servers_forget),
        TEST(an_accounts_other_series_go_with_its_name),
        TEST(what_was_cleared_before_a_server_began_is_not_its_own),
        TEST(old_clears_are_deleted_but_for_the_last),
        TEST(a_database_that_fails_leaves_the_exchange_to_the_next_time),
        TEST(alone_a_server_exchanges_when_a_refusal_has_begun),
        TEST(alone_it_goes_on_until_its_last_row_has_ended),
        TEST(a_process_has_a_turn_each_second_and_a_half),
        TEST(another_process_has_the_turn_when_it_is_late),
        TEST(the_next_process_knows_what_the_last_one_has_read),
        TEST(without_counters_nothing_is_due)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
