/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of the log that are told once a minute. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <apr_strings.h>

#include "apr_fixture.h"
#include "cache/repeat.h"

#define SECOND ((apr_time_t)1000000)

/* Long after the machine was started. */
#define NOW (1000 * SECOND)

static int is_due(acct_repeat_t *repeat, const char *id, const char *words,
                  apr_time_t now, apr_uint32_t *left_out)
{
    return acct_repeat_is_due(repeat, acct_repeat_key(id, NULL, words), now,
                              left_out);
}

static void told_once_a_minute_with_a_count(void **state)
{
    acct_repeat_t repeat;
    apr_uint32_t left_out = 99;
    int i;

    (void)state;
    memset(&repeat, 0, sizeof(repeat));
    assert_true(is_due(&repeat, "A", "x", NOW, &left_out));
    assert_int_equal(left_out, 0);
    for (i = 0; i < 500; i++) {
        assert_false(is_due(&repeat, "A", "x", NOW + i, &left_out));
    }
    assert_false(is_due(&repeat, "A", "x", NOW + 59 * SECOND, &left_out));
    assert_true(is_due(&repeat, "A", "x", NOW + 60 * SECOND, &left_out));
    assert_int_equal(left_out, 501);
    assert_false(is_due(&repeat, "A", "x", NOW + 61 * SECOND, &left_out));
    assert_true(is_due(&repeat, "A", "x", NOW + 120 * SECOND, &left_out));
    assert_int_equal(left_out, 1);
}

static void just_after_the_machine_was_started(void **state)
{
    acct_repeat_t repeat;
    apr_uint32_t left_out;

    (void)state;
    memset(&repeat, 0, sizeof(repeat));
    assert_true(is_due(&repeat, "A", NULL, SECOND, &left_out));
    assert_false(is_due(&repeat, "A", NULL, 2 * SECOND, &left_out));
}

static void kinds_do_not_stand_for_each_other(void **state)
{
    acct_repeat_t repeat;
    apr_uint32_t left_out;

    (void)state;
    memset(&repeat, 0, sizeof(repeat));
    assert_true(is_due(&repeat, "A", "x", NOW, &left_out));
    assert_true(is_due(&repeat, "B", "x", NOW, &left_out));
    assert_true(is_due(&repeat, "A", "y", NOW, &left_out));
    assert_true(is_due(&repeat, "A", NULL, NOW, &left_out));
    assert_true(acct_repeat_is_due(&repeat, acct_repeat_key("A", "here", "x"),
                                   NOW, &left_out));
    assert_true(acct_repeat_is_due(&repeat,
                                   acct_repeat_key("A", "there", "x"), NOW,
                                   &left_out));
    /* What a client can count up is no kind of its own. */
    assert_true(is_due(&repeat, "C", "account 5 is", NOW, &left_out));
    assert_false(is_due(&repeat, "C", "account 67 is", NOW, &left_out));
}

static void however_many_kinds_a_minute_has_a_bound(void **state)
{
    acct_repeat_t repeat;
    apr_uint32_t left_out;
    int told = 0;
    int i;

    (void)state;
    memset(&repeat, 0, sizeof(repeat));
    for (i = 0; i < 10000; i++) {
        char words[3] = { (char)('A' + i % 50), (char)('A' + i / 50 % 50),
                          '\0' };

        told += is_due(&repeat, "A", words, NOW + i, &left_out);
    }
    assert_int_equal(told, ACCT_REPEAT_SLOTS);
    /* A minute later all may be others. */
    assert_true(is_due(&repeat, "B", "new", NOW + 61 * SECOND, &left_out));
    assert_int_equal(left_out, 0);
    assert_false(is_due(&repeat, "B", "new", NOW + 62 * SECOND, &left_out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(told_once_a_minute_with_a_count),
        cmocka_unit_test(just_after_the_machine_was_started),
        cmocka_unit_test(kinds_do_not_stand_for_each_other),
        cmocka_unit_test(however_many_kinds_a_minute_has_a_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
