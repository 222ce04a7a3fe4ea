/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Email addresses.
 */
#include "identifier_fixture.h"

/* --------------------------------------------------------------- email */

static void addresses_that_django_takes_are_taken(void **state)
{
    static const char *const good[] = {
        "a@b.io", "a@localhost", "o'brien+tag@x.io", "a@[127.0.0.1]",
        "a@[::1]", "A.B@B.IO", "!#$%&'*+/=?^_`{|}~-@b.io", "1@1.io",
        "a@b.c.d.ee", "a@b-c.io", "a@b.c-d", "a@b.c12", "a@1.2.3.44",
        "a@b.xn--p1ai", "a@xn--bcher-kva.example",
        "a@[::]", "a@[1:2:3:4:5:6:7:8]", "a@[1:2:3:4:5:6:7::]",
        "a@[::ffff:1.2.3.4]",
        "a@[0000:0000:0000:0000:0000:0000:0000:0001]"
    };

    (void)state;
    check_mails(good, COUNT(good), 1);
}

static void addresses_that_django_refuses_are_refused(void **state)
{
    static const char *const bad[] = {
        "", "@", "a", "a@", "@b.io", "a@b", "a@b.i", "a@b.io.", "a@.b.io",
        "a@b..io", "a@-b.io", "a@b-.io", "a@b.io-", "a@b.--", "a@.", "a@..",
        ".a@b.io", "a.@b.io", "a..b@b.io", "a@b@c.io", "a @b.io",
        "a@ b.io", "a@b.io ", " a@b.io", "a@b.io\n", "a@b_c.io",
        "Name <a@b.io>", "<a@b.io>", "a@b.io>", "a@b.io,c@d.io",
        "mailto:a@b.io", "a(b)@b.io", "a;b@b.io", "a\\b@b.io", "[a]@b.io",
        "a@LOCALHOST", "a@127.0.0.1", "a@[127.0.0.1", "a@127.0.0.1]",
        "a@[]", "a@[127.0.0.01]", "a@[256.0.0.1]", "a@[1.2.3]",
        "a@[1::2::3]", "a@[00000::1]", "a@[g::1]", "a@[IPv6:::1]",
        "a@[fe80::1%lo]", "a@[ 127.0.0.1]", "a@[127.0.0.1] ",
        "a@[1:2:3:4:5:6:7:8:9]", "a@[::ffff:1.2.3.04]",
        "a@[0000:0000:0000:0000:0000:ffff:255.255.255.255]",
        "a@b/c.io", "a@b!c.io"
    };

    (void)state;
    check_mails(bad, COUNT(bad), 0);
    assert_int_equal(acct_email_valid(NULL, pool), 0);
}

static void a_local_part_may_be_quoted(void **state)
{
    static const char *const good[] = {
        "\"a\"@b.io", "\"\"@b.io", "\"a@b\"@b.io", "\"a\\ b\"@b.io",
        "\"a\\\"b\"@b.io", "\"[]\"@b.io", "\"a..b\"@b.io"
    };
    static const char *const bad[] = {
        "\"a b\"@b.io", "\"a\"b\"@b.io", "\"a\\\"@b.io", "\"@b.io",
        "\"a\"b@b.io", "a\"b\"@b.io", "\"a\n\"@b.io", "\"\\\n\"@b.io",
        "\"\xc3\xa9\"@b.io"
    };

    (void)state;
    check_mails(good, COUNT(good), 1);
    check_mails(bad, COUNT(bad), 0);
}

static void control_characters_are_refused_even_in_quotes(void **state)
{
    static const char *const bad[] = {
        "\"\x01\"@b.io", "\"\x7f\"@b.io", "\"\t\"@b.io", "\"\\\t\"@b.io",
        "\"\\\x1b\"@b.io", "\"\r\n\"@b.io"
    };

    (void)state;
    check_mails(bad, COUNT(bad), 0);
}

static void a_local_part_is_ascii(void **state)
{
    static const char *const bad[] = {
        "\xc3\xa9@b.io", "\xc4\xb1@b.io", "\xc4\xb0@b.io", "\xc5\xbf@b.io",
        "\xe2\x84\xaa@b.io", "\xef\xbd\x81@b.io", "a\xe2\x80\x8d@b.io"
    };

    (void)state;
    check_mails(bad, COUNT(bad), 0);
}

static void internationalised_domains_are_taken(void **state)
{
    static const char *const good[] = {
        ("a@b\xc3\xbc" "cher.example"),
        "a@\xe4\xbe\x8b\xe3\x81\x88.jp",
        "a@\xe4\xbe\x8b\xe3\x81\x88\xe3\x80\x82jp",     /* ideographic . */
        "a@b\xef\xbc\x8eio",                            /* full-width . */
        "a@\xe4\xbe\x8b.\xe6\x97\xa5",
        ("a@stra\xc3\x9f" "e.de"), ("a@a\xc2\xb7" "b.cat"),
        "a@\xe2\x98\x83.net", "a@\xf0\x9f\x92\xa9.la",
        "a@\xef\xbd\x85\xef\xbd\x98.com", "a@\xd7\x90.com",
        "a@b\xcc\x81.io"
    };

    (void)state;
    check_mails(good, COUNT(good), 1);
}

static void domains_that_come_to_something_else_are_refused(void **state)
{
    static const char *const bad[] = {
        ("a@b\xef\xbc\xa0" "c.io"),           /* full-width @ */
        ("a@ex\xe2\x80\xa6" "ample.com"),     /* comes to three dots */
        ("a@b\xc2\xa0" "c.io"), ("a@b\xe2\x80\x83" "c.io"),
        ("a@ex\xe2\x80\x8d" "ample.com"), ("a@ex\xc2\xad" "ample.com"),
        ("a@ex\xe2\x80\x8b" "ample.com"), ("a@ex\xe2\x80\xae" "ample.com"),
        "a@loc\xef\xbd\x81lhost", "a@xn--\xc3\xa9.io", "a@\xc3\xa9-.io",
        "a@-\xc3\xa9.io", "a@b.\xc3\xa9-", ("a@b.\xee\x80\x80" "a")
    };

    (void)state;
    check_mails(bad, COUNT(bad), 0);
}

static void labels_have_up_to_63_characters(void **state)
{
    const char *most = repeat("a", 63), *over = repeat("a", 64);

    (void)state;
    assert_int_equal(acct_email_valid(
        apr_pstrcat(pool, "a@", most, ".io", NULL), pool), 1);
    assert_int_equal(acct_email_valid(
        apr_pstrcat(pool, "a@", over, ".io", NULL), pool), 0);
    assert_int_equal(acct_email_valid(
        apr_pstrcat(pool, "a@b.", most, NULL), pool), 1);
    assert_int_equal(acct_email_valid(
        apr_pstrcat(pool, "a@b.", over, NULL), pool), 0);
    assert_int_equal(acct_email_valid(
        apr_pstrcat(pool, "a@", repeat("\xe4\xb8\xad", 64), ".jp", NULL),
        pool), 0);
}

static void addresses_over_320_characters_are_refused(void **state)
{
    (void)state;
    assert_int_equal(acct_email_valid(
        apr_pstrcat(pool, repeat("a", 315), "@b.io", NULL), pool), 1);
    assert_int_equal(acct_email_valid(
        apr_pstrcat(pool, repeat("a", 316), "@b.io", NULL), pool), 0);
}

static void the_key_of_an_address_is_without_case(void **state)
{
    (void)state;
    assert_string_equal(mail_key(" Mike@Example.ORG\n"), "mike@example.org");
    assert_string_not_equal(mail_key("m\xc4\xb1ke@example.org"),
                            mail_key("mike@example.org"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_that_django_takes_are_taken),
        cmocka_unit_test(addresses_that_django_refuses_are_refused),
        cmocka_unit_test(a_local_part_may_be_quoted),
        cmocka_unit_test(control_characters_are_refused_even_in_quotes),
        cmocka_unit_test(a_local_part_is_ascii),
        cmocka_unit_test(internationalised_domains_are_taken),
        cmocka_unit_test(domains_that_come_to_something_else_are_refused),
        cmocka_unit_test(labels_have_up_to_63_characters),
        cmocka_unit_test(addresses_over_320_characters_are_refused),
        cmocka_unit_test(the_key_of_an_address_is_without_case)
    };

    return cmocka_run_group_tests_name("identifier", tests, start, stop);
}
