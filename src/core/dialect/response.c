/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <apr_strings.h>
#include "dialect/draft.h"
#include "text/http_token.h"

/* What a response for ACCT_OK knows besides the account. */
static uint64_t shown_by(const acct_operation_t *operation)
{
    static const uint64_t left =
        ACCT_VALUE_BIT(ACCT_VALUE_RECOVERY_CODES_LEFT);
    static const uint64_t codes = ACCT_VALUE_BIT(ACCT_VALUE_RECOVERY_CODES)
        | ACCT_VALUE_BIT(ACCT_VALUE_RECOVERY_CODES_LEFT);

    switch (operation->shows) {
    case ACCT_SHOWS_NO_TOKEN:
        return 0;
    case ACCT_SHOWS_TOKENS:
        return ACCT_VALUE_BIT(ACCT_VALUE_TOKENS);
    case ACCT_SHOWS_STORED:
        return ACCT_VALUE_BIT(ACCT_VALUE_TOKENS) | ACCT_VALUES_STORED;
    case ACCT_SHOWS_TOKEN_READ:
        return ACCT_VALUES_TOKEN_NAMED | ACCT_VALUES_TOKEN_READ;
    case ACCT_SHOWS_TOTP:
        return ACCT_VALUES_TOTP;
    case ACCT_SHOWS_RECOVERY_CODES:
    case ACCT_SHOWS_RECOVERY_CODES_ALWAYS:
        return codes;
    case ACCT_SHOWS_TOKEN:
        return ACCT_VALUES_TOKEN | left;
    default:
        return ACCT_VALUES_TOKEN;
    }
}

uint64_t acct_values_known(const acct_operation_t *operation,
                               acct_outcome_e outcome)
{
    uint64_t known = ACCT_VALUE_BIT(ACCT_VALUE_STATUS)
        | ACCT_VALUE_BIT(ACCT_VALUE_SITE_NAME);

    switch (outcome) {
    case ACCT_OK:
        known |= ACCT_VALUES_ACCOUNT;
        if (operation != NULL) {
            known |= shown_by(operation);
        }
        break;
    case ACCT_INVALID:
        /* "invalid" in "messages" is the problem of that name. */
        return known | ACCT_VALUES_ERRORS;
    case ACCT_METHOD_NOT_ALLOWED:
        known |= ACCT_VALUE_BIT(ACCT_VALUE_METHOD);
        break;
    case ACCT_UNSUPPORTED_MEDIA_TYPE:
        known |= ACCT_VALUE_BIT(ACCT_VALUE_MEDIA_TYPE);
        break;
    case ACCT_UNSUPPORTED_ENCODING:
        known |= ACCT_VALUE_BIT(ACCT_VALUE_ENCODING);
        break;
    case ACCT_PARSE_ERROR:
        known |= ACCT_VALUE_BIT(ACCT_VALUE_FORMAT)
                 | ACCT_VALUE_BIT(ACCT_VALUE_REASON);
        break;
    case ACCT_NOT_AN_OBJECT:
        known |= ACCT_VALUE_BIT(ACCT_VALUE_TYPE);
        break;
    case ACCT_THROTTLED:
    case ACCT_UNAVAILABLE:
        known |= ACCT_VALUE_BIT(ACCT_VALUE_RETRY_AFTER);
        break;
    default:
        break;
    }
    return known | ACCT_VALUE_BIT(ACCT_VALUE_MESSAGE);
}

/* ---------------------------------------------------------------- headers */

/* Headers that the server writes itself, or that would say something
 * untrue of what it sends. */
static int is_owned(const char *name)
{
    static const char *const owned[] = {
        "Allow", "Cache-Control", "Connection", "Content-Encoding",
        "Content-Length", "Content-Range", "Date", "Keep-Alive",
        "Proxy-Authenticate", "Retry-After", "Server", "Set-Cookie",
        "Set-Cookie2", "Status", "TE", "Trailer", "Transfer-Encoding",
        "Upgrade", "Vary", "WWW-Authenticate", "X-Content-Type-Options",
        NULL
    };
    int i;

    for (i = 0; owned[i] != NULL; i++) {
        if (strcasecmp(owned[i], name) == 0) {
            return 1;
        }
    }
    return 0;
}

static int has_controls(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f) {
            return 1;
        }
    }
    return 0;
}

static void read_content_type(acct_load_t *load, const acct_path_t *at,
                              const char *value, const acct_entry_t *entry)
{
    const char *slash = strchr(value, '/');
    apr_size_t subtype = slash != NULL ? strcspn(slash + 1, "; ") : 0;

    if (!entry->has_body) {
        acct_report(load, at, "there is no body whose type this could be; "
                    "remove it or write a \"body\"");
    }
    else if (slash == NULL
             || !acct_is_http_token(value, (apr_size_t)(slash - value))
             || !acct_is_http_token(slash + 1, subtype)
             || strpbrk(value, "{}") != NULL) {
        acct_report(load, at, "\"%s\" is no media type; write one without "
                    "placeholders: \"application/problem+json\"",
                    acct_shown(value, load->tmp));
    }
    else {
        entry->response->content_type = apr_pstrdup(load->pool, value);
    }
}

static void keep_uses(acct_load_t *load, acct_entry_t *entry,
                      const acct_path_t *at,
                      const acct_template_t *template)
{
    acct_use_t *use;
    int i;

    for (i = 0; template != NULL && i < template->nplaces; i++) {
        use = apr_array_push(entry->uses);
        use->value = template->places[i].value;
        use->path = apr_pstrcat(load->tmp, at->path,
                                template->places[i].path, NULL);
        entry->response->uses |= ACCT_VALUE_BIT(use->value);
    }
}

/* One header; adds it to @a headers when all is well. */
static void read_header(acct_load_t *load, const acct_path_t *at,
                        const char *name, const json_t *value,
                        acct_entry_t *entry, apr_array_header_t *headers)
{
    acct_place_baton_t baton = { load, *at };
    acct_header_t header;
    int i;

    if (!acct_is_http_token(name, strlen(name))) {
        acct_report(load, at, "\"%s\" is no name of a header; write "
                    "letters, digits and \"-\"", acct_shown(name, load->tmp));
        return;
    }
    if (is_owned(name)) {
        acct_report(load, at, "the server writes \"%s\" itself; remove it",
                    name);
        return;
    }
    if (!acct_check_type(load, at, value, JSON_STRING)) {
        return;
    }
    if (has_controls(json_string_value(value))) {
        acct_report(load, at, "a header's value is one line of text; remove "
                    "line ends and control characters");
        return;
    }
    if (strcasecmp(name, "Content-Type") == 0) {
        read_content_type(load, at, json_string_value(value), entry);
        return;
    }
    for (i = 0; i < headers->nelts; i++) {
        if (strcasecmp(APR_ARRAY_IDX(headers, i, acct_header_t).name, name)
            == 0) {
            acct_report(load, at, "\"%s\" stands twice, in other letter "
                        "case; remove one", name);
        }
    }
    header.name = apr_pstrdup(load->pool, name);
    header.value = acct_template_text(json_string_value(value),
                                      acct_place_report, &baton, load->pool);
    if (header.value == NULL) {
        entry->is_broken = 1;
        return;
    }
    keep_uses(load, entry, at, header.value);
    APR_ARRAY_PUSH(headers, acct_header_t) = header;
}

static void read_headers(acct_load_t *load, const acct_path_t *at,
                         const json_t *value, acct_entry_t *entry)
{
    json_t *object = (json_t *)value;       /* only read */
    apr_array_header_t *headers = apr_array_make(load->pool, 2,
                                                 sizeof(acct_header_t));
    void *member;

    if (!acct_check_type(load, at, value, JSON_OBJECT)) {
        entry->is_broken = 1;
        return;
    }
    for (member = json_object_iter(object); member != NULL;
         member = json_object_iter_next(object, member)) {
        const char *name = json_object_iter_key(member);
        acct_path_t place = acct_place_member(load, at, name);

        read_header(load, &place, name, json_object_iter_value(member),
                    entry, headers);
    }
    entry->response->headers = (const acct_header_t *)headers->elts;
    entry->response->nheaders = headers->nelts;
}

/* -------------------------------------------------------------- responses */

static void read_status(acct_load_t *load, const acct_path_t *at,
                        const json_t *value, acct_response_t *response)
{
    acct_path_t place = acct_place_member(load, at, "status");
    const json_t *status = json_object_get(value, "status");

    if (status == NULL) {
        acct_report(load, &place, "is missing; write the HTTP status, "
                    "\"status\": 200");
    }
    else if (acct_check_type(load, &place, status, JSON_INTEGER)) {
        json_int_t n = json_integer_value(status);

        if (n < 200 || n > 599) {
            acct_report(load, &place, "%" APR_INT64_T_FMT " is no final "
                        "HTTP status; write one from 200 to 599",
                        (apr_int64_t)n);
        }
        else {
            response->status = (int)n;
        }
    }
}

static void read_body(acct_load_t *load, const acct_path_t *at,
                      const json_t *value, acct_entry_t *entry)
{
    acct_place_baton_t baton = { load, acct_place_member(load, at, "body") };
    acct_response_t *response = entry->response;
    const json_t *body = json_object_get(value, "body");

    if (body == NULL) {
        return;
    }
    entry->has_body = 1;
    entry->is_broken = 1;
    if (json_is_null(body)) {
        acct_report(load, &baton.at, "is null; leave \"body\" out where the "
                    "answer has none");
        return;
    }
    if (response->status == 204 || response->status == 205
        || response->status == 304) {
        acct_report(load, &baton.at, "an answer with status %d has no body; "
                    "remove it or write another status", response->status);
        return;
    }
    body = acct_expand(load, &baton.at, body);
    response->body = body == NULL ? NULL
        : acct_template_json(body, acct_place_report, &baton, load->pool);
    response->content_type = "application/json";
    entry->is_broken = response->body == NULL;
    keep_uses(load, entry, &baton.at, response->body);
}

static void read_response(acct_load_t *load, const json_t *value,
                          acct_entry_t *entry)
{
    static const char *const members[] = {
        "status", "body", "headers", NULL
    };
    const json_t *headers;
    acct_path_t place;

    if (json_is_string(value)) {
        entry->same_as = apr_pstrdup(load->tmp, json_string_value(value));
        return;
    }
    if (!acct_check_type(load, &entry->at, value, JSON_OBJECT)) {
        return;
    }
    entry->response = apr_pcalloc(load->pool, sizeof(*entry->response));
    acct_check_members(load, &entry->at, value, members);
    read_status(load, &entry->at, value, entry->response);
    read_body(load, &entry->at, value, entry);
    headers = json_object_get(value, "headers");
    if (headers != NULL) {
        place = acct_place_member(load, &entry->at, "headers");
        read_headers(load, &place, headers, entry);
    }
}

/* ------------------------------------------------------------------ keys */

/* What a route's fields are called, for suggestions. */
static const char *const *field_names(acct_load_t *load,
                                      const acct_route_t *route)
{
    const char **names = apr_pcalloc(load->tmp,
                                     ((apr_size_t)route->fields.count + 1)
                                     * sizeof(*names));
    int i;

    for (i = 0; i < route->fields.count; i++) {
        names[i] = route->fields.field[i].name;
    }
    return names;
}

/* Whether "field.code" is something that can come of a route. */
int acct_check_problem_key(acct_load_t *load, const acct_path_t *at,
                           const acct_draft_t *draft, const char *key,
                           const char *dot)
{
    const acct_field_t *field = acct_field_find(&draft->route, key,
                                                (apr_size_t)(dot - key));
    const char *name = apr_pstrmemdup(load->tmp, key,
                                      (apr_size_t)(dot - key));
    int problem;

    if (draft->broken) {
        return 1;
    }
    if (field == NULL) {
        acct_report(load, at, "the route has no field \"%s\"; %s",
                    acct_shown(name, load->tmp),
                    acct_suggest(name, field_names(load, &draft->route),
                                 load->tmp));
        return 0;
    }
    if (strcmp(dot + 1, "*") == 0) {
        return 1;
    }
    problem = acct_problem_find(dot + 1);
    if (problem < 0) {
        acct_report(load, at, "unknown problem \"%s\"; %s",
                    acct_shown(dot + 1, load->tmp),
                    acct_suggest(dot + 1, acct_problem_names(load),
                                 load->tmp));
        return 0;
    }
    if (!acct_field_can(&draft->route, field, (acct_problem_e)problem)) {
        acct_report(load, at, "\"%s\" cannot come of the field \"%s\" here; "
                    "remove this member", dot + 1, field->name);
        return 0;
    }
    return 1;
}

int acct_check_outcome_key(acct_load_t *load, const acct_path_t *at,
                           const acct_draft_t *draft, acct_outcome_e outcome)
{
    if (draft != NULL && !draft->broken
        && !acct_route_can(&draft->route, outcome)) {
        acct_report(load, at, "\"%s\" cannot come of the operation \"%s\"%s; "
                    "remove it, or write it among the \"responses\" of the "
                    "whole dialect", acct_outcome_name(outcome),
                    draft->route.fields.operation->name,
                    acct_operation_can(draft->route.fields.operation,
                                       outcome) ? " as this route has it"
                                                : "");
        return 0;
    }
    return 1;
}

static int check_response_key(acct_load_t *load, const acct_path_t *at,
                              const acct_draft_t *draft, const char *key)
{
    const char *dot = strrchr(key, '.');
    int outcome = acct_outcome_find(key);

    if (outcome == ACCT_OK && draft == NULL) {
        acct_report(load, at, "every route says itself what \"ok\" is; move "
                    "it into the \"responses\" of a route");
        return 0;
    }
    if (outcome >= 0) {
        return acct_check_outcome_key(load, at, draft,
                                      (acct_outcome_e)outcome);
    }
    if (dot != NULL && draft == NULL) {
        acct_report(load, at, "problems with fields are answered by a "
                    "route; move it into the \"responses\" of one");
        return 0;
    }
    if (dot != NULL) {
        return acct_check_problem_key(load, at, draft, key, dot);
    }
    if (acct_problem_find(key) >= 0) {
        acct_report(load, at, "\"%s\" is a problem with a field; write the "
                    "field too, \"FIELD.%s\", in the \"responses\" of a "
                    "route", key, key);
        return 0;
    }
    acct_report(load, at, "unknown outcome \"%s\"; %s",
                acct_shown(key, load->tmp),
                acct_suggest(key, acct_outcome_names(load), load->tmp));
    return 0;
}

int acct_read_responses(acct_load_t *load, const acct_path_t *at,
                         const json_t *responses, const acct_draft_t *draft,
                         apr_array_header_t *entries)
{
    json_t *object = (json_t *)responses;   /* only read */
    void *member;

    if (!acct_check_type(load, at, responses, JSON_OBJECT)) {
        return 0;
    }
    for (member = json_object_iter(object); member != NULL;
         member = json_object_iter_next(object, member)) {
        acct_entry_t entry;

        memset(&entry, 0, sizeof(entry));
        entry.key = apr_pstrdup(load->tmp, json_object_iter_key(member));
        entry.at = acct_place_member(load, at, entry.key);
        entry.uses = apr_array_make(load->tmp, 4, sizeof(acct_use_t));
        read_response(load, json_object_iter_value(member), &entry);
        if (check_response_key(load, &entry.at, draft, entry.key)) {
            APR_ARRAY_PUSH(entries, acct_entry_t) = entry;
        }
    }
    return 1;
}
