/* SPDX-License-Identifier: Apache-2.0 */
#include "dialect_fixture.h"

#define TOKEN_64 "2cc83e0073251de579f35e1050ce25ad" \
                 "57316b60f7862be1c92c77510b7e13da"

/* ---------------------------------------------------------- small helpers */

static acct_result_t *good(apr_pool_t *pool)
{
    acct_result_t *result = acct_result_make(ACCT_OK, pool);

    result->account = some_account(pool);
    result->token = TOKEN_40;
    result->token_id = "0123456789abcdef0123456789abcdef";
    return result;
}

/* Problems, each "field.code", in any order; too_long comes with 150. */
static acct_result_t *problems(apr_pool_t *pool, const acct_route_t *route,
                               const char *list)
{
    acct_result_t *result = acct_result_make(ACCT_INVALID, pool);
    char *copy = apr_pstrdup(pool, list), *last = NULL, *word, *dot;

    for (word = apr_strtok(copy, " ", &last); word != NULL;
         word = apr_strtok(NULL, " ", &last)) {
        dot = strrchr(word, '.');
        *dot = '\0';
        assert_true(acct_problem_find(dot + 1) >= 0);
        acct_result_add_problem(result, field_of(route, word),
                                (acct_problem_e)acct_problem_find(dot + 1),
                                150, pool);
    }
    return result;
}

static void outcome(apr_pool_t *pool, const char *name, const char *method,
                    const char *path, acct_outcome_e what, int status,
                    const char *body)
{
    const acct_dialect_t *dialect = load_named(pool, name);
    acct_result_t *result = acct_result_make(what, pool);

    result->method = "GET";
    result->retry_after = 60;
    answers(dialect, method != NULL ? route_of(dialect, method, path) : NULL,
            result, status, JSON, body, pool);
}

static void invalid(apr_pool_t *pool, const char *name, const char *path,
                    const char *list, int status, const char *body)
{
    const acct_dialect_t *dialect = load_named(pool, name);
    const acct_route_t *route = route_of(dialect, "POST", path);

    answers(dialect, route, problems(pool, route, list), status, JSON, body,
            pool);
}

static void ok(apr_pool_t *pool, const char *name, const char *method,
               const char *path, const acct_result_t *result, int status,
               const char *body)
{
    const acct_dialect_t *dialect = load_named(pool, name);

    answers(dialect, route_of(dialect, method, path), result, status, JSON,
            body, pool);
}

/* ------------------------------------------------------ the printed bodies */

#define WRAPPED_500 \
    "{\"detail\":{\"success\":false,\"code\":500,\"data\":{},\"message\":" \
    "\"Internal Server Error\",\"errors\":{\"error\":[\"errors\"]}}}"
#define ENVELOPE(code, message, errors) \
    "{\"success\":false,\"code\":" #code ",\"data\":{},\"message\":\"" \
    message "\",\"errors\":\"" errors "\"}"

static void accounts_as_printed(void **state)
{
    apr_pool_t *p = *state;

    ok(p, "accounts", "POST", "signin/", good(p), 200,
       "{\"success\":true,\"code\":200,\"data\":{\"id\":1,\"last_login\":"
       "\"2021-08-20 22:09:15\",\"username\":\"admin\",\"first_name\":"
       "\"admin\",\"last_name\":\"admin\",\"email\":\"admin@admin.com\","
       "\"is_active\":true,\"token\":\"" TOKEN_40 "\"},\"message\":\"ok\"}");
    outcome(p, "accounts", "POST", "signin/", ACCT_WRONG_CREDENTIALS, 400,
            ENVELOPE(400, "ValueError",
                     "The username or password is incorrect"));
    outcome(p, "accounts", "POST", "signin/", ACCT_BLOCKED, 401,
            ENVELOPE(401, "Permission Denied",
                     "Account blocked, contact the administrators."));
    outcome(p, "accounts", "POST", "signin/", ACCT_ERROR, 500, WRAPPED_500);
    outcome(p, "accounts", "POST", "signin/", ACCT_UNAVAILABLE, 503,
            WRAPPED_500);
    ok(p, "accounts", "POST", "signout/", good(p), 200,
       "{\"detail\":{\"success\":true,\"code\":200,\"data\":{},\"message\":"
       "\"ok\"}}");
    outcome(p, "accounts", "POST", "signout/", ACCT_INVALID_TOKEN, 401,
            ENVELOPE(401, "Permission Denied", "Invalid Token"));
    outcome(p, "accounts", "POST", "signout/", ACCT_ERROR, 500, WRAPPED_500);
}

static void accounts_where_the_document_is_silent(void **state)
{
    apr_pool_t *p = *state;
    static const char *const username[] = {
        "username.required", "username.null", "username.blank",
        "username.required password.required", "password.null username.blank"
    };
    int i;

    for (i = 0; i < COUNT(username); i++) {
        invalid(p, "accounts", "signin/", username[i], 400,
                ENVELOPE(400, "ValueError", "The username cannot be empty"));
    }
    invalid(p, "accounts", "signin/", "password.blank", 400,
            ENVELOPE(400, "ValueError", "The password cannot be empty"));
    invalid(p, "accounts", "signin/", "username.blank password.not_a_string",
            400, ENVELOPE(400, "ValueError", "The username cannot be empty"));
    invalid(p, "accounts", "signin/",
            "password.null_characters username.not_a_string", 400,
            ENVELOPE(400, "ValueError", "Not a valid string."));
    invalid(p, "accounts", "signin/", "password.null_characters", 400,
            ENVELOPE(400, "ValueError", "Null characters are not allowed."));
    outcome(p, "accounts", "POST", "signout/", ACCT_NOT_AUTHENTICATED, 401,
            ENVELOPE(401, "Permission Denied",
                     "Authentication credentials were not provided."));
    outcome(p, "accounts", "POST", "signout/", ACCT_TOKEN_ABSENT, 401,
            ENVELOPE(401, "Permission Denied",
                     "Invalid token header. No credentials provided."));
    outcome(p, "accounts", "POST", "signout/", ACCT_TOKEN_SPACES, 401,
            ENVELOPE(401, "Permission Denied", "Invalid token header. "
                     "Token string should not contain spaces."));
    outcome(p, "accounts", "POST", "signout/", ACCT_TOKEN_CHARACTERS, 401,
            ENVELOPE(401, "Permission Denied", "Invalid token header. Token "
                     "string should not contain invalid characters."));
    outcome(p, "accounts", NULL, NULL, ACCT_NOT_FOUND, 404,
            "{\"detail\":\"Not found.\"}");
}

static void auth_signin_as_printed(void **state)
{
    apr_pool_t *p = *state;
    acct_result_t *result = good(p);
    acct_account_t *account = some_account(p);

    account->username = "UserOO1";
    account->first_name = "John";
    account->last_name = "Doe";
    account->email = "john_doe@test.com";
    result->account = account;
    result->token = "really_cool_session_token";
    ok(p, "auth-signin", "POST", "signin/", result, 200,
       "{\"id\":1,\"user\":\"UserOO1\",\"token\":"
       "\"really_cool_session_token\"}");
    account->username = NULL;
    ok(p, "auth-signin", "POST", "signin/", result, 200,
       "{\"id\":1,\"user\":\"John\",\"token\":"
       "\"really_cool_session_token\"}");
    invalid(p, "auth-signin", "signin/", "email.required password.required",
            400, "{\"email\":[\"Please include email\"],\"password\":"
            "[\"Please submit a valid password\"]}");
    invalid(p, "auth-signin", "signin/", "email.invalid password.blank", 400,
            "{\"email\":[\"Please use a valid email\"],\"password\":"
            "[\"Please submit a valid password\"]}");
    outcome(p, "auth-signin", "POST", "signin/", ACCT_WRONG_CREDENTIALS, 401,
            "{\"detail\":\"Login failed: Wrong credentials\"}");
    outcome(p, "auth-signin", "POST", "signin/", ACCT_BLOCKED, 401,
            "{\"detail\":\"Login failed: Wrong credentials\"}");
    ok(p, "auth-signin", "POST", "signout/", result, 200, NULL);
    outcome(p, "auth-signin", "POST", "signout/", ACCT_INVALID_TOKEN, 401,
            "{\"detail\":\"Invalid token.\"}");
    ok(p, "auth-signin", "POST", "signup/", result, 200,
       "{\"first_name\":\"John\",\"last_name\":\"Doe\",\"email\":"
       "\"john_doe@test.com\"}");
    account->last_name = "";
    ok(p, "auth-signin", "POST", "signup/", result, 200,
       "{\"first_name\":\"John\",\"last_name\":\"\",\"email\":"
       "\"john_doe@test.com\"}");
    /* The sample lists what can come; problems of one field together. */
    invalid(p, "auth-signin", "signup/", "password.mismatch email.taken "
            "first_name.blank email.blank password.blank email.invalid", 400,
            "{\"first_name\":[\"This field may not be blank.\"],"
            "\"email\":[\"The mail is already in use.\","
            "\"This field may not be blank.\","
            "\"Enter a valid email address.\"],"
            "\"password\":[\"Passwords do not match\","
            "\"This field may not be blank.\"]}");
    invalid(p, "auth-signin", "signup/", "confirm_password.required", 400,
            "{\"confirm_password\":[\"This field is required.\"]}");
}

static void account_register_as_printed(void **state)
{
    apr_pool_t *p = *state;
    acct_result_t *result = good(p);
    acct_account_t *account = some_account(p);

    account->username = "NEW_USERNAME";
    account->email = "USER_EMAIL";
    result->account = account;
    result->token = "688779351aac04259ee2af6976e79ead9da0df80";
    ok(p, "account-register", "POST", "register/", result, 200,
       "{\"response\":\"Registration Successful!\",\"username\":"
       "\"NEW_USERNAME\",\"email\":\"USER_EMAIL\",\"token\":"
       "\"688779351aac04259ee2af6976e79ead9da0df80\"}");
    invalid(p, "account-register", "register/", "username.taken", 400,
            "{\"username\":[\"A user with that username already exists.\"]}");
    invalid(p, "account-register", "register/", "email.taken", 400,
            "{\"error\":\"Email already exists!\"}");
    invalid(p, "account-register", "register/", "password.mismatch", 400,
            "{\"error\":\"P1 and P2 should be same!\"}");
    /* Fields, then the passwords, then the address. */
    invalid(p, "account-register", "register/",
            "email.taken password.mismatch", 400,
            "{\"error\":\"P1 and P2 should be same!\"}");
    invalid(p, "account-register", "register/",
            "email.taken password.mismatch username.taken", 400,
            "{\"username\":[\"A user with that username already exists.\"]}");
    result->token = "1c86186cb1ea5c5ffcb7311b8f77d9e618531cd2";
    ok(p, "account-register", "POST", "login/", result, 200,
       "{\"token\":\"1c86186cb1ea5c5ffcb7311b8f77d9e618531cd2\"}");
    outcome(p, "account-register", "POST", "login/", ACCT_WRONG_CREDENTIALS,
            400, "{\"non_field_errors\":[\"Unable to log in with provided "
            "credentials.\"]}");
    outcome(p, "account-register", "POST", "login/", ACCT_BLOCKED, 400,
            "{\"non_field_errors\":[\"Unable to log in with provided "
            "credentials.\"]}");
    ok(p, "account-register", "POST", "logout/", result, 200, NULL);
    outcome(p, "account-register", "POST", "logout/", ACCT_INVALID_TOKEN,
            401, "{\"detail\":\"Invalid token.\"}");
}

static void users_v1_as_printed(void **state)
{
    apr_pool_t *p = *state;
    acct_result_t *result = good(p);
    acct_account_t *account = some_account(p);

    account->username = NULL;
    account->email = "user@user.com";
    result->account = account;
    result->token = "xxxxxxxxxxxxxxxxxxxxxx";
    ok(p, "users-v1", "POST", "signup/", result, 201,
       "{\"status_code\":201,\"message\":\"you have successfully signed up "
       "on Ras\",\"result\":{\"email\":\"user@user.com\",\"auth_token\":"
       "\"xxxxxxxxxxxxxxxxxxxxxx\"}}");
    invalid(p, "users-v1", "signup/", "email.invalid", 401,
            "{\"status_code\":401,\"message\":\"please enter a valid email "
            "address\"}");
    invalid(p, "users-v1", "signup/", "password.required email.required",
            401, "{\"status_code\":401,\"message\":\"please enter a valid "
            "email address\"}");
    invalid(p, "users-v1", "signup/", "password.blank email.taken", 401,
            "{\"status_code\":401,\"message\":\"email already exist, please "
            "use different email\"}");
    invalid(p, "users-v1", "signup/", "password.too_short", 400,
            "{\"status_code\":400,\"message\":\"This password is too short. "
            "It must contain at least 150 characters.\"}");
    ok(p, "users-v1", "POST", "login/", result, 200,
       "{\"status_code\":200,\"message\":\"you have successfully logged in\""
       ",\"result\":{\"email\":\"user@user.com\",\"auth_token\":"
       "\"xxxxxxxxxxxxxxxxxxxxxx\"}}");
    outcome(p, "users-v1", "POST", "login/", ACCT_BLOCKED, 404,
            "{\"status_code\":404,\"message\":\"This account has been "
            "deactivated\"}");
    outcome(p, "users-v1", "POST", "login/", ACCT_WRONG_CREDENTIALS, 400,
            "{\"status_code\":400,\"message\":\"Invalid username or "
            "password\"}");
    ok(p, "users-v1", "GET", "{account.id}/", result, 200,
       "{\"id\":1,\"email\":\"user@user.com\",\"auth_token\":"
       "\"xxxxxxxxxxxxxxxxxxxxxx\"}");
    outcome(p, "users-v1", "GET", "{account.id}/", ACCT_NOT_AUTHENTICATED,
            401, "{\"detail\":\"Authentication credentials were not "
            "provided.\"}");
    outcome(p, "users-v1", "GET", "{account.id}/", ACCT_INVALID_TOKEN, 401,
            "{\"detail\":\"Invalid token.\"}");
    outcome(p, "users-v1", "GET", "{account.id}/", ACCT_NOT_OWNER, 404,
            "{\"detail\":\"Not found.\"}");
    ok(p, "users-v1", "POST", "{account.id}/logout/", result, 200,
       "{\"status_code\":200,\"message\":\"You have been successfully logged "
       "out\"}");
    outcome(p, "users-v1", "POST", "{account.id}/logout/",
            ACCT_INVALID_TOKEN, 401, "{\"message\":\"Invalid Token\"}");
    outcome(p, "users-v1", "POST", "{account.id}/logout/",
            ACCT_NOT_AUTHENTICATED, 401, "{\"detail\":\"Authentication "
            "credentials were not provided.\"}");
    outcome(p, "users-v1", "POST", "{account.id}/logout/", ACCT_NOT_OWNER,
            404, "{\"status_code\":404,\"message\":\"Not found.\"}");
}

static void auth_register_as_printed(void **state)
{
    apr_pool_t *p = *state;
    acct_result_t *result = good(p);
    acct_account_t *account = some_account(p);

    account->id = 2;
    account->username = "pita";
    account->email = "pita@bot.com";
    result->account = account;
    result->token = TOKEN_64;
    ok(p, "auth-register", "POST", "register/", result, 200,
       "{\"user\":{\"id\":2,\"username\":\"pita\",\"email\":"
       "\"pita@bot.com\"},\"token\":\"" TOKEN_64 "\"}");
    account->email = NULL;
    ok(p, "auth-register", "POST", "register/", result, 200,
       "{\"user\":{\"id\":2,\"username\":\"pita\",\"email\":\"\"},"
       "\"token\":\"" TOKEN_64 "\"}");
    result->token_expires = APR_INT64_C(1681279749829531);
    ok(p, "auth-register", "POST", "login/", result, 200,
       "{\"expiry\":\"2023-04-12T06:09:09.829531Z\",\"token\":\"" TOKEN_64
       "\"}");
    ok(p, "auth-register", "POST", "logout/", result, 204, NULL);
    ok(p, "auth-register", "POST", "logoutall/", result, 204, NULL);
    invalid(p, "auth-register", "register/", "username.taken", 400,
            "{\"username\":[\"A user with that username already exists.\"]}");
    outcome(p, "auth-register", "POST", "login/", ACCT_WRONG_CREDENTIALS,
            400, "{\"non_field_errors\":[\"Unable to log in with provided "
            "credentials.\"]}");
}

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
        POOL_TEST(accounts_as_printed),
        POOL_TEST(accounts_where_the_document_is_silent),
        POOL_TEST(auth_signin_as_printed),
        POOL_TEST(account_register_as_printed),
        POOL_TEST(users_v1_as_printed),
        POOL_TEST(auth_register_as_printed),
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
