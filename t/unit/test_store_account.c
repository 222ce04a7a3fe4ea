/* SPDX-License-Identifier: Apache-2.0 */
#include "store_fixture.h"

static void assert_taken(fixture_t *f, acct_db_t *db, const char *username,
                         const char *email)
{
    acct_account_t a = person(username, email);

    assert_int_equal(acct_store_account_insert(db, &a, f->pool),
                     APR_EEXIST);
    assert_int_equal(a.id, 0);
}

static void an_account_comes_back_as_it_went_in(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    acct_account_t in = {
        .id = 99, .username = "Änna", .username_key = "änna",
        .email = "Anna@Example.ORG", .email_key = "anna@example.org",
        .first_name = "Anna", .last_name = "O'Hara", .password = "$h$1",
        .is_active = 0, .is_staff = 1, .created_at = 1700000000123456,
        .last_login = 1800000000654321
    };
    acct_account_t out[3];

    assert_int_equal(acct_store_account_insert(db, &in, f->pool),
                     APR_SUCCESS);
    assert_int_equal(in.id, 1);
    assert_int_equal(acct_store_account_by_id(db, in.id, &out[0], f->pool),
                     APR_SUCCESS);
    assert_int_equal(acct_store_account_by_username(db, "änna", &out[1],
                                                    f->pool), APR_SUCCESS);
    assert_int_equal(acct_store_account_by_email(db, "anna@example.org",
                                                 &out[2], f->pool),
                     APR_SUCCESS);
    acct_db_close(db);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(out[i].id, in.id);
        assert_string_equal(out[i].username, in.username);
        assert_string_equal(out[i].username_key, in.username_key);
        assert_string_equal(out[i].email, in.email);
        assert_string_equal(out[i].email_key, in.email_key);
        assert_string_equal(out[i].first_name, in.first_name);
        assert_string_equal(out[i].last_name, in.last_name);
        assert_string_equal(out[i].password, in.password);
        assert_int_equal(out[i].is_active, 0);
        assert_int_equal(out[i].is_staff, 1);
        assert_int_equal(out[i].created_at, in.created_at);
        assert_int_equal(out[i].last_login, in.last_login);
    }
}

static void an_account_may_have_a_name_or_an_address_alone(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    acct_account_t a;

    add_person(f, db, "anna", NULL);
    add_person(f, db, "bert", NULL);
    add_person(f, db, NULL, "c@x.org");
    add_person(f, db, NULL, "d@x.org");
    assert_int_equal(acct_store_account_by_username(db, "bert", &a,
                                                    f->pool), APR_SUCCESS);
    assert_null(a.email);
    assert_null(a.email_key);
    assert_int_equal(acct_store_account_by_email(db, "c@x.org", &a,
                                                 f->pool), APR_SUCCESS);
    assert_null(a.username);
    acct_db_close(db);
}

static void an_account_nobody_has_is_not_found(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    acct_account_t a;

    add_person(f, db, "anna", "a@x.org");
    assert_int_equal(acct_store_account_by_id(db, MISSING_ID, &a, f->pool),
                     APR_NOTFOUND);
    assert_int_equal(acct_store_account_by_username(db, "a@x.org", &a,
                                                    f->pool), APR_NOTFOUND);
    assert_int_equal(acct_store_account_by_username(db, "ANNA", &a,
                                                    f->pool), APR_NOTFOUND);
    assert_int_equal(acct_store_account_by_email(db, "anna", &a, f->pool),
                     APR_NOTFOUND);
    assert_int_equal(acct_store_account_by_email(db, NULL, &a, f->pool),
                     APR_NOTFOUND);
    assert_int_equal(a.id, 0);
    acct_db_close(db);
}

static void a_name_or_address_of_another_is_taken(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);

    add_person(f, db, "anna", "a@x.org");
    assert_taken(f, db, "anna", NULL);
    assert_taken(f, db, "anna", "b@x.org");
    assert_taken(f, db, "bert", "a@x.org");
    assert_taken(f, db, NULL, "a@x.org");
    assert_string_equal(fixture_cell(f, db,
                                     "SELECT count(*) FROM account"), "1");
    assert_false(acct_db_is_broken(db));
    acct_db_close(db);
}

static void a_name_that_is_anothers_address_is_taken(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);

    add_person(f, db, "anna", "a@x.org");
    add_person(f, db, "b@x.org", NULL);
    assert_taken(f, db, "a@x.org", NULL);
    assert_taken(f, db, NULL, "b@x.org");
    assert_taken(f, db, NULL, "anna");
    /* one's own address for a name is no clash */
    add_person(f, db, "c@x.org", "c@x.org");
    acct_db_close(db);
}

static void of_two_accounts_racing_for_one_name_one_gets_it(void **state)
{
    fixture_t *f = *state;
    acct_db_t *one = open_store(f);
    acct_db_t *two = open_store(f);
    acct_account_t anna = person("anna", NULL);
    int name, address;

    /* both have looked, both may go on */
    assert_int_equal(acct_store_taken(one, &anna, &name, &address,
                                      f->pool), APR_SUCCESS);
    assert_false(name);
    assert_int_equal(acct_store_taken(two, &anna, &name, &address,
                                      f->pool), APR_SUCCESS);
    assert_false(name);
    assert_int_equal(acct_db_begin(one, f->pool), APR_SUCCESS);
    add_person(f, one, "anna", NULL);
    assert_int_equal(acct_db_commit(one, f->pool), APR_SUCCESS);
    assert_int_equal(acct_db_begin(two, f->pool), APR_SUCCESS);
    assert_taken(f, two, "anna", NULL);
    acct_db_rollback(two, f->pool);
    assert_false(acct_db_is_broken(two));
    acct_db_close(one);
    acct_db_close(two);
}

/* A transaction that is open has put one of two in; the other waits for it,
 * and does not go in past it. */
static void a_name_and_an_address_racing_are_told_apart(void **state)
{
    static const struct { const char *first[2], *second[2]; } t[] = {
        { { "b@x.org", NULL }, { NULL, "b@x.org" } },
        { { "bert", "c@x.org" }, { "c@x.org", "d@x.org" } }
    };
    fixture_t *f = *state;
    acct_db_t *one = open_store(f);
    acct_db_t *two = open_store(f);

    if (!f->schema) {
        skip_because("a file has one writer");
    }
    for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
        acct_account_t late = person(t[i].second[0], t[i].second[1]);

        assert_int_equal(acct_db_begin(one, f->pool), APR_SUCCESS);
        add_person(f, one, t[i].first[0], t[i].first[1]);
        assert_int_equal(acct_db_begin(two, f->pool), APR_SUCCESS);
        assert_int_not_equal(acct_store_account_insert(two, &late, f->pool),
                             APR_SUCCESS);
        assert_non_null(strstr(acct_db_error(two), "lock"));
        acct_db_rollback(two, f->pool);
        assert_int_equal(acct_db_commit(one, f->pool), APR_SUCCESS);
        assert_taken(f, two, t[i].second[0], t[i].second[1]);
    }
    acct_db_close(one);
    acct_db_close(two);
}

/* Nor can a session without rights on the tables hold them up. */
static void sign_ups_do_not_wait_for_each_other(void **state)
{
    fixture_t *f = *state;
    acct_db_t *one = open_store(f);
    acct_db_t *two = open_store(f);
    acct_rows_t rows;

    if (!f->schema) {
        skip_because("a file has one writer");
    }
    assert_int_equal(acct_db_query(one, "SELECT pg_advisory_lock("
                                   "hashtextextended('anna', 7133218))",
                                   &rows, f->pool), APR_SUCCESS);
    assert_int_equal(acct_db_begin(one, f->pool), APR_SUCCESS);
    assert_int_equal(acct_db_begin(two, f->pool), APR_SUCCESS);
    add_person(f, one, "bert", "b@x.org");
    add_person(f, two, "anna", "a@x.org");
    add_person(f, two, "carl", NULL);
    assert_int_equal(acct_db_commit(two, f->pool), APR_SUCCESS);
    assert_int_equal(acct_db_commit(one, f->pool), APR_SUCCESS);
    acct_db_close(one);
    acct_db_close(two);
}

static void taken_says_which_of_the_two(void **state)
{
    static const struct {
        const char *username, *email;
        int username_taken, email_taken;
    } t[] = {
        { "anna", "a@x.org", 1, 1 }, { "anna", "b@x.org", 1, 0 },
        { "bert", "a@x.org", 0, 1 }, { "bert", "b@x.org", 0, 0 },
        { "a@x.org", NULL, 1, 0 }, { NULL, "anna", 0, 1 },
        { "anna", NULL, 1, 0 }, { NULL, "a@x.org", 0, 1 },
        { NULL, NULL, 0, 0 }
    };
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);

    add_person(f, db, "anna", "a@x.org");
    for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
        acct_account_t wanted = person(t[i].username, t[i].email);
        int username = -1, email = -1;

        assert_int_equal(acct_store_taken(db, &wanted, &username, &email,
                                          f->pool), APR_SUCCESS);
        assert_int_equal(username, t[i].username_taken);
        assert_int_equal(email, t[i].email_taken);
    }
    acct_db_close(db);
}

static void accounts_are_listed_by_id_in_portions(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_array_header_t *list;

    assert_int_equal(acct_store_account_list(db, 0, 10, &list, f->pool),
                     APR_SUCCESS);
    assert_int_equal(list->nelts, 0);
    add_person(f, db, "carl", NULL);
    add_person(f, db, "anna", NULL);
    add_person(f, db, "bert", NULL);
    assert_int_equal(acct_store_account_list(db, 0, 2, &list, f->pool),
                     APR_SUCCESS);
    assert_int_equal(list->nelts, 2);
    assert_string_equal(APR_ARRAY_IDX(list, 0, acct_account_t).username,
                        "carl");
    assert_string_equal(APR_ARRAY_IDX(list, 1, acct_account_t).username,
                        "anna");
    assert_int_equal(acct_store_account_list(db, 2, 2, &list, f->pool),
                     APR_SUCCESS);
    assert_int_equal(list->nelts, 1);
    assert_string_equal(APR_ARRAY_IDX(list, 0, acct_account_t).password,
                        "hash");
    acct_db_close(db);
}

static void an_account_is_blocked_and_unblocked(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t id = add_person(f, db, "anna", NULL);
    acct_account_t a;

    for (int active = 0; active <= 1; active++) {
        assert_int_equal(acct_store_account_set_active(db, id, active,
                                                       f->pool),
                         APR_SUCCESS);
        assert_int_equal(acct_store_account_by_id(db, id, &a, f->pool),
                         APR_SUCCESS);
        assert_int_equal(a.is_active, active);
    }
    assert_int_equal(acct_store_account_set_active(db, MISSING_ID, 1,
                                                   f->pool), APR_NOTFOUND);
    acct_db_close(db);
}

static void a_password_is_replaced_only_if_it_is_the_expected_one(
    void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t id = add_person(f, db, "anna", NULL);
    apr_int64_t bert = add_person(f, db, "bert", NULL);
    acct_account_t a;

    assert_int_equal(acct_store_account_set_password(db, id, "hash", "two",
                                                     f->pool), APR_SUCCESS);
    assert_int_equal(acct_store_account_set_password(db, id, "hash", "bad",
                                                     f->pool),
                     APR_NOTFOUND);
    assert_int_equal(acct_store_account_by_id(db, id, &a, f->pool),
                     APR_SUCCESS);
    assert_string_equal(a.password, "two");
    assert_int_equal(acct_store_account_set_password(db, id, NULL, "three",
                                                     f->pool), APR_SUCCESS);
    assert_int_equal(acct_store_account_by_id(db, id, &a, f->pool),
                     APR_SUCCESS);
    assert_string_equal(a.password, "three");
    assert_int_equal(acct_store_account_by_id(db, bert, &a, f->pool),
                     APR_SUCCESS);
    assert_string_equal(a.password, "hash");
    assert_int_equal(acct_store_account_set_password(db, MISSING_ID, NULL,
                                                     "four", f->pool),
                     APR_NOTFOUND);
    acct_db_close(db);
}

static void the_last_login_is_noted(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t id = add_person(f, db, "anna", NULL);
    acct_account_t a;

    assert_int_equal(acct_store_account_set_last_login(
                         db, id, 1700000000999999, f->pool), APR_SUCCESS);
    assert_int_equal(acct_store_account_by_id(db, id, &a, f->pool),
                     APR_SUCCESS);
    assert_int_equal(a.last_login, 1700000000999999);
    assert_int_equal(acct_store_account_set_last_login(
                         db, MISSING_ID, 1, f->pool), APR_NOTFOUND);
    acct_db_close(db);
}

static void deleting_an_account_deletes_its_tokens_alone(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t anna = add_person(f, db, "anna", NULL);
    apr_int64_t bert = add_person(f, db, "bert", NULL);
    acct_account_t a;
    acct_token_t t;

    assert_int_equal(add_token(f, db, ID_A, anna, DIGEST_A, NULL), 0);
    assert_int_equal(add_token(f, db, ID_B, bert, DIGEST_B, NULL), 0);
    assert_int_equal(acct_store_account_delete(db, anna, f->pool),
                     APR_SUCCESS);
    assert_int_equal(acct_store_account_delete(db, anna, f->pool),
                     APR_NOTFOUND);
    assert_int_equal(acct_store_account_by_id(db, anna, &a, f->pool),
                     APR_NOTFOUND);
    assert_int_equal(acct_store_token_find(db, DIGEST_A, &t, &a, f->pool),
                     APR_NOTFOUND);
    assert_int_equal(acct_store_token_find(db, DIGEST_B, &t, &a, f->pool),
                     APR_SUCCESS);
    assert_string_equal(fixture_cell(f, db, "SELECT count(*) FROM token"),
                        "1");
    acct_db_close(db);
}

static void an_id_is_never_used_again_after_delete(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t first = add_person(f, db, "anna", NULL);

    assert_int_equal(acct_store_account_delete(db, first, f->pool),
                     APR_SUCCESS);
    assert_int_equal(add_person(f, db, "anna", NULL), first + 1);
    acct_db_close(db);
}

static void is_an_error(fixture_t *f, acct_db_t *db, const char *damage)
{
    acct_account_t a;

    if (acct_store_account_by_email(db, "a@x.org", &a, f->pool)
        != APR_EGENERAL) {
        fail_msg("taken: %s", damage);
    }
}

static void a_row_that_makes_no_sense_is_an_error(void **state)
{
    static const char *const damage[] = {
        "UPDATE account SET username = NULL, email = NULL",
        "UPDATE account SET is_active = 2",
        "UPDATE account SET is_active = 'yes'",
        "UPDATE account SET is_staff = 3",
        "UPDATE account SET username_key = NULL",
        "UPDATE account SET created_at = -1",
        "UPDATE account SET last_login = 1.5",
        "UPDATE account SET last_login = x''"
    };
    fixture_t *f = *state;
    acct_db_t *db = open_unchecked(f);
    apr_int64_t id = add_person(f, db, "anna", "a@x.org");
    acct_account_t a;

    after_each(f, db, damage, sizeof(damage) / sizeof(*damage), is_an_error);
    fixture_exec(f, db, "UPDATE account SET password = ''");
    assert_int_equal(acct_store_account_by_id(db, id, &a, f->pool),
                     APR_EGENERAL);
    acct_db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_account_comes_back_as_it_went_in),
        TEST(an_account_may_have_a_name_or_an_address_alone),
        TEST(an_account_nobody_has_is_not_found),
        TEST(a_name_or_address_of_another_is_taken),
        TEST(a_name_that_is_anothers_address_is_taken),
        TEST(of_two_accounts_racing_for_one_name_one_gets_it),
        TEST(a_name_and_an_address_racing_are_told_apart),
        TEST(sign_ups_do_not_wait_for_each_other),
        TEST(taken_says_which_of_the_two),
        TEST(accounts_are_listed_by_id_in_portions),
        TEST(an_account_is_blocked_and_unblocked),
        TEST(a_password_is_replaced_only_if_it_is_the_expected_one),
        TEST(the_last_login_is_noted),
        TEST(deleting_an_account_deletes_its_tokens_alone),
        TEST(an_id_is_never_used_again_after_delete),
        TEST(a_row_that_makes_no_sense_is_an_error)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
