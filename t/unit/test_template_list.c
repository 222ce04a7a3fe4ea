/* SPDX-License-Identifier: Apache-2.0 */
/* Templates: formats behind "|", and lists. */
#include "dialect_fixture.h"
#include "template/template.h"

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
    json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
    const acct_template_t *template;

    assert_non_null(value);
    template = acct_template_json(value, hear, &heard, pool);
    json_decref(value);
    *errors = heard.text;
    return template;
}

static void fills(apr_pool_t *pool, const char *json,
                  const acct_values_t *values, const char *expected)
{
    const char *errors;
    const acct_template_t *template = parse(pool, json, &errors);
    apr_size_t length;

    assert_string_equal(errors, "");
    assert_string_equal(acct_template_fill(template, values, &length, pool),
                        expected);
    assert_int_equal(length, strlen(expected));
}

#define ID_A "0123456789abcdef0123456789abcdef"
#define ID_B "fedcba9876543210fedcba9876543210"

static acct_values_t some_values(apr_pool_t *pool)
{
    acct_values_t values;
    acct_result_t *result = acct_result_make(ACCT_OK, pool);
    acct_account_t *account = some_account(pool);
    apr_array_header_t *tokens = apr_array_make(pool, 2,
                                                sizeof(acct_token_t));
    const acct_token_t a = {
        .id = ID_A, .label = "telephone", .created_at = SOME_TIME,
        .last_used = SOME_TIME + 1000000, .network = "192.0.2.7"
    };
    const acct_token_t b = {
        .id = ID_B, .label = "a \"b\"", .created_at = SOME_TIME - 5000000,
        .expires_at = SOME_TIME + 60500000, .network = ""
    };

    memset(&values, 0, sizeof(values));
    APR_ARRAY_PUSH(tokens, acct_token_t) = a;
    APR_ARRAY_PUSH(tokens, acct_token_t) = b;
    account->id = 12;
    result->account = account;
    result->token_id = ID_B;
    result->token_expires = SOME_TIME + 60500000;
    result->retry_after = 60;
    result->tokens = tokens;
    values.result = result;
    values.status = 422;
    values.now = SOME_TIME;
    return values;
}

/* ------------------------------------------------------------- formats */

static void a_time_may_be_a_number_of_seconds(void **state)
{
    acct_values_t values = some_values(*state);

    fills(*state, "[\"{account.created_at|epoch}\","
          "\"{account.created_at|epoch_ms}\","
          "\"at {account.created_at|epoch} s\"]", &values,
          "[1629497355,1629497355829,\"at 1629497355 s\"]");
}

static void what_is_left_of_a_time_is_counted_from_now(void **state)
{
    acct_values_t values = some_values(*state);

    fills(*state, "{\"expires_in\":\"{token.expires|seconds_left}\"}",
          &values, "{\"expires_in\":60}");
    values.now = SOME_TIME + 3600 * APR_INT64_C(1000000);
    fills(*state, "\"{token.expires|seconds_left}\"", &values, "0");
}

static void a_time_that_never_was_is_null_in_any_format(void **state)
{
    acct_values_t values = some_values(*state);
    acct_result_t result = *values.result;

    result.token_expires = 0;
    values.result = &result;
    fills(*state, "[\"{token.expires|epoch}\",\"{token.expires|epoch_ms}\","
          "\"{token.expires|seconds_left}\",\"in {token.expires|epoch}\"]",
          &values, "[null,null,null,\"in \"]");
}

static void a_number_may_be_sent_as_text(void **state)
{
    acct_values_t values = some_values(*state);

    fills(*state, "[\"{account.id}\",\"{account.id|text}\","
          "\"{account.id|base36}\",\"{account.id|base64url}\","
          "\"{status|text}\",\"u-{account.id|base36}\"]", &values,
          "[12,\"12\",\"c\",\"MTI\",\"422\",\"u-c\"]");
}

static void a_pattern_is_escaped_as_text_is(void **state)
{
    acct_values_t values = some_values(*state);

    fills(*state, "\"{account.created_at|\\\"%Y\\\"\\n}\"", &values,
          "\"\\\"2021\\\"\\n\"");
}

/* --------------------------------------------------------------- lists */

static void a_list_has_a_body_for_each_token(void **state)
{
    acct_values_t values = some_values(*state);

    fills(*state, "{\"sessions\":{\"each\":\"tokens\",\"body\":{"
          "\"id\":\"{token.id}\",\"name\":\"{token.label}\","
          "\"seen\":\"{token.last_used|epoch}\","
          "\"until\":\"{token.expires|epoch}\","
          "\"from\":\"{token.network}\",\"mine\":\"{token.current}\"}},"
          "\"of\":\"{account.id}\"}", &values,
          "{\"sessions\":[{\"id\":\"" ID_A "\",\"name\":\"telephone\","
          "\"seen\":1629497356,\"until\":null,\"from\":\"192.0.2.7\","
          "\"mine\":false},{\"id\":\"" ID_B "\",\"name\":\"a \\\"b\\\"\","
          "\"seen\":null,\"until\":1629497416,\"from\":\"\",\"mine\":true}],"
          "\"of\":12}");
}

static void an_item_may_be_a_text_or_a_list(void **state)
{
    acct_values_t values = some_values(*state);

    fills(*state, "{\"each\":\"tokens\",\"body\":\"{token.label}\"}", &values,
          "[\"telephone\",\"a \\\"b\\\"\"]");
    fills(*state, "[{\"each\":\"tokens\",\"body\":[\"{account.id}\","
          "\"{token.created_at|%S}\"]}]", &values,
          "[[[12,\"15\"],[12,\"10\"]]]");
}

static void an_empty_list_is_one(void **state)
{
    acct_values_t values = some_values(*state);
    acct_result_t result = *values.result;

    result.tokens = apr_array_make(*state, 1, sizeof(acct_token_t));
    values.result = &result;
    fills(*state, "{\"each\":\"tokens\",\"body\":{}}", &values, "[]");
}

static void outside_of_a_list_a_token_is_the_one_that_was_read(void **state)
{
    acct_values_t values = some_values(*state);
    acct_result_t result = *values.result;

    result.token_read = &APR_ARRAY_IDX(result.tokens, 0, acct_token_t);
    values.result = &result;
    fills(*state, "[\"{token.id}\",\"{token.label}\",\"{token.current}\","
          "{\"each\":\"tokens\",\"body\":\"{token.label}\"}]", &values,
          "[\"" ID_A "\",\"telephone\",false,"
          "[\"telephone\",\"a \\\"b\\\"\"]]");
}

static void problems_are_a_list_too(void **state)
{
    static const acct_told_t told[] = {
        { "mail", "mail", "required", "Missing." },
        { "word", "user.pass/word~", "too_short", "Too \"short\"." },
        { "word", "user.pass/word~", "too_common", "Common." }
    };
    acct_values_t values = some_values(*state);

    values.told = told;
    values.ntold = COUNT(told);
    fills(*state, "{\"first\":\"{errors.first}\",\"errors\":{\"each\":"
          "\"problems\",\"body\":{\"at\":\"{problem.field|pointer}\","
          "\"code\":\"{problem.code}\",\"detail\":\"{problem.message}\"}}}",
          &values,
          "{\"first\":\"Missing.\",\"errors\":[{\"at\":\"/mail\","
          "\"code\":\"required\",\"detail\":\"Missing.\"},"
          "{\"at\":\"/user/pass~1word~0\",\"code\":\"too_short\","
          "\"detail\":\"Too \\\"short\\\".\"},"
          "{\"at\":\"/user/pass~1word~0\",\"code\":\"too_common\","
          "\"detail\":\"Common.\"}]}");
}

static void a_list_is_used_and_its_items_are_not(void **state)
{
    const char *errors;
    const acct_template_t *template = parse(*state, "{\"each\":\"tokens\","
        "\"body\":[\"{token.id}\",\"{account.id}\"]}", &errors);

    assert_non_null(template);
    assert_int_equal(template->uses, ACCT_VALUE_BIT(ACCT_VALUE_TOKENS)
                                     | ACCT_VALUE_BIT(ACCT_VALUE_ACCOUNT_ID));
    assert_int_equal(template->nplaces, 2);
    assert_string_equal(template->places[1].path, ".body[1]");
}

static void an_object_that_names_no_list_is_sent_as_it_is(void **state)
{
    acct_values_t values = some_values(*state);

    fills(*state, "{\"each\":\"monday\"}", &values, "{\"each\":\"monday\"}");
    fills(*state, "{\"each\":1,\"body\":2}", &values,
          "{\"each\":1,\"body\":2}");
}

static void mistakes_are_told_with_what_mends_them(void **state)
{
    static const struct {
        const char *json, *error;
    } bad[] = {
        { "{\"each\":\"tokns\",\"body\":1}",
          ": there is no list \"tokns\"; did you mean \"tokens\"?" },
        { "{\"each\":\"tokens\"}", ": a list has two members" },
        { "{\"each\":\"tokens\",\"body\":1,\"max\":2}",
          ": a list has two members" },
        { "{\"each\":\"tokens\",\"body\":{\"a\":{\"each\":\"problems\","
          "\"body\":1}}}", ".body.a: a list stands inside of" },
        { "{\"each\":\"tokens\",\"body\":[\"{problem.message}\"]}",
          ".body[0]: \"{problem.message}\" is of the items of a list; write "
          "it in the \"body\" of {\"each\": \"problems\"" },
        { "\"{tokens}\"", "unknown placeholder \"{tokens}\"; did you mean "
          "\"token\"?" },
        { "\"{token.expires|epcoh}\"", "\"epcoh\" is no format of "
          "\"{token.expires}\"; did you mean \"epoch\"?, or directives" },
        { "\"{account.id|base46}\"", "did you mean \"base36\"?" },
        { "\"{account.id|epoch}\"", "\"epoch\" is no format of "
          "\"{account.id}\"; write one of text, base36, base64url" },
        { "\"{account.is_staff|text}\"", "takes no format" },
        { "\"{message|pointer}\"", "takes no format" },
        { "\"{account.email ?? message|text}\"", "\"??\" takes no format" },
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

static void an_account_tells_its_state(void **state)
{
    acct_values_t values = some_values(*state);
    acct_result_t result = *values.result;
    acct_account_t account = *result.account;

    result.account = &account;
    values.result = &result;
    fills(*state, "[\"{account.state}\",\"{account.is_verified}\","
          "\"{account.has_totp}\",\"{account.email_pending}\","
          "\"{account.verified_at|epoch}\"]", &values,
          "[\"active\",false,false,\"\",null]");
    account.is_active = 0;
    account.has_totp = 1;
    account.email_pending = "new@example.org";
    account.email_verified_at = SOME_TIME;
    fills(*state, "[\"{account.state}\",\"{account.is_verified}\","
          "\"{account.has_totp}\",\"{account.email_pending}\","
          "\"{account.verified_at|epoch}\"]", &values,
          "[\"blocked\",true,true,\"new@example.org\",1629497355]");
    account.pending_until = SOME_TIME;
    fills(*state, "[\"{account.state}\",\"{account.pending_until|%Y}\","
          "\"{account.password_changed_at}\"]", &values,
          "[\"pending\",\"2021\",null]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(a_time_may_be_a_number_of_seconds),
        POOL_TEST(what_is_left_of_a_time_is_counted_from_now),
        POOL_TEST(a_time_that_never_was_is_null_in_any_format),
        POOL_TEST(a_number_may_be_sent_as_text),
        POOL_TEST(a_pattern_is_escaped_as_text_is),
        POOL_TEST(a_list_has_a_body_for_each_token),
        POOL_TEST(an_item_may_be_a_text_or_a_list),
        POOL_TEST(an_empty_list_is_one),
        POOL_TEST(outside_of_a_list_a_token_is_the_one_that_was_read),
        POOL_TEST(problems_are_a_list_too),
        POOL_TEST(a_list_is_used_and_its_items_are_not),
        POOL_TEST(an_object_that_names_no_list_is_sent_as_it_is),
        POOL_TEST(mistakes_are_told_with_what_mends_them),
        POOL_TEST(an_account_tells_its_state)
    };

    return cmocka_run_group_tests(tests, begin_apr, end_apr);
}
