/* SPDX-License-Identifier: Apache-2.0 */
/* Two servers on one database, each with counters of its own, that tell each
 * other whom they refuse. */
#include "store_fixture.h"

#include "base/ticks.h"
#include "limit/entry.h"
#include "limit/exchange.h"
#include "tables/limited.h"

#define SECOND apr_time_from_sec(1)
#define MINUTE (60 * SECOND)
#define DATABASE 1
#define BYTES ((size_t)65536)

/* A server: its block, and what it has exchanged. */
typedef struct server_t {
    acct_counters_t counters;
    acct_exchange_t exchange;
    apr_array_header_t *over;   /* of its last exchange */
} server_t;

static const acct_limit_key_t key = { "the same on all servers" };

static server_t *server(fixture_t *f)
{
    server_t *server = apr_pcalloc(f->pool, sizeof(*server));
    void *block = apr_pcalloc(f->pool, BYTES);

    assert_int_equal(acct_counters_format(&server->counters, block, BYTES),
                     APR_SUCCESS);
    return server;
}

static void exchange(fixture_t *f, acct_db_t *db, server_t *server)
{
    if (acct_exchange(&server->exchange, db, &server->counters, &key,
                      DATABASE, &server->over, f->pool) != APR_SUCCESS) {
        fail_msg("%s", acct_db_error(db));
    }
}

static acct_subject_t name(fixture_t *f, const char *text,
                           apr_int64_t account)
{
    acct_subject_t subject = { .account = account };

    assert_int_equal(acct_subject_of_name(&key, DATABASE, text, NULL,
                                          &subject, f->pool), APR_SUCCESS);
    return subject;
}

static acct_subject_t network(const char *text)
{
    acct_subject_t subject;
    acct_network_t address;

    assert_int_equal(acct_network_parse(text, &address), APR_SUCCESS);
    assert_int_equal(acct_subject_of_network(&key, DATABASE,
                                             ACCT_BUDGET_FAILURES, &address,
                                             &subject), APR_SUCCESS);
    return subject;
}

/* From now on, for so long. */
static void refuse(server_t *server, const acct_subject_t *subject,
                   apr_interval_time_t time)
{
    acct_offender_t offender = {
        .subject = *subject, .failures = 9, .until = acct_ticks() + time
    };

    assert_int_equal(acct_counters_impose(&server->counters, &offender,
                                          acct_ticks()), APR_SUCCESS);
}

static int is_refused(server_t *server, const acct_subject_t *subject)
{
    acct_offender_t list[8];
    int count = acct_counters_offenders(&server->counters, DATABASE,
                                        acct_ticks(), list, 8);

    for (int i = 0; i < count; i++) {
        if (list[i].subject.key == subject->key) {
            return 1;
        }
    }
    return 0;
}

static int rows(fixture_t *f, acct_db_t *db)
{
    return atoi(fixture_cell(f, db, "SELECT count(*) FROM limited"));
}

/* ---------------------------------------------------------------- telling */

static void what_one_server_refuses_another_refuses_too(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    server_t *one = server(f), *other = server(f);
    acct_subject_t ada = name(f, "ada", 7);
    acct_subject_t guesser = network("192.0.2.7");
    acct_offender_t list[8];
    int count;

    refuse(one, &ada, MINUTE);
    refuse(one, &guesser, MINUTE);
    exchange(f, db, one);
    exchange(f, db, other);
    assert_true(is_refused(other, &ada));
    assert_true(is_refused(other, &guesser));
    count = acct_counters_offenders(&other->counters, DATABASE, acct_ticks(),
                                    list, 8);
    assert_int_equal(count, 2);
    for (int i = 0; i < count; i++) {
        int is_name = list[i].subject.budget == ACCT_BUDGET_NONE;

        assert_int_equal(list[i].subject.account, is_name ? 7 : 0);
        assert_int_equal(list[i].failures, is_name ? 9 : 0);
        assert_string_equal(acct_network_text(&list[i].subject.network,
                                              f->pool),
                            is_name ? "-" : "192.0.2.7");
    }
    acct_db_close(db);
}

static void a_refusal_that_is_soon_over_is_told_to_nobody(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    server_t *one = server(f);
    acct_subject_t ada = name(f, "ada", 7);

    refuse(one, &ada, SECOND);
    exchange(f, db, one);
    assert_int_equal(rows(f, db), 0);
    acct_db_close(db);
}

static void another_databases_offenders_stay_there(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    server_t *one = server(f);
    acct_subject_t ada = name(f, "ada", 7);

    ada.database = DATABASE + 1;
    refuse(one, &ada, MINUTE);
    exchange(f, db, one);
    assert_int_equal(rows(f, db), 0);
    acct_db_close(db);
}

static void the_longer_of_two_refusals_holds(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    server_t *one = server(f), *other = server(f);
    acct_subject_t ada = name(f, "ada", 7);
    acct_offender_t offender;

    refuse(one, &ada, MINUTE);
    refuse(other, &ada, 10 * MINUTE);
    exchange(f, db, other);
    exchange(f, db, one);
    assert_int_equal(rows(f, db), 1);
    assert_int_equal(acct_counters_offenders(&one->counters, DATABASE,
                                             acct_ticks(), &offender, 1), 1);
    assert_true(offender.until > acct_ticks() + 9 * MINUTE);
    acct_db_close(db);
}

static void a_row_of_another_version_is_passed_over(void **state)
{
    static const struct {
        const char *subject, *budget, *network;
    } odd[] = {
        { "00000000000000a1", "budget of the future", "192.0.2.7" },
        { "00000000000000a3", "failures", "a network of the future" },
        { "0000000000000000", "failures", "192.0.2.7" }
    };
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    server_t *one = server(f);
    acct_offender_t offender;

    for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
        acct_limited_t row = {
            .subject = odd[i].subject, .budget = odd[i].budget,
            .network = odd[i].network, .failures = 1,
            .server = "ffffffffffffffff",
            .ends_at = apr_time_now() + MINUTE
        };

        assert_int_equal(acct_store_limited_set(db, &row, f->pool), 0);
    }
    exchange(f, db, one);
    assert_int_equal(acct_counters_offenders(&one->counters, DATABASE,
                                             acct_ticks(), &offender, 1), 0);
    assert_int_equal(rows(f, db), 3);
    acct_db_close(db);
}

/* ------------------------------------------------------------------- over */

/* As if so much time had gone by. */
static void end_all(fixture_t *f, acct_db_t *db)
{
    fixture_exec(f, db, "UPDATE limited SET ends_at = 1");
}

static void that_a_refusal_is_over_is_told_once_by_its_server(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    server_t *one = server(f), *other = server(f);
    acct_subject_t subject[] = {
        name(f, "ada", 7), name(f, "nobody", 0), network("2001:db8::1")
    };
    int names = 0, accounts = 0, networks = 0;

    for (int i = 0; i < 3; i++) {
        refuse(one, &subject[i], MINUTE);
    }
    exchange(f, db, one);
    assert_int_equal(one->over->nelts, 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(acct_counters_forget(&one->counters, &subject[i]),
                         0);
    }
    end_all(f, db);
    exchange(f, db, one);
    assert_int_equal(one->over->nelts, 3);
    for (int i = 0; i < 3; i++) {
        acct_limit_over_t over = APR_ARRAY_IDX(one->over, i,
                                               acct_limit_over_t);

        if (over.network != NULL) {
            networks++;
            assert_string_equal(over.limit, "failures");
            assert_string_equal(over.network, "2001:db8::/64");
        }
        else {
            assert_string_equal(over.limit, "tries");
            names += over.name != NULL && over.account == 0;
            accounts += over.name == NULL && over.account == 7;
        }
    }
    assert_int_equal(networks, 1);
    assert_int_equal(names, 1);
    assert_int_equal(accounts, 1);
    assert_int_equal(rows(f, db), 0);
    exchange(f, db, one);
    assert_int_equal(one->over->nelts, 0);
    exchange(f, db, other);
    assert_int_equal(other->over->nelts, 0);
    acct_db_close(db);
}

static void the_end_of_anothers_refusal_is_the_others_to_tell(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    server_t *one = server(f), *other = server(f);
    acct_subject_t ada = name(f, "ada", 7);

    refuse(one, &ada, MINUTE);
    exchange(f, db, one);
    end_all(f, db);
    exchange(f, db, other);
    assert_int_equal(other->over->nelts, 0);
    assert_false(is_refused(other, &ada));
    acct_db_close(db);
}

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
        TEST(what_one_server_refuses_another_refuses_too),
        TEST(a_refusal_that_is_soon_over_is_told_to_nobody),
        TEST(another_databases_offenders_stay_there),
        TEST(the_longer_of_two_refusals_holds),
        TEST(a_row_of_another_version_is_passed_over),
        TEST(that_a_refusal_is_over_is_told_once_by_its_server),
        TEST(the_end_of_anothers_refusal_is_the_others_to_tell),
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
