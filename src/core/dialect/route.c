/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <apr_strings.h>
#include "dialect/draft.h"

#define ACCOUNT_ID "{account.id}"
#define TOKEN_ID "{token.id}"

/* ------------------------------------------------------------------ path */

static int is_segment(const char *segment, apr_size_t length,
                      const char *what)
{
    return strlen(what) == length && memcmp(segment, what, length) == 0;
}

static const char *check_segment(const char *segment, apr_size_t length)
{
    apr_size_t i;

    if (length == 0) {
        return "has an empty segment; remove the second \"/\"";
    }
    if (strncmp(segment, ".", length) == 0
        || strncmp(segment, "..", length) == 0) {
        return "climbs; write a path below the mount, without \".\" and "
               "\"..\"";
    }
    if (is_segment(segment, length, ACCOUNT_ID)
        || is_segment(segment, length, TOKEN_ID)) {
        return NULL;
    }
    for (i = 0; i < length; i++) {
        if (segment[i] == '{' || segment[i] == '}') {
            return "has braces; only \"" ACCOUNT_ID "\" or \"" TOKEN_ID "\" "
                   "can stand in a path, and as a whole segment: \""
                   ACCOUNT_ID "/logout/\"";
        }
        if ((unsigned char)segment[i] <= 0x20 || segment[i] == 0x7f
            || strchr("%?#\\;", segment[i]) != NULL) {
            return "has a character that no path has once it is decoded, or "
                   "that begins a query; write it without blanks, %, ?, #, "
                   "; and \\";
        }
    }
    return NULL;
}

/* What is wrong with the ids that a path has a place for; NULL: nothing. */
static const char *check_ids(const acct_draft_t *draft, int accounts,
                             int tokens)
{
    if (accounts > 1) {
        return "names the account twice; keep one \"" ACCOUNT_ID "\"";
    }
    if (accounts + tokens > 1) {
        return "names more than one; keep \"" TOKEN_ID "\" or \"" ACCOUNT_ID
               "\" alone";
    }
    if (tokens > 0 && !draft->broken
        && !draft->route.fields.operation->names_token) {
        return "names a token, but the operation acts on none that is named;"
               " remove \"" TOKEN_ID "\"";
    }
    if (accounts > 0 && draft->route.token == ACCT_TOKEN_OPTIONAL) {
        return "names an account, but the route does without a token; remove "
               "\"" ACCOUNT_ID "\", or \"token\"";
    }
    return accounts > 0 && draft->route.token != ACCT_TOKEN_NEEDED
        ? "names an account, but the operation has none before it "
          "ends; remove \"" ACCOUNT_ID "\"" : NULL;
}

static void check_path(acct_load_t *load, const acct_path_t *at,
                       const char *path, acct_draft_t *draft)
{
    const char *segment = path, *wrong = NULL;
    apr_size_t length;
    int accounts = 0, tokens = 0;

    if (*path == '/') {
        wrong = "begins with \"/\"; write it relative to where the dialect "
                "is mounted, \"signin/\"";
    }
    while (wrong == NULL && *segment != '\0') {
        length = strcspn(segment, "/");
        wrong = check_segment(segment, length);
        accounts += is_segment(segment, length, ACCOUNT_ID);
        tokens += is_segment(segment, length, TOKEN_ID);
        segment += length + (segment[length] == '/');
    }
    if (wrong == NULL) {
        wrong = check_ids(draft, accounts, tokens);
    }
    if (wrong != NULL) {
        acct_report(load, at, "the path \"%s\" %s",
                    acct_shown(path, load->tmp), wrong);
        draft->nowhere = 1;
        path = "";
        accounts = tokens = 0;
    }
    draft->route.names_account = accounts;
    draft->route.names_token = tokens;
    draft->route.path = apr_pstrdup(load->pool, path);
    acct_route_prepare(&draft->route, load->pool);
}

/* ---------------------------------------------------------------- routes */

/* A text that must be there. */
static const char *needed(acct_load_t *load, const json_t *route,
                          const char *name, const char *example,
                          const acct_draft_t *draft)
{
    acct_path_t at = acct_place_member(load, &draft->at, name);
    const char *text = acct_text_member(load, &draft->at, route, name);

    if (json_object_get(route, name) == NULL) {
        acct_report(load, &at, "is missing; write \"%s\": \"%s\"", name,
                    example);
    }
    return text;
}

static void read_method(acct_load_t *load, const json_t *route,
                        acct_draft_t *draft)
{
    const char *const *methods = acct_route_methods;
    const char *name = needed(load, route, "method", "POST", draft);
    acct_path_t at = acct_place_member(load, &draft->at, "method");
    int i;

    draft->route.method = "";
    for (i = 0; name != NULL && methods[i] != NULL; i++) {
        if (strcmp(name, methods[i]) == 0) {
            draft->route.method = methods[i];
        }
    }
    if (name != NULL && draft->route.method[0] == '\0') {
        acct_report(load, &at, "unknown method \"%s\"; %s (HEAD and OPTIONS "
                    "are answered by themselves)",
                    acct_shown(name, load->tmp),
                    acct_suggest(name, methods, load->tmp));
    }
    draft->nowhere |= draft->route.method[0] == '\0';
}

/* Of a route whose operation is not known: nothing hangs on it. */
static const acct_operation_t unknown = {
    .name = "", .token = ACCT_TOKEN_NEEDED
};

static void read_operation(acct_load_t *load, const json_t *route,
                           acct_draft_t *draft)
{
    const char *name = needed(load, route, "operation", "login", draft);
    acct_path_t at = acct_place_member(load, &draft->at, "operation");
    const acct_operation_t *operation = acct_operation_find(
        load->operations, name);

    if (name != NULL && operation == NULL) {
        acct_report(load, &at, "unknown operation \"%s\"; %s",
                    acct_shown(name, load->tmp),
                    acct_suggest(name, acct_op_names(load), load->tmp));
    }
    draft->broken |= operation == NULL;
    draft->route.fields.operation = operation != NULL ? operation : &unknown;
}

/* A GET has no body, and is sent by what only looks. */
static void check_method(acct_load_t *load, const acct_draft_t *draft)
{
    const acct_operation_t *operation = draft->route.fields.operation;
    acct_path_t at = acct_place_member(load, &draft->at, "method");

    if (strcmp(draft->route.method, "GET") != 0) {
        return;
    }
    if (draft->route.takes_basic) {
        acct_report(load, &at, "\"%s\" makes something, and a GET only "
                    "looks; write \"POST\"", operation->name);
    }
    else if (draft->route.reads_fields || operation->needs != NULL) {
        acct_report(load, &at, "\"%s\" reads a body, and GET has none; "
                    "write \"POST\"", operation->name);
    }
}

/* A method that Allow names although the path has no route for it. */
static unsigned int named_method(acct_load_t *load, const acct_path_t *at,
                                 const json_t *item)
{
    static const char *const names[] = {
        "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", NULL
    };
    const char *name = json_string_value(item);
    unsigned int i;

    if (!acct_check_type(load, at, item, JSON_STRING)) {
        return 0;
    }
    if (strcmp(name, "HEAD") == 0) {
        return ACCT_ROUTE_HEAD;
    }
    for (i = 0; acct_route_methods[i] != NULL; i++) {
        if (strcmp(name, acct_route_methods[i]) == 0) {
            return 1u << i;
        }
    }
    acct_report(load, at, "unknown method \"%s\"; %s",
                acct_shown(name, load->tmp),
                acct_suggest(name, names, load->tmp));
    return 0;
}

static void read_allow(acct_load_t *load, const json_t *route,
                       acct_draft_t *draft)
{
    acct_path_t at = acct_place_member(load, &draft->at, "allow");
    const json_t *list = json_object_get(route, "allow");
    apr_size_t i;

    if (list == NULL || !acct_check_type(load, &at, list, JSON_ARRAY)) {
        return;
    }
    for (i = 0; i < json_array_size(list); i++) {
        acct_path_t place = acct_place_item(load, &at, i);

        draft->route.p->named |= named_method(load, &place,
                                              json_array_get(list, i));
    }
}

static void read_route(acct_load_t *load, const json_t *route,
                       acct_draft_t *draft)
{
    static const char *const members[] = {
        "path", "method", "operation", "token", "credentials",
        "second_factor_header", "challenge", "other_methods", "allow",
        "fields", "stages", "partial", "messages", "responses",
        "description", NULL
    };
    acct_path_t at;
    const json_t *value;
    const char *path;

    acct_check_members(load, &draft->at, route, members);
    (void)acct_text_member(load, &draft->at, route, "description");
    draft->route.p = apr_pcalloc(load->pool, sizeof(*draft->route.p));
    draft->route.dialect = load->dialect;
    read_method(load, route, draft);
    read_operation(load, route, draft);
    acct_read_credentials(load, route, draft);
    read_allow(load, route, draft);
    at = acct_place_member(load, &draft->at, "path");
    path = needed(load, route, "path", "log-in/", draft);
    draft->nowhere |= path == NULL;
    check_path(load, &at, path != NULL ? path : "", draft);
    if (!draft->broken) {       /* else the operation is not known */
        acct_read_fields(load, route, draft);
        check_method(load, draft);
    }
    value = json_object_get(route, "messages");
    if (value != NULL) {
        at = acct_place_member(load, &draft->at, "messages");
        draft->broken |= !acct_read_messages(load, &at, value, draft,
                                             draft->messages);
    }
    at = acct_place_member(load, &draft->at, "responses");
    value = json_object_get(route, "responses");
    if (value != NULL) {
        draft->broken |= !acct_read_responses(load, &at, value, draft,
                                              draft->entries);
    }
    else {
        acct_report(load, &at, "is missing; write at least what \"ok\" is, "
                    "{\"ok\": {\"status\": 200}}");
        draft->broken = 1;
    }
}

static int is_same(const acct_draft_t *a, const acct_draft_t *b)
{
    return !a->nowhere && !b->nowhere
        && strcmp(a->route.method, b->route.method) == 0
        && acct_route_same_path(&a->route, &b->route);
}

/* In place of the one that it replaces, else behind all others. */
static void add(acct_load_t *load, const acct_draft_t *draft)
{
    acct_draft_t *place = NULL;
    int i;

    for (i = 0; i < load->drafts->nelts; i++) {
        acct_draft_t *other = &APR_ARRAY_IDX(load->drafts, i, acct_draft_t);

        if (!is_same(draft, other)) {
            continue;
        }
        place = other;
        if (strcmp(draft->at.file, other->at.file) == 0) {
            acct_report(load, &draft->at, "\"%s %s\" is %s already; remove "
                        "one of the two, or write another path or method",
                        draft->route.method, draft->route.path,
                        other->at.path);
        }
    }
    if (place == NULL) {
        place = apr_array_push(load->drafts);
    }
    *place = *draft;
}

void acct_read_routes(acct_load_t *load, const acct_path_t *at,
                      const json_t *routes)
{
    acct_draft_t draft;
    apr_size_t i;

    if (!acct_check_type(load, at, routes, JSON_ARRAY)) {
        return;
    }
    if (json_array_size(routes) == 0) {
        acct_report(load, at, "is empty; write at least one route, or leave "
                    "this member out of a file that is there to be "
                    "extended");
    }
    for (i = 0; i < json_array_size(routes); i++) {
        const json_t *route = json_array_get(routes, i);

        memset(&draft, 0, sizeof(draft));
        draft.at = acct_place_item(load, at, i);
        draft.entries = apr_array_make(load->tmp, 8, sizeof(acct_entry_t));
        draft.messages = apr_array_make(load->tmp, 8,
                                        sizeof(acct_message_t));
        if (acct_check_type(load, &draft.at, route, JSON_OBJECT)) {
            read_route(load, route, &draft);
            add(load, &draft);
        }
    }
}
