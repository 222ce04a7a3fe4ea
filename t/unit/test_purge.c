/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deleting what has expired, and by whose clock. The clock of this program
 * can be set ahead or behind; a server's own cannot.
 */
#include "store_fixture.h"

#include <time.h>

#include "tables/known_networks.h"
#include "tables/links.h"
#include "tables/name_holds.h"
#include "tables/purge.h"

/* By how much the clock of this program is ahead. */
static apr_interval_time_t clock_ahead;

/* In place of apr's, for the code under test too. */
apr_time_t apr_time_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return apr_time_from_sec(now.tv_sec) + now.tv_nsec / 1000 + clock_ahead;
}

/* What the rows are measured by: on a server its own clock. */
static apr_time_t time_of(fixture_t *f, acct_db_t *db)
{
    return f->schema
        ? apr_atoi64(fixture_cell(f, db, "SELECT CAST(extract(epoch FROM "
                                  "clock_timestamp()) * 1000000 AS "
                                  "BIGINT)"))
        : apr_time_now();
}

#define DAY apr_time_from_sec(86400)

static void a_purge_takes_a_batch_of_what_is_long_over(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t anna = add_person(f, db, "anna", NULL);
    apr_time_t now = ACCT_PURGE_REVOCATIONS_KEPT + 1000;
    apr_time_t expired = now - ACCT_PURGE_EXPIRED_KEPT;
    acct_purged_t purged;
    int i;

    add_numbered(f, db, anna, 10, 1, 0, NULL);
    add_numbered(f, db, anna, 11, 1, expired, NULL);
    add_numbered(f, db, anna, 12, 1, expired - 1, NULL);
    assert_int_equal(acct_purge(db, now, &purged, f->pool), 0);
    assert_int_equal(purged.tokens, 1);
    assert_int_equal(purged.more, 0);
    assert_string_equal(ids_left(f, db), "10 11");
    for (i = 0; i < ACCT_PURGE_BATCH + 2; i++) {
        add_revocation(f, db, anna);
    }
    fixture_exec(f, db, "UPDATE revocation SET revoked_at = 999");
    assert_int_equal(acct_purge(db, now, &purged, f->pool), 0);
    assert_int_equal(purged.revocations, ACCT_PURGE_BATCH);
    assert_int_equal(purged.more, 1);
    assert_int_equal(acct_purge(db, now, &purged, f->pool), 0);
    assert_int_equal(purged.revocations, 1);
    assert_int_equal(purged.more, 0);
    assert_string_equal(fixture_cell(f, db, "SELECT id FROM revocation"),
                        apr_itoa(f->pool, ACCT_PURGE_BATCH + 2));
    acct_db_close(db);
}

static void a_clock_that_is_ahead_does_not_make_a_purge_early(void **state)
{
    fixture_t *f = *state;
    apr_time_t minute = apr_time_from_sec(60);
    acct_purged_t purged;
    apr_int64_t anna;
    apr_time_t now;
    acct_db_t *db;

    if (!f->schema) {
        skip_because("one machine has one clock");
    }
    db = open_store(f);
    anna = add_person(f, db, "anna", NULL);
    now = time_of(f, db);
    add_numbered(f, db, anna, 10, 1, now + minute, NULL);
    add_numbered(f, db, anna, 11, 1, now - ACCT_PURGE_EXPIRED_KEPT + minute,
                 NULL);
    add_numbered(f, db, anna, 12, 1, now - ACCT_PURGE_EXPIRED_KEPT - 1,
                 NULL);
    fixture_exec(f, db, apr_psprintf(f->pool,
        "INSERT INTO revocation (account_id, revoked_at) "
        "VALUES (1, %" APR_TIME_T_FMT "), (2, %" APR_TIME_T_FMT "), "
        "(3, %" APR_TIME_T_FMT ")", now - ACCT_PURGE_REVOCATIONS_KEPT - 1,
        now - ACCT_PURGE_REVOCATIONS_KEPT + minute, now));
    assert_int_equal(acct_purge(db, now + 2 * DAY, &purged, f->pool), 0);
    assert_int_equal(purged.tokens, 1);
    assert_int_equal(purged.revocations, 1);
    assert_string_equal(ids_left(f, db), "10 11");
    assert_string_equal(fixture_cell(f, db, "SELECT string_agg(account_id "
                                     "|| '', ' ' ORDER BY id) "
                                     "FROM revocation"), "2 3");
    acct_db_close(db);
}

static void a_clock_that_is_behind_makes_a_purge_late(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t anna = add_person(f, db, "anna", NULL);
    apr_time_t now = time_of(f, db);
    acct_purged_t purged;

    add_numbered(f, db, anna, 10, 1, now - DAY, NULL);
    add_numbered(f, db, anna, 11, 1, now - 3 * DAY, NULL);
    assert_int_equal(acct_purge(db, now - 2 * DAY, &purged, f->pool), 0);
    assert_int_equal(purged.tokens, 1);
    assert_string_equal(ids_left(f, db), "10");
    acct_db_close(db);
}

static void a_revocation_is_as_old_as_the_database_says(void **state)
{
    static const int days[] = { 0, -2, 2 };
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    acct_purged_t purged;

    for (size_t i = 0; i < sizeof(days) / sizeof(*days); i++) {
        apr_time_t before;
        apr_time_t at;

        clock_ahead = days[i] * DAY;
        before = time_of(f, db);
        add_revocation(f, db, 1);
        at = apr_atoi64(fixture_cell(f, db, "SELECT revoked_at FROM "
                                     "revocation ORDER BY id DESC"));
        assert_true(at >= before && at <= time_of(f, db));
        clock_ahead = 0;
        if (f->schema) {
            assert_int_equal(acct_purge(db, apr_time_now(), &purged,
                                        f->pool), 0);
            assert_int_equal(purged.revocations, 0);
        }
    }
    acct_db_close(db);
}

/* The lock is a row's: a session without rights on the table cannot take
 * it. */
static void a_purge_waits_for_no_stranger_and_tells_of_anothers_turn(
    void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    acct_db_t *other = open_store(f);
    acct_purged_t purged;
    acct_rows_t rows;

    if (!f->schema) {
        skip_because("a file has one writer");
    }
    add_numbered(f, db, add_person(f, db, "anna", NULL), 10, 1, 1, NULL);
    assert_int_equal(acct_db_query(other, "SELECT pg_advisory_lock("
                                   "hashtextextended('purge', 7133219))",
                                   &rows, f->pool), APR_SUCCESS);
    assert_int_equal(acct_db_begin(other, f->pool), APR_SUCCESS);
    assert_int_equal(acct_db_query(other, "SELECT 1 FROM meta WHERE name = "
                                   "'schema_version' FOR UPDATE", &rows,
                                   f->pool), APR_SUCCESS);
    assert_int_equal(acct_purge(db, time_of(f, db), &purged, f->pool), 0);
    assert_int_equal(purged.tokens, 0);
    assert_true(purged.others);
    acct_db_rollback(other, f->pool);
    assert_int_equal(acct_purge(db, time_of(f, db), &purged, f->pool), 0);
    assert_int_equal(purged.tokens, 1);
    assert_false(purged.others);
    acct_db_close(db);
    acct_db_close(other);
}

#define NETWORK "0123456789abcdef0123456789abcdef"

/* What was over when the purge looked may be renewed by then, by a transaction
 * that has not ended. */
static void a_purge_leaves_alone_what_another_transaction_has(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db, *other;
    acct_purged_t purged;
    apr_time_t now;
    apr_int64_t anna;

    if (!f->schema) {
        skip_because("a file has one transaction that writes");
    }
    db = open_store(f);
    other = open_store(f);
    anna = add_person(f, db, "anna", NULL);
    now = time_of(f, db);
    fixture_exec(f, db, apr_psprintf(f->pool,
        "INSERT INTO name_hold (name_key, account_id, until) "
        "VALUES ('held', 7, 1), ('free', 7, 1); "
        "INSERT INTO known_network (account_id, network, seen_at) "
        "VALUES (%" APR_INT64_T_FMT ", '" NETWORK "', 1); "
        "INSERT INTO link (digest, account_id, purpose, created_at, "
        "expires_at) VALUES ('" DIGEST_A "', %" APR_INT64_T_FMT ", 'p', 1, "
        "1)", anna, anna));
    assert_int_equal(acct_db_begin(other, f->pool), 0);
    assert_int_equal(acct_store_name_hold_set(other, "held", 8, now + DAY,
                                              f->pool), 0);
    assert_int_equal(acct_store_known_network_set(other, anna, NETWORK, now,
                                                  20, f->pool), 0);
    assert_int_equal(acct_store_link_delete(other, anna, NULL, NULL,
                                            f->pool), 0);
    assert_int_equal(acct_purge(db, now, &purged, f->pool), 0);
    assert_int_equal(purged.holds, 1);
    assert_int_equal(purged.networks, 0);
    assert_int_equal(purged.links, 0);
    assert_int_equal(acct_db_commit(other, f->pool), 0);
    assert_string_equal(fixture_cell(f, db, "SELECT string_agg(name_key, "
                                     "' ') FROM name_hold"), "held");
    assert_string_equal(fixture_cell(f, db, "SELECT count(*) FROM "
                                     "known_network"), "1");
    acct_db_close(other);
    acct_db_close(db);
}

static void a_turn_that_does_not_come_is_told_once(void **state)
{
    const apr_interval_time_t late = ACCT_PURGE_TURN_LATE;
    const acct_purged_t ours = { .others = 0 };
    const acct_purged_t others = { .others = 1 };
    acct_purge_turn_t turn = { 0, 0 };

    (void)state;
    assert_int_equal(acct_purge_turn(&turn, &others, 1000), 0);
    assert_int_equal(acct_purge_turn(&turn, &others, 999 + late), 0);
    assert_int_equal(acct_purge_turn(&turn, &others, 1000 + late), 5);
    assert_int_equal(acct_purge_turn(&turn, &others, 1000 + 2 * late), 0);
    assert_int_equal(acct_purge_turn(&turn, &ours, 2000 + 2 * late), 0);
    assert_int_equal(acct_purge_turn(&turn, &others, 3000 + 2 * late), 0);
    assert_int_equal(acct_purge_turn(&turn, &others, 3000 + 3 * late), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_purge_takes_a_batch_of_what_is_long_over),
        TEST(a_clock_that_is_ahead_does_not_make_a_purge_early),
        TEST(a_clock_that_is_behind_makes_a_purge_late),
        TEST(a_revocation_is_as_old_as_the_database_says),
        TEST(a_purge_waits_for_no_stranger_and_tells_of_anothers_turn),
        TEST(a_purge_leaves_alone_what_another_transaction_has),
        TEST(a_turn_that_does_not_come_is_told_once)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
