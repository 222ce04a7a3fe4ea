/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of mail servers, and the settings of what speaks to them. */
#include "apr_fixture.h"

#include <string.h>

#include <apr_strings.h>

#include "mail/smtp.h"

static apr_pool_t *pool;

static void addresses_of_mail_servers(void **state)
{
    static const struct {
        const char *text;
        int is_right, is_local, is_plain;
    } texts[] = {
        { "smtp://mail.example.com", 1, 0, 0 },
        { "SMTP://mail.example.com:587", 1, 0, 0 },
        { "smtps://mail.example.com:465", 1, 0, 0 },
        { "smtp://localhost:25", 1, 1, 1 },
        { "smtp://127.0.0.1", 1, 1, 1 },
        { "smtp://[::1]:25", 1, 1, 1 },
        { "smtps://localhost", 1, 1, 0 },
        { "smtp://127.0.0.1.example.com", 1, 0, 0 },
        { "smtp://[2001:db8::1]:25", 1, 0, 0 },
        { "smtp://", 0, 0, 0 },
        { "smtp://-x", 0, 0, 0 },
        { "smtp://mail.example.com:0", 0, 0, 0 },
        { "smtp://mail.example.com:65536", 0, 0, 0 },
        { "smtp://mail.example.com:", 0, 0, 0 },
        { "smtp://user@mail.example.com", 0, 0, 0 },
        { "smtp://mail.example.com/helo", 0, 0, 0 },
        { "smtp://mail.example.com\nurl x", 0, 0, 0 },
        { "smtp://[::1", 0, 0, 0 },
        { "http://mail.example.com", 0, 0, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        acct_smtp_t smtp;
        const char *error = NULL;
        int is_right = acct_smtp_parse(&smtp, texts[i].text, &error, pool)
            == APR_SUCCESS;

        assert_int_equal(is_right, texts[i].is_right);
        assert_int_equal(is_right, error == NULL);
        if (is_right) {
            assert_int_equal(smtp.is_local, texts[i].is_local);
            assert_int_equal(smtp.is_plain, texts[i].is_plain);
        }
    }
}

static void settings_are_read_as_they_were_written(void **state)
{
    acct_smtp_t smtp = { .url = "smtp://mail.example.com:587",
                         .ca = "/a path/ca.pem", .user = "acc ",
                         .password = "p\"w = x" };
    acct_smtp_t read;

    (void)state;
    assert_int_equal(acct_smtp_settings_read(&read, apr_pstrdup(
        pool, acct_smtp_settings(&smtp, pool))), APR_SUCCESS);
    assert_string_equal(read.url, smtp.url);
    assert_string_equal(read.ca, smtp.ca);
    assert_string_equal(read.user, smtp.user);
    assert_string_equal(read.password, smtp.password);
    assert_int_equal(read.is_plain, 0);
    smtp = (acct_smtp_t){ .url = "smtp://127.0.0.1", .is_plain = 1 };
    assert_int_equal(acct_smtp_settings_read(&read, apr_pstrdup(
        pool, acct_smtp_settings(&smtp, pool))), APR_SUCCESS);
    assert_null(read.user);
    assert_null(read.ca);
    assert_int_equal(read.is_plain, 1);
}

static void settings_that_are_none_are_refused(void **state)
{
    static const char *const texts[] = {
        "", "tls\n", "url http://x\n", "url smtp://x\nuser a\n",
        "url smtp://x\nother y\n", "url smtp://x\npassword b\n"
    };
    acct_smtp_t read;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        assert_int_equal(acct_smtp_settings_read(&read,
                             apr_pstrdup(pool, texts[i])), APR_EINVAL);
    }
}

static int begin(void **state)
{
    return begin_apr(state) || apr_pool_create(&pool, NULL) != APR_SUCCESS;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_of_mail_servers),
        cmocka_unit_test(settings_are_read_as_they_were_written),
        cmocka_unit_test(settings_that_are_none_are_refused),
    };

    return cmocka_run_group_tests(tests, begin, end_apr);
}
