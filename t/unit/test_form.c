/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of requests: JSON and forms to fields and problems. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "form.h"

#define JSON "application/json"
#define FORM "application/x-www-form-urlencoded"

static const char *const email_alias[] = { "mail", "username", NULL };

static const acct_field_t register_fields[] = {
    { "username", ACCT_ROLE_USERNAME, NULL, 1, 0 },
    { "email", ACCT_ROLE_EMAIL, NULL, 0, 1 },
    { "password", ACCT_ROLE_PASSWORD, NULL, 1, 2 },
    { "password2", ACCT_ROLE_PASSWORD_AGAIN, NULL, 0, 3 },
    { "first_name", ACCT_ROLE_FIRST_NAME, NULL, 0, 4 },
    { "last_name", ACCT_ROLE_LAST_NAME, NULL, 0, 5 },
};
static const acct_route_t register_route = {
    .path = "register/", .method = "POST", .op = ACCT_OP_REGISTER,
    .fields = register_fields, .nfields = 6
};

static const acct_field_t login_fields[] = {
    { "email", ACCT_ROLE_EMAIL, email_alias, 1, 0 },
    { "password", ACCT_ROLE_PASSWORD, NULL, 1, 1 },
};
static const acct_route_t login_route = {
    .path = "login/", .method = "POST", .op = ACCT_OP_LOGIN,
    .fields = login_fields, .nfields = 2
};

static const acct_field_t identifier_fields[] = {
    { "login", ACCT_ROLE_IDENTIFIER, NULL, 1, 0 },
    { "password", ACCT_ROLE_PASSWORD, NULL, 1, 1 },
};
static const acct_route_t identifier_route = {
    .path = "signin/", .method = "POST", .op = ACCT_OP_LOGIN,
    .fields = identifier_fields, .nfields = 2
};

static apr_pool_t *pool;
static acct_form_t form;
static acct_result_t *result;

static int set_up(void **state)
{
    (void)state;
    return apr_pool_create(&pool, NULL);
}

static int tear_down(void **state)
{
    (void)state;
    apr_pool_destroy(pool);
    return 0;
}

/* The body is copied to the end of a block of its own size, so that a
 * sanitizer sees any read behind it. */
static acct_outcome_e read_bytes(const acct_route_t *route, const char *type,
                                 const char *body, size_t length)
{
    char *exact = malloc(length > 0 ? length : 1);
    acct_outcome_e outcome;

    assert_non_null(exact);
    memcpy(exact, body, length);
    result = acct_result_make(ACCT_ERROR, pool);
    outcome = acct_form_read(route, type, exact, length, &form, result,
                             pool);
    free(exact);
    assert_int_equal(outcome, result->outcome);
    return outcome;
}

static acct_outcome_e read_text(const acct_route_t *route, const char *type,
                                const char *body)
{
    return read_bytes(route, type, body, strlen(body));
}

/* The outcome and all problems as one line. */
static const char *told(const acct_route_t *route, const char *type,
                        const char *body)
{
    const char *line = acct_outcome_name(read_text(route, type, body));
    int i;

    for (i = 0; result->problems != NULL && i < result->problems->nelts;
         i++) {
        const acct_field_problem_t *p =
            &APR_ARRAY_IDX(result->problems, i, acct_field_problem_t);

        line = apr_psprintf(pool, "%s %s.%s", line, p->field->name,
                            acct_problem_name(p->problem));
        if (p->limit != 0) {
            line = apr_psprintf(pool, "%s(%d)", line, p->limit);
        }
    }
    return line;
}

static const char *repeat(const char *text, int times)
{
    size_t length = strlen(text);
    char *all = apr_palloc(pool, length * (size_t)times + 1);
    int i;

    for (i = 0; i < times; i++) {
        memcpy(all + length * (size_t)i, text, length);
    }
    all[length * (size_t)times] = '\0';
    return all;
}

#define VALUE(role) form.value[ACCT_ROLE_##role]

/* ----------------------------------------------------------- media types */

static void json_and_forms_are_accepted_and_nothing_else(void **state)
{
    static const struct {
        const char *type;
        const char *encoding;
        acct_outcome_e outcome;
    } cases[] = {
        { "application/json", NULL, ACCT_OK },
        { "Application/JSON", NULL, ACCT_OK },
        { " application/json ; charset=utf-16", NULL, ACCT_OK },
        { "application/json;", "identity", ACCT_OK },
        { "application/json", "", ACCT_OK },
        { "application/json", "Identity", ACCT_OK },
        { "application/x-www-form-urlencoded; charset=UTF-8", NULL,
          ACCT_OK },
        { "application/jsonx", NULL, ACCT_UNSUPPORTED_MEDIA_TYPE },
        { "application/jso", NULL, ACCT_UNSUPPORTED_MEDIA_TYPE },
        { "application/json, text/plain", NULL,
          ACCT_UNSUPPORTED_MEDIA_TYPE },
        { "application/vnd.api+json", NULL, ACCT_UNSUPPORTED_MEDIA_TYPE },
        { "text/plain; charset=utf-8", NULL, ACCT_UNSUPPORTED_MEDIA_TYPE },
        { "multipart/form-data; boundary=x", NULL,
          ACCT_UNSUPPORTED_MEDIA_TYPE },
        { ";application/json", NULL, ACCT_UNSUPPORTED_MEDIA_TYPE },
        { "", NULL, ACCT_UNSUPPORTED_MEDIA_TYPE },
        { NULL, NULL, ACCT_UNSUPPORTED_MEDIA_TYPE },
        { "text/plain", "gzip", ACCT_UNSUPPORTED_MEDIA_TYPE },
        { "application/json", "gzip", ACCT_UNSUPPORTED_ENCODING },
        { "application/json", "identity, gzip", ACCT_UNSUPPORTED_ENCODING },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        result = acct_result_make(ACCT_ERROR, pool);
        if (acct_form_accepts(cases[i].type, cases[i].encoding, result,
                              pool) != cases[i].outcome) {
            fail_msg("%s / %s", cases[i].type, cases[i].encoding);
        }
        assert_int_equal(result->outcome, cases[i].outcome);
    }
}

static void a_refused_type_or_encoding_is_shown_as_sent(void **state)
{
    (void)state;
    result = acct_result_make(ACCT_ERROR, pool);
    acct_form_accepts("text/plain; charset=utf-8", NULL, result, pool);
    assert_string_equal(result->media_type, "text/plain; charset=utf-8");
    acct_form_accepts(NULL, NULL, result, pool);
    assert_string_equal(result->media_type, "");
    acct_form_accepts("t\xe9xt/plain", NULL, result, pool);
    assert_string_equal(result->media_type, "t?xt/plain");
    acct_form_accepts(JSON, "gzip", result, pool);
    assert_string_equal(result->encoding, "gzip");
}

/* ---------------------------------------------------------- JSON as such */

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
        { "{\"a\":1e999}", "a number is too large: line 1 column 10" },
        { "{\"a\":-1e999}", NULL },
        { "{\"a\":12345678901234567890}", NULL },
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

/* ------------------------------------------------------- fields, by JSON */

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
        skip();
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

/* ----------------------------------------------------------------- forms */

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

/* ---------------------------------------------------------------- wiping */

static void wiping_overwrites_the_passwords(void **state)
{
    const char *password;
    const char *again;

    (void)state;
    told(&register_route, JSON, "{\"username\":\"a\",\"password\":\"secret\""
         ",\"password2\":\"secret\"}");
    password = VALUE(PASSWORD);
    again = VALUE(PASSWORD_AGAIN);
    acct_form_wipe(&form);
    assert_null(VALUE(PASSWORD));
    assert_null(VALUE(PASSWORD_AGAIN));
    assert_memory_equal(password, "\0\0\0\0\0\0", 6);
    assert_memory_equal(again, "\0\0\0\0\0\0", 6);
    acct_form_wipe(&form);
    assert_string_equal(VALUE(USERNAME), "a");
}

/* Any damage to a good body gives an outcome, and no more. */
static void every_cut_and_every_changed_byte_is_survived(void **state)
{
    static const char *const bodies[][2] = {
        { JSON, "{\"username\":\"\\u00c5\\ud83d\\ude00\",\"password\":"
                "\"p\\n\\\"\",\"x\":[1,-2.5e3,true,null,{\"\":{}}]}" },
        { FORM, "username=%C3%85+&password=p%26&x=%00&y&&z=1" },
    };
    size_t which, i;
    int byte;

    (void)state;
    for (which = 0; which < 2; which++) {
        size_t length = strlen(bodies[which][1]);

        for (i = 0; i < length; i++) {
            char *copy = apr_pstrdup(pool, bodies[which][1]);
            apr_pool_t *outer = pool;

            for (byte = 0; byte < 256; byte++) {
                apr_pool_create(&pool, outer);
                copy[i] = (char)byte;
                read_bytes(&register_route, bodies[which][0], copy, length);
                apr_pool_destroy(pool);
            }
            pool = outer;
            read_bytes(&register_route, bodies[which][0], bodies[which][1],
                       i);
        }
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(json_and_forms_are_accepted_and_nothing_else),
        TEST(a_refused_type_or_encoding_is_shown_as_sent),
        TEST(a_good_body_gives_its_fields),
        TEST(an_empty_body_is_an_empty_object),
        TEST(something_else_than_an_object_is_named),
        TEST(what_is_not_json_is_a_parse_error),
        TEST(raw_null_bytes_are_parse_errors),
        TEST(the_reason_never_holds_what_was_sent),
        TEST(nesting_is_limited_to_32),
        TEST(an_object_has_at_most_64_members),
        TEST(unknown_members_are_ignored),
        TEST(each_field_tells_what_is_wrong_with_it),
        TEST(white_space_alone_is_a_password),
        TEST(with_problems_the_rest_is_there),
        TEST(lengths_are_counted_in_characters),
        TEST(length_and_grammar_are_both_told),
        TEST(a_password_has_at_most_1024_bytes),
        TEST(usernames_are_normalised),
        TEST(an_identifier_has_no_grammar),
        TEST(an_alias_stands_in_for_an_absent_name),
        TEST(numbers_are_taken_as_their_text),
        TEST(numbers_do_not_depend_on_the_locale),
        TEST(the_repeated_password_must_be_the_same),
        TEST(a_form_gives_its_fields),
        TEST(forms_have_the_same_problems),
        TEST(what_is_not_a_form_is_a_parse_error),
        TEST(a_form_has_at_most_64_members),
        TEST(wiping_overwrites_the_passwords),
        TEST(every_cut_and_every_changed_byte_is_survived),
    };
    int failed;

    if (apr_initialize() != APR_SUCCESS) {
        return 1;
    }
    failed = cmocka_run_group_tests_name("form", tests, NULL, NULL);
    apr_terminate();
    return failed;
}
