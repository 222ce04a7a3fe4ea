/* SPDX-License-Identifier: Apache-2.0 */
#include "form_fixture.h"

static void a_form_gives_its_fields(void **state)
{
    (void)state;
    assert_string_equal(told(&register_route, FORM,
        "&username=%C3%85sa+&&email=a%40x.io&password=+p%2Bw%26%3d=%&x"),
        "parse_error");
    assert_string_equal(told(&register_route, FORM "; charset=utf-8",
        "&username=%C3%85sa+&&email=a%40x.io&password=+p%2Bw%26%3d=&x&"),
        "ok");
    assert_string_equal(VALUE(USERNAME), "\xc3\x85sa");
    assert_string_equal(VALUE(EMAIL), "a@x.io");
    assert_string_equal(VALUE(PASSWORD), " p+w&==");
    assert_string_equal(result->format, "Form");
}

static void forms_have_the_same_problems(void **state)
{
    static const char *const cases[][2] = {
        { "username=&password=", "invalid username.blank password.blank" },
        { "username&x=1", "invalid username.blank password.required" },
        { "username=a%00&password=p%00",
          "invalid username.null_characters password.null_characters" },
        { "username=a+b&password=p&email=x",
          "invalid username.invalid email.invalid" },
        { "username=a&password=p&email=", "ok" },
        { "username=a;password=p",
          "invalid username.invalid password.required" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(told(&register_route, FORM, cases[i][0]),
                            cases[i][1]);
    }
}

static void what_is_not_a_form_is_a_parse_error(void **state)
{
    static const char *const cases[][2] = {
        { "a=%", "'%' without two hex digits: byte 1" },
        { "x=1&a=%4", "'%' without two hex digits: byte 5" },
        { "a=%4&b=1", "'%' without two hex digits: byte 1" },
        { "a=%zz", "'%' without two hex digits: byte 1" },
        { "%=1", "'%' without two hex digits: byte 1" },
        { "%%41=1", "'%' without two hex digits: byte 1" },
        { "a=%FF", "not UTF-8: byte 1" },
        { "a=%C0%AF", "not UTF-8: byte 1" },
        { "a=%ED%A0%80", "not UTF-8: byte 1" },
        { "a=%00%FF", "not UTF-8: byte 1" },
        { "a=%00%00%FF", "not UTF-8: byte 1" },
        { "%FF=a", "not UTF-8: byte 1" },
        { "a=\xff", "not UTF-8: byte 1" },
        { "a%00=1", "a null character in the name of a member: byte 1" },
        { "a=1&b=2&%61=1", "a member is named twice: byte 9" },
        { "a&a", "a member is named twice: byte 3" },
        { "{\"a\":\"%\"}", "'%' without two hex digits: byte 1" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(told(&register_route, FORM, cases[i][0]),
                            "parse_error");
        assert_string_equal(result->reason, cases[i][1]);
        assert_string_equal(result->format, "Form");
    }
}

static const char *pairs(int count)
{
    const char *text = "p0=";
    int i;

    for (i = 1; i < count; i++) {
        text = apr_psprintf(pool, "%s&p%d=", text, i);
    }
    return text;
}

static void a_form_has_at_most_64_members(void **state)
{
    (void)state;
    assert_int_equal(read_text(&login_route, FORM, pairs(64)),
                     ACCT_INVALID);
    assert_int_equal(read_text(&login_route, FORM, pairs(65)),
                     ACCT_PARSE_ERROR);
    assert_int_equal(read_text(&login_route, FORM, repeat("&", 10000)),
                     ACCT_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_form_gives_its_fields),
        TEST(forms_have_the_same_problems),
        TEST(what_is_not_a_form_is_a_parse_error),
        TEST(a_form_has_at_most_64_members)
    };

    return cmocka_run_group_tests_name("form: urlencoded", tests, begin_apr,
                                       end_apr);
}
