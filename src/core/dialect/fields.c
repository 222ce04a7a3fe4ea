/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <apr_strings.h>
#include "dialect/draft.h"

int acct_field_can(const acct_route_t *route, const acct_field_t *field,
                   acct_problem_e problem)
{
    int i;

    switch (problem) {
    case ACCT_PROBLEM_REQUIRED:
    case ACCT_PROBLEM_BLANK:
        return field->required;
    case ACCT_PROBLEM_INVALID:
        return field->role == ACCT_ROLE_USERNAME
            || field->role == ACCT_ROLE_EMAIL;
    case ACCT_PROBLEM_TAKEN:
        return route->fields.operation->stores_fields
            && (field->role == ACCT_ROLE_USERNAME
                || field->role == ACCT_ROLE_EMAIL);
    case ACCT_PROBLEM_MISMATCH:
        for (i = 0; i < route->fields.count; i++) {
            if (route->fields.field[i].role == ACCT_ROLE_PASSWORD_AGAIN) {
                return field->role == ACCT_ROLE_PASSWORD;
            }
        }
        return 0;
    case ACCT_PROBLEM_WRONG:
        return ((ACCT_ROLE_BIT(ACCT_ROLE_CURRENT_PASSWORD)
                 | ACCT_ROLE_BIT(ACCT_ROLE_LINK_TOKEN)
                 | ACCT_ROLE_BIT(ACCT_ROLE_LINK_KEY)
                 | ACCT_ROLE_BIT(ACCT_ROLE_SECOND_FACTOR))
                & ACCT_ROLE_BIT(field->role)) != 0;
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

const acct_field_t *acct_field_find(const acct_route_t *route,
                                    const char *name, apr_size_t length)
{
    int i;

    for (i = 0; i < route->fields.count; i++) {
        if (strlen(route->fields.field[i].name) == length
            && memcmp(route->fields.field[i].name, name, length) == 0) {
            return &route->fields.field[i];
        }
    }
    return NULL;
}

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
        if (*json_string_value(item) == '\0') {
            acct_report(load, &place, "an alias has no name; write the name "
                        "of a member of the request");
        }
        APR_ARRAY_PUSH(aliases, const char *) =
            apr_pstrdup(load->pool, json_string_value(item));
    }
    APR_ARRAY_PUSH(aliases, const char *) = NULL;
    field->aliases = (const char *const *)aliases->elts;
}

/* Whether a field's value is meant as an object of the request, whose
 * members would be the fields: {"user": {"mail": "email"}}. */
static int looks_nested(const json_t *value, const char *const *members)
{
    json_t *object = (json_t *)value;       /* only read */
    void *member;

    for (member = json_object_iter(object); member != NULL;
         member = json_object_iter_next(object, member)) {
        const char *name = json_object_iter_key(member);
        const json_t *inner = json_object_iter_value(member);
        const char *const *known = members;

        while (*known != NULL && strcmp(*known, name) != 0) {
            known++;
        }
        if (*known == NULL
            && (json_is_object(inner)
                || (json_is_string(inner)
                    && acct_role_find(json_string_value(inner)) >= 0))) {
            return json_object_get(value, "as") == NULL;
        }
    }
    return 0;
}

/* One field. @return whether it can be used */
static int read_field(acct_load_t *load, const acct_path_t *at,
                      const acct_operation_t *operation,
                      const json_t *value, acct_field_t *field)
{
    static const char *const members[] = {
        "as", "aliases", "required", NULL
    };
    acct_path_t as = acct_place_member(load, at, "as");
    const json_t *member;
    acct_path_t place;
    const char *name;
    int role;

    if (*field->name == '\0') {
        acct_report(load, at, "a field has no name; write the name of a "
                    "member of the request");
    }
    field->required = 1;
    if (json_is_string(value)) {
        as = *at;
        name = json_string_value(value);
    }
    else if (json_is_object(value) && looks_nested(value, members)) {
        acct_report(load, at, "a field is a text of the request's own "
                    "members; one inside an object of the request cannot be "
                    "read, so this API cannot be written as a dialect, "
                    "unless its clients can send it flat");
        name = NULL;
    }
    else if (acct_check_type(load, at, value, JSON_OBJECT)) {
        acct_check_members(load, at, value, members);
        name = acct_text_member(load, at, value, "as");
        if (json_object_get(value, "as") == NULL) {
            acct_report(load, &as, "is missing; write what the field means, "
                        "\"as\": \"email\"");
        }
        place = acct_place_member(load, at, "required");
        member = json_object_get(value, "required");
        if (member != NULL && !json_is_boolean(member)) {
            acct_report(load, &place, "must be true or false; write one of "
                        "the two, without quotation marks");
        }
        field->required = member == NULL || !json_is_false(member);
        place = acct_place_member(load, at, "aliases");
        member = json_object_get(value, "aliases");
        if (member != NULL) {
            read_aliases(load, &place, member, field);
        }
    }
    else {
        name = NULL;
    }
    role = name != NULL ? read_role(load, &as, operation, name) : -1;
    field->role = (acct_role_e)role;
    return role >= 0;
}

/* Names of one route's members: each may mean one thing. */
static void check_names(acct_load_t *load, const acct_path_t *at,
                        const acct_route_t *route)
{
    const acct_field_t *field, *other;
    const char *const *alias, *const *second;

    for (field = route->fields.field;
         field < route->fields.field + route->fields.count;
         field++) {
        acct_path_t place = acct_place_member(load, at, field->name);

        for (alias = field->aliases; alias != NULL && *alias != NULL;
             alias++) {
            if (acct_field_find(route, *alias, strlen(*alias)) != NULL) {
                acct_report(load, &place, "the alias \"%s\" is a field "
                            "already; remove one of the two", *alias);
            }
            for (other = route->fields.field; other <= field; other++) {
                for (second = other->aliases; second != NULL
                     && *second != NULL && second != alias; second++) {
                    if (strcmp(*alias, *second) == 0) {
                        acct_report(load, &place, "the alias \"%s\" stands "
                                    "twice; remove one of the two", *alias);
                    }
                }
            }
        }
    }
}

/* Each role is that of one field. */
static void check_roles(acct_load_t *load, const acct_path_t *at,
                        const acct_route_t *route)
{
    const acct_field_t *by[ACCT_ROLE__COUNT] = { NULL };
    const acct_field_t *field;
    int i;

    for (i = 0; i < route->fields.count; i++) {
        field = &route->fields.field[i];
        if (by[field->role] != NULL) {
            acct_path_t place = acct_place_member(load, at, field->name);

            acct_report(load, &place, "\"%s\" is the \"%s\" already; give "
                        "one of the two another role or make it an alias",
                        by[field->role]->name, acct_role_name(field->role));
        }
        by[field->role] = field;
    }
}

static int is_met(const acct_route_t *route, const acct_need_t *need)
{
    int there = 0, required = 0;
    int i;

    for (i = 0; i < route->fields.count; i++) {
        const acct_field_t *field = &route->fields.field[i];

        if ((need->roles & ACCT_ROLE_BIT(field->role)) != 0) {
            there++;
            required += field->required != 0;
        }
    }
    return required > 0 && (there == 1 || !need->alone);
}

static void check_needs(acct_load_t *load, const acct_path_t *at,
                        const acct_route_t *route)
{
    const acct_need_t *need = route->fields.operation->needs;

    for (; need != NULL && need->roles != 0; need++) {
        if (!is_met(route, need)) {
            acct_report(load, at, "%s", need->lack);
        }
    }
}

static void read_fields(acct_load_t *load, const acct_path_t *at,
                        const json_t *fields, acct_draft_t *draft)
{
    json_t *object = (json_t *)fields;      /* only read */
    apr_array_header_t *list = apr_array_make(load->pool, 4,
                                              sizeof(acct_field_t));
    void *member;

    if (!acct_check_type(load, at, fields, JSON_OBJECT)) {
        draft->broken = 1;
        return;
    }
    for (member = json_object_iter(object); member != NULL;
         member = json_object_iter_next(object, member)) {
        acct_field_t field;
        acct_path_t place;

        memset(&field, 0, sizeof(field));
        field.name = apr_pstrdup(load->pool, json_object_iter_key(member));
        field.index = list->nelts;
        place = acct_place_member(load, at, field.name);
        if (read_field(load, &place, draft->route.fields.operation,
                       json_object_iter_value(member), &field)) {
            APR_ARRAY_PUSH(list, acct_field_t) = field;
        }
        else {
            draft->broken = 1;
        }
    }
    draft->route.fields.field = (const acct_field_t *)list->elts;
    draft->route.fields.count = list->nelts;
    if (!draft->broken) {
        check_names(load, at, &draft->route);
        check_roles(load, at, &draft->route);
        check_needs(load, at, &draft->route);
    }
}

void acct_read_fields(acct_load_t *load, const json_t *route,
                      acct_draft_t *draft)
{
    acct_path_t at = acct_place_member(load, &draft->at, "fields");
    const json_t *fields = json_object_get(route, "fields");
    const acct_operation_t *operation = draft->route.fields.operation;

    if (fields != NULL && !operation->reads_fields) {
        acct_report(load, &at, "\"%s\" acts for the token and reads no "
                    "body; remove \"fields\"", operation->name);
        draft->broken = 1;
    }
    else if (fields != NULL) {
        draft->route.reads_fields = 1;
        read_fields(load, &at, fields, draft);
    }
    else if (operation->needs != NULL) {
        acct_report(load, &at, "is missing; write which members of the "
                    "request mean what, \"password\": \"password\"");
        draft->broken = 1;
    }
}
