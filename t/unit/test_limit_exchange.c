/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two servers on one database, each with counters of its own, that tell each
 * other whom they refuse.
 */
#include "store_fixture.h"
#include "limit_exchange_fixture.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_one_server_refuses_another_refuses_too),
        TEST(a_refusal_that_is_soon_over_is_told_to_nobody),
        TEST(another_databases_offenders_stay_there),
        TEST(the_longer_of_two_refusals_holds),
        TEST(a_row_of_another_version_is_passed_over),
        TEST(that_a_refusal_is_over_is_told_once_by_its_server),
        TEST(the_end_of_anothers_refusal_is_the_others_to_tell)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
