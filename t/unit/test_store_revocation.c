/* SPDX-License-Identifier: Apache-2.0 */
/* Revocations: written, and read once by each feed. */
#include "store_fixture.h"

static void revocations_are_numbered_and_outlive_the_account(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t id = add_person(f, db, "anna", NULL);

    add_revocation(f, db, id);
    assert_int_equal(acct_store_account_delete(db, id, f->pool), 0);
    add_revocation(f, db, id);
    assert_string_equal(
        fixture_cell(f, db, f->schema
                     ? "SELECT string_agg(id || ':' || account_id, ',' "
                       "ORDER BY id) FROM revocation"
                     : "SELECT group_concat(id || ':' || account_id) "
                       "FROM revocation"),
        "1:1,2:1");
    acct_db_close(db);
}

/* What a reading tells: "missed", or the accounts. */
static const char *told(fixture_t *f, acct_db_t *db, acct_mark_t *mark,
                        int limit)
{
    apr_array_header_t *list;
    const char *text = "";
    acct_missed_e missed;

    assert_int_equal(acct_store_revocation_read(db, mark, limit, &list,
                                                &missed, f->pool), 0);
    if (missed) {
        assert_int_equal(list->nelts, 0);
        return "missed";
    }
    for (int i = 0; i < list->nelts; i++) {
        text = apr_psprintf(f->pool, "%s %d", text, (int)APR_ARRAY_IDX(
            list, i, acct_revocation_t).account_id);
    }
    return text;
}

static int is_unchanged(fixture_t *f, acct_db_t *db, const void *follower)
{
    apr_int64_t version;
    int is_unchanged;

    assert_int_equal(acct_store_follow(db, follower, &version,
                                       &is_unchanged, f->pool), 0);
    acct_db_followed(db, follower, version);
    return is_unchanged;
}

/* A commit of this connection or of another; a look is none. */
static void a_file_is_unchanged_until_somebody_commits(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    acct_db_t *other = open_store(f);
    apr_int64_t id = add_person(f, db, "anna", NULL);
    int a, b;

    if (f->schema) {
        assert_false(is_unchanged(f, db, &a));
        assert_false(is_unchanged(f, db, &a));
    }
    else {
        assert_false(is_unchanged(f, db, &a));
        assert_true(is_unchanged(f, db, &a));
        assert_false(is_unchanged(f, db, &b));  /* who has read nothing */
        assert_false(is_unchanged(f, db, &a));
        add_revocation(f, other, id);
        assert_false(is_unchanged(f, db, &a));
        assert_true(is_unchanged(f, db, &a));
        add_revocation(f, db, id);
        assert_false(is_unchanged(f, db, &a));
        assert_int_equal(acct_db_begin(db, f->pool), 0);
        acct_db_rollback(db, f->pool);
        assert_false(is_unchanged(f, db, &a));
        fixture_exec(f, db, "DELETE FROM revocation");
        assert_false(is_unchanged(f, db, &a));
        assert_true(is_unchanged(f, db, &a));
    }
    acct_db_close(other);
    acct_db_close(db);
}

static void revocations_are_read_once(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    acct_mark_t mark;

    add_revocation(f, db, 1);
    acct_mark_at(&mark, -1, 0);
    assert_string_equal(told(f, db, &mark, 10), "missed");
    assert_string_equal(told(f, db, &mark, 10), "");
    add_revocation(f, db, 7);
    add_revocation(f, db, 8);
    assert_string_equal(told(f, db, &mark, 10), " 7 8");
    assert_string_equal(told(f, db, &mark, 10), "");
    add_revocation(f, db, 7);
    assert_string_equal(told(f, db, &mark, 10), " 7");
    acct_db_close(db);
}

static void another_reads_on_from_two_numbers(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    acct_mark_t mark;
    acct_mark_t other;

    acct_mark_at(&mark, -1, 0);
    assert_string_equal(told(f, db, &mark, 10), "missed");
    acct_mark_at(&other, mark.number, mark.origin);
    add_revocation(f, db, 7);
    assert_string_equal(told(f, db, &other, 10), " 7");
    assert_string_equal(told(f, db, &mark, 10), " 7");
    acct_db_close(db);
}

static void too_many_revocations_are_told_as_missed(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    acct_mark_t mark;

    acct_mark_at(&mark, -1, 0);
    assert_string_equal(told(f, db, &mark, 4), "missed");
    for (int i = 1; i <= 5; i++) {
        add_revocation(f, db, i);
    }
    assert_string_equal(told(f, db, &mark, 4), "missed");
    assert_string_equal(told(f, db, &mark, 4), "");
    add_revocation(f, db, 7);
    assert_string_equal(told(f, db, &mark, 4), " 7");
    acct_db_close(db);
}

/* A file whose past is another: restored in place, or emptied. */
static void numbers_that_went_back_are_told_as_missed(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    acct_mark_t mark;

    acct_mark_at(&mark, -1, 0);
    add_revocation(f, db, 1);
    add_revocation(f, db, 2);
    assert_string_equal(told(f, db, &mark, 10), "missed");
    if (f->schema) {
        acct_mark_at(&mark, mark.number + 1000000, mark.origin);
    }
    else {
        change_schema(f, "DELETE FROM revocation WHERE id > 1");
    }
    assert_string_equal(told(f, db, &mark, 10), "missed");
    assert_string_equal(told(f, db, &mark, 10), "");
    add_revocation(f, db, 7);
    assert_string_equal(told(f, db, &mark, 10), " 7");
    acct_db_close(db);
}

/* A file that was set back, in which the same number is another's now. */
static void a_number_given_out_again_is_told_as_missed(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db;
    acct_mark_t mark;

    if (f->schema) {
        skip_because("a server's feed goes by transactions");
    }
    db = open_store(f);
    add_revocation(f, db, 1);
    acct_mark_at(&mark, -1, 0);
    assert_string_equal(told(f, db, &mark, 10), "missed");
    add_revocation(f, db, 7);
    assert_string_equal(told(f, db, &mark, 10), " 7");
    change_schema(f, "UPDATE revocation SET revoked_at = revoked_at + 1, "
                     "account_id = 8 WHERE id = 2");
    assert_string_equal(told(f, db, &mark, 10), "missed");
    assert_string_equal(told(f, db, &mark, 10), "");
    acct_db_close(db);
}

/* A server that crashed gives numbers out again, and ends all connections
 * before; so another connection says nothing about what this one read. */
static void another_connection_is_told_as_missed(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db;
    acct_db_t *other;
    acct_mark_t mark;

    if (!f->schema) {
        skip_because("a file's feed goes by numbers");
    }
    db = open_store(f);
    other = open_store(f);
    acct_mark_at(&mark, -1, 0);
    assert_string_equal(told(f, db, &mark, 10), "missed");
    assert_string_equal(told(f, db, &mark, 10), "");
    assert_string_equal(told(f, other, &mark, 10), "missed");
    assert_string_equal(told(f, other, &mark, 10), "");
    assert_string_equal(told(f, db, &mark, 10), "missed");
    acct_db_close(db);
    acct_db_close(other);
}

/* As a restore into the running server leaves them. */
static void other_tables_are_told_as_missed(void **state)
{
    static const char *const restores[] = {
        "ALTER TABLE revocation RENAME TO old",
        "CREATE TABLE revocation (LIKE old INCLUDING ALL)",
        "TRUNCATE token",
        "TRUNCATE account CASCADE"
    };
    fixture_t *f = *state;
    acct_db_t *db;
    acct_mark_t mark;

    if (!f->schema) {
        skip_because("a file's feed goes by numbers");
    }
    db = open_store(f);
    acct_mark_at(&mark, -1, 0);
    assert_string_equal(told(f, db, &mark, 10), "missed");
    for (size_t i = 0; i < sizeof(restores) / sizeof(*restores); i++) {
        change_schema(f, restores[i]);
        if (i > 0) {
            assert_string_equal(told(f, db, &mark, 10), "missed");
            assert_string_equal(told(f, db, &mark, 10), "");
        }
    }
    acct_db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(revocations_are_numbered_and_outlive_the_account),
        TEST(a_file_is_unchanged_until_somebody_commits),
        TEST(revocations_are_read_once),
        TEST(another_reads_on_from_two_numbers),
        TEST(too_many_revocations_are_told_as_missed),
        TEST(numbers_that_went_back_are_told_as_missed),
        TEST(a_number_given_out_again_is_told_as_missed),
        TEST(another_connection_is_told_as_missed),
        TEST(other_tables_are_told_as_missed)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
