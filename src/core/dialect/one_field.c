/* SPDX-License-Identifier: Apache-2.0 */
/* One member of "fields": what it means and how it is read; see
 * dialect/draft.h. */
#include <string.h>
#include <apr_strings.h>
#include "dialect/draft.h"
#include "password/password.h"

/* ------------------------------------------------------------------ role */

/* @return the role, or -1 after reporting */
static int read_role(acct_load_t *load, const acct_path_t *at,
                     const acct_operation_t *operation, const char *name)
{
    const char *fit[ACCT_ROLE__COUNT + 1];
    int role = acct_role_find(name);
    int i, count = 0;

    for (i = 0; i < ACCT_ROLE__COUNT; i++) {
        if ((operation->roles & ACCT_ROLE_BIT(i)) != 0) {
            fit[count++] = acct_role_name((acct_role_e)i);
        }
    }
    fit[count] = NULL;
    if (role < 0) {
        acct_report(load, at, "unknown role \"%s\"; %s",
                    acct_shown(name, load->tmp),
                    acct_suggest(name, fit, load->tmp));
    }
    else if ((operation->roles & ACCT_ROLE_BIT(role)) == 0) {
        acct_report(load, at, "a field of \"%s\" cannot be the \"%s\"; %s",
                    operation->name, name,
                    acct_suggest("", fit, load->tmp));
        role = -1;
    }
    return role;
}

/* "user.email" is the member "email" of the object "user". */
static void check_name(acct_load_t *load, const acct_path_t *at,
                       const char *what, const char *name,
                       acct_field_t *field)
{
    apr_size_t length = strlen(name);

    if (length == 0) {
        acct_report(load, at, "%s has no name; write the name of a member of "
                    "the request", what);
    }
    else if (name[0] == '.' || name[length - 1] == '.'
             || strstr(name, "..") != NULL) {
        acct_report(load, at, "a name between the dots is missing; write "
                    "the names of the objects around the member and its "
                    "own, \"user.email\"");
    }
    field->is_nested |= strchr(name, '.') != NULL;
}

static void read_aliases(acct_load_t *load, const acct_path_t *at,
                         const json_t *list, acct_field_t *field)
{
    apr_array_header_t *aliases = apr_array_make(load->pool, 2,
                                                 sizeof(const char *));
    apr_size_t i;

    if (!acct_check_type(load, at, list, JSON_ARRAY)) {
        return;
    }
    for (i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        acct_path_t place = acct_place_item(load, at, i);

        if (!acct_check_type(load, &place, item, JSON_STRING)) {
            continue;
        }
        check_name(load, &place, "an alias", json_string_value(item),
                   field);
        APR_ARRAY_PUSH(aliases, const char *) =
            apr_pstrdup(load->pool, json_string_value(item));
    }
    APR_ARRAY_PUSH(aliases, const char *) = NULL;
    field->aliases = (const char *const *)aliases->elts;
}

static const char *const field_members[] = {
    "as", "aliases", "required", "blank", "absent", "max", "report", "tell",
    "problems", "recent", "exact", "lower", NULL
};

static int is_member(const char *name)
{
    const char *const *known = field_members;

    while (*known != NULL && strcmp(*known, name) != 0) {
        known++;
    }
    return *known != NULL;
}

/* Whether a field's value is meant as an object of the request, whose
 * members would be the fields: {"user": {"mail": "email"}}. */
static int looks_nested(const json_t *value)
{
    json_t *object = (json_t *)value;       /* only read */
    void *member;

    for (member = json_object_iter(object); member != NULL;
         member = json_object_iter_next(object, member)) {
        const char *name = json_object_iter_key(member);
        const json_t *inner = json_object_iter_value(member);

        if (!is_member(name)
            && (json_is_object(inner)
                || (json_is_string(inner)
                    && acct_role_find(json_string_value(inner)) >= 0))) {
            return json_object_get(value, "as") == NULL;
        }
    }
    return 0;
}

static void report_nested(acct_load_t *load, const acct_path_t *at,
                          const char *name, const json_t *value)
{
    json_t *object = (json_t *)value;       /* only read */
    const char *inner = json_object_iter_key(json_object_iter(object));

    acct_report(load, at, "a field is a text of the request's own members, "
                "or of an object's among them, which is named with a dot; "
                "write \"%s.%s\": ... in place of \"%s\": { ... }",
                acct_shown(name, load->tmp), acct_shown(inner, load->tmp),
                acct_shown(name, load->tmp));
}

/* --------------------------------------------------------------- members */

int acct_read_problems(acct_load_t *load, const acct_path_t *at,
                       const json_t *object, int otherwise)
{
    static const char *const words[] = { "first", "all", NULL };
    acct_path_t place = acct_place_member(load, at, "problems");
    const char *word = acct_text_member(load, at, object, "problems");
    int i;

    for (i = 0; word != NULL && words[i] != NULL; i++) {
        if (strcmp(word, words[i]) == 0) {
            return i;
        }
    }
    if (word != NULL) {
        acct_report(load, &place, "\"%s\" of what is wrong cannot be told; "
                    "write \"first\" or \"all\"",
                    acct_shown(word, load->tmp));
    }
    return otherwise;
}

static void read_required(acct_load_t *load, const acct_path_t *at,
                          const json_t *value, acct_field_t *field)
{
    acct_path_t place = acct_place_member(load, at, "required");
    int required = acct_boolean_member(load, at, value, "required");
    int blank = acct_boolean_member(load, at, value, "blank");

    field->required = required != 0;
    if (blank >= 0) {
        field->blank = blank ? ACCT_BLANK_TAKEN : ACCT_BLANK_REFUSED;
    }
    if (json_object_get(value, "absent") == NULL) {
        return;
    }
    field->required = 0;
    if (required >= 0) {
        acct_report(load, &place, "\"absent\" says already what comes of a "
                    "request without it; remove one of the two");
    }
}

/* An operation compares what it gets: of a proof that is there and empty it
 * would get nothing. */
static void check_blank(acct_load_t *load, const acct_path_t *at,
                        const acct_field_t *field)
{
    acct_path_t place = acct_place_member(load, at, "blank");

    if (acct_role_is_proof(field->role) && field->blank == ACCT_BLANK_TAKEN
        && (field->required || field->absent != ACCT_OK)) {
        acct_report(load, &place, "an empty \"%s\" would do, and proves "
                    "nothing; remove \"blank\"",
                    acct_role_name(field->role));
    }
}

static void read_absent(acct_load_t *load, const acct_path_t *at,
                        const acct_operation_t *operation,
                        const json_t *value, acct_field_t *field)
{
    acct_path_t place = acct_place_member(load, at, "absent");
    const char *name = acct_text_member(load, at, value, "absent");
    int outcome = acct_outcome_find(name);

    if (name == NULL) {
        return;
    }
    if (outcome < 0) {
        acct_report(load, &place, "unknown outcome \"%s\"; %s",
                    acct_shown(name, load->tmp),
                    acct_suggest(name, acct_outcome_names(load), load->tmp));
    }
    else if (outcome == ACCT_OK || outcome == ACCT_INVALID) {
        acct_report(load, &place, "nothing is done for a request without "
                    "it, and it has no problem of its own; write how it is "
                    "refused, \"wrong_credentials\", or remove "
                    "\"absent\"");
    }
    else if (!acct_operation_can(operation, (acct_outcome_e)outcome)) {
        acct_report(load, &place, "\"%s\" cannot come of the operation "
                    "\"%s\"; write an outcome that can", name,
                    operation->name);
    }
    else {
        field->absent = (acct_outcome_e)outcome;
    }
}

/* After the role, which may have a limit of its own. */
static void read_max(acct_load_t *load, const acct_path_t *at,
                     const json_t *value, acct_field_t *field)
{
    acct_path_t place = acct_place_member(load, at, "max");
    const json_t *max = json_object_get(value, "max");
    int most = acct_field_limit(field);
    json_int_t n;

    if (max == NULL || !acct_check_type(load, &place, max, JSON_INTEGER)) {
        return;
    }
    n = json_integer_value(max);
    most = most != 0 ? most : ACCT_PASSWORD_MAX;
    if (n < 1 || n > most) {
        acct_report(load, &place, "the \"%s\" has 1 to %d characters; write "
                    "the most it may have here, or remove \"max\"",
                    acct_role_name(field->role), most);
    }
    else {
        field->max = (int)n;
    }
}

static void read_own_name(acct_load_t *load, const acct_path_t *at,
                          acct_field_t *field)
{
    const char *dot = strrchr(field->name, '.');

    check_name(load, at, "a field", field->name, field);
    if (dot != NULL && dot[1] != '\0') {
        field->key = dot + 1;
    }
}

/* Of what a mail brought: the text as the client has it. */
static void read_exact(acct_load_t *load, const acct_path_t *at,
                       const json_t *value, acct_field_t *field)
{
    acct_path_t place = acct_place_member(load, at, "exact");

    field->is_exact = acct_boolean_member(load, at, value, "exact") > 0;
    if (field->is_exact && !acct_role_is_of_link(field->role)) {
        acct_report(load, &place, "is for a field of a mailed link; remove "
                    "it");
    }
}

/* Of an address that becomes the account's. */
static void read_lower(acct_load_t *load, const acct_path_t *at,
                       const acct_operation_t *operation,
                       const json_t *value, acct_field_t *field)
{
    static const char *const words[] = { "domain", "all", NULL };
    acct_path_t place = acct_place_member(load, at, "lower");
    const char *word = acct_text_member(load, at, value, "lower");

    if (word == NULL) {
        return;
    }
    if (field->role != ACCT_ROLE_EMAIL || !operation->stores_fields) {
        acct_report(load, &place, "is for an \"email\" that becomes the "
                    "account's; remove it");
    }
    else if (strcmp(word, words[0]) == 0) {
        field->lower = ACCT_LOWER_DOMAIN;
    }
    else if (strcmp(word, words[1]) == 0) {
        field->lower = ACCT_LOWER_ALL;
    }
    else {
        acct_report(load, &place, "no part of an address is called \"%s\"; "
                    "%s", acct_shown(word, load->tmp),
                    acct_suggest(word, words, load->tmp));
    }
}

/* The role of a field that is spelled as an object; NULL after reporting. */
static const char *read_members(acct_load_t *load, const acct_path_t *at,
                                const acct_operation_t *operation,
                                const json_t *value, acct_field_t *field)
{
    acct_path_t as = acct_place_member(load, at, "as");
    acct_path_t place = acct_place_member(load, at, "aliases");
    const json_t *aliases = json_object_get(value, "aliases");

    acct_check_members(load, at, value, field_members);
    if (json_object_get(value, "as") == NULL) {
        acct_report(load, &as, "is missing; write what the field means, "
                    "\"as\": \"email\"");
    }
    read_required(load, at, value, field);
    read_absent(load, at, operation, value, field);
    acct_read_telling(load, at, value, field);
    field->tells_all = acct_read_problems(load, at, value, load->tells_all);
    if (aliases != NULL) {
        read_aliases(load, &place, aliases, field);
    }
    return acct_text_member(load, at, value, "as");
}

static const char *read_as(acct_load_t *load, acct_path_t *at,
                           const acct_operation_t *operation,
                           const json_t *value, acct_field_t *field)
{
    const char *name = NULL;

    if (json_is_string(value)) {
        return json_string_value(value);
    }
    if (json_is_object(value) && looks_nested(value)) {
        report_nested(load, at, field->name, value);
    }
    else if (acct_check_type(load, at, value, JSON_OBJECT)) {
        name = read_members(load, at, operation, value, field);
        *at = acct_place_member(load, at, "as");
    }
    return name;
}

int acct_read_field(acct_load_t *load, const acct_path_t *at,
                    const acct_operation_t *operation, const json_t *value,
                    acct_field_t *field)
{
    acct_path_t as = *at;
    const char *name;
    int role;

    field->required = 1;
    field->tells_all = load->tells_all;
    field->refuses_blanks = load->refuses_blanks;
    read_own_name(load, at, field);
    name = read_as(load, &as, operation, value, field);
    role = name != NULL ? read_role(load, &as, operation, name) : -1;
    if (role < 0) {
        return 0;
    }
    field->role = (acct_role_e)role;
    check_blank(load, at, field);
    read_max(load, at, value, field);
    read_exact(load, at, value, field);
    read_lower(load, at, operation, value, field);
    acct_read_recent(load, at, value, field);
    return 1;
}

/* ------------------------------------------- what can be wrong with it */

/* A repetition is asked for where what it repeats is sent. */
static int can_be_required(const acct_route_t *route,
                           const acct_field_t *field)
{
    return acct_field_is_required(&route->fields, field) || field->recent > 0
        || (field->required && (field->role == ACCT_ROLE_PASSWORD_AGAIN
                                || field->role == ACCT_ROLE_USERNAME_AGAIN));
}

static int can_differ(const acct_route_t *route, acct_role_e role)
{
    return (role == ACCT_ROLE_PASSWORD
            && acct_route_has_role(route, ACCT_ROLE_PASSWORD_AGAIN))
        || (role == ACCT_ROLE_USERNAME
            && acct_route_has_role(route, ACCT_ROLE_USERNAME_AGAIN));
}

static int is_one_of(acct_role_e role, uint32_t roles)
{
    return (ACCT_ROLE_BIT(role) & roles) != 0;
}

int acct_field_may_have(const acct_route_t *route, const acct_field_t *field,
                        acct_problem_e problem)
{
    static const uint32_t named = ACCT_ROLE_BIT(ACCT_ROLE_USERNAME)
                                  | ACCT_ROLE_BIT(ACCT_ROLE_EMAIL);
    static const uint32_t proofs = ACCT_ROLE_BIT(ACCT_ROLE_CURRENT_PASSWORD)
                                   | ACCT_ROLE_BIT(ACCT_ROLE_LINK_TOKEN)
                                   | ACCT_ROLE_BIT(ACCT_ROLE_LINK_KEY)
                                   | ACCT_ROLE_BIT(ACCT_ROLE_SECOND_FACTOR);

    switch (problem) {
    case ACCT_PROBLEM_REQUIRED:
        return can_be_required(route, field);
    case ACCT_PROBLEM_BLANK:
        return acct_field_refuses_blank(field);
    case ACCT_PROBLEM_TOO_LONG:
        return acct_field_limit(field) != 0
            || acct_role_is_password(field->role);
    case ACCT_PROBLEM_INVALID:
        return is_one_of(field->role,
                         named | ACCT_ROLE_BIT(ACCT_ROLE_LABEL));
    case ACCT_PROBLEM_TAKEN:
        return route->fields.operation->stores_fields
            && is_one_of(field->role, named);
    case ACCT_PROBLEM_MISMATCH:
        return can_differ(route, field->role);
    case ACCT_PROBLEM_WRONG:
        return is_one_of(field->role, proofs);
    case ACCT_PROBLEM_UNKNOWN:
        return field->role == ACCT_ROLE_LINK_UID;
    case ACCT_PROBLEM_TOO_SHORT:
    case ACCT_PROBLEM_TOO_COMMON:
    case ACCT_PROBLEM_TOO_SIMILAR:
    case ACCT_PROBLEM_TOO_NUMERIC:
        return route->fields.operation->stores_fields
            && field->role == ACCT_ROLE_PASSWORD;
    default:
        return 1;
    }
}

int acct_field_can(const acct_route_t *route, const acct_field_t *field,
                   acct_problem_e problem)
{
    return acct_field_as(field, problem) == problem
        && acct_field_may_have(route, field, problem);
}
