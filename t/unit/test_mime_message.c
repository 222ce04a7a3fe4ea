/* SPDX-License-Identifier: Apache-2.0 */
#include "apr_fixture.h"

#include <string.h>

#include <apr_base64.h>
#include <apr_strings.h>

#include "mail/mime_message.h"

static apr_pool_t *pool;

static acct_mail_from_t from_of(const char *text)
{
    acct_mail_from_t from;
    const char *error;

    assert_int_equal(acct_mail_from_parse(&from, text, &error, pool),
                     APR_SUCCESS);
    return from;
}

static acct_mail_message_t usual(const acct_mail_from_t *from)
{
    acct_mail_message_t m = {
        .from = from, .to = "bob@example.com", .host = "www.example.org",
        .language = "en", .subject = "Hello", .text = "A text.\nTwo lines.\n",
        .date = apr_time_from_sec(1700000000)
    };

    return m;
}

static const char *made(const acct_mail_message_t *m)
{
    const char *bytes, *error;

    assert_int_equal(acct_mail_message(m, &bytes, &error, pool), APR_SUCCESS);
    return bytes;
}

static void has(const char *bytes, const char *part)
{
    if (strstr(bytes, part) == NULL) {
        fail_msg("no \"%s\" in:\n%s", part, bytes);
    }
}

static void a_message_has_the_headers_of_a_mail_that_a_program_wrote(
    void **state)
{
    acct_mail_from_t from = from_of("accounts@example.org");
    acct_mail_message_t m = usual(&from);
    const char *bytes = made(&m);

    (void)state;
    has(bytes, "Date: Tue, 14 Nov 2023 22:13:20 +0000\n");
    has(bytes, "From: accounts@example.org\n");
    has(bytes, "To: bob@example.com\n");
    has(bytes, "Subject: Hello\n");
    has(bytes, "@www.example.org>\n");
    has(bytes, "\nAuto-Submitted: auto-generated\n");
    has(bytes, "\nMIME-Version: 1.0\n");
    has(bytes, "\nContent-Language: en\n");
    has(bytes, "Content-Type: text/plain; charset=utf-8\n"
               "Content-Transfer-Encoding: base64\n\n");
    assert_null(strstr(bytes, "List-Unsubscribe"));
}

static void a_body_is_base64_of_lines_that_end_in_crlf(void **state)
{
    acct_mail_from_t from = from_of("accounts@example.org");
    acct_mail_message_t m = usual(&from);
    const char *body = strstr(made(&m), "\n\n") + 2;
    char *text = apr_palloc(pool, strlen(body) + 4);
    int length;

    (void)state;
    length = apr_base64_decode(text, apr_pstrndup(pool, body,
                                                  strcspn(body, "\n")));
    assert_int_equal(length, 21);
    assert_memory_equal(text, "A text.\r\nTwo lines.\r\n", 21);
}

static void no_line_is_longer_than_78_characters(void **state)
{
    acct_mail_from_t from = from_of("Ünïcödé Ünïcödé Ünïcödé Ünïcödé Ünïcödé "
                                    "Ünïcödé Ünïcödé <a@example.org>");
    acct_mail_message_t m = usual(&from);
    const char *line;

    (void)state;
    m.subject = "öööööööööööööööööööööööööööööööööööööööööööööööööööööööööööö";
    m.text = apr_pstrcat(pool, "0123456789012345678901234567890123456789",
                         "0123456789012345678901234567890123456789\n", NULL);
    m.html = m.text;
    for (line = made(&m); *line != '\0'; line += strcspn(line, "\n") + 1) {
        if (strcspn(line, "\n") > 78) {
            fail_msg("too long: %.100s", line);
        }
    }
}

static void a_long_name_of_the_sender_is_encoded_too(void **state)
{
    acct_mail_from_t from = from_of("The Accounts of the Society for the Study "
                                    "of Long Names and of Their Lines "
                                    "<a@example.org>");
    acct_mail_message_t m = usual(&from);
    const char *line;

    (void)state;
    for (line = made(&m); *line != '\0'; line += strcspn(line, "\n") + 1) {
        if (strcspn(line, "\n") > 78) {
            fail_msg("too long: %.100s", line);
        }
    }
}

static void a_subject_outside_ascii_is_encoded_words_of_whole_characters(
    void **state)
{
    acct_mail_from_t from = from_of("a@example.org");
    acct_mail_message_t m = usual(&from);
    const char *bytes;

    (void)state;
    m.subject = "Passwort zurücksetzen";
    has(made(&m), "\nSubject: =?UTF-8?B?UGFzc3dvcnQgenVyw7xja3NldHplbg==?=\n");
    /* 38 bytes, then a character of two: it goes to the next word whole */
    m.subject = "01234567890123456789012345678901234567ö";
    bytes = made(&m);
    has(bytes, "\nSubject: =?UTF-8?B?MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5"
               "MDEyMzQ1Njc=?=\n =?UTF-8?B?w7Y=?=\n");
    /* what only looks encoded stays what it is */
    m.subject = "=?UTF-8?B?QQ==?=";
    has(made(&m), "\nSubject: =?UTF-8?B?PT9VVEYtOD9CP1FRPT0/PQ==?=\n");
}

static void a_text_with_html_is_two_parts_the_text_first(void **state)
{
    acct_mail_from_t from = from_of("a@example.org");
    acct_mail_message_t m = usual(&from);
    const char *bytes, *boundary, *text, *html;

    (void)state;
    m.html = "<p>A text.</p>\n";
    bytes = made(&m);
    has(bytes, "Content-Type: multipart/alternative;\n boundary=\"=_");
    boundary = strstr(bytes, "=_");
    boundary = apr_pstrcat(pool, "\n--", apr_pstrndup(pool, boundary, 34),
                           NULL);
    text = strstr(bytes, "Content-Type: text/plain");
    html = strstr(bytes, "Content-Type: text/html");
    assert_true(text != NULL && html != NULL && text < html);
    has(bytes, boundary);
    has(html, apr_pstrcat(pool, boundary, "--\n", NULL));
}

static void a_name_of_the_sender_is_quoted_or_encoded(void **state)
{
    acct_mail_from_t from = from_of("Example, \"Inc\" <a@example.org>");
    acct_mail_message_t m = usual(&from);

    (void)state;
    has(made(&m), "\nFrom: \"Example, \\\"Inc\\\"\"\n <a@example.org>\n");
    from = from_of("\"Example\" <a@example.org>");
    has(made(&m), "\nFrom: \"Example\"\n <a@example.org>\n");
    from = from_of("Über <a@example.org>");
    has(made(&m), "\nFrom: =?UTF-8?B?w5xiZXI=?=\n <a@example.org>\n");
}

static void a_sender_that_is_none_is_refused(void **state)
{
    static const char *const wrong[] = {
        "", "a", "Example", "Example <a@example.org", "<>", "Example <a>",
        "a@example.org, b@example.org", "a@example.org\r\nBcc: b@example.org",
        "E\nx <a@example.org>", "Ex\x01 <a@example.org>",
        "\xff <a@example.org>", "Example <a@example.org> x",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        acct_mail_from_t from;
        const char *error = NULL;

        if (acct_mail_from_parse(&from, wrong[i], &error, pool)
            != APR_EINVAL || error == NULL) {
            fail_msg("\"%s\" was taken", wrong[i]);
        }
    }
}

static void what_could_be_a_header_or_a_command_is_refused_and_not_cleaned(
    void **state)
{
    static const char *const bad[] = {
        "x\r\nBcc: b@example.org", "x\ny", "x\ry", "x\ty", "x\x7fy",
        "x\xc2\x85y",           /* C1: NEL */
        "x\xffy", "\x1b[2J",
    };
    acct_mail_from_t from = from_of("a@example.org");

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        acct_mail_message_t m = usual(&from);
        const char *bytes = NULL, *error = NULL;

        m.subject = bad[i];
        assert_int_equal(acct_mail_message(&m, &bytes, &error, pool),
                         APR_EINVAL);
        assert_non_null(error);
        assert_null(bytes);
        m = usual(&from);
        m.to = apr_pstrcat(pool, "bob@example.com", bad[i], NULL);
        assert_int_equal(acct_mail_message(&m, &bytes, &error, pool),
                         APR_EINVAL);
        m = usual(&from);
        m.language = bad[i];
        assert_int_equal(acct_mail_message(&m, &bytes, &error, pool),
                         APR_EINVAL);
        assert_null(strstr(error, bad[i]));
    }
}

static void an_address_is_sent_to_as_smtp_spells_it(void **state)
{
    static const struct {
        const char *text, *sent;
    } right[] = {
        { "Bob+x@Example.COM", "Bob+x@example.com" },
        { "bob@dömäin.com", "bob@xn--dmin-moa0i.com" },
        { "bob@[192.0.2.1]", "bob@[192.0.2.1]" },
        { "bob@[2001:db8::1]", "bob@[IPv6:2001:db8::1]" },
        { "-oQ@example.com", "-oQ@example.com" },
        { "bob@localhost", "bob@localhost" },
        { "\"b>o<b\"@example.com", "\"b>o<b\"@example.com" },
    };
    const char *address;

    (void)state;
    for (size_t i = 0; i < sizeof(right) / sizeof(*right); i++) {
        assert_int_equal(acct_mail_address(right[i].text, &address, pool),
                         APR_SUCCESS);
        assert_string_equal(address, right[i].sent);
    }
    assert_int_equal(acct_mail_address("bob", &address, pool), APR_EINVAL);
    assert_int_equal(acct_mail_address("bob@example.com>\r\nRCPT TO:<x@y.org",
                                       &address, pool), APR_EINVAL);
    assert_int_equal(acct_mail_address("a@b.org,c@d.org", &address, pool),
                     APR_EINVAL);
    assert_int_equal(acct_mail_address("b\xc3\xb6" "b@example.com", &address,
                                       pool), APR_EINVAL);
}

static void a_host_that_is_none_does_not_get_into_the_message_id(void **state)
{
    static const char *const hosts[] = {
        NULL, "", "a b", "x>\r\nBcc: b@example.org", "[::1]", ".x", "a..b"
    };
    acct_mail_from_t from = from_of("a@example.org");

    (void)state;
    for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
        acct_mail_message_t m = usual(&from);
        const char *id;

        m.host = hosts[i];
        id = strstr(made(&m), "Message-ID: <");
        assert_int_equal(strncmp(id + 13 + 32, "@example.org>\n", 14), 0);
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
        cmocka_unit_test(
            a_message_has_the_headers_of_a_mail_that_a_program_wrote),
        cmocka_unit_test(a_body_is_base64_of_lines_that_end_in_crlf),
        cmocka_unit_test(no_line_is_longer_than_78_characters),
        cmocka_unit_test(a_long_name_of_the_sender_is_encoded_too),
        cmocka_unit_test(
            a_subject_outside_ascii_is_encoded_words_of_whole_characters),
        cmocka_unit_test(a_text_with_html_is_two_parts_the_text_first),
        cmocka_unit_test(a_name_of_the_sender_is_quoted_or_encoded),
        cmocka_unit_test(a_sender_that_is_none_is_refused),
        cmocka_unit_test(
            what_could_be_a_header_or_a_command_is_refused_and_not_cleaned),
        cmocka_unit_test(an_address_is_sent_to_as_smtp_spells_it),
        cmocka_unit_test(
            a_host_that_is_none_does_not_get_into_the_message_id),
    };

    return cmocka_run_group_tests(tests, begin, end_apr);
}
