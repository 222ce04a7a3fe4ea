/* SPDX-License-Identifier: Apache-2.0 */
/* JSON as such. */
#include "form_fixture.h"

#include <jansson.h>

static void a_good_body_gives_its_fields(void **state)
{
    (void)state;
    assert_string_equal(told(&register_route, JSON,
        "{\"username\":\" \\u00c5sa \",\"email\":\" A@x.io\\n\","
        "\"password\":\" p w \",\"password2\":\" p w \","
        "\"first_name\":\"\\t\\u00c5\",\"last_name\":\"\"}"), "ok");
    assert_string_equal(VALUE(USERNAME), "\xc3\x85sa");
    assert_string_equal(VALUE(EMAIL), "A@x.io");
    assert_string_equal(VALUE(PASSWORD), " p w ");
    assert_string_equal(VALUE(PASSWORD_AGAIN), " p w ");
    assert_string_equal(VALUE(FIRST_NAME), "\xc3\x85");
    assert_null(VALUE(LAST_NAME));
    assert_null(form.field[ACCT_ROLE_IDENTIFIER]);
    assert_ptr_equal(form.field[ACCT_ROLE_EMAIL], &register_fields[1]);
    assert_string_equal(result->format, "JSON");
}

static void an_empty_body_is_an_empty_object(void **state)
{
    const char *expected = "invalid username.required password.required";

    (void)state;
    assert_string_equal(told(&register_route, JSON, ""), expected);
    assert_string_equal(told(&register_route, NULL, ""), expected);
    assert_string_equal(told(&register_route, "text/plain", ""), expected);
    assert_string_equal(told(&register_route, FORM, ""), expected);
    assert_string_equal(told(&register_route, JSON, " {} "), expected);
}

static void something_else_than_an_object_is_named(void **state)
{
    static const char *const cases[][2] = {
        { "[]", "list" }, { "[{\"username\":1}]", "list" },
        { "\"x\"", "str" }, { "\"\\u0000\"", "str" }, { "12", "int" },
        { "-0", "int" }, { "1.5", "float" }, { "true", "bool" },
        { "false", "bool" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(told(&login_route, JSON, cases[i][0]),
                            "not_an_object");
        assert_string_equal(result->type, cases[i][1]);
    }
    assert_string_equal(told(&login_route, JSON, "null"), "no_data");
}

static void what_is_not_json_is_a_parse_error(void **state)
{
    static const struct {
        const char *body;
        const char *reason;
    } cases[] = {
        { " ", NULL }, { "x", NULL }, { "{", NULL }, { "}", NULL },
        { "]{}", NULL }, { "{\"a\":1", NULL }, { "\"", NULL },
        { "\"\\", NULL }, { "{'a':1}", NULL }, { "{\"a\":1,}", NULL },
        { "{a:1}", NULL }, { "{\"a\":NaN}", NULL }, { "{\"a\":01}", NULL },
        { "{\"a\":+1}", NULL }, { "{\"a\":.5}", NULL },
        { "{\"a\":Infinity}", NULL }, { "// x\n{}", NULL },
        { "::::", NULL },
        { "{}{}", "something follows the document: line 1 column 3" },
        { "{} x", "something follows the document: line 1 column 4" },
        { "\xef\xbb\xbf{}", "it starts with a byte order mark" },
        { "{\"a\":\"b\",\"a\":\"b\"}",
          "a member is named twice: line 1 column 12" },
        { "{\"x\":{\"a\":1,\"a\":2}}", NULL },
        { "{\"a\":\"b\",\"\\u0061\":\"b\"}", NULL },
        { "{\"a\\u0000\":1}", NULL },
        { "{\n \"a\": }", "invalid syntax: line 2 column 7" },
        /* no-break spaces, as in a document copied from a web page */
        { "{\xc2\xa0\"a\":1}", NULL },
        /* not UTF-8: overlong, cut off, 0xff, five bytes, surrogate */
        { "{\"a\":\"\xc0\xaf\"}", NULL }, { "{\"a\":\"\xc3\"}", NULL },
        { "{\"a\":\"\xff\"}", NULL },
        { "{\"a\":\"\xf8\x88\x80\x80\x80\"}", NULL },
        { "{\"a\":\"\xed\xa0\x80\"}", NULL },
        { "{\"a\":\"\xf4\x90\x80\x80\"}", NULL },
        /* surrogates without their other half */
        { "{\"a\":\"\\ud800\"}", NULL }, { "{\"a\":\"\\udc00\"}", NULL },
        { "{\"a\":\"\\ud800\\ud800\"}", NULL },
        { "{\"a\":\"\\u12\"}", NULL }, { "{\"a\":\"\\x41\"}", NULL },
        { "{\"a\":\"\n\"}", NULL },
        /* as many digits as no machine number has, and no number */
        { "{\"a\":012345678901234567890}", NULL },
        { "{\"a\":-012345678901234567890}", NULL },
        { "{\"a\":+12345678901234567890}", NULL },
        { "{\"a\":12345678901234567890.}", NULL },
        { "{\"a\":12345678901234567890e}", NULL },
        { "{\"a\":1e+}", NULL }, { "{\"a\":.1e400}", NULL },
        { "{\"a\":1e400x}", NULL }, { "{\"a\":x1e400}", NULL },
        { "{\"a\":1e400\"\"}", NULL }, { "{\"a\":\"\"1e400}", NULL },
        { "{\"a\":1e400 1e400}", NULL }, { "{\"a\":--1e400}", NULL },
        { "{1e400:1}", NULL }, { "{12345678901234567890 : 1}", NULL },
        { "[12345678901234567890", NULL }, { "{\"a\":1e400", NULL },
        { "{\"a\":1e400.5}", NULL }, { "{\"a\":1_e400}", NULL },
        { "1e400 1e400", NULL }, { "{\"a\":12345678901234567890,}", NULL },
        { "{\n\"a\":1e400,\n\"b\":[1e400, -1e400 ], \"c\":x}",
          "invalid syntax: line 3 column 27" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (read_text(&register_route, JSON, cases[i].body)
            != ACCT_PARSE_ERROR) {
            fail_msg("no parse error: %s", cases[i].body);
        }
        assert_string_equal(result->format, "JSON");
        assert_non_null(result->reason);
        if (cases[i].reason != NULL) {
            assert_string_equal(result->reason, cases[i].reason);
        }
        assert_null(result->problems);
    }
}

/* RFC 8259 sets numbers no range. */
static void numbers_of_any_size_are_taken_as_their_text(void **state)
{
    static const char *const cases[][2] = {
        { "9223372036854775807", NULL }, { "9223372036854775808", NULL },
        { "-9223372036854775808", NULL }, { "-9223372036854775809", NULL },
        { "18446744073709551616", NULL }, { "491711234567890123456", NULL },
        { "99999999999999999999999999999999999999999", NULL },
        { "1e400", NULL }, { "-1E+400", NULL }, { "1.5e309", NULL },
        { "1e99999999999999999999999", NULL }, { "1e-400", "0.0" },
        { "1e-99999999999999999999999", "0.0" }, { "0e400", "0.0" },
        { "0.0e99999999999", "0.0" }, { "0.00001e400", NULL },
        { "1e308", "1e+308" }, { "10e308", NULL }, { "0.1e309", "1e+308" },
        { "1.7976931348623157e308", "1.7976931348623157e+308" },
        { "1.7976931348623159e308", NULL },
        { "179769313486231570000e288", "1.7976931348623157e+308" },
        { "1.50", "1.5" }, { "12", NULL }, { "-0", "0" }
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *number = cases[i][0];

        assert_string_equal(told(&register_route, JSON, apr_psprintf(pool,
            "{\"x\": %s,\"y\":[%s,{\"z\":%s }],\"username\":%s,"
            "\"password\":%s\n}", number, number, number, number,
            number)), "ok");
        assert_string_equal(VALUE(USERNAME),
                            cases[i][1] != NULL ? cases[i][1] : number);
        assert_string_equal(VALUE(PASSWORD),
                            cases[i][1] != NULL ? cases[i][1] : number);
    }
}

static void what_looks_like_a_number_in_a_string_is_a_string(void **state)
{
    (void)state;
    assert_string_equal(told(&register_route, JSON,
        "{\"username\":\"1e400\","
        "\"first_name\":\"12345678901234567890, 1e400\","
        "\"password\":\"\\\":1e400,\\\\\",\"x\":1e400}"), "ok");
    assert_string_equal(VALUE(FIRST_NAME), "12345678901234567890, 1e400");
    assert_string_equal(VALUE(PASSWORD), "\":1e400,\\");
}

static void a_large_number_is_as_much_an_object_as_a_small_one(void **state)
{
    static const char *const cases[][2] = {
        { "18446744073709551616", "int" }, { " 1e400 ", "float" },
        { "-1.0E400\n", "float" }, { "[1e400]", "list" },
        { "\"1e400\"", "str" }
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(told(&login_route, JSON, cases[i][0]),
                            "not_an_object");
        assert_string_equal(result->type, cases[i][1]);
    }
}

static void the_other_limits_hold_beside_large_numbers(void **state)
{
    (void)state;
    assert_int_equal(read_text(&login_route, JSON,
        "{\"a\":1e400,\"a\":1e400}"), ACCT_PARSE_ERROR);
    assert_string_equal(told(&register_route, JSON, "{\"username\":[1e400],"
        "\"password\":{\"a\":1e400}}"),
        "invalid username.not_a_string password.not_a_string");
}

static void raw_null_bytes_are_parse_errors(void **state)
{
    (void)state;
    assert_int_equal(read_bytes(&login_route, JSON, "{\"a\":\"\0\"}", 9),
                     ACCT_PARSE_ERROR);
    assert_int_equal(read_bytes(&login_route, JSON, "{}\0", 3),
                     ACCT_PARSE_ERROR);
    assert_int_equal(read_bytes(&login_route, JSON, "\0", 1),
                     ACCT_PARSE_ERROR);
}

static void the_reason_never_holds_what_was_sent(void **state)
{
    (void)state;
    read_text(&login_route, JSON, "{\"password\":\"hunter2\" hunter2}");
    assert_int_equal(result->outcome, ACCT_PARSE_ERROR);
    assert_null(strstr(result->reason, "hunter2"));
    read_text(&login_route, JSON, "{\"hunter2\":1,\"hunter2\":1}");
    assert_null(strstr(result->reason, "hunter2"));
    read_text(&login_route, FORM, "hunter2=1&hunter2=2");
    assert_null(strstr(result->reason, "hunter2"));
}

static const char *nested(const char *open, const char *close, int times)
{
    return apr_pstrcat(pool, repeat(open, times), "1", repeat(close, times),
                       NULL);
}

static void nesting_is_limited_to_32(void **state)
{
    static const int deep[] = { 32, 33, 2048, 2049, 4096, 1000000 };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(deep) / sizeof(deep[0]); i++) {
        int times = deep[i] - 1;

        assert_int_equal(read_text(&login_route, JSON,
            apr_pstrcat(pool, "{\"a\":", nested("[", "]", times), "}",
                        NULL)),
            deep[i] <= 32 ? ACCT_INVALID : ACCT_PARSE_ERROR);
    }
    assert_string_equal(result->reason,
                        "nested too deep: line 1 column 37");
    assert_int_equal(read_text(&login_route, JSON,
        nested("{\"a\":", "}", 32)), ACCT_INVALID);
    assert_int_equal(read_text(&login_route, JSON,
        nested("{\"a\":", "}", 33)), ACCT_PARSE_ERROR);
    assert_int_equal(read_text(&login_route, JSON, repeat("[", 100000)),
                     ACCT_PARSE_ERROR);
    /* side by side is not deep, and brackets in strings are text */
    assert_int_equal(read_text(&login_route, JSON, apr_pstrcat(pool,
        "{\"a\":[", repeat("[[]],", 100), "[]],\"b\":\"",
        repeat("\\\"[{\\\\", 100), "\"}", NULL)), ACCT_INVALID);
}

static const char *members(int count)
{
    const char *text = "{\"m0\":0";
    int i;

    for (i = 1; i < count; i++) {
        text = apr_psprintf(pool, "%s,\"m%d\":\"::{:\"", text, i);
    }
    return apr_pstrcat(pool, text, "}", NULL);
}

static void an_object_has_at_most_64_members(void **state)
{
    (void)state;
    assert_int_equal(read_text(&login_route, JSON, members(64)),
                     ACCT_INVALID);
    assert_int_equal(read_text(&login_route, JSON, members(65)),
                     ACCT_PARSE_ERROR);
    assert_memory_equal(result->reason, "too many members: line 1 ", 25);
    assert_int_equal(read_text(&login_route, JSON, apr_pstrcat(pool,
        "{\"a\":{\"b\":", members(65), "}}", NULL)), ACCT_PARSE_ERROR);
    assert_int_equal(read_text(&login_route, JSON, apr_pstrcat(pool,
        "{\"a\":[", members(64), ",", members(64), "]}", NULL)),
        ACCT_INVALID);
}

static void unknown_members_are_ignored(void **state)
{
    (void)state;
    assert_string_equal(told(&register_route, JSON,
        "{\"username\":\"a\",\"password\":\"p\",\"is_staff\":true,\"id\":1,"
        "\"is_active\":[0],\"password_hash\":{\"a\":null},\"\":1}"), "ok");
}

/* jansson's allocations, of which one fails. */
static int allocations;
static int failing;

static void *fail_once(size_t size)
{
    return ++allocations == failing ? NULL : malloc(size);
}

static void want_of_memory_is_no_mistake_of_the_clients(void **state)
{
    acct_outcome_e outcome;

    (void)state;
    json_set_alloc_funcs(fail_once, free);
    for (failing = 1, allocations = failing; allocations >= failing;
         failing++) {
        allocations = 0;
        outcome = read_text(&register_route, JSON,
            "{\"username\":\"ann\",\"email\":\"ann@example.org\","
            "\"password\":\"p\",\"more\":[1,1.5,null,{\"a\":\"b\"}]}");
        if (outcome != ACCT_OK && outcome != ACCT_UNAVAILABLE) {
            fail_msg("allocation %d: %s (%s)", failing,
                     acct_outcome_name(outcome), result->reason);
        }
    }
    json_set_alloc_funcs(malloc, free);
    assert_true(failing > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_good_body_gives_its_fields),
        TEST(an_empty_body_is_an_empty_object),
        TEST(something_else_than_an_object_is_named),
        TEST(what_is_not_json_is_a_parse_error),
        TEST(numbers_of_any_size_are_taken_as_their_text),
        TEST(what_looks_like_a_number_in_a_string_is_a_string),
        TEST(a_large_number_is_as_much_an_object_as_a_small_one),
        TEST(the_other_limits_hold_beside_large_numbers),
        TEST(raw_null_bytes_are_parse_errors),
        TEST(the_reason_never_holds_what_was_sent),
        TEST(nesting_is_limited_to_32),
        TEST(an_object_has_at_most_64_members),
        TEST(unknown_members_are_ignored),
        TEST(want_of_memory_is_no_mistake_of_the_clients)
    };

    return cmocka_run_group_tests_name("form: JSON", tests, begin_apr,
                                       end_apr);
}
