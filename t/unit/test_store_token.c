/* SPDX-License-Identifier: Apache-2.0 */
#include "store_fixture.h"

static void a_token_is_found_with_its_account(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t id = add_person(f, db, "anna", "a@x.org");
    acct_account_t a;
    acct_token_t t;

    assert_int_equal(add_token(f, db, ID_A, id, DIGEST_A, "sealed"), 0);
    assert_int_equal(add_token(f, db, ID_B, id, DIGEST_B, NULL), 0);
    assert_int_equal(acct_store_token_find(db, DIGEST_A, &t, &a, f->pool),
                     APR_SUCCESS);
    acct_db_close(db);
    assert_string_equal(t.id, ID_A);
    assert_string_equal(t.digest, DIGEST_A);
    assert_int_equal(t.account_id, id);
    assert_int_equal(t.expires_at, 2);
    assert_null(t.sealed);
    assert_int_equal(a.id, id);
    assert_string_equal(a.username, "anna");
    assert_string_equal(a.email, "a@x.org");
    assert_int_equal(a.is_active, 1);
    assert_int_equal(a.is_staff, 0);
    assert_null(a.password);
}

static void a_token_is_over_at_its_end_whoever_looks(void **state)
{
    static const struct {
        apr_time_t expires_at;
        apr_time_t ends_at;
        apr_time_t good_until;
    } times[] = {
        { 0, 0, 0 }, { 5, 0, 5 }, { 5, 5, 5 }, { 4, 5, 4 },
        /* as none of ours is written */
        { 0, 5, 5 }, { 9, 5, 5 }, { APR_INT64_MAX, 5, 5 }
    };
    static const char *const digests[] = { DIGEST_A };
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    acct_token_t t = token(ID_A, add_person(f, db, "anna", NULL), DIGEST_A,
                           "sealed");

    for (size_t i = 0; i < 2 * sizeof(times) / sizeof(*times); i++) {
        apr_time_t good_until = times[i / 2].good_until;
        apr_array_header_t *list;
        acct_rows_t rows;
        acct_account_t a;
        acct_token_t found;

        t.expires_at = times[i / 2].expires_at;
        t.ends_at = times[i / 2].ends_at;
        t.sliding = i % 2 ? 3 : 0;
        assert_int_equal(acct_store_token_insert(db, &t, f->pool), 0);
        assert_int_equal(acct_store_token_find(db, DIGEST_A, &found, &a,
                                               f->pool), 0);
        assert_int_equal(found.expires_at, good_until);
        assert_int_equal(acct_store_tokens_find(db, digests, 1, &rows,
                                                f->pool), 0);
        assert_int_equal(acct_store_token_among(&rows, DIGEST_A, &found, &a,
                                                f->pool), 0);
        assert_int_equal(found.expires_at, good_until);
        assert_int_equal(acct_store_token_reusable(db, t.account_id, &found,
                                                   f->pool), 0);
        assert_int_equal(found.expires_at, good_until);
        assert_int_equal(acct_store_token_list(db, t.account_id, NULL, 9, &list,
                                               f->pool), 0);
        assert_int_equal(APR_ARRAY_IDX(list, 0, acct_token_t).expires_at,
                         good_until);
        assert_int_equal(acct_store_token_delete(db, ID_A, NULL, f->pool),
                         0);
    }
    acct_db_close(db);
}

static void a_token_nobody_has_is_not_found(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t id = add_person(f, db, "anna", NULL);
    acct_account_t a;
    acct_token_t t;

    assert_int_equal(add_token(f, db, ID_A, id, DIGEST_A, NULL), 0);
    assert_int_equal(acct_store_token_find(db, DIGEST_B, &t, &a, f->pool),
                     APR_NOTFOUND);
    assert_int_equal(acct_store_token_find(db, "short", &t, &a, f->pool),
                     APR_EINVAL);
    assert_int_equal(acct_store_token_find(db, NULL, &t, &a, f->pool),
                     APR_EINVAL);
    assert_null(t.id);
    assert_int_equal(a.id, 0);
    acct_db_close(db);
}

static void a_token_whose_account_is_gone_is_not_found(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t id = add_person(f, db, "anna", NULL);
    acct_account_t a;
    acct_token_t t;

    assert_int_equal(add_token(f, db, ID_A, id, DIGEST_A, NULL), 0);
    /* as a tool would that does not mind foreign keys */
    fixture_exec(f, db, f->schema ? "ALTER TABLE token DROP CONSTRAINT "
                                    "token_account_id_fkey"
                                  : "PRAGMA foreign_keys = OFF");
    fixture_exec(f, db, "DELETE FROM account");
    assert_int_equal(acct_store_token_find(db, DIGEST_A, &t, &a, f->pool),
                     APR_NOTFOUND);
    acct_db_close(db);
}

static void a_token_of_nobody_is_an_error(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);

    assert_int_equal(add_token(f, db, ID_A, MISSING_ID, DIGEST_A, NULL),
                     APR_EGENERAL);
    assert_non_null(strstr(acct_db_error(db),
                           f->schema ? "violates foreign key constraint"
                                     : "FOREIGN KEY constraint failed"));
    acct_db_close(db);
}

static void a_digest_and_an_id_are_there_once(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t anna = add_person(f, db, "anna", NULL);
    apr_int64_t bert = add_person(f, db, "bert", NULL);

    assert_int_equal(add_token(f, db, ID_A, anna, DIGEST_A, NULL), 0);
    assert_int_equal(add_token(f, db, ID_B, bert, DIGEST_A, NULL),
                     APR_EEXIST);
    assert_int_equal(add_token(f, db, ID_A, bert, DIGEST_B, NULL),
                     APR_EEXIST);
    acct_db_close(db);
}

static void an_account_has_at_most_one_reusable_token(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t anna = add_person(f, db, "anna", NULL);
    apr_int64_t bert = add_person(f, db, "bert", NULL);
    acct_token_t t;

    assert_int_equal(acct_store_token_reusable(db, anna, &t, f->pool),
                     APR_NOTFOUND);
    assert_int_equal(add_token(f, db, ID_A, anna, DIGEST_A, NULL), 0);
    assert_int_equal(acct_store_token_reusable(db, anna, &t, f->pool),
                     APR_NOTFOUND);
    assert_int_equal(add_token(f, db, ID_B, anna, DIGEST_B, "sealed-b"), 0);
    assert_int_equal(add_token(f, db, ID_C, anna, DIGEST_C, "sealed-c"),
                     APR_EEXIST);
    assert_int_equal(add_token(f, db, ID_C, bert, DIGEST_C, "sealed-c"), 0);
    assert_int_equal(acct_store_token_reusable(db, anna, &t, f->pool),
                     APR_SUCCESS);
    assert_string_equal(t.id, ID_B);
    assert_string_equal(t.sealed, "sealed-b");
    assert_string_equal(t.digest, DIGEST_B);
    acct_db_close(db);
}

static void tokens_are_listed_newest_first(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t anna = add_person(f, db, "anna", NULL);
    apr_int64_t bert = add_person(f, db, "bert", NULL);
    acct_token_t t = token(ID_A, anna, DIGEST_A, NULL);
    apr_array_header_t *list;

    t.created_at = 10;
    assert_int_equal(acct_store_token_insert(db, &t, f->pool), 0);
    t = token(ID_B, anna, DIGEST_B, "sealed");
    t.created_at = 20;
    t.label = NULL;
    assert_int_equal(acct_store_token_insert(db, &t, f->pool), 0);
    assert_int_equal(add_token(f, db, ID_C, bert, DIGEST_C, NULL), 0);
    assert_int_equal(acct_store_token_list(db, anna, NULL, 9, &list, f->pool),
                     APR_SUCCESS);
    assert_int_equal(list->nelts, 2);
    t = APR_ARRAY_IDX(list, 0, acct_token_t);
    assert_string_equal(t.id, ID_B);
    assert_string_equal(t.label, "");
    assert_string_equal(t.sealed, "sealed");
    t = APR_ARRAY_IDX(list, 1, acct_token_t);
    assert_string_equal(t.id, ID_A);
    assert_null(t.sealed);
    assert_int_equal(acct_store_token_list(db, anna, NULL, 1, &list,
                                           f->pool), APR_SUCCESS);
    assert_int_equal(list->nelts, 1);
    t = APR_ARRAY_IDX(list, 0, acct_token_t);
    assert_int_equal(acct_store_token_list(db, anna, &t, 9, &list, f->pool),
                     APR_SUCCESS);
    assert_int_equal(list->nelts, 1);
    assert_string_equal(APR_ARRAY_IDX(list, 0, acct_token_t).id, ID_A);
    assert_int_equal(acct_store_token_list(db, MISSING_ID, NULL, 9, &list,
                                           f->pool),
                     APR_SUCCESS);
    assert_int_equal(list->nelts, 0);
    acct_db_close(db);
}

static void tokens_are_deleted_by_id_by_kind_and_all(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t anna = add_person(f, db, "anna", NULL);
    apr_int64_t bert = add_person(f, db, "bert", NULL);
    int changed = -1;

    assert_int_equal(add_token(f, db, ID_A, anna, DIGEST_A, NULL), 0);
    assert_int_equal(add_token(f, db, ID_B, anna, DIGEST_B, "sealed"), 0);
    assert_int_equal(add_token(f, db, ID_C, bert, DIGEST_C, "sealed"), 0);
    assert_int_equal(acct_store_token_delete_reusable(db, anna, &changed,
                                                      f->pool), 0);
    assert_int_equal(changed, 1);
    assert_int_equal(acct_store_token_delete(db, ID_B, &changed, f->pool),
                     0);
    assert_int_equal(changed, 0);
    assert_int_equal(acct_store_token_delete(db, ID_A, &changed, f->pool),
                     0);
    assert_int_equal(changed, 1);
    assert_int_equal(add_token(f, db, ID_A, anna, DIGEST_A, NULL), 0);
    assert_int_equal(add_token(f, db, ID_B, anna, DIGEST_B, "sealed"), 0);
    assert_int_equal(acct_store_token_delete_all(db, anna, &changed,
                                                 f->pool), 0);
    assert_int_equal(changed, 2);
    assert_int_equal(acct_store_token_delete_all(db, anna, NULL, f->pool),
                     0);
    assert_string_equal(fixture_cell(f, db, "SELECT id FROM token"), ID_C);
    acct_db_close(db);
}

static void the_oldest_live_tokens_make_room(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t anna = add_person(f, db, "anna", NULL);
    apr_int64_t bert = add_person(f, db, "bert", NULL);
    int changed = -1;

    add_numbered(f, db, anna, 10, 100, 0, "sealed");
    add_numbered(f, db, anna, 11, 110, 1000, NULL);     /* expired */
    add_numbered(f, db, anna, 15, 150, 0, NULL);
    add_numbered(f, db, anna, 14, 140, 1001, NULL);
    add_numbered(f, db, anna, 13, 130, 2000, NULL);
    add_numbered(f, db, anna, 12, 120, 0, NULL);
    add_numbered(f, db, bert, 20, 50, 0, NULL);
    assert_int_equal(acct_store_token_delete_oldest(db, anna, 1000, 4,
                                                    &changed, f->pool), 0);
    assert_int_equal(changed, 0);
    assert_int_equal(acct_store_token_delete_oldest(db, anna, 1000, 3,
                                                    &changed, f->pool), 0);
    assert_int_equal(changed, 1);
    assert_string_equal(ids_left(f, db), "10 11 13 14 15 20");
    assert_int_equal(acct_store_token_delete_oldest(db, anna, 1000, 1,
                                                    &changed, f->pool), 0);
    assert_int_equal(changed, 2);
    assert_string_equal(ids_left(f, db), "10 11 15 20");
    assert_int_equal(acct_store_token_delete_oldest(db, anna, 1000, 0,
                                                    &changed, f->pool), 0);
    assert_int_equal(changed, 1);
    assert_string_equal(ids_left(f, db), "10 11 20");
    acct_db_close(db);
}

static void what_is_past_its_end_takes_no_room(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t anna = add_person(f, db, "anna", NULL);
    int changed = -1;

    add_numbered(f, db, anna, 10, 100, 0, NULL);
    add_numbered(f, db, anna, 11, 110, 0, NULL);
    add_numbered(f, db, anna, 12, 120, 2000, NULL);
    add_numbered(f, db, anna, 13, 130, 0, NULL);
    fixture_exec(f, db, "UPDATE token SET ends_at = 1000 "
                 "WHERE created_at IN (110, 120)");
    fixture_exec(f, db, "UPDATE token SET ends_at = 1001 "
                 "WHERE created_at = 130");
    assert_int_equal(acct_store_token_delete_oldest(db, anna, 1000, 2,
                                                    &changed, f->pool), 0);
    assert_int_equal(changed, 0);
    assert_int_equal(acct_store_token_delete_oldest(db, anna, 1000, 1,
                                                    &changed, f->pool), 0);
    assert_int_equal(changed, 1);
    assert_string_equal(ids_left(f, db), "11 12 13");
    acct_db_close(db);
}

static void the_live_tokens_of_an_account_are_counted(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t anna = add_person(f, db, "anna", NULL);
    apr_int64_t bert = add_person(f, db, "bert", NULL);
    apr_int64_t count = -1;

    assert_int_equal(acct_store_token_count(db, anna, 1000, &count,
                                            f->pool), 0);
    assert_int_equal(count, 0);
    add_numbered(f, db, anna, 10, 100, 1000, NULL);     /* over */
    add_numbered(f, db, anna, 11, 110, 1001, NULL);
    add_numbered(f, db, anna, 12, 120, 0, NULL);
    add_numbered(f, db, anna, 13, 130, 0, NULL);        /* over */
    add_numbered(f, db, anna, 14, 140, 0, "sealed");
    add_numbered(f, db, bert, 20, 100, 0, NULL);
    fixture_exec(f, db, "UPDATE token SET ends_at = 1000 "
                 "WHERE created_at = 130");
    assert_int_equal(acct_store_token_count(db, anna, 1000, &count,
                                            f->pool), 0);
    assert_int_equal(count, 2);
    acct_db_close(db);
}

static void is_an_error(fixture_t *f, acct_db_t *db, const char *damage)
{
    acct_account_t a;
    acct_token_t t;

    if (acct_store_token_find(db, DIGEST_A, &t, &a, f->pool)
        != APR_EGENERAL) {
        fail_msg("taken: %s", damage);
    }
    assert_null(t.id);
    assert_int_equal(a.id, 0);
}

static void a_token_that_makes_no_sense_is_an_error(void **state)
{
    static const char *const damage[] = {
        "UPDATE token SET id = 'short'",
        "UPDATE token SET expires_at = -1",
        "UPDATE token SET expires_at = ''",
        "UPDATE token SET expires_at = '1 2'",
        "UPDATE token SET last_used = 'never'",
        "UPDATE token SET sliding = 5, ends_at = -1",
        "UPDATE token SET sliding = 5, ends_at = 'x'",
        "UPDATE token SET sliding = 5, ends_at = ''",
        "UPDATE token SET ends_at = -1",
        "UPDATE token SET ends_at = 'x'",
        "UPDATE token SET ends_at = ''",
        "UPDATE token SET ends_at = '5 6'",
        "UPDATE token SET sliding = -1",
        "UPDATE token SET sliding = 'x'",
        "UPDATE token SET sliding = ''",
        /* what is read of its account with it */
        "UPDATE account SET username = NULL, email = NULL",
        "UPDATE account SET is_active = 2",
        "UPDATE account SET is_active = 'yes'",
        "UPDATE account SET is_staff = 3"
    };
    fixture_t *f = *state;
    acct_db_t *db = open_unchecked(f);
    acct_token_t t;
    acct_account_t a;

    assert_int_equal(add_token(f, db, ID_A,
                               add_person(f, db, "anna", "a@x.org"),
                               DIGEST_A, NULL), 0);
    after_each(f, db, damage, sizeof(damage) / sizeof(*damage), is_an_error);
    assert_int_equal(acct_store_token_find(db, DIGEST_A, &t, &a, f->pool),
                     0);
    acct_db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_token_is_found_with_its_account),
        TEST(a_token_is_over_at_its_end_whoever_looks),
        TEST(a_token_nobody_has_is_not_found),
        TEST(a_token_whose_account_is_gone_is_not_found),
        TEST(a_token_of_nobody_is_an_error),
        TEST(a_token_that_makes_no_sense_is_an_error),
        TEST(a_digest_and_an_id_are_there_once),
        TEST(an_account_has_at_most_one_reusable_token),
        TEST(tokens_are_listed_newest_first),
        TEST(tokens_are_deleted_by_id_by_kind_and_all),
        TEST(the_oldest_live_tokens_make_room),
        TEST(what_is_past_its_end_takes_no_room),
        TEST(the_live_tokens_of_an_account_are_counted)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
