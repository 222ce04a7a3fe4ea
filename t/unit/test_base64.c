/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base64 as RFC 4648 has it, section 10, and what is no base64 though some
 * readers take it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "cmocka_header.h"

#include "base/base64.h"

#define ROOM 6

static const struct {
    const char *bytes;
    const char *text;
} vectors[] = {
    { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" },
    { "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" },
    { "foobar", "Zm9vYmFy" }, { "\xff\xef\xbe", "/+++" },
    { "\xfb\xff", "+/8=" }
};

#define VECTORS (sizeof(vectors) / sizeof(vectors[0]))

static int is_text(const char *text)
{
    unsigned char bytes[ROOM];
    size_t length;

    return acct_base64_text(text, bytes, sizeof(bytes), &length);
}

/* Whether all of it are digits of the right form. */
static int is_digits(const char *text)
{
    unsigned char bytes[ROOM];
    size_t length;

    return acct_base64_digits(&text, bytes, sizeof(bytes), &length)
        && *text == '\0';
}

static void the_examples_of_the_rfc_are_read(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < VECTORS; i++) {
        unsigned char bytes[ROOM];
        size_t length = 0;

        assert_true(acct_base64_text(vectors[i].text, bytes, sizeof(bytes),
                                     &length));
        assert_int_equal(length, strlen(vectors[i].bytes));
        assert_memory_equal(bytes, vectors[i].bytes, length);
    }
}

static void digits_end_at_what_is_none(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < VECTORS; i++) {
        const char *at = vectors[i].text;
        unsigned char bytes[ROOM];
        size_t length = 0;

        assert_true(acct_base64_digits(&at, bytes, sizeof(bytes), &length));
        assert_int_equal(length, strlen(vectors[i].bytes));
        assert_memory_equal(bytes, vectors[i].bytes, length);
        assert_true(*at == '=' || *at == '\0');
    }
}

static void no_digits_are_no_bytes_and_no_text(void **state)
{
    (void)state;
    assert_true(is_digits(""));
    assert_false(is_text(""));
    assert_false(is_text("="));
    assert_false(is_text("===="));
}

static void padding_is_as_long_as_it_has_to_be(void **state)
{
    (void)state;
    assert_false(is_text("Zg"));
    assert_false(is_text("Zg="));
    assert_false(is_text("Zg==="));
    assert_false(is_text("Zm8"));
    assert_false(is_text("Zm8=="));
    assert_false(is_text("Zm9v="));
    assert_false(is_text("Zg==Zg=="));
    assert_false(is_text("Zg=Z"));
}

static void one_digit_too_many_is_no_byte(void **state)
{
    (void)state;
    assert_false(is_digits("Z"));
    assert_false(is_digits("Zm9vY"));
    assert_false(is_text("Z==="));
    assert_false(is_text("Zm9vY==="));
}

static void bits_left_over_are_zero(void **state)
{
    (void)state;
    assert_true(is_digits("Zg"));
    assert_false(is_digits("Zh"));
    assert_false(is_digits("Zm9"));
    assert_false(is_text("Zh=="));
    assert_false(is_text("Zm9="));
}

static void nothing_is_skipped(void **state)
{
    (void)state;
    assert_false(is_text(" Zm9v"));
    assert_false(is_text("Zm9v "));
    assert_false(is_text("Zm9v\n"));
    assert_false(is_text("Zm 9v"));
    assert_false(is_digits("Zm9v\n"));
}

static void the_alphabet_of_urls_is_another(void **state)
{
    (void)state;
    assert_true(is_text("/+++"));
    assert_false(is_text("_---"));
    assert_false(is_text("\xc3\xa9\xc3\xa9"));
}

static void no_more_is_written_than_there_is_room_for(void **state)
{
    unsigned char bytes[4] = { 0, 0, 0, 0xaa };
    const char *at = "Zm9v";
    size_t length = 0;

    (void)state;
    assert_true(acct_base64_text("Zm9v", bytes, 3, &length));
    assert_int_equal(length, 3);
    assert_false(acct_base64_text("Zm9vYg==", bytes, 3, &length));
    assert_int_equal(bytes[3], 0xaa);
    assert_false(acct_base64_digits(&at, bytes, 2, &length));
    assert_string_equal(at, "Zm9v");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_the_rfc_are_read),
        cmocka_unit_test(digits_end_at_what_is_none),
        cmocka_unit_test(no_digits_are_no_bytes_and_no_text),
        cmocka_unit_test(padding_is_as_long_as_it_has_to_be),
        cmocka_unit_test(one_digit_too_many_is_no_byte),
        cmocka_unit_test(bits_left_over_are_zero),
        cmocka_unit_test(nothing_is_skipped),
        cmocka_unit_test(the_alphabet_of_urls_is_another),
        cmocka_unit_test(no_more_is_written_than_there_is_room_for)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
