/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers that are the same for all APIs, what goes wrong, and an API that is
 * a file alone.
 */
#include "dialect_fixture.h"
#include "render_fixture.h"

/* ------------------------------------------------------- the general part */

static void outcomes_of_the_general_part(void **state)
{
    static const struct {
        acct_outcome_e outcome;
        int status;
        const char *body;
    } general[] = {
        { ACCT_NOT_FOUND, 404, "{\"detail\":\"Not found.\"}" },
        { ACCT_METHOD_NOT_ALLOWED, 405,
          "{\"detail\":\"Method \\\"GET\\\" not allowed.\"}" },
        { ACCT_OPTIONS, 200, NULL },
        { ACCT_TLS_REQUIRED, 403, "{\"detail\":\"Credentials are only "
          "accepted over HTTPS, and this request did not reach the server "
          "that way.\"}" },
        { ACCT_UNSUPPORTED_MEDIA_TYPE, 415, "{\"detail\":\"Unsupported media "
          "type \\\"text/plain\\\" in request.\"}" },
        { ACCT_UNSUPPORTED_ENCODING, 415, "{\"detail\":\"Unsupported content "
          "encoding \\\"gzip\\\" in request.\"}" },
        { ACCT_TOO_LARGE, 413,
          "{\"detail\":\"Request body is too large.\"}" },
        { ACCT_PARSE_ERROR, 400,
          "{\"detail\":\"JSON parse error - line 1: bad\"}" },
        { ACCT_NOT_AN_OBJECT, 400, "{\"non_field_errors\":[\"Invalid data. "
          "Expected a dictionary, but got list.\"]}" },
        { ACCT_NO_DATA, 400,
          "{\"non_field_errors\":[\"No data provided\"]}" },
        { ACCT_NOT_AUTHENTICATED, 401, "{\"detail\":\"Authentication "
          "credentials were not provided.\"}" },
        { ACCT_TOKEN_ABSENT, 401, "{\"detail\":\"Invalid token header. No "
          "credentials provided.\"}" },
        { ACCT_TOKEN_SPACES, 401, "{\"detail\":\"Invalid token header. Token "
          "string should not contain spaces.\"}" },
        { ACCT_TOKEN_CHARACTERS, 401, "{\"detail\":\"Invalid token header. "
          "Token string should not contain invalid characters.\"}" },
        { ACCT_INVALID_TOKEN, 401, "{\"detail\":\"Invalid token.\"}" },
        { ACCT_NOT_OWNER, 404, "{\"detail\":\"Not found.\"}" },
        { ACCT_PERMISSION_DENIED, 403, "{\"detail\":\"You do not have "
          "permission to perform this action.\"}" },
        { ACCT_WRONG_CREDENTIALS, 400, "{\"non_field_errors\":[\"Unable to "
          "log in with provided credentials.\"]}" },
        { ACCT_BLOCKED, 400, "{\"non_field_errors\":[\"Unable to log in with "
          "provided credentials.\"]}" },
        { ACCT_THROTTLED, 429, "{\"detail\":\"Request was throttled. Expected"
          " available in 60 seconds.\"}" },
        { ACCT_UNAVAILABLE, 503,
          "{\"detail\":\"Service temporarily unavailable.\"}" },
        { ACCT_ERROR, 500, "{\"detail\":\"A server error occurred.\"}" },
    };
    const acct_dialect_t *base = load_named(*state, "base");
    acct_result_t *result;
    int i;

    for (i = 0; i < COUNT(general); i++) {
        result = acct_result_make(general[i].outcome, *state);
        result->method = "GET";
        result->media_type = "text/plain";
        result->encoding = "gzip";
        result->format = "JSON";
        result->reason = "line 1: bad";
        result->type = "list";
        result->retry_after = 60;
        answers(base, NULL, result, general[i].status, JSON, general[i].body,
                *state);
    }
}

static void problems_of_the_general_part(void **state)
{
    static const struct {
        const char *problem, *message;
    } general[] = {
        { "username.required", "This field is required." },
        { "username.null", "This field may not be null." },
        { "username.blank", "This field may not be blank." },
        { "username.not_a_string", "Not a valid string." },
        { "username.null_characters", "Null characters are not allowed." },
        { "username.too_long",
          "Ensure this field has no more than 150 characters." },
        { "username.invalid", "Enter a valid username. This value may "
          "contain only letters, numbers, and @/./+/-/_ characters." },
        { "username.taken", "A user with that username already exists." },
    };
    const acct_dialect_t *dialect = load_named(*state, "auth-register");
    const acct_route_t *route = route_of(dialect, "POST", "register/");
    int i;

    for (i = 0; i < COUNT(general); i++) {
        answers(dialect, route, problems(*state, route, general[i].problem),
                400, JSON, apr_pstrcat(*state, "{\"username\":[\"",
                                       general[i].message, "\"]}", NULL),
                *state);
    }
    answers(dialect, route, problems(*state, route, "email.invalid"), 400,
            JSON, "{\"email\":[\"Enter a valid email address.\"]}", *state);
}

/* ------------------------------------------------------ what goes wrong */

static void a_token_that_is_missing_is_not_shown(void **state)
{
    const acct_dialect_t *dialect = load_named(*state, "account-register");
    const acct_route_t *route = route_of(dialect, "POST", "login/");
    acct_result_t *result = good(*state);

    result->token = NULL;
    answers(dialect, route, result, 500, JSON,
            "{\"detail\":\"A server error occurred.\"}", *state);
    route = route_of(dialect, "POST", "register/");
    result->token = TOKEN_40;
    result->account = NULL;
    answers(dialect, route, result, 500, JSON,
            "{\"detail\":\"A server error occurred.\"}", *state);
}

static void invalid_without_problems_is_an_error(void **state)
{
    const acct_dialect_t *dialect = load_named(*state, "account-register");
    acct_result_t *result = acct_result_make(ACCT_INVALID, *state);

    answers(dialect, route_of(dialect, "POST", "login/"), result, 500, JSON,
            "{\"detail\":\"A server error occurred.\"}", *state);
    answers(dialect, NULL, result, 500, JSON,
            "{\"detail\":\"A server error occurred.\"}", *state);
    result->outcome = ACCT_OUTCOME__COUNT;
    answers(dialect, NULL, result, 500, JSON,
            "{\"detail\":\"A server error occurred.\"}", *state);
}

static void foreign_bytes_stay_inside_of_their_string(void **state)
{
    const acct_dialect_t *base = load_named(*state, "base");
    acct_result_t *result = acct_result_make(ACCT_UNSUPPORTED_MEDIA_TYPE,
                                             *state);

    result->media_type = "a\"},{\\\x01\xff{token}{{";
    answers(base, NULL, result, 415, JSON, "{\"detail\":\"Unsupported media "
            "type \\\"a\\\"},{\\\\\\u0001\xef\xbf\xbd{token}{{\\\" in "
            "request.\"}", *state);
}

/* ------------------------------------------------ an API from a file alone */

static const acct_dialect_t *load_sixth(apr_pool_t *pool)
{
    const char *from[] = {
        "conf/dialects/base.json", "t/fixtures/dialects/sixth.json"
    };
    const char *to[] = { "base.json", "sixth.json" };
    char name[] = "/tmp/acct-render-XXXXXX";
    const char *folder = mkdtemp(name), *path = NULL;
    const acct_dialect_t *dialect;
    int i;

    assert_non_null(folder);
    for (i = 0; i < 2; i++) {
        path = apr_pstrcat(pool, folder, "/", to[i], NULL);
        assert_int_equal(apr_file_copy(from[i], path, APR_FPROT_OS_DEFAULT,
                                       pool), APR_SUCCESS);
    }
    dialect = load_file(pool, path);
    for (i = 0; i < 2; i++) {
        apr_file_remove(apr_pstrcat(pool, folder, "/", to[i], NULL), pool);
    }
    apr_dir_remove(folder, pool);
    return dialect;
}

static void a_sixth_api_needs_no_code(void **state)
{
    apr_pool_t *p = *state;
    const acct_dialect_t *dialect = load_sixth(p);
    const acct_route_t *route = route_of(dialect, "POST", "konten");
    acct_account_t *account = some_account(p);
    acct_result_t *result = good(p);
    acct_answer_t answer;

    account->username = NULL;
    account->first_name = "J\xc3\xb6rg\r\nX-Evil: 1";
    account->last_login = 0;
    result->account = account;
    assert_false(route->mints_token);
    assert_string_equal(field_of(route, "benutzer")->aliases[1], "nutzer");
    acct_render(dialect, route, result, &answer, p);
    assert_int_equal(answer.status, 201);
    assert_string_equal(apr_table_get(answer.headers, "Location"),
                        "konten/1");
    assert_string_equal(answer.body, "{\"erfolg\":true,\"konto\":{\"nummer\""
        ":1,\"anzeige\":\"J\xc3\xb6rg\\r\\nX-Evil: 1\",\"e-post\":"
        "\"admin@admin.com\",\"verwalter\":false,\"seit\":\"20.08.2021\","
        "\"zuletzt\":null},\"gru\xc3\x9f\":\"Gr\xc3\xbc\xc3\x9f Gott, "
        "J\xc3\xb6rg\\r\\nX-Evil: 1! {\xe2\x98\xba}\"}");
    answers(dialect, route, problems(p, route, "e-post.taken"), 409, JSON,
            "{\"erfolg\":false,\"status\":409,\"fehler\":\"Diese Adresse "
            "geh\xc3\xb6rt schon zu einem Konto.\"}", p);
    answers(dialect, route, problems(p, route, "e-post.taken "
            "kennwort.mismatch kennwort.required"), 422, JSON,
            "{\"erfolg\":false,\"status\":422,\"felder\":{\"kennwort\":"
            "[\"Ohne Kennwort geht es nicht.\"]}}", p);
    answers(dialect, NULL, acct_result_make(ACCT_NOT_FOUND, p), 410,
            "application/problem+json", "{\"erfolg\":false,\"status\":410,"
            "\"fehler\":\"Hier ist nichts.\"}", p);
    route = route_of(dialect, "PUT", "sitzung");
    assert_true(route->mints_token);
    /* Shares the response, and with it the message. */
    answers(dialect, route, acct_result_make(ACCT_BLOCKED, p), 403,
            "application/problem+json", "{\"erfolg\":false,\"status\":403,"
            "\"fehler\":\"Name oder Kennwort stimmt nicht.\"}", p);
    result->token_expires = SOME_TIME;
    acct_render(dialect, route, result, &answer, p);
    assert_string_equal(answer.body, "[\"angemeldet\",{\"schl\xc3\xbcssel\":"
        "\"" TOKEN_40 "\",\"bis\":\"2021-08-20 um 22:09:15,829531 Uhr UTC "
        "(100 %)\",\"konto\":1}]");
    assert_string_equal(apr_table_get(answer.headers, "X-Sitzung"),
                        "0123456789abcdef0123456789abcdef");
}

static void headers_hold_no_controls(void **state)
{
    const acct_dialect_t *dialect = load_sixth(*state);
    acct_result_t *result = acct_result_make(ACCT_METHOD_NOT_ALLOWED, *state);
    acct_answer_t answer;

    result->method = "X\r\nSet-Cookie: a\x7f";
    acct_render(dialect, NULL, result, &answer, *state);
    assert_string_equal(apr_table_get(answer.headers, "X-Befund"),
                        "weg-XSet-Cookie: a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(outcomes_of_the_general_part),
        POOL_TEST(problems_of_the_general_part),
        POOL_TEST(a_token_that_is_missing_is_not_shown),
        POOL_TEST(invalid_without_problems_is_an_error),
        POOL_TEST(foreign_bytes_stay_inside_of_their_string),
        POOL_TEST(a_sixth_api_needs_no_code),
        POOL_TEST(headers_hold_no_controls)
    };

    return cmocka_run_group_tests(tests, begin_apr, end_apr);
}
