/* SPDX-License-Identifier: Apache-2.0 */
/* What the bodies of a dialect can be made of: parts that are defined once,
 * and problems in the shape that the API has for them. */
#include "dialect_files.h"

#define PROBLEM "application/problem+json"

/* A file of this text beside @a base, or a copy of base.json. */
static const acct_dialect_t *load_text(apr_pool_t *pool, const char *json,
                                       const char *middle)
{
    const char *folder = folder_with_base(pool);
    const char *path = write_file(folder, "x.json", json, strlen(json),
                                  pool);
    const acct_dialect_t *dialect;

    if (middle != NULL) {
        write_file(folder, "middle.json", middle, strlen(middle), pool);
    }
    dialect = load_file(pool, path);
    remove_folder(folder, pool);
    return dialect;
}

static acct_result_t *good(apr_pool_t *pool)
{
    acct_result_t *result = acct_result_make(ACCT_OK, pool);

    result->account = some_account(pool);
    result->token = TOKEN_40;
    result->token_id = "0123456789abcdef0123456789abcdef";
    return result;
}

/* ---------------------------------------------------------------- define */

#define USER "\"define\":{\"who\":{\"id\":\"{account.id|text}\"," \
    "\"name\":\"{account.username}\"}," \
    "\"both\":[\"{define.who}\",\"{token}\"]}"
#define SIGN_IN LOGIN("{\"u\":\"identifier\",\"p\":\"password\"}", \
    "\"ok\":{\"status\":200,\"body\":{\"data\":\"{define.both}\"}}")

static void what_is_defined_stands_in_bodies(void **state)
{
    const acct_dialect_t *dialect = load_text(*state, "{\"extends\":\"base\","
        USER ",\"routes\":[" SIGN_IN "]}", NULL);

    answers(dialect, route_of(dialect, "POST", "in/"), good(*state), 200,
            JSON, "{\"data\":[{\"id\":\"1\",\"name\":\"admin\"},\"" TOKEN_40
            "\"]}", *state);
}

static void a_nearer_definition_changes_what_is_extended(void **state)
{
    const acct_dialect_t *dialect = load_text(*state,
        "{\"extends\":\"middle\",\"define\":{\"who\":\"{account.email}\"}}",
        "{\"extends\":\"base\"," USER ",\"routes\":[" SIGN_IN "]}");

    answers(dialect, route_of(dialect, "POST", "in/"), good(*state), 200,
            JSON, "{\"data\":[\"admin@admin.com\",\"" TOKEN_40 "\"]}",
            *state);
}

static void doubled_braces_define_nothing(void **state)
{
    const acct_dialect_t *dialect = load_text(*state, IN_OK(
        "{\"status\":200,\"body\":[\"{{define.x}}\",\"{token}\"]}"), NULL);

    answers(dialect, route_of(dialect, "POST", "in/"), good(*state), 200,
            JSON, "[\"{define.x}\",\"" TOKEN_40 "\"]", *state);
}

/* ---------------------------------------------------------------- shapes */

static acct_result_t *problems(apr_pool_t *pool, const acct_route_t *route)
{
    acct_result_t *result = acct_result_make(ACCT_INVALID, pool);

    acct_result_add_problem(result, field_of(route, "p"),
                            ACCT_PROBLEM_TOO_SHORT, 8, pool);
    acct_result_add_problem(result, field_of(route, "u"),
                            ACCT_PROBLEM_REQUIRED, 0, pool);
    return result;
}

#define SHAPED(invalid, more) "{\"extends\":\"base\"," MEANT ",\"responses\"" \
    ":{\"invalid\":" invalid "},\"routes\":[" \
    JOIN(UP, "\"ok\":{\"status\":201}" more) "]}"

static void problems_are_told_in_the_shape_of_the_api(void **state)
{
    static const struct {
        const char *invalid, *type, *body;
    } shapes[] = {
        /* RFC 9457 */
        { "{\"status\":422,\"headers\":{\"Content-Type\":\"" PROBLEM "\"},"
          "\"body\":{\"title\":\"Wrong.\",\"status\":\"{status}\","
          "\"errors\":{\"each\":\"problems\",\"body\":{\"detail\":"
          "\"{problem.message}\",\"pointer\":\"#{problem.field|pointer}\"}}}}",
          PROBLEM, "{\"title\":\"Wrong.\",\"status\":422,\"errors\":["
          "{\"detail\":\"This field is required.\",\"pointer\":\"#/u\"},"
          "{\"detail\":\"This password is too short. It must contain at "
          "least 8 characters.\",\"pointer\":\"#/p\"}]}" },
        /* JSON:API */
        { "{\"status\":422,\"body\":{\"errors\":{\"each\":\"problems\","
          "\"body\":{\"status\":\"{status|text}\",\"code\":"
          "\"{problem.code}\",\"source\":{\"pointer\":"
          "\"/data/attributes/{problem.field}\"}}}}}", JSON,
          "{\"errors\":[{\"status\":\"422\",\"code\":\"required\","
          "\"source\":{\"pointer\":\"/data/attributes/u\"}},"
          "{\"status\":\"422\",\"code\":\"too_short\",\"source\":"
          "{\"pointer\":\"/data/attributes/p\"}}]}" },
        /* the first text alone, and all of them */
        { "{\"status\":422,\"body\":{\"error\":\"{errors.first}\"}}", JSON,
          "{\"error\":\"This field is required.\"}" },
        { "{\"status\":422,\"body\":{\"each\":\"problems\",\"body\":"
          "\"{problem.field}: {problem.message}\"}}", JSON,
          "[\"u: This field is required.\",\"p: This password is too short. "
          "It must contain at least 8 characters.\"]" },
    };
    int i;

    for (i = 0; i < COUNT(shapes); i++) {
        const acct_dialect_t *dialect = load_text(*state,
            apr_psprintf(*state, SHAPED("%s", ""), shapes[i].invalid), NULL);
        const acct_route_t *route = route_of(dialect, "POST", "up/");

        answers(dialect, route, problems(*state, route), 422,
                shapes[i].type, shapes[i].body, *state);
    }
}

static void a_problem_of_its_own_has_field_and_code(void **state)
{
    const acct_dialect_t *dialect = load_text(*state,
        SHAPED("{\"status\":422,\"body\":\"{errors}\"}", ",\"u.*\":"
               "{\"status\":409,\"body\":{\"at\":\"{problem.field}\","
               "\"code\":\"{problem.code}\",\"text\":\"{message}\"}}"), NULL);
    const acct_route_t *route = route_of(dialect, "POST", "up/");
    acct_result_t *result = acct_result_make(ACCT_INVALID, *state);

    acct_result_add_problem(result, field_of(route, "u"),
                            ACCT_PROBLEM_BLANK, 0, *state);
    answers(dialect, route, result, 409, JSON, "{\"at\":\"u\",\"code\":"
            "\"blank\",\"text\":\"This field may not be blank.\"}", *state);
}

/* -------------------------------------------------------------- mistakes */

static void mistakes_are_told_where_they_are(void **state)
{
    static const struct {
        const char *json, *line;
    } bad[] = {
        { TOP("\"define\":[]"), "define: is a list" },
        { TOP("\"define\":{\"a b\":1}"), "define[\"a b\"]: \"a b\" is no "
          "name" },
        { TOP("\"define\":{\"a\":null}"), "define.a: is null" },
        { "{\"extends\":\"base\",\"define\":{\"user\":1},\"routes\":["
          LOGIN("{\"u\":\"identifier\",\"p\":\"password\"}",
                "\"ok\":{\"status\":200,\"body\":{\"t\":\"{token}\",\"a\":"
                "[\"{define.usr}\"]}}") "]}",
          "routes[0].responses.ok.body.a[0]: nothing is defined as \"usr\"; "
          "did you mean \"user\"?" },
        { IN_OK("{\"status\":200,\"body\":[\"{token}\",\"{define.x}\"]}"),
          "routes[0].responses.ok.body[1]: nothing is defined as \"x\"; "
          "write one of export" },
        { "{\"extends\":\"base\",\"define\":{\"a\":1},\"routes\":["
          LOGIN("{\"u\":\"identifier\",\"p\":\"password\"}",
                "\"ok\":{\"status\":200,\"body\":[\"{token}\","
                "\"so {define.a}\"]}") "]}",
          "routes[0].responses.ok.body[1]: what is defined cannot stand "
          "inside of text" },
        { "{\"extends\":\"base\",\"define\":{\"a\":[\"{define.b}\"],\"b\":"
          "\"{define.a}\"},\"responses\":{\"error\":{\"status\":500,\"body\":"
          "\"{define.a}\"}}," GOOD_ROUTES "}",
          "responses.error.body[0][0][0]" },
        { "{\"extends\":\"base\",\"define\":{\"a\":{\"n\":\"{limit}\"}},"
          "\"responses\":{\"error\":{\"status\":500,\"body\":"
          "{\"d\":\"{define.a}\"}}}," GOOD_ROUTES "}",
          "responses.error.body.d.n: \"{limit}\" is not known" },
        { IN_OK("{\"status\":200,\"body\":[\"{token}\",{\"each\":\"tokens\","
                "\"body\":1}]}"),
          "routes[0].responses.ok.body[1]: \"each\": \"tokens\" is not known "
          "when \"ok\" is answered; use it in \"ok\" of" },
        { IN_OK("{\"status\":200,\"body\":[\"{token}\",\"{token.label}\"]}"),
          "routes[0].responses.ok.body[1]: \"{token.label}\" is not known" },
        { TOP("\"responses\":{\"error\":{\"status\":500,\"body\":"
              "\"{errors.first}\"}}"),
          "responses.error.body: \"{errors.first}\" is not known when "
          "\"error\" is answered; use it in \"invalid\"" },
        { TOP("\"responses\":{\"invalid\":{\"status\":400,\"body\":"
              "\"{problem.code}\"}}"),
          "responses.invalid.body: \"{problem.code}\" is not known when "
          "\"invalid\" is answered; use it in {\"each\": \"problems\"}" },
    };
    const char *folder = folder_with_base(*state);
    int i;

    for (i = 0; i < COUNT(bad); i++) {
        const char *path = write_file(folder, "x.json", bad[i].json,
                                      strlen(bad[i].json), *state);
        apr_status_t status;
        const char *said = errors_of(path, &status, *state);

        if (strstr(said, apr_pstrcat(*state, path, ": ", bad[i].line, NULL))
            != said) {
            fail_msg("%s\nsays\n%swanted first: %s", bad[i].json, said,
                     bad[i].line);
        }
    }
    remove_folder(folder, *state);
}

static void a_definition_cannot_grow_without_end(void **state)
{
    const char *folder = folder_with_base(*state);
    const char *json = "{\"extends\":\"base\",\"define\":{\"a0\":[1,2]";
    const char *path, *said;
    apr_status_t status;
    int i;

    for (i = 1; i < 30; i++) {
        json = apr_psprintf(*state, "%s,\"a%d\":[\"{define.a%d}\","
                            "\"{define.a%d}\"]", json, i, i - 1, i - 1);
    }
    json = apr_pstrcat(*state, json, "},\"responses\":{\"error\":{"
                       "\"status\":500,\"body\":\"{define.a29}\"}},"
                       GOOD_ROUTES "}", NULL);
    path = write_file(folder, "x.json", json, strlen(json), *state);
    said = errors_of(path, &status, *state);
    assert_int_not_equal(status, APR_SUCCESS);
    assert_non_null(strstr(said, "comes to be too large"));
    remove_folder(folder, *state);
}

/* --------------------------------------------------------------- demands */

#define SIGN_UP(demand) "{\"extends\":\"base\"," demand ",\"routes\":[" \
    JOIN("{\"u\":\"username\",\"p\":\"password\"}", OK_TOKEN "," \
         "\"u.invalid\":{\"status\":400},\"u.taken\":{\"status\":400}") \
    "]}"

static void no_token_goes_out_before_what_the_dialect_demands(void **state)
{
    static const char *const demands[] = {
        SIGN_UP("\"register\":{\"pending\":true}"),
        SIGN_UP("\"login\":{\"verified\":true}")
    };

    for (int i = 0; i < 2; i++) {
        const char *folder = folder_with_base(*state);
        apr_status_t status;
        const char *said = errors_of(write_file(folder, "x.json", demands[i],
                                                strlen(demands[i]), *state),
                                     &status, *state);

        remove_folder(folder, *state);
        assert_int_equal(status, APR_EINVAL);
        assert_non_null(strstr(said, "routes[0].responses.ok: shows a "
                               "token, which an account"));
    }
    assert_non_null(load_text(*state, SIGN_UP("\"register\":{}"), NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(what_is_defined_stands_in_bodies),
        POOL_TEST(a_nearer_definition_changes_what_is_extended),
        POOL_TEST(doubled_braces_define_nothing),
        POOL_TEST(problems_are_told_in_the_shape_of_the_api),
        POOL_TEST(a_problem_of_its_own_has_field_and_code),
        POOL_TEST(mistakes_are_told_where_they_are),
        POOL_TEST(a_definition_cannot_grow_without_end),
        POOL_TEST(no_token_goes_out_before_what_the_dialect_demands)
    };

    return cmocka_run_group_tests(tests, begin_apr, end_apr);
}
