/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UTF-8 and usernames.
 */
#include "identifier_fixture.h"

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
        cmocka_unit_test(every_valid_username_has_a_stable_key)
    };

    return cmocka_run_group_tests_name("identifier", tests, start, stop);
}
