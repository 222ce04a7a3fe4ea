/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "cmocka_header.h"

#include "base/hex.h"

static void bytes_are_written_as_lower_case_digits(void **state)
{
    static const unsigned char bytes[] = { 0x00, 0x9a, 0xbf, 0xff };
    char text[2 * sizeof(bytes) + 1];

    (void)state;
    acct_hex_write(text, bytes, sizeof(bytes));
    assert_string_equal(text, "009abfff");
}

static void no_bytes_are_an_empty_text(void **state)
{
    char text[1] = { 'x' };

    (void)state;
    acct_hex_write(text, NULL, 0);
    assert_string_equal(text, "");
}

static void each_byte_is_read_as_it_was_written(void **state)
{
    unsigned char bytes[256];
    unsigned char read[256];
    char text[2 * sizeof(bytes) + 1];

    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (unsigned char)i;
    }
    acct_hex_write(text, bytes, sizeof(bytes));
    assert_true(acct_hex_read(read, text, sizeof(read)));
    assert_memory_equal(read, bytes, sizeof(bytes));
}

static void what_is_no_lower_case_digit_is_refused_in_each_place(void **state)
{
    static const char not_digits[] = "AFGg/:`@ -\xff";

    (void)state;
    for (const char *c = not_digits; *c != '\0'; c++) {
        for (size_t at = 0; at < 4; at++) {
            char text[] = "12ab";
            unsigned char bytes[2];

            text[at] = *c;
            assert_false(acct_hex_read(bytes, text, sizeof(bytes)));
        }
    }
}

static void a_text_that_ends_early_is_refused(void **state)
{
    unsigned char bytes[2];

    (void)state;
    assert_false(acct_hex_read(bytes, "", sizeof(bytes)));
    assert_false(acct_hex_read(bytes, "12a", sizeof(bytes)));
}

static void what_comes_behind_the_digits_is_not_looked_at(void **state)
{
    unsigned char bytes[2];

    (void)state;
    assert_true(acct_hex_read(bytes, "12abX", sizeof(bytes)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_written_as_lower_case_digits),
        cmocka_unit_test(no_bytes_are_an_empty_text),
        cmocka_unit_test(each_byte_is_read_as_it_was_written),
        cmocka_unit_test(
            what_is_no_lower_case_digit_is_refused_in_each_place),
        cmocka_unit_test(a_text_that_ends_early_is_refused),
        cmocka_unit_test(what_comes_behind_the_digits_is_not_looked_at)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
