/* SPDX-License-Identifier: Apache-2.0 */
#include "apr_fixture.h"

#include <string.h>

#include <apr_strings.h>

#include "base/uid.h"
#include "mail/link_text.h"

static apr_pool_t *pool;

static void an_id_is_spelled_as_django_does(void **state)
{
    (void)state;
    /* urlsafe_base64_encode(force_bytes(12)); int_to_base36(12) */
    assert_string_equal(acct_uid_write(ACCT_UID_BASE64URL, 12, pool), "MTI");
    assert_string_equal(acct_uid_write(ACCT_UID_BASE64URL, 1, pool), "MQ");
    assert_string_equal(acct_uid_write(ACCT_UID_BASE64URL, 123, pool),
                        "MTIz");
    assert_string_equal(acct_uid_write(ACCT_UID_BASE36, 12, pool), "c");
    assert_string_equal(acct_uid_write(ACCT_UID_BASE36, 36, pool), "10");
    assert_string_equal(acct_uid_write(ACCT_UID_DECIMAL, 12, pool), "12");
}

static void each_id_is_read_as_it_was_written(void **state)
{
    static const apr_int64_t ids[] = {
        1, 2, 9, 10, 35, 36, 37, 99, 100, 999, 1295, 1296, 123456789,
        APR_INT64_MAX - 1, APR_INT64_MAX
    };

    (void)state;
    for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
        for (int s = 0; s < ACCT_UID__COUNT; s++) {
            acct_uid_e spelling = (acct_uid_e)s;

            assert_true(acct_uid_read(spelling,
                                      acct_uid_write(spelling, ids[i], pool))
                        == ids[i]);
        }
    }
}

static void what_is_no_id_is_read_as_none(void **state)
{
    static const struct {
        acct_uid_e spelling;
        const char *text;
    } wrong[] = {
        { ACCT_UID_DECIMAL, "" }, { ACCT_UID_DECIMAL, "0" },
        { ACCT_UID_DECIMAL, "-1" }, { ACCT_UID_DECIMAL, "+1" },
        { ACCT_UID_DECIMAL, "01" }, { ACCT_UID_DECIMAL, "1 " },
        { ACCT_UID_DECIMAL, " 1" }, { ACCT_UID_DECIMAL, "1a" },
        { ACCT_UID_DECIMAL, "9223372036854775808" },
        { ACCT_UID_DECIMAL, "99999999999999999999999999" },
        { ACCT_UID_BASE36, "" }, { ACCT_UID_BASE36, "0" },
        { ACCT_UID_BASE36, "0c" }, { ACCT_UID_BASE36, "c-" },
        { ACCT_UID_BASE36, "1y2p0ij32e8e8" },   /* 2^63 */
        { ACCT_UID_BASE36, "zzzzzzzzzzzzzzzzzzz" },
        { ACCT_UID_BASE64URL, "" }, { ACCT_UID_BASE64URL, "MTI=" },
        { ACCT_UID_BASE64URL, "MTJ" },  /* bits left over */
        { ACCT_UID_BASE64URL, "MA" },   /* "0" */
        { ACCT_UID_BASE64URL, "MDE" },  /* "01" */
        { ACCT_UID_BASE64URL, "LTE" },  /* "-1" */
        { ACCT_UID_BASE64URL, "MQA" },  /* "1" and a NUL */
        { ACCT_UID_BASE64URL, "MT I" },
        { ACCT_UID_BASE64URL, "OTIyMzM3MjAzNjg1NDc3NTgwOA" },
        { ACCT_UID_BASE64URL, "MTExMTExMTExMTExMTExMTExMTExMTExMTExMTEx" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        if (acct_uid_read(wrong[i].spelling, wrong[i].text) != 0) {
            fail_msg("\"%s\" was read", wrong[i].text);
        }
    }
}

static void capital_letters_of_base_36_are_the_same_digits(void **state)
{
    (void)state;
    assert_int_equal(acct_uid_read(ACCT_UID_BASE36, "C"), 12);
}

static void spellings_are_found_by_their_names(void **state)
{
    (void)state;
    for (int i = 0; i < ACCT_UID__COUNT; i++) {
        assert_int_equal(acct_uid_find(acct_uid_name((acct_uid_e)i)), i);
    }
    assert_int_equal(acct_uid_find("base64"), -1);
}

static void a_link_has_the_form_that_routers_of_front_ends_take(void **state)
{
    char digest[ACCT_DIGEST_HEX + 1];
    const char *text, *hyphen;

    (void)state;
    assert_int_equal(acct_link_text_make(&text, digest,
                                         apr_time_from_sec(1700000000), pool),
                     APR_SUCCESS);
    assert_int_equal(strncmp(text, "s44we8-", 7), 0);
    hyphen = strchr(text, '-');
    assert_int_equal(strlen(hyphen + 1), 32);
    assert_int_equal(strspn(hyphen + 1, "0123456789abcdef"), 32);
}

static void two_links_of_one_moment_differ(void **state)
{
    char digest[2][ACCT_DIGEST_HEX + 1];
    const char *text[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(acct_link_text_make(&text[i], digest[i],
                                             apr_time_from_sec(1), pool),
                         APR_SUCCESS);
    }
    assert_string_not_equal(text[0], text[1]);
    assert_string_not_equal(digest[0], digest[1]);
}

static void what_is_stored_is_the_digest_and_not_the_text(void **state)
{
    char digest[ACCT_DIGEST_HEX + 1], again[ACCT_DIGEST_HEX + 1];
    const char *text;

    (void)state;
    assert_int_equal(acct_link_text_make(&text, digest, apr_time_now(), pool),
                     APR_SUCCESS);
    assert_int_equal(acct_link_text_digest(text, again), APR_SUCCESS);
    assert_string_equal(digest, again);
    assert_int_equal(acct_token_digest(text, again), APR_SUCCESS);
    assert_string_equal(digest, again);
    assert_null(strstr(text, digest));
}

static void a_text_of_another_form_has_no_digest(void **state)
{
    static const char *const wrong[] = {
        "", "-", "s3ul1c-", "s3ul1c", "-0123456789abcdef0123456789abcdef",
        "s3ul1c-0123456789abcdef0123456789abcde",
        "s3ul1c-0123456789abcdef0123456789abcdef0",
        "s3ul1c-0123456789ABCDEF0123456789ABCDEF",
        "S3UL1C-0123456789abcdef0123456789abcdef",
        "s3ul1c-0123456789abcdef0123456789abcdef\n",
        " s3ul1c-0123456789abcdef0123456789abcdef",
        "01234567890123-0123456789abcdef0123456789abcdef",
        "s3ul1c_0123456789abcdef0123456789abcdef",
    };
    char digest[ACCT_DIGEST_HEX + 1];

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        if (acct_link_text_digest(wrong[i], digest) != APR_EINVAL) {
            fail_msg("\"%s\" was taken", wrong[i]);
        }
    }
}

static int begin(void **state)
{
    return begin_apr(state)
        || apr_pool_create(&pool, NULL) != APR_SUCCESS;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_is_spelled_as_django_does),
        cmocka_unit_test(each_id_is_read_as_it_was_written),
        cmocka_unit_test(what_is_no_id_is_read_as_none),
        cmocka_unit_test(capital_letters_of_base_36_are_the_same_digits),
        cmocka_unit_test(spellings_are_found_by_their_names),
        cmocka_unit_test(a_link_has_the_form_that_routers_of_front_ends_take),
        cmocka_unit_test(two_links_of_one_moment_differ),
        cmocka_unit_test(what_is_stored_is_the_digest_and_not_the_text),
        cmocka_unit_test(a_text_of_another_form_has_no_digest),
    };

    return cmocka_run_group_tests(tests, begin, end_apr);
}
