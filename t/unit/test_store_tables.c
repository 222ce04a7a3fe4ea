/* SPDX-License-Identifier: Apache-2.0 */
/* Links, second factors and mails in the database. */
#include "store_fixture.h"

#include "tables/links.h"
#include "tables/mails.h"
#include "tables/second_factors.h"

static acct_link_t link_of(apr_int64_t account, const char *digest,
                           const char *purpose)
{
    acct_link_t link = {
        .digest = digest, .account_id = account, .purpose = purpose,
        .address_key = "a@x.org", .created_at = 100, .expires_at = 200
    };

    return link;
}

static void a_link_is_found_while_it_lives_and_used_once(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t id = add_person(f, db, "anna", NULL);
    acct_link_t in = link_of(id, DIGEST_A, "reset");
    acct_link_t out;

    assert_int_equal(acct_store_link_insert(db, &in, f->pool), APR_SUCCESS);
    assert_int_equal(acct_store_link_insert(db, &in, f->pool), APR_EEXIST);
    assert_int_equal(acct_store_link_find(db, DIGEST_A, "reset", 199, &out,
                                          f->pool), APR_SUCCESS);
    assert_int_equal(out.account_id, id);
    assert_string_equal(out.address_key, "a@x.org");
    assert_int_equal(out.created_at, 100);
    assert_int_equal(out.expires_at, 200);
    assert_int_equal(acct_store_link_find(db, DIGEST_A, "reset", 200, &out,
                                          f->pool), APR_NOTFOUND);
    assert_int_equal(acct_store_link_find(db, DIGEST_A, "verify", 199, &out,
                                          f->pool), APR_NOTFOUND);
    assert_int_equal(acct_store_link_find(db, DIGEST_B, "reset", 199, &out,
                                          f->pool), APR_NOTFOUND);
    assert_int_equal(acct_store_link_use(db, DIGEST_A, "verify", 199,
                                         f->pool), APR_NOTFOUND);
    assert_int_equal(acct_store_link_use(db, DIGEST_A, "reset", 200,
                                         f->pool), APR_NOTFOUND);
    assert_int_equal(acct_store_link_use(db, DIGEST_A, "reset", 199,
                                         f->pool), APR_SUCCESS);
    assert_int_equal(acct_store_link_use(db, DIGEST_A, "reset", 199,
                                         f->pool), APR_NOTFOUND);
    acct_db_close(db);
}

static void links_of_an_account_end_by_purpose_together_and_with_it(
    void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t anna = add_person(f, db, "anna", NULL);
    apr_int64_t bert = add_person(f, db, "bert", NULL);
    const acct_link_t links[] = {
        link_of(anna, DIGEST_A, "reset"), link_of(anna, DIGEST_B, "verify"),
        link_of(bert, DIGEST_C, "reset")
    };
    int changed;

    for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++) {
        assert_int_equal(acct_store_link_insert(db, &links[i], f->pool), 0);
    }
    assert_int_equal(acct_store_link_delete(db, anna, "reset", &changed,
                                            f->pool), APR_SUCCESS);
    assert_int_equal(changed, 1);
    assert_int_equal(acct_store_link_delete(db, anna, NULL, &changed,
                                            f->pool), APR_SUCCESS);
    assert_int_equal(changed, 1);
    assert_string_equal(fixture_cell(f, db, "SELECT count(*) FROM link"),
                        "1");
    assert_int_equal(acct_store_account_delete(db, bert, f->pool), 0);
    assert_string_equal(fixture_cell(f, db, "SELECT count(*) FROM link"),
                        "0");
    acct_db_close(db);
}

static void a_secret_is_pending_until_confirmed_and_stays_then(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t id = add_person(f, db, "anna", NULL);
    acct_account_t a;
    acct_totp_t totp;

    assert_int_equal(acct_store_totp_find(db, id, &totp, f->pool),
                     APR_NOTFOUND);
    assert_int_equal(acct_store_totp_begin(db, id, "one", f->pool), 0);
    assert_int_equal(acct_store_totp_begin(db, id, "two", f->pool), 0);
    assert_int_equal(acct_store_totp_accept(db, id, 10, f->pool),
                     APR_NOTFOUND);
    assert_int_equal(acct_store_totp_confirm(db, id, "one", 7, 10, f->pool),
                     APR_NOTFOUND);
    assert_int_equal(acct_store_account_by_id(db, id, &a, f->pool), 0);
    assert_false(a.has_totp);
    assert_int_equal(acct_store_totp_confirm(db, id, "two", 7, 10, f->pool),
                     APR_SUCCESS);
    assert_int_equal(acct_store_totp_find(db, id, &totp, f->pool), 0);
    assert_string_equal(totp.sealed, "two");
    assert_int_equal(totp.confirmed_at, 7);
    assert_int_equal(totp.step, 10);
    assert_int_equal(acct_store_account_by_id(db, id, &a, f->pool), 0);
    assert_true(a.has_totp);
    assert_int_equal(acct_store_totp_begin(db, id, "three", f->pool),
                     APR_NOTFOUND);
    acct_db_close(db);
}

static void a_step_is_accepted_once_and_none_before_it(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t id = add_person(f, db, "anna", NULL);

    assert_int_equal(acct_store_totp_begin(db, id, "one", f->pool), 0);
    assert_int_equal(acct_store_totp_confirm(db, id, "one", 7, 10, f->pool),
                     APR_SUCCESS);
    assert_int_equal(acct_store_totp_accept(db, id, 10, f->pool),
                     APR_NOTFOUND);
    assert_int_equal(acct_store_totp_accept(db, id, 12, f->pool),
                     APR_SUCCESS);
    assert_int_equal(acct_store_totp_accept(db, id, 12, f->pool),
                     APR_NOTFOUND);
    assert_int_equal(acct_store_totp_accept(db, id, 11, f->pool),
                     APR_NOTFOUND);
    acct_db_close(db);
}

static void a_recovery_code_is_used_once_and_ends_with_the_secret(
    void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t id = add_person(f, db, "anna", NULL);
    apr_int64_t other = add_person(f, db, "bert", NULL);
    int left;

    assert_int_equal(acct_store_totp_begin(db, id, "one", f->pool), 0);
    assert_int_equal(acct_store_recovery_code_insert(db, id, DIGEST_A,
                                                     f->pool), 0);
    assert_int_equal(acct_store_recovery_code_insert(db, id, DIGEST_B,
                                                     f->pool), 0);
    assert_int_equal(acct_store_recovery_code_use(db, other, DIGEST_A,
                                                  f->pool), APR_NOTFOUND);
    assert_int_equal(acct_store_recovery_code_use(db, id, DIGEST_A, f->pool),
                     APR_SUCCESS);
    assert_int_equal(acct_store_recovery_code_use(db, id, DIGEST_A, f->pool),
                     APR_NOTFOUND);
    assert_int_equal(acct_store_recovery_code_count(db, id, &left, f->pool),
                     APR_SUCCESS);
    assert_int_equal(left, 1);
    assert_int_equal(acct_store_totp_end(db, id, f->pool), APR_SUCCESS);
    assert_int_equal(acct_store_totp_end(db, id, f->pool), APR_NOTFOUND);
    assert_int_equal(acct_store_recovery_code_count(db, id, &left, f->pool),
                     APR_SUCCESS);
    assert_int_equal(left, 0);
    acct_db_close(db);
}

static void write_mail(fixture_t *f, acct_db_t *db, const char *address,
                       apr_time_t next_at)
{
    acct_mail_t mail = {
        .kind = "password_reset", .site = "www.example.org",
        .dialect = "djoser", .language = "de", .address = address,
        .address_key = address, .created_at = 50, .next_at = next_at,
        .expires_at = 900
    };

    assert_int_equal(acct_store_mail_insert(db, &mail, 3, f->pool), 0);
}

static apr_array_header_t *claim(fixture_t *f, acct_db_t *db,
                                 const char *server, apr_time_t now,
                                 apr_time_t stale, int limit)
{
    const acct_mail_claim_t wanted = {
        .sites = "\nother\nwww.example.org\n", .server = server,
        .now = now, .stale = stale, .limit = limit
    };
    apr_array_header_t *list;

    assert_int_equal(acct_store_mail_claim(db, &wanted, &list, f->pool),
                     APR_SUCCESS);
    return list;
}

static const acct_mail_t *mail_at(const apr_array_header_t *list, int i)
{
    assert_true(i < list->nelts);
    return &APR_ARRAY_IDX(list, i, acct_mail_t);
}

static void a_mail_is_one_servers_until_its_claim_is_stale(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_array_header_t *one, *two;

    write_mail(f, db, "b@x.org", 100);
    write_mail(f, db, "a@x.org", 90);
    write_mail(f, db, "c@x.org", 300);
    assert_int_equal(acct_store_mail_insert(
        db, &(acct_mail_t){ .kind = "x", .created_at = 1 }, 3, f->pool),
        APR_ENOSPC);
    one = claim(f, db, "one", 200, 0, 10);
    assert_int_equal(one->nelts, 2);
    assert_string_equal(mail_at(one, 0)->address, "a@x.org");
    assert_string_equal(mail_at(one, 1)->address, "b@x.org");
    assert_string_equal(mail_at(one, 0)->kind, "password_reset");
    assert_string_equal(mail_at(one, 0)->language, "de");
    assert_int_equal(mail_at(one, 0)->expires_at, 900);
    two = claim(f, db, "two", 210, 0, 10);
    assert_int_equal(two->nelts, 0);
    two = claim(f, db, "two", 220, 201, 1);
    assert_int_equal(two->nelts, 1);
    assert_int_equal(acct_store_mail_delete(db, mail_at(one, 0), f->pool),
                     APR_NOTFOUND);
    assert_int_equal(acct_store_mail_delete(db, mail_at(two, 0), f->pool),
                     APR_SUCCESS);
    assert_int_equal(acct_store_mail_put_back(db, mail_at(one, 1), 400, 1,
                                              "busy", f->pool), APR_SUCCESS);
    assert_int_equal(acct_store_mail_put_back(db, mail_at(one, 1), 400, 1,
                                              "busy", f->pool),
                     APR_NOTFOUND);
    acct_db_close(db);
}

static void what_is_to_be_mailed_is_listed_and_counted(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    acct_mails_waiting_t waiting;
    apr_array_header_t *list;

    assert_int_equal(acct_store_mail_waiting(db, &waiting, f->pool), 0);
    assert_int_equal(waiting.count, 0);
    write_mail(f, db, "a@x.org", 100);
    write_mail(f, db, "b@x.org", 90);
    assert_int_equal(acct_store_mail_waiting(db, &waiting, f->pool), 0);
    assert_int_equal(waiting.count, 2);
    assert_int_equal(waiting.next_at, 90);
    assert_int_equal(waiting.oldest, 50);
    assert_int_equal(acct_store_mail_list(db, 0, 1, &list, f->pool), 0);
    assert_int_equal(list->nelts, 1);
    assert_int_equal(acct_store_mail_list(db, mail_at(list, 0)->id, 9, &list,
                                          f->pool), 0);
    assert_string_equal(mail_at(list, 0)->address, "b@x.org");
    acct_db_close(db);
}

static void mails_are_counted_by_key_and_hour(void **state)
{
    fixture_t *f = *state;
    acct_db_t *db = open_store(f);
    apr_int64_t sum;

    assert_int_equal(acct_store_mail_count_add(db, "a", 10, 1, f->pool), 0);
    assert_int_equal(acct_store_mail_count_add(db, "a", 10, 2, f->pool), 0);
    assert_int_equal(acct_store_mail_count_add(db, "a", 11, 4, f->pool), 0);
    assert_int_equal(acct_store_mail_count_add(db, "b", 11, 8, f->pool), 0);
    assert_int_equal(acct_store_mail_count_sum(db, "a", 10, &sum, f->pool),
                     0);
    assert_int_equal(sum, 7);
    assert_int_equal(acct_store_mail_count_sum(db, "a", 11, &sum, f->pool),
                     0);
    assert_int_equal(sum, 4);
    assert_int_equal(acct_store_mail_count_sum(db, "c", 0, &sum, f->pool),
                     0);
    assert_int_equal(sum, 0);
    acct_db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_link_is_found_while_it_lives_and_used_once),
        TEST(links_of_an_account_end_by_purpose_together_and_with_it),
        TEST(a_secret_is_pending_until_confirmed_and_stays_then),
        TEST(a_step_is_accepted_once_and_none_before_it),
        TEST(a_recovery_code_is_used_once_and_ends_with_the_secret),
        TEST(a_mail_is_one_servers_until_its_claim_is_stale),
        TEST(what_is_to_be_mailed_is_listed_and_counted),
        TEST(mails_are_counted_by_key_and_hour)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
