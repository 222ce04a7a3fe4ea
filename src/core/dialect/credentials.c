/* SPDX-License-Identifier: Apache-2.0 */
/* Which credentials a route takes, and what can come of it; see
 * dialect/draft.h. */
#include <string.h>
#include <apr_strings.h>
#include "dialect/draft.h"
#include "text/http_token.h"

/* Of a route that takes HTTP Basic, which RFC 7617 gives a realm. */
#define DEFAULT_CHALLENGE "Basic realm=\"accounts\""
#define BASIC_WORD "Basic "

static void read_token(acct_load_t *load, const json_t *route,
                       acct_draft_t *draft)
{
    const acct_operation_t *operation = draft->route.fields.operation;
    acct_path_t at = acct_place_member(load, &draft->at, "token");
    const char *need = acct_text_member(load, &draft->at, route, "token");

    draft->route.token = operation->token;
    if (need == NULL || draft->broken) {
        return;
    }
    if (!operation->may_lack_token) {
        acct_report(load, &at, operation->token == ACCT_TOKEN_NEEDED
                    ? "\"%s\" acts for the account of a token, and cannot do "
                      "without; remove this member"
                    : "\"%s\" looks at no token; remove this member",
                    operation->name);
        draft->broken = 1;
    }
    else if (strcmp(need, "optional") == 0) {
        draft->route.token = ACCT_TOKEN_OPTIONAL;
    }
    else {
        acct_report(load, &at, "\"%s\" says nothing of a token; write "
                    "\"optional\", or remove this member and it is needed",
                    acct_shown(need, load->tmp));
        draft->broken = 1;
    }
}

static void read_kind(acct_load_t *load, const json_t *route,
                      acct_draft_t *draft)
{
    acct_path_t at = acct_place_member(load, &draft->at, "credentials");
    const char *kind = acct_text_member(load, &draft->at, route,
                                        "credentials");

    if (kind == NULL || draft->broken) {
        return;
    }
    if (strcmp(kind, "basic") != 0) {
        acct_report(load, &at, "credentials do not come as \"%s\"; write "
                    "\"basic\", or remove this member and they are fields",
                    acct_shown(kind, load->tmp));
        draft->broken = 1;
    }
    else if (!draft->route.fields.operation->takes_basic) {
        acct_report(load, &at, "\"%s\" takes no name and password; remove "
                    "this member", draft->route.fields.operation->name);
        draft->broken = 1;
    }
    else {
        draft->route.takes_basic = 1;
        draft->route.challenge = DEFAULT_CHALLENGE;
    }
}

/* Headers that mean something else to httpd, or to what is before it. */
static int is_header_of_others(const char *name)
{
    static const char *const taken[] = {
        "Authorization", "Connection", "Content-Encoding", "Content-Length",
        "Content-Type", "Cookie", "Expect", "Host", "Keep-Alive", "Origin",
        "Proxy-Authorization", "Referer", "TE", "Trailer",
        "Transfer-Encoding", "Upgrade", "User-Agent", NULL
    };
    int i;

    for (i = 0; taken[i] != NULL && strcasecmp(taken[i], name) != 0; i++) {
    }
    return taken[i] != NULL;
}

/* The header that a second factor comes in, where there are no fields. */
static void read_code_header(acct_load_t *load, const json_t *route,
                             acct_draft_t *draft)
{
    acct_path_t at = acct_place_member(load, &draft->at,
                                       "second_factor_header");
    const char *name = acct_text_member(load, &draft->at, route,
                                        "second_factor_header");

    if (name == NULL || draft->broken) {
        return;
    }
    if (!draft->route.takes_basic) {
        acct_report(load, &at, "is for a route with \"credentials\": "
                    "\"basic\", which has no fields; remove it, or write a "
                    "field that is the \"second_factor\"");
    }
    else if (!acct_is_http_token(name, strlen(name))
             || is_header_of_others(name)) {
        acct_report(load, &at, "\"%s\" is no header for a code; write a name "
                    "of letters, digits and \"-\" that is free: \"X-OTP\"",
                    acct_shown(name, load->tmp));
    }
    else {
        draft->route.code_header = apr_pstrdup(load->pool, name);
    }
}

/* A scheme, and at most a realm, in what RFC 9110 calls a quoted-string
 * without anything that would have to be quoted in it. */
static int is_challenge(const char *text)
{
    static const char realm[] = "realm=\"";
    const char *end = text + strcspn(text, " ");

    if (!acct_is_http_token(text, (apr_size_t)(end - text))) {
        return 0;
    }
    if (*end == '\0') {
        return 1;
    }
    if (strncmp(end + 1, realm, sizeof(realm) - 1) != 0) {
        return 0;
    }
    for (text = end + sizeof(realm); *text >= 0x20 && *text < 0x7f
         && *text != '"' && *text != '\\'; text++) {
    }
    return strcmp(text, "\"") == 0;
}

static void read_challenge(acct_load_t *load, const json_t *route,
                           acct_draft_t *draft)
{
    acct_path_t at = acct_place_member(load, &draft->at, "challenge");
    const char *text = acct_text_member(load, &draft->at, route,
                                        "challenge");

    if (text == NULL) {
        return;
    }
    if (!is_challenge(text)) {
        acct_report(load, &at, "\"%s\" is no challenge; write a scheme, or a "
                    "scheme and a realm in plain letters: "
                    "\"Basic realm=\\\"api\\\"\"",
                    acct_shown(text, load->tmp));
    }
    else if (draft->route.takes_basic
             && strncasecmp(text, BASIC_WORD, sizeof(BASIC_WORD) - 1) != 0) {
        acct_report(load, &at, "the route takes HTTP Basic, and \"%s\" asks "
                    "for something else; write \"Basic realm=\\\"api\\\"\"",
                    acct_shown(text, load->tmp));
    }
    else {
        draft->route.challenge = apr_pstrdup(load->pool, text);
    }
}

/* What a request with a method that the path has not needs first. */
static void read_other_methods(acct_load_t *load, const json_t *route,
                               acct_draft_t *draft)
{
    acct_path_t at = acct_place_member(load, &draft->at, "other_methods");
    const char *need = acct_text_member(load, &draft->at, route,
                                        "other_methods");

    if (need == NULL) {
        return;
    }
    if (strcmp(need, "token") != 0) {
        acct_report(load, &at, "\"%s\" is nothing that a request with "
                    "another method needs; write \"token\", or remove this "
                    "member", acct_shown(need, load->tmp));
    }
    else if (draft->route.token == ACCT_TOKEN_NEEDED) {
        acct_report(load, &at, "the route needs a token, and so does any "
                    "method of its path; remove this member");
    }
    else {
        draft->route.guards_methods = 1;
    }
}

void acct_read_credentials(acct_load_t *load, const json_t *route,
                           acct_draft_t *draft)
{
    read_token(load, route, draft);
    read_other_methods(load, route, draft);
    read_kind(load, route, draft);
    read_code_header(load, route, draft);
    read_challenge(load, route, draft);
}

int acct_route_can(const acct_route_t *route, acct_outcome_e outcome)
{
    if (!acct_operation_can(route->fields.operation, outcome)) {
        return 0;
    }
    switch (outcome) {
    case ACCT_UNSUPPORTED_MEDIA_TYPE:
    case ACCT_UNSUPPORTED_ENCODING:
    case ACCT_PARSE_ERROR:
    case ACCT_NOT_AN_OBJECT:
    case ACCT_NO_DATA:
    case ACCT_INVALID:
        return route->reads_fields;
    case ACCT_NOT_AUTHENTICATED:
        return route->takes_basic || route->token == ACCT_TOKEN_NEEDED;
    case ACCT_NOT_OWNER:
        return route->token == ACCT_TOKEN_NEEDED;
    case ACCT_BASIC_ABSENT:
    case ACCT_BASIC_SPACES:
        return route->takes_basic;
    case ACCT_SECOND_FACTOR_REQUIRED:
        return route->code_header != NULL
            || acct_route_has_role(route, ACCT_ROLE_SECOND_FACTOR);
    case ACCT_IDENTIFIER_ABSENT:
        return acct_route_has_role(route, ACCT_ROLE_IDENTIFIER)
            && acct_route_has_role(route, ACCT_ROLE_EMAIL);
    default:
        return 1;
    }
}

void acct_read_recent(acct_load_t *load, const acct_path_t *at,
                      const json_t *value, acct_field_t *field)
{
    acct_path_t place = acct_place_member(load, at, "recent");
    const char *text = acct_text_member(load, at, value, "recent");

    if (text == NULL) {
        return;
    }
    if (field->role != ACCT_ROLE_CURRENT_PASSWORD) {
        acct_report(load, &place, "is for a field that is the "
                    "\"current_password\"; remove it");
        return;
    }
    field->recent = acct_lifetime_of(text, 1);
    field->required = 0;
    field->blank = ACCT_BLANK_REFUSED;
    if (field->recent == 0) {
        acct_report(load, &place, "\"%s\" is no time; write a whole number "
                    "and a unit, s, m, h or d: \"10m\"",
                    acct_shown(text, load->tmp));
    }
    if (json_object_get(value, "required") != NULL) {
        acct_report(load, &place, "says already when it is required; remove "
                    "\"required\"");
    }
    if (json_object_get(value, "blank") != NULL) {
        acct_report(load, &place, "says already that what is sent is not "
                    "empty; remove \"blank\"");
    }
}
