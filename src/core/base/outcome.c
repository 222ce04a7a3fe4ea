/* SPDX-License-Identifier: Apache-2.0 */
#include "base/outcome.h"

#include <string.h>

static const char *const outcome_names[ACCT_OUTCOME__COUNT] = {
    [ACCT_OK] = "ok",
    [ACCT_NOT_FOUND] = "not_found",
    [ACCT_METHOD_NOT_ALLOWED] = "method_not_allowed",
    [ACCT_OPTIONS] = "options",
    [ACCT_TLS_REQUIRED] = "tls_required",
    [ACCT_UNSUPPORTED_MEDIA_TYPE] = "unsupported_media_type",
    [ACCT_UNSUPPORTED_ENCODING] = "unsupported_encoding",
    [ACCT_TOO_LARGE] = "too_large",
    [ACCT_PARSE_ERROR] = "parse_error",
    [ACCT_NOT_AN_OBJECT] = "not_an_object",
    [ACCT_NO_DATA] = "no_data",
    [ACCT_INVALID] = "invalid",
    [ACCT_NOT_AUTHENTICATED] = "not_authenticated",
    [ACCT_TOKEN_ABSENT] = "token_absent",
    [ACCT_TOKEN_SPACES] = "token_spaces",
    [ACCT_TOKEN_CHARACTERS] = "token_characters",
    [ACCT_INVALID_TOKEN] = "invalid_token",
    [ACCT_BLOCKED_TOKEN] = "blocked_token",
    [ACCT_NOT_OWNER] = "not_owner",
    [ACCT_PERMISSION_DENIED] = "permission_denied",
    [ACCT_WRONG_CREDENTIALS] = "wrong_credentials",
    [ACCT_BLOCKED] = "blocked",
    [ACCT_PENDING] = "pending",
    [ACCT_UNVERIFIED] = "unverified",
    [ACCT_SECOND_FACTOR_REQUIRED] = "second_factor_required",
    [ACCT_TOO_MANY_TOKENS] = "too_many_tokens",
    [ACCT_IDENTIFIER_ABSENT] = "identifier_absent",
    [ACCT_BASIC_ABSENT] = "basic_absent",
    [ACCT_BASIC_SPACES] = "basic_spaces",
    [ACCT_LINK_SPENT] = "link_spent",
    [ACCT_LINK_UNKNOWN] = "link_unknown",
    [ACCT_NOT_ENABLED] = "not_enabled",
    [ACCT_TOKEN_NOT_FOUND] = "token_not_found",
    [ACCT_TOTP_ALREADY] = "totp_already",
    [ACCT_TOTP_ABSENT] = "totp_absent",
    [ACCT_THROTTLED] = "throttled",
    [ACCT_UNAVAILABLE] = "unavailable",
    [ACCT_ERROR] = "error"
};

static const char *const role_names[ACCT_ROLE__COUNT] = {
    [ACCT_ROLE_IDENTIFIER] = "identifier",
    [ACCT_ROLE_USERNAME] = "username",
    [ACCT_ROLE_EMAIL] = "email",
    [ACCT_ROLE_PASSWORD] = "password",
    [ACCT_ROLE_PASSWORD_AGAIN] = "password_again",
    [ACCT_ROLE_FIRST_NAME] = "first_name",
    [ACCT_ROLE_LAST_NAME] = "last_name",
    [ACCT_ROLE_CURRENT_PASSWORD] = "current_password",
    [ACCT_ROLE_USERNAME_AGAIN] = "username_again",
    [ACCT_ROLE_LINK_UID] = "link_uid",
    [ACCT_ROLE_LINK_TOKEN] = "link_token",
    [ACCT_ROLE_LINK_KEY] = "link_key",
    [ACCT_ROLE_SECOND_FACTOR] = "second_factor",
    [ACCT_ROLE_LABEL] = "label"
};

static const char *const problem_names[ACCT_PROBLEM__COUNT] = {
    [ACCT_PROBLEM_REQUIRED] = "required",
    [ACCT_PROBLEM_NULL] = "null",
    [ACCT_PROBLEM_BLANK] = "blank",
    [ACCT_PROBLEM_NOT_A_STRING] = "not_a_string",
    [ACCT_PROBLEM_NULL_CHARACTERS] = "null_characters",
    [ACCT_PROBLEM_TOO_LONG] = "too_long",
    [ACCT_PROBLEM_INVALID] = "invalid",
    [ACCT_PROBLEM_TAKEN] = "taken",
    [ACCT_PROBLEM_MISMATCH] = "mismatch",
    [ACCT_PROBLEM_TOO_SHORT] = "too_short",
    [ACCT_PROBLEM_TOO_COMMON] = "too_common",
    [ACCT_PROBLEM_TOO_SIMILAR] = "too_similar",
    [ACCT_PROBLEM_TOO_NUMERIC] = "too_numeric",
    [ACCT_PROBLEM_WRONG] = "wrong",
    [ACCT_PROBLEM_UNKNOWN] = "unknown"
};

static const char *name_of(const char *const *names, unsigned int count,
                           unsigned int which)
{
    return which < count ? names[which] : NULL;
}

static int find(const char *const *names, int count, const char *name)
{
    if (!name) {
        return -1;
    }
    for (int i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

const char *acct_outcome_name(acct_outcome_e outcome)
{
    return name_of(outcome_names, ACCT_OUTCOME__COUNT,
                   (unsigned int)outcome);
}

int acct_outcome_find(const char *name)
{
    return find(outcome_names, ACCT_OUTCOME__COUNT, name);
}

const char *acct_role_name(acct_role_e role)
{
    return name_of(role_names, ACCT_ROLE__COUNT, (unsigned int)role);
}

int acct_role_find(const char *name)
{
    return find(role_names, ACCT_ROLE__COUNT, name);
}

const char *acct_problem_name(acct_problem_e problem)
{
    return name_of(problem_names, ACCT_PROBLEM__COUNT,
                   (unsigned int)problem);
}

int acct_problem_find(const char *name)
{
    return find(problem_names, ACCT_PROBLEM__COUNT, name);
}
