/* SPDX-License-Identifier: Apache-2.0 */
#include "dialect_fixture.h"
#include "template/suggest.h"
#include "template/template.h"

/* Errors one after the other, "PATH: what" each. */
typedef struct heard_t {
    apr_pool_t *pool;
    const char *text;
} heard_t;

static void hear(void *baton, const char *path, const char *what)
{
    heard_t *heard = baton;

    heard->text = apr_pstrcat(heard->pool, heard->text, path, ": ", what,
                              "\n", NULL);
}

static const acct_template_t *parse(apr_pool_t *pool, const char *json,
                                    const char **errors)
{
    heard_t heard = { pool, "" };
    json_error_t error;
    json_t *value = json_loads(json, JSON_DECODE_ANY, &error);
    const acct_template_t *template;

    if (value == NULL) {
        fail_msg("%s: %s", json, error.text);
    }
    template = acct_template_json(value, hear, &heard, pool);
    json_decref(value);
    if (errors != NULL) {
        *errors = heard.text;
    }
    else {
        assert_string_equal(heard.text, "");
    }
    assert_true((template == NULL) == (heard.text[0] != '\0'));
    return template;
}

static acct_values_t some_values(apr_pool_t *pool)
{
    acct_values_t values;
    acct_result_t *result = acct_result_make(ACCT_OK, pool);

    memset(&values, 0, sizeof(values));
    result->account = some_account(pool);
    result->token = TOKEN_40;
    result->token_id = "0123456789abcdef0123456789abcdef";
    result->method = "GET";
    result->retry_after = 60;
    values.result = result;
    values.status = 200;
    values.limit = 150;
    values.message = "Say \"no\"";
    return values;
}

static void fills(apr_pool_t *pool, const char *json,
                  const acct_values_t *values, const char *expected)
{
    const acct_template_t *template = parse(pool, json, NULL);
    apr_size_t length;
    const char *text = acct_template_fill(template, values, &length, pool);

    assert_string_equal(text, expected);
    assert_int_equal(length, strlen(expected));
}

static void json_keeps_order_and_types(void **state)
{
    acct_values_t values = some_values(*state);

    fills(*state, "{ \"b\": 1, \"a\": [ true, false, null, 1.5, -3, {} ],"
          " \"\": \"\", \"z\": [] }", &values,
          "{\"b\":1,\"a\":[true,false,null,1.5,-3,{}],\"\":\"\",\"z\":[]}");
    fills(*state, "0.1", &values, "0.1");
    fills(*state, "9007199254740993", &values, "9007199254740993");
}

static void text_is_escaped_in_the_short_forms(void **state)
{
    static const char json[] = "{\"k\\\"\\n\":\"a\\\"b\\\\c\\b\\f\\n\\r\\t"
        "\\u0001\\u001f\x7f/ \xc3\xa9\xe2\x98\xba\xf0\x9f\x98\x80\"}";
    acct_values_t values = some_values(*state);

    fills(*state, json, &values, json);
}

static void a_placeholder_alone_has_its_type(void **state)
{
    acct_values_t values = some_values(*state);

    fills(*state, "[\"{account.id}\",\"{account.is_active}\","
          "\"{account.is_staff}\",\"{account.email}\",\"{status}\","
          "\"{retry_after}\",\"{token.expires}\",\"{message}\","
          "\"{ token }\"]", &values,
          "[1,true,false,\"admin@admin.com\",200,60,null,"
          "\"Say \\\"no\\\"\",\"" TOKEN_40 "\"]");
}

static void a_placeholder_in_text_is_text(void **state)
{
    acct_values_t values = some_values(*state);

    fills(*state, "[\"#{account.id}\",\"is {account.is_active}\","
          "\"{message}!\",\"{account.username}{account.id}\","
          "\"never: {token.expires}.\"]", &values,
          "[\"#1\",\"is true\",\"Say \\\"no\\\"!\",\"admin1\","
          "\"never: .\"]");
}

static void doubled_braces_are_braces(void **state)
{
    acct_values_t values = some_values(*state);

    fills(*state, "[\"{{token}}\",\"{{\",\"}}\",\"{{{account.id}}}\","
          "\"{{}}\"]", &values,
          "[\"{token}\",\"{\",\"}\",\"{1}\",\"{}\"]");
}

static void times_take_a_format(void **state)
{
    acct_values_t values = some_values(*state);

    fills(*state, "[\"{account.last_login}\","
          "\"{account.last_login|%Y-%m-%d %H:%M:%S}\","
          "\"{account.created_at|%d.%m.%Y %% %f}\","
          "\"at {account.created_at|%H:%M}\"]", &values,
          "[\"2021-08-20T22:09:15.829531Z\",\"2021-08-20 22:09:15\","
          "\"20.08.2021 % 829531\",\"at 22:09\"]");
}

/* What is not a directive of it stands in a JSON string. */
static void text_in_a_time_format_is_escaped(void **state)
{
    acct_values_t values = some_values(*state);

    fills(*state, "[\"{account.created_at|%H \\\"h\\\" \\\\ \\u0001 %%}\"]",
          &values, "[\"22 \\\"h\\\" \\\\ \\u0001 %\"]");
}

static void the_first_text_that_is_not_empty_is_taken(void **state)
{
    acct_values_t values = some_values(*state);
    acct_account_t *account = some_account(*state);
    acct_result_t result = *values.result;

    account->username = NULL;
    account->first_name = "";
    result.account = account;
    values.result = &result;
    fills(*state, "[\"{account.username ?? account.first_name ?? "
          "account.last_name}\",\"{account.username??account.email}\","
          "\"<{account.username ?? account.first_name}>\","
          "\"{account.username}\"]", &values,
          "[\"admin\",\"admin@admin.com\",\"<>\",\"\"]");
}

static void errors_are_lists_in_the_order_of_fields(void **state)
{
    static const acct_told_t told[] = {
        { "b", "b", "null", "one" }, { "b", "b", "invalid", "\"two\"" },
        { "a", "a", "required", "three" }
    };
    acct_values_t values = some_values(*state);

    values.told = told;
    values.ntold = COUNT(told);
    fills(*state, "\"{errors}\"", &values,
          "{\"b\":[\"one\",\"\\\"two\\\"\"],\"a\":[\"three\"]}");
    values.ntold = 1;
    fills(*state, "{\"e\":\"{errors}\"}", &values,
          "{\"e\":{\"b\":[\"one\"]}}");
}

static void bytes_that_are_not_utf8_become_a_mark(void **state)
{
    static const struct {
        const char *bytes, *expected;
    } texts[] = {
        { "a\xff" "b", "a\xef\xbf\xbd" "b" },
        { "\xc0\x80", "\xef\xbf\xbd\xef\xbf\xbd" },
        { "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
        { "\xf4\x90\x80\x80",
          "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
        { "\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd" },
        { "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
        { "\x7f", "\x7f" },
    };
    acct_values_t values = some_values(*state);
    int i;

    for (i = 0; i < COUNT(texts); i++) {
        values.message = texts[i].bytes;
        fills(*state, "\"{message}\"", &values,
              apr_pstrcat(*state, "\"", texts[i].expected, "\"", NULL));
    }
}

static void plain_text_is_not_escaped(void **state)
{
    heard_t heard = { *state, "" };
    acct_values_t values = some_values(*state);
    const acct_template_t *template =
        acct_template_text("\"{method}\" {{not}} {limit}", hear, &heard,
                           *state);
    apr_size_t length;

    assert_non_null(template);
    assert_string_equal(acct_template_fill(template, &values, &length,
                                           *state), "\"GET\" {not} 150");
    assert_int_equal(template->uses, ACCT_VALUE_BIT(ACCT_VALUE_METHOD)
                                     | ACCT_VALUE_BIT(ACCT_VALUE_LIMIT));
}

static void mistakes_are_told_with_their_place(void **state)
{
    static const struct {
        const char *json, *error;
    } bad[] = {
        { "{\"a\":{\"b\":[0,\"{tokn}\"]}}", ".a.b[1]: unknown placeholder "
          "\"{tokn}\"; did you mean \"token\"?" },
        { "\"{account.phone}\"", "unknown placeholder" },
        { "\"{}\"", "unknown placeholder \"{}\"; write one of account.id" },
        { "\"{token\"", ": \"{\" is not closed" },
        { "\"{token {token}\"", "\"{\" is not closed" },
        { "\"token}\"", "\"}\" closes nothing; write \"}}\"" },
        { "\"{errors}!\"", "write \"{errors}\" alone" },
        { "\"{recovery_codes}!\"", "write \"{recovery_codes}\" alone" },
        { "\"{account.id ?? account.email}\"", "\"{account.id}\" is no text" },
        { "\"{account.email ?? account.id}\"", "\"{account.id}\" is no text" },
        { "\"{token|%Y}\"", "\"{token}\" is no time" },
        { "\"{account.last_login|%y}\"", "\"%y\" is no directive" },
        { "\"{account.last_login|%}\"", "\"%\" is no directive" },
        { "\"{account.last_login|%\xc3\xa9}\"",
          "\"%\xc3\xa9\" is no directive" },
        { "{\"{token}\":1}", "[\"{token}\"]: a member's name is not filled"
          " in" },
    };
    const char *errors;
    int i;

    for (i = 0; i < COUNT(bad); i++) {
        assert_null(parse(*state, bad[i].json, &errors));
        if (strstr(errors, bad[i].error) == NULL) {
            fail_msg("%s: %s", bad[i].json, errors);
        }
    }
}

static void a_body_may_be_nested_so_deep(void **state)
{
    apr_pool_t *pool = *state;
    const char *open = "", *closed = "", *errors;
    int i;

    for (i = 0; i < ACCT_TEMPLATE_DEPTH; i++) {
        open = apr_pstrcat(pool, open, "[", NULL);
        closed = apr_pstrcat(pool, closed, "]", NULL);
    }
    assert_non_null(parse(pool, apr_pstrcat(pool, open, closed, NULL),
                          NULL));
    assert_null(parse(pool, apr_pstrcat(pool, open, "[]", closed, NULL),
                      &errors));
    assert_non_null(strstr(errors, "nested too deep"));
}

static void suggestions_are_near(void **state)
{
    static const char *const names[] = { "routes", "token", NULL };

    assert_string_equal(acct_suggest("rotues", names, *state),
                        "did you mean \"routes\"?");
    assert_string_equal(acct_suggest("TOKEN", names, *state),
                        "did you mean \"token\"?");
    assert_string_equal(acct_suggest("colour", names, *state),
                        "write one of routes, token");
    assert_string_equal(acct_suggest("a-word-that-is-longer-than-any-that-a-"
                                     "suggestion-is-made-for", names, *state),
                        "write one of routes, token");
    assert_string_equal(acct_shown("a\nb\x7f", *state),
                        "a\\u000ab\\u007f");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(json_keeps_order_and_types),
        POOL_TEST(text_is_escaped_in_the_short_forms),
        POOL_TEST(a_placeholder_alone_has_its_type),
        POOL_TEST(a_placeholder_in_text_is_text),
        POOL_TEST(doubled_braces_are_braces),
        POOL_TEST(times_take_a_format),
        POOL_TEST(text_in_a_time_format_is_escaped),
        POOL_TEST(the_first_text_that_is_not_empty_is_taken),
        POOL_TEST(errors_are_lists_in_the_order_of_fields),
        POOL_TEST(bytes_that_are_not_utf8_become_a_mark),
        POOL_TEST(plain_text_is_not_escaped),
        POOL_TEST(mistakes_are_told_with_their_place),
        POOL_TEST(a_body_may_be_nested_so_deep),
        POOL_TEST(suggestions_are_near)
    };

    return cmocka_run_group_tests(tests, begin_apr, end_apr);
}
