/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <apr_strings.h>
#include "dialect/draft.h"
#include "form/stage.h"

int acct_route_has_role(const acct_route_t *route, acct_role_e role)
{
    int i;

    for (i = 0; i < route->fields.count; i++) {
        if (route->fields.field[i].role == role) {
            return 1;
        }
    }
    return 0;
}

static int is_called(const char *called, const char *name, apr_size_t length)
{
    return strlen(called) == length && memcmp(called, name, length) == 0;
}

const char *acct_field_last_name(const acct_field_t *field)
{
    const char *dot = strrchr(field->name, '.');

    return dot != NULL ? dot + 1 : field->name;
}

/* The field of this whole name; NULL: there is none. */
static const acct_field_t *find_whole(const acct_route_t *route,
                                      const char *name, apr_size_t length)
{
    int i;

    for (i = 0; i < route->fields.count; i++) {
        if (is_called(route->fields.field[i].name, name, length)) {
            return &route->fields.field[i];
        }
    }
    return NULL;
}

const acct_field_t *acct_field_find(const acct_route_t *route,
                                    const char *name, apr_size_t length)
{
    const acct_field_t *found = find_whole(route, name, length);
    int i;

    for (i = 0; found == NULL && i < route->fields.count; i++) {
        const acct_field_t *field = &route->fields.field[i];

        if (is_called(acct_field_last_name(field), name, length)) {
            found = field;
        }
    }
    return found;
}

/* Whether @a inner is a member of the object called @a outer, or deeper. */
static int is_inside(const char *inner, const char *outer)
{
    apr_size_t length = strlen(outer);

    return strncmp(inner, outer, length) == 0 && inner[length] == '.';
}

/* A member is a text or an object, and no request can have both: of any other
 * name that @a field is read by. @return NULL: there is none */
static const char *clash_of(const acct_route_t *route, const char *name)
{
    const char *const *alias;
    int i;

    for (i = 0; i < route->fields.count; i++) {
        const acct_field_t *other = &route->fields.field[i];

        if (is_inside(name, other->name)) {
            return other->name;
        }
        for (alias = other->aliases; alias != NULL && *alias != NULL;
             alias++) {
            if (is_inside(name, *alias)) {
                return *alias;
            }
        }
    }
    return NULL;
}

static void check_clash(acct_load_t *load, const acct_path_t *at,
                        const acct_route_t *route, const char *name)
{
    const char *outer = clash_of(route, name);

    if (outer != NULL) {
        acct_report(load, at, "\"%s\" is inside of an object \"%s\", and "
                    "\"%s\" is a text of this route; remove one of the two, "
                    "or write another name", acct_shown(name, load->tmp),
                    acct_shown(outer, load->tmp),
                    acct_shown(outer, load->tmp));
    }
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

        check_clash(load, &place, route, field->name);
        for (alias = field->aliases; alias != NULL && *alias != NULL;
             alias++) {
            check_clash(load, &place, route, *alias);
            if (find_whole(route, *alias, strlen(*alias)) != NULL) {
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

/* Whether the operation gets a value of it, or is not run. */
static int is_sure(const acct_fields_t *fields, const acct_field_t *field)
{
    return acct_field_refuses_blank(field)
        && (acct_field_is_required(fields, field)
            || field->absent != ACCT_OK);
}

static int is_met(const acct_route_t *route, const acct_need_t *need)
{
    int there = 0, required = 0;
    int i;

    for (i = 0; i < route->fields.count; i++) {
        const acct_field_t *field = &route->fields.field[i];

        if ((need->roles & ACCT_ROLE_BIT(field->role)) != 0) {
            there++;
            required += is_sure(&route->fields, field);
        }
    }
    return required > 0 || (need->several && there > 1);
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
        if (acct_read_field(load, &place, draft->route.fields.operation,
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
        acct_check_telling(load, at, &draft->route);
    }
}

/* ---------------------------------------------------------------- stages */

static const char *const *stage_names(acct_load_t *load)
{
    const char **names = apr_pcalloc(load->tmp, (ACCT_STAGE__COUNT + 1)
                                                * sizeof(*names));
    int i;

    for (i = 0; i < ACCT_STAGE__COUNT; i++) {
        names[i] = acct_stage_name((acct_stage_e)i);
    }
    return names;
}

/* The turns of those that a list names, from 1. */
static void read_turns(acct_load_t *load, const acct_path_t *at,
                       const json_t *list, int turn[ACCT_STAGE__COUNT])
{
    apr_size_t i;

    for (i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        acct_path_t place = acct_place_item(load, at, i);
        const char *name = json_string_value(item);
        int stage;

        if (!acct_check_type(load, &place, item, JSON_STRING)) {
            continue;
        }
        stage = acct_stage_find(name);
        if (stage < 0) {
            acct_report(load, &place, "unknown stage \"%s\"; %s",
                        acct_shown(name, load->tmp),
                        acct_suggest(name, stage_names(load), load->tmp));
        }
        else if (turn[stage] != 0) {
            acct_report(load, &place, "\"%s\" stands twice; remove one of "
                        "the two", name);
        }
        else {
            turn[stage] = (int)i + 1;
        }
    }
}

/* A stage that is not named has the turn of the one it is a part of. */
static acct_stage_e whole_of(acct_stage_e stage)
{
    return stage == ACCT_STAGE_SIMILARITY ? ACCT_STAGE_RULES
                                          : ACCT_STAGE_FIELDS;
}

static void read_stages(acct_load_t *load, const acct_path_t *at,
                        const json_t *list, acct_fields_t *fields)
{
    int turn[ACCT_STAGE__COUNT] = { 0 };
    acct_stages_t *stages;
    int i;

    if (!acct_check_type(load, at, list, JSON_ARRAY)) {
        return;
    }
    read_turns(load, at, list, turn);
    if (turn[ACCT_STAGE_FIELDS] == 0) {
        acct_report(load, at, "does not say when what is absent, blank or "
                    "malformed is told; add \"fields\", mostly as the "
                    "first");
        return;
    }
    stages = apr_pcalloc(load->pool, sizeof(*stages));
    for (i = 0; i < ACCT_STAGE__COUNT; i++) {   /* a part comes behind its
                                                 * whole */
        if (turn[i] == 0) {
            turn[i] = turn[whole_of((acct_stage_e)i)];
        }
        stages->turn[i] = (unsigned char)turn[i];
    }
    fields->stages = stages;
}

/* ----------------------------------------------------------------- route */

/* Without a word, a PATCH changes a part; but an operation that has to have
 * a field has it. */
static void read_partial(acct_load_t *load, const json_t *route,
                         acct_draft_t *draft)
{
    acct_path_t at = acct_place_member(load, &draft->at, "partial");
    int partial = acct_boolean_member(load, &draft->at, route, "partial");
    const acct_operation_t *operation = draft->route.fields.operation;

    if (partial < 0) {
        draft->route.fields.is_partial = operation->needs == NULL
            && strcmp(draft->route.method, "PATCH") == 0;
    }
    else if (partial && operation->needs != NULL) {
        acct_report(load, &at, "\"%s\" cannot do with a part of its "
                    "fields; remove \"partial\"", operation->name);
    }
    else {
        draft->route.fields.is_partial = partial;
    }
}

/* What only a route with fields can say. */
static void refuse_members(acct_load_t *load, const json_t *route,
                           const acct_draft_t *draft)
{
    static const char *const members[] = { "stages", "partial", NULL };
    int i;

    for (i = 0; members[i] != NULL; i++) {
        acct_path_t at = acct_place_member(load, &draft->at, members[i]);

        if (json_object_get(route, members[i]) != NULL) {
            acct_report(load, &at, "is about \"fields\", and the route has "
                        "none; remove it");
        }
    }
}

void acct_read_fields(acct_load_t *load, const json_t *route,
                      acct_draft_t *draft)
{
    acct_path_t at = acct_place_member(load, &draft->at, "fields");
    acct_path_t place = acct_place_member(load, &draft->at, "stages");
    const json_t *fields = json_object_get(route, "fields");
    const json_t *stages = json_object_get(route, "stages");
    const acct_operation_t *operation = draft->route.fields.operation;

    if (fields == NULL) {
        refuse_members(load, route, draft);
    }
    if (fields != NULL && draft->route.takes_basic) {
        acct_report(load, &at, "the route takes name and password from the "
                    "Authorization header, and reads no body; remove "
                    "\"fields\", or \"credentials\"");
        draft->broken = 1;
    }
    else if (fields != NULL && !operation->reads_fields) {
        acct_report(load, &at, "\"%s\" acts for the token and reads no "
                    "body; remove \"fields\"", operation->name);
        draft->broken = 1;
    }
    else if (fields != NULL) {
        draft->route.reads_fields = 1;
        draft->route.fields.takes_multipart = load->takes_multipart;
        read_partial(load, route, draft);
        if (stages != NULL) {
            read_stages(load, &place, stages, &draft->route.fields);
        }
        read_fields(load, &at, fields, draft);
    }
    else if (operation->needs != NULL && !draft->route.takes_basic) {
        acct_report(load, &at, "is missing; write which members of the "
                    "request mean what, \"password\": \"password\"");
        draft->broken = 1;
    }
}

void acct_read_for_fields(acct_load_t *load)
{
    int i;

    for (i = load->sources->nelts - 1; i >= 0; i--) {
        const acct_source_t *source = &APR_ARRAY_IDX(load->sources, i,
                                                     acct_source_t);
        acct_path_t top = { source->file, "" };
        int multipart = acct_boolean_member(load, &top, source->root,
                                            "multipart");
        int refuses = acct_boolean_member(load, &top, source->root,
                                          "refuse_blanks");

        load->tells_all = acct_read_problems(load, &top, source->root,
                                             load->tells_all);
        if (multipart >= 0) {
            load->takes_multipart = multipart;
        }
        if (refuses >= 0) {
            load->refuses_blanks = refuses;
        }
    }
}
