/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cmocka_header.h"
#include <apr_general.h>
#include <apr_strings.h>

#include "text/identifier.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static apr_pool_t *pool;

static int start(void **state)
{
    (void)state;
    if (apr_initialize() != APR_SUCCESS) {
        return -1;
    }
    return apr_pool_create(&pool, NULL) == APR_SUCCESS ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    apr_pool_destroy(pool);
    apr_terminate();
    return 0;
}

static const char *repeat(const char *part, int times)
{
    char *text = apr_palloc(pool, strlen(part) * (size_t)times + 1);
    char *at = text;

    while (times-- > 0) {
        at += strlen(strcpy(at, part));
    }
    *at = '\0';
    return text;
}

static const char *normal(const char *text)
{
    const char *name = NULL;

    assert_int_equal(acct_username_normalize(text, &name, pool),
                     APR_SUCCESS);
    return name;
}

static const char *name_key(const char *text)
{
    const char *key = NULL;

    assert_int_equal(acct_username_key(normal(text), &key, pool),
                     APR_SUCCESS);
    return key;
}

static const char *mail_key(const char *text)
{
    const char *key = NULL;

    assert_int_equal(acct_email_key(text, &key, pool), APR_SUCCESS);
    return key;
}

/* Whether a text, once normalised, can be an account's name. */
static int is_name(const char *text)
{
    return acct_username_valid(normal(text), pool);
}

static void check_mails(const char *const *mails, size_t count, int expected)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (acct_email_valid(mails[i], pool) != expected) {
            fail_msg("%s should be %s", mails[i],
                     expected ? "taken" : "refused");
        }
    }
}

/* --------------------------------------------------------------- UTF-8 */

static void length_counts_code_points(void **state)
{
    (void)state;
    assert_int_equal(acct_utf8_length(""), 0);
    assert_int_equal(acct_utf8_length("abc"), 3);
    assert_int_equal(acct_utf8_length("\xc3\xa9\xe4\xb8\xad\xf0\x9f\x99\x82"),
                     3);
}

static void what_is_not_utf8_has_no_length(void **state)
{
    static const char *const bad[] = {
        "\xff", "a\x80", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80",
        "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xc3", "\xe4\xb8",
        "ab\xf0\x9f\x99"
    };
    const char *out;
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(bad); i++) {
        assert_int_equal(acct_utf8_length(bad[i]), -1);
        assert_int_equal(acct_fold(bad[i], &out, pool), APR_EINVAL);
        assert_int_equal(acct_username_normalize(bad[i], &out, pool),
                         APR_EINVAL);
        assert_int_equal(acct_username_key(bad[i], &out, pool), APR_EINVAL);
        assert_int_equal(acct_email_key(bad[i], &out, pool), APR_EINVAL);
        assert_int_equal(acct_username_valid(bad[i], pool), 0);
        assert_int_equal(acct_email_valid(bad[i], pool), 0);
        assert_non_null(acct_trim(bad[i], pool));
    }
}

static void trim_takes_unicode_blanks_from_both_ends(void **state)
{
    static const char *const blanks[] = {
        " ", "\t", "\n", "\v", "\f", "\r", "\x1c", "\x1f", "\xc2\x85",
        "\xc2\xa0", "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x8a",
        "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f",
        "\xe3\x80\x80", " \t \xc2\xa0"
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(blanks); i++) {
        assert_string_equal(
            acct_trim(apr_pstrcat(pool, blanks[i], "a b", blanks[i], NULL),
                      pool), "a b");
        assert_string_equal(acct_trim(blanks[i], pool), "");
    }
}

static void trim_keeps_what_is_no_blank(void **state)
{
    (void)state;
    assert_string_equal(acct_trim("", pool), "");
    assert_string_equal(acct_trim(NULL, pool), "");
    assert_string_equal(acct_trim("a", pool), "a");
    assert_string_equal(acct_trim("\xe2\x80\x8b" "a", pool),
                        "\xe2\x80\x8b" "a");
    assert_string_equal(acct_trim(" \xff ", pool), "\xff");
}

static void a_folded_text_folds_to_itself(void **state)
{
    /* U+0345 folds to a letter and so leaves the marks around it. */
    static const char *const texts[] = {
        ("Stra\xc3\x9f" "e"), "\xef\xac\x83", "\xc4\xb0", "\xe1\xbe\xb3",
        "a\xcd\x85\xcc\xb1", "a\xcc\xb1\xcd\x85", "\xcd\xba", "\xef\xb7\xba"
    };
    const char *once, *twice;
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(texts); i++) {
        assert_int_equal(acct_fold(texts[i], &once, pool), APR_SUCCESS);
        assert_int_equal(acct_fold(once, &twice, pool), APR_SUCCESS);
        assert_string_equal(once, twice);
    }
}

static void equivalent_texts_fold_alike_whatever_the_order_of_marks(
    void **state)
{
    const char *one, *other;

    (void)state;
    assert_int_equal(acct_fold("a\xcd\x85\xcc\xb1", &one, pool),
                     APR_SUCCESS);
    assert_int_equal(acct_fold("a\xcc\xb1\xcd\x85", &other, pool),
                     APR_SUCCESS);
    assert_string_equal(one, other);
}

static void a_very_long_text_is_left_as_it_is(void **state)
{
    const char *text = repeat("A", ACCT_FOLD_MAX + 1), *out;

    (void)state;
    assert_int_equal(acct_fold(text, &out, pool), APR_SUCCESS);
    assert_string_equal(out, text);
    assert_string_equal(normal(text), text);
    assert_int_equal(acct_username_valid(text, pool), 0);
    text = repeat("A", ACCT_FOLD_MAX);
    assert_string_equal(name_key(text), repeat("a", ACCT_FOLD_MAX));
}

/* ----------------------------------------------------------- usernames */

static void usernames_are_letters_digits_and_five_signs(void **state)
{
    static const char *const good[] = {
        "bob", "Bob", "b", "7", "bob@x.io", "b+o-b_.", "@", ".",
        "\xe4\xb8\xad\xe6\x96\x87", "\xd7\x90\xd7\x91\xd7\x92",
        "\xd8\xb9\xd8\xb1\xd8\xa8\xd9\x8a", "\xd9\xa3", "x\xc2\xb2",
        "\xe2\x85\xa7", "\xe2\x91\xa1", "\xc2\xaa", "\xe2\x84\xa6",
        "\xef\xbc\xbf", "e\xcc\x81", "  bob\n"
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(good); i++) {
        if (!is_name(good[i])) {
            fail_msg("%s should be taken", good[i]);
        }
    }
}

static void other_signs_blanks_and_marks_are_no_usernames(void **state)
{
    static const char *const bad[] = {
        "", " ", "bob smith", "bob!", "bob/", "bob:", "bob'", "bob\"",
        "bob,", "bob;", "b\tb", "b\nb", ("b\x01" "b"), ("b\x7f" "b"),
        ("bob\xc2\xa0" "b"),              /* no-break space */
        "\xc2\xbd",                     /* comes to 1, a slash and 2 */
        "\xf0\x9f\x99\x82", "\xe2\x80\x93", "\xe2\x80\xbf", "\xc2\xb7",
        "q\xcc\x81",                    /* a mark that combines to nothing */
        "\xcd\x85", "\xcd\xba",
        "\xef\xb7\xba"                  /* comes to four words */
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(bad); i++) {
        if (is_name(bad[i])) {
            fail_msg("%s should be refused", bad[i]);
        }
    }
    assert_int_equal(acct_username_valid(NULL, pool), 0);
}

static void what_is_invisible_is_no_part_of_a_username(void **state)
{
    static const char *const hidden[] = {
        "\xe2\x80\x8b", "\xe2\x80\x8c", "\xe2\x80\x8d",     /* zero width */
        "\xe2\x80\x8e", "\xe2\x80\x8f", "\xe2\x80\xae",     /* directions */
        "\xe2\x81\xa6", "\xd8\x9c", "\xc2\xad", "\xef\xbb\xbf",
        "\xe2\x81\xa0", "\xef\xb8\x8f", "\xf3\xa0\x81\xa1",
        "\xe1\x85\x9f", "\xe1\x85\xa0", "\xe3\x85\xa4", "\xef\xbe\xa0"
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(hidden); i++) {
        assert_int_equal(is_name(apr_pstrcat(pool, "bo", hidden[i], "b",
                                             NULL)), 0);
        assert_int_equal(is_name(apr_pstrcat(pool, hidden[i], "bob", NULL)),
                         0);
        assert_int_equal(is_name(hidden[i]), 0);
    }
}

static void twins_have_one_key(void **state)
{
    static const char *const twins[][2] = {
        { "BigBird", "bigbird" },
        { "\xe1\xb4\xae\xe1\xb4\xb5\xe1\xb4\xb3\xe1\xb4\xae\xe1\xb4\xb5"
          "\xe1\xb4\xbf\xe1\xb4\xb0", "bigbird" },
        { "\xef\xbd\x82\xef\xbd\x8f\xef\xbd\x82", "bob" },
        { "\xef\xac\x81sh", "fish" },
        { "\xef\xac\x83", "ffi" },
        { ("\xe2\x84\xaa" "elvin"), "kelvin" },
        { "\xc5\xbf", "s" },
        { ("stra\xc3\x9f" "e"), "strasse" },
        { ("STRA\xe1\xba\x9e" "E"), "strasse" },
        { "\xf0\x9d\x95\x93\xf0\x9d\x95\xa0\xf0\x9d\x95\x93", "bob" },
        { "\xe2\x92\xb7ob", "bob" },
        { "\xe2\x85\xa7", "viii" },
        { "\xe2\x84\xa6", "\xcf\x89" },
        { "\xc2\xb5", "\xce\xbc" },
        { ("bo\xcc\x81" "b"), ("b\xc3\xb3" "b") },
        { ("B\xc3\x93" "B"), ("b\xc3\xb3" "b") },
        { "\xc7\x85", "d\xc5\xbe" },
        { "bob ", "bob" },
        { ("\xe3\x80\x80" "bob"), "bob" }
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(twins); i++) {
        assert_string_equal(name_key(twins[i][0]), twins[i][1]);
        assert_int_equal(is_name(twins[i][0]), 1);
        assert_int_equal(is_name(twins[i][1]), 1);
    }
}

static void letters_that_only_look_alike_stay_apart(void **state)
{
    (void)state;
    assert_string_not_equal(name_key("m\xc4\xb1ke"), name_key("mike"));
    assert_string_not_equal(name_key("m\xc4\xb0ke"), name_key("mike"));
    assert_string_not_equal(name_key("m\xc4\xb1ke"), name_key("MIKE"));
    assert_string_not_equal(name_key("b\xd0\xbe" "b"), name_key("bob"));
}

static void a_name_that_is_not_normalised_is_not_valid(void **state)
{
    (void)state;
    assert_int_equal(acct_username_valid("\xef\xac\x81sh", pool), 0);
    assert_int_equal(acct_username_valid("\xef\xbd\x82", pool), 0);
    assert_int_equal(acct_username_valid("\xe2\x84\xaa", pool), 0);
    assert_int_equal(acct_username_valid("\xc2\xaa", pool), 0);
    assert_int_equal(acct_username_valid("fish", pool), 1);
}

/* Every code point, alone and between letters: what is valid has a key
 * that is its own key and normal form. */
static void every_valid_username_has_a_stable_key(void **state)
{
    apr_pool_t *outer = pool;
    char text[8], *at;
    const char *name, *key, *again;
    long c, valid = 0;

    (void)state;
    assert_int_equal(apr_pool_create(&pool, outer), APR_SUCCESS);
    for (c = 0x80; c < 0x20000; c++) {
        if (c >= 0xd800 && c < 0xe000) {
            continue;
        }
        at = text;
        *at++ = 'a';
        if (c < 0x800) {
            *at++ = (char)(0xc0 | c >> 6);
        }
        else {
            if (c < 0x10000) {
                *at++ = (char)(0xe0 | c >> 12);
            }
            else {
                *at++ = (char)(0xf0 | c >> 18);
                *at++ = (char)(0x80 | (c >> 12 & 0x3f));
            }
            *at++ = (char)(0x80 | (c >> 6 & 0x3f));
        }
        *at++ = (char)(0x80 | (c & 0x3f));
        *at++ = 'b';
        *at = '\0';
        name = normal(text);
        if (acct_username_valid(name, pool)) {
            valid++;
            assert_string_equal(normal(name), name);
            key = name_key(name);
            assert_string_equal(name_key(key), key);
            assert_int_equal(acct_username_key(text, &again, pool),
                             APR_SUCCESS);
            assert_string_equal(again, key);
        }
        apr_pool_clear(pool);
    }
    pool = outer;
    assert_true(valid > 50000);
}

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
        cmocka_unit_test(length_counts_code_points),
        cmocka_unit_test(what_is_not_utf8_has_no_length),
        cmocka_unit_test(trim_takes_unicode_blanks_from_both_ends),
        cmocka_unit_test(trim_keeps_what_is_no_blank),
        cmocka_unit_test(a_folded_text_folds_to_itself),
        cmocka_unit_test(
            equivalent_texts_fold_alike_whatever_the_order_of_marks),
        cmocka_unit_test(a_very_long_text_is_left_as_it_is),
        cmocka_unit_test(usernames_are_letters_digits_and_five_signs),
        cmocka_unit_test(other_signs_blanks_and_marks_are_no_usernames),
        cmocka_unit_test(what_is_invisible_is_no_part_of_a_username),
        cmocka_unit_test(twins_have_one_key),
        cmocka_unit_test(letters_that_only_look_alike_stay_apart),
        cmocka_unit_test(a_name_that_is_not_normalised_is_not_valid),
        cmocka_unit_test(every_valid_username_has_a_stable_key),
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
