/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bodies as the documents of the five APIs print them.
 */
#include "dialect_fixture.h"
#include "render_fixture.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(accounts_as_printed),
        POOL_TEST(accounts_where_the_document_is_silent),
        POOL_TEST(auth_signin_as_printed),
        POOL_TEST(account_register_as_printed),
        POOL_TEST(users_v1_as_printed),
        POOL_TEST(auth_register_as_printed)
    };

    return cmocka_run_group_tests(tests, begin_apr, end_apr);
}
