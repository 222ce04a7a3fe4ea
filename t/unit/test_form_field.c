/* SPDX-License-Identifier: Apache-2.0 */
/* What is told of each field, by way of JSON. */
#include "form_fixture.h"

#include <locale.h>

static void each_field_tells_what_is_wrong_with_it(void **state)
{
    static const struct {
        const char *body;
        const char *told;
    } cases[] = {
        { "{\"username\":null,\"password\":null,\"email\":null}",
          "invalid username.null email.null password.null" },
        { "{\"username\":\"\",\"password\":\"\",\"email\":\"\"}",
          "invalid username.blank password.blank" },
        { "{\"username\":\" \\u00a0\\t\",\"password\":\"x\"}",
          "invalid username.blank" },
        { "{\"username\":true,\"password\":[\"p\"],\"email\":{},"
          "\"first_name\":false}",
          "invalid username.not_a_string email.not_a_string "
          "password.not_a_string first_name.not_a_string" },
        { "{\"username\":\"a\\u0000\",\"password\":\"\\u0000p\","
          "\"email\":\"\\u0000\",\"last_name\":\" \\u0000 \"}",
          "invalid username.null_characters email.null_characters "
          "password.null_characters last_name.null_characters" },
        { "{\"username\":\"a b\",\"password\":\"p\",\"email\":\"a\"}",
          "invalid username.invalid email.invalid" },
        { "{\"username\":\"a\",\"password\":\"p\","
          "\"email\":\"Name <a@b.io>\"}", "invalid email.invalid" },
        { "{\"username\":\"a\",\"password\":\"p\",\"password2\":null}",
          "invalid password2.null" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(told(&register_route, JSON, cases[i].body),
                            cases[i].told);
    }
}

static void white_space_alone_is_a_password(void **state)
{
    (void)state;
    assert_string_equal(told(&register_route, JSON,
        "{\"username\":\"a\",\"password\":\"  \"}"), "ok");
    assert_string_equal(VALUE(PASSWORD), "  ");
}

/* ---- where the dialect has a word for it ---- */

static const acct_field_t worded_fields[] = {
    { .name = "username", .role = ACCT_ROLE_USERNAME, .required = 1,
      .index = 0 },
    { .name = "again", .role = ACCT_ROLE_USERNAME_AGAIN, .required = 1,
      .index = 1 },
    { .name = "domain", .role = ACCT_ROLE_EMAIL, .index = 2,
      .lower = ACCT_LOWER_DOMAIN },
    { .name = "password", .role = ACCT_ROLE_PASSWORD, .required = 1,
      .index = 3, .refuses_blanks = 1 },
    { .name = "key", .role = ACCT_ROLE_LINK_KEY, .required = 1, .index = 4,
      .is_exact = 1 },
    { .name = "uid", .role = ACCT_ROLE_LINK_UID, .required = 1, .index = 5 },
};
static const acct_fields_t worded_route = ROUTE(storing, worded_fields);

static const char *told_worded(const char *members)
{
    return told(&worded_route, JSON, apr_psprintf(pool,
        "{\"username\":\"a\",\"again\":\"a\",\"password\":\"p\","
        "\"key\":\"k\",\"uid\":\"u\"%s}", members));
}

static const char *told_with(const char *username, const char *again,
                             const char *password, const char *key)
{
    return told(&worded_route, JSON, apr_psprintf(pool,
        "{\"username\":\"%s\",\"again\":\"%s\",\"password\":\"%s\","
        "\"key\":\"%s\",\"uid\":\" u \"}", username, again, password,
        key));
}

static void white_space_alone_is_no_password_where_a_dialect_says(
    void **state)
{
    (void)state;
    assert_string_equal(told_with("a", "a", " \\t\\u00a0", "k"),
                        "invalid password.blank");
    assert_null(VALUE(PASSWORD));
    assert_string_equal(told_with("a", "a", "", "k"),
                        "invalid password.blank");
    assert_string_equal(told_with("a", "a", "  p ", "k"), "ok");
    assert_string_equal(VALUE(PASSWORD), "  p ");
}

static void blanks_around_what_a_mail_brought_can_belong_to_it(void **state)
{
    (void)state;
    assert_string_equal(told_with("a", "a", "p", " k "), "ok");
    assert_string_equal(VALUE(LINK_KEY), " k ");
    assert_string_equal(VALUE(LINK_UID), "u");
    assert_string_equal(told_with("a", "a", "p", "  "), "invalid key.blank");
}

static void a_long_repetition_differs_and_is_not_too_long(void **state)
{
    (void)state;
    assert_string_equal(told_with("a", repeat("a", 151), "p", "k"),
                        "invalid username.mismatch");
    assert_string_equal(told_with("a", repeat("a", 5000), "p", "k"),
                        "invalid username.mismatch");
    /* A name becomes shorter, but what repeats it does so with it. */
    assert_string_equal(told_with("A\\u030a", "\\u00c5", "p", "k"), "ok");
}

static void an_address_is_kept_in_lower_case_as_far_as_said(void **state)
{
    acct_field_t fields[6];
    acct_fields_t route = ROUTE(storing, fields);

    (void)state;
    assert_string_equal(told_worded(",\"domain\":\"Ann@EXAMPLE.Com\""),
                        "ok");
    assert_string_equal(VALUE(EMAIL), "Ann@example.com");
    memcpy(fields, worded_fields, sizeof(fields));
    fields[2].lower = ACCT_LOWER_ALL;
    told(&route, JSON, "{\"domain\":\"Ann@B\\u00dcCHER.Example\"}");
    /* Letters of ASCII: another script's may come to another domain. */
    assert_string_equal(VALUE(EMAIL), "ann@b\xc3\x9c" "cher.example");
    fields[2].lower = ACCT_LOWER_NOTHING;
    told(&route, JSON, "{\"domain\":\"Ann@EXAMPLE.Com\"}");
    assert_string_equal(VALUE(EMAIL), "Ann@EXAMPLE.Com");
}

static void with_problems_the_rest_is_there(void **state)
{
    (void)state;
    assert_string_equal(told(&register_route, JSON,
        "{\"username\":\"anna\",\"email\":\"a@\"}"),
        "invalid email.invalid password.required");
    assert_string_equal(VALUE(USERNAME), "anna");
    assert_null(VALUE(EMAIL));
    assert_null(VALUE(PASSWORD));
}

static const char *body_with(const char *name, const char *value)
{
    return apr_psprintf(pool, "{\"%s\":\"%s\"}", name, value);
}

/* What is told of one field, all others being absent. */
static const char *told_of(const char *name, const char *value)
{
    const char *all = told(&register_route, JSON, body_with(name, value));
    const char *first = strstr(all, apr_pstrcat(pool, " ", name, ".", NULL));
    const char *next;

    if (first == NULL) {
        return "";
    }
    first++;
    next = strstr(first, " password.required");
    return next ? apr_pstrmemdup(pool, first, (size_t)(next - first))
                : first;
}

static void lengths_are_counted_in_characters(void **state)
{
    const char *o = "\xc3\xb6";
    const char *domain = apr_pstrcat(pool, repeat("a.", 30), "io", NULL);

    (void)state;
    assert_string_equal(told_of("username", repeat(o, 150)), "");
    assert_string_equal(told_of("username", repeat(o, 151)),
                        "username.too_long(150)");
    assert_string_equal(told_of("first_name", repeat(o, 150)), "");
    assert_string_equal(told_of("first_name", repeat(o, 151)),
                        "first_name.too_long(150)");
    assert_string_equal(told_of("last_name", repeat("a", 151)),
                        "last_name.too_long(150)");
    assert_string_equal(told_of("email", apr_pstrcat(pool,
        repeat("a", 254 - 63), "@", domain, NULL)), "");
    assert_string_equal(told_of("email", apr_pstrcat(pool,
        repeat("a", 255 - 63), "@", domain, NULL)),
        "email.too_long(254)");
    assert_string_equal(told(&identifier_route, JSON, apr_psprintf(pool,
        "{\"login\":\"%s\",\"password\":\"p\"}", repeat(o, 254))), "ok");
    assert_string_equal(told(&identifier_route, JSON, apr_psprintf(pool,
        "{\"login\":\"%s\",\"password\":\"p\"}", repeat(o, 255))),
        "invalid login.too_long(254)");
}

static void length_and_grammar_are_both_told(void **state)
{
    (void)state;
    assert_string_equal(told_of("username", repeat("a ", 100)),
                        "username.invalid username.too_long(150)");
    assert_string_equal(told_of("email", repeat("a ", 200)),
                        "email.too_long(254) email.invalid");
}

static void a_password_has_at_most_1024_bytes(void **state)
{
    const char *o = "\xc3\xb6";

    (void)state;
    assert_string_equal(told(&login_route, JSON, apr_psprintf(pool,
        "{\"email\":\"a@x.io\",\"password\":\"%s\"}", repeat(o, 512))),
        "ok");
    assert_int_equal(strlen(VALUE(PASSWORD)), 1024);
    assert_string_equal(told(&login_route, JSON, apr_psprintf(pool,
        "{\"email\":\"a@x.io\",\"password\":\"%sx\"}", repeat(o, 512))),
        "invalid password.too_long(1024)");
    assert_null(VALUE(PASSWORD));
}

static void usernames_are_normalised(void **state)
{
    (void)state;
    /* full-width letters; A and a combining ring */
    assert_string_equal(told(&register_route, JSON,
        "{\"username\":\"\\uff41\\uff42A\\u030a\",\"password\":\"p\"}"),
        "ok");
    assert_string_equal(VALUE(USERNAME), "ab\xc3\x85");
    /* one character that becomes 18 */
    assert_string_equal(told_of("username", repeat("\xef\xac\x83", 50)),
                        "");
    assert_string_equal(told_of("username", repeat("\xef\xac\x83", 51)),
                        "username.too_long(150)");
}

static void an_identifier_has_no_grammar(void **state)
{
    (void)state;
    assert_string_equal(told(&identifier_route, JSON,
        "{\"login\":\" any thing ' OR 1=1-- %s \",\"password\":\"p\"}"),
        "ok");
    assert_string_equal(VALUE(IDENTIFIER), "any thing ' OR 1=1-- %s");
}

static void an_alias_stands_in_for_an_absent_name(void **state)
{
    static const struct {
        const char *body;
        const char *told;
        const char *email;
    } cases[] = {
        { "{\"username\":\"a@x.io\",\"password\":\"p\"}", "ok", "a@x.io" },
        { "{\"username\":\"u@x.io\",\"mail\":\"m@x.io\","
          "\"password\":\"p\"}", "ok", "m@x.io" },
        { "{\"username\":\"u@x.io\",\"email\":\"e@x.io\","
          "\"password\":\"p\"}", "ok", "e@x.io" },
        { "{\"username\":\"u\",\"password\":\"p\"}",
          "invalid email.invalid", NULL },
        { "{\"username\":\"u@x.io\",\"email\":null,\"password\":\"p\"}",
          "invalid email.null", NULL },
        { "{\"username\":\"u@x.io\",\"email\":\"\",\"password\":\"p\"}",
          "invalid email.blank", NULL },
        { "{\"username\":\"u@x.io\",\"mail\":null,\"password\":\"p\"}",
          "invalid email.null", NULL },
        { "{\"password\":\"p\"}", "invalid email.required", NULL },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(told(&login_route, JSON, cases[i].body),
                            cases[i].told);
        if (cases[i].email != NULL) {
            assert_string_equal(VALUE(EMAIL), cases[i].email);
        }
        else {
            assert_null(VALUE(EMAIL));
        }
    }
}

static void numbers_are_taken_as_their_text(void **state)
{
    static const char *const cases[][2] = {
        { "0", "0" }, { "-0", "0" }, { "12", "12" }, { "-7", "-7" },
        { "9223372036854775807", "9223372036854775807" },
        { "-9223372036854775808", "-9223372036854775808" },
        { "1.0", "1.0" }, { "-0.0", "-0.0" }, { "1.5", "1.5" },
        { "0.1", "0.1" }, { "100.25", "100.25" }, { "1e2", "100.0" },
        { "1E15", "1000000000000000.0" }, { "1e16", "1e+16" },
        { "1e22", "1e+22" }, { "1.25e-7", "1.25e-07" },
        { "0.0001", "0.0001" }, { "0.00012", "0.00012" },
        { "0.00001", "1e-05" }, { "123456789.125", "123456789.125" },
        { "0.30000000000000004", "0.30000000000000004" },
        { "1.7976931348623157e308", "1.7976931348623157e+308" },
        { "5e-324", "5e-324" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(told(&identifier_route, JSON, apr_psprintf(pool,
            "{\"login\":1,\"password\":%s}", cases[i][0])), "ok");
        assert_string_equal(VALUE(PASSWORD), cases[i][1]);
        assert_string_equal(VALUE(IDENTIFIER), "1");
    }
}

static void numbers_do_not_depend_on_the_locale(void **state)
{
    (void)state;
    if (setlocale(LC_NUMERIC, "de_DE.UTF-8") == NULL) {
        skip_because("no locale de_DE.UTF-8 here");
    }
    told(&identifier_route, JSON, "{\"login\":\"a\",\"password\":1.5}");
    setlocale(LC_NUMERIC, "C");
    assert_string_equal(VALUE(PASSWORD), "1.5");
}

static void the_repeated_password_must_be_the_same(void **state)
{
    static const struct {
        const char *passwords;
        const char *told;
    } cases[] = {
        { "\"password\":\"p\",\"password2\":\"p\"", "ok" },
        { "\"password\":\"p\",\"password2\":\"q\"",
          "invalid password.mismatch" },
        { "\"password\":\"p\",\"password2\":\"p \"",
          "invalid password.mismatch" },
        { "\"password\":\"1\",\"password2\":1", "ok" },
        { "\"password2\":\"q\"", "invalid password.required" },
        { "\"password\":\"p\",\"password2\":[]",
          "invalid password2.not_a_string" },
        { "\"password\":\"\",\"password2\":\"q\"",
          "invalid password.blank" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(told(&register_route, JSON, apr_psprintf(pool,
            "{\"username\":\"a\",%s}", cases[i].passwords)),
            cases[i].told);
    }
    assert_string_equal(told(&register_route, JSON,
        "{\"username\":\"a\",\"password\":\"p\",\"password2\":\"q\"}"),
        "invalid password.mismatch");
    assert_null(VALUE(PASSWORD));
    assert_null(VALUE(PASSWORD_AGAIN));
    assert_string_equal(VALUE(USERNAME), "a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_field_tells_what_is_wrong_with_it),
        TEST(white_space_alone_is_a_password),
        TEST(white_space_alone_is_no_password_where_a_dialect_says),
        TEST(blanks_around_what_a_mail_brought_can_belong_to_it),
        TEST(a_long_repetition_differs_and_is_not_too_long),
        TEST(an_address_is_kept_in_lower_case_as_far_as_said),
        TEST(with_problems_the_rest_is_there),
        TEST(lengths_are_counted_in_characters),
        TEST(length_and_grammar_are_both_told),
        TEST(a_password_has_at_most_1024_bytes),
        TEST(usernames_are_normalised),
        TEST(an_identifier_has_no_grammar),
        TEST(an_alias_stands_in_for_an_absent_name),
        TEST(numbers_are_taken_as_their_text),
        TEST(numbers_do_not_depend_on_the_locale),
        TEST(the_repeated_password_must_be_the_same)
    };

    return cmocka_run_group_tests_name("form: fields", tests, begin_apr,
                                       end_apr);
}
