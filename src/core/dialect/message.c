/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <apr_strings.h>
#include "dialect/draft.h"

/* What some message can hold. */
#define MESSAGE_VALUES (ACCT_VALUE_BIT(ACCT_VALUE_METHOD) \
                        | ACCT_VALUE_BIT(ACCT_VALUE_MEDIA_TYPE) \
                        | ACCT_VALUE_BIT(ACCT_VALUE_ENCODING) \
                        | ACCT_VALUE_BIT(ACCT_VALUE_FORMAT) \
                        | ACCT_VALUE_BIT(ACCT_VALUE_REASON) \
                        | ACCT_VALUE_BIT(ACCT_VALUE_TYPE) \
                        | ACCT_VALUE_BIT(ACCT_VALUE_RETRY_AFTER) \
                        | ACCT_VALUE_BIT(ACCT_VALUE_SITE_NAME))

uint64_t acct_values_of_problem(int problem)
{
    const uint64_t anywhere = ACCT_VALUE_BIT(ACCT_VALUE_SITE_NAME);

    switch (problem) {
    case ACCT_PROBLEM_TOO_LONG:
    case ACCT_PROBLEM_TOO_SHORT:
        return anywhere | ACCT_VALUE_BIT(ACCT_VALUE_LIMIT);
    case ACCT_PROBLEM_TOO_SIMILAR:
        return anywhere | ACCT_VALUE_BIT(ACCT_VALUE_ATTRIBUTE);
    default:
        return anywhere;
    }
}

/* Whether some route has a field of this name. */
static int is_field(const acct_load_t *load, const char *name,
                    apr_size_t length)
{
    int i;

    for (i = 0; i < load->drafts->nelts; i++) {
        const acct_draft_t *draft = &APR_ARRAY_IDX(load->drafts, i,
                                                   acct_draft_t);

        if (draft->broken
            || acct_field_find(&draft->route, name, length) != NULL) {
            return 1;
        }
    }
    return 0;
}

/* "field.code" among the messages. @return what it may hold */
static uint64_t check_field_message(acct_load_t *load, const acct_path_t *at,
                                    const acct_draft_t *draft,
                                    const char *key, const char *dot)
{
    int problem = acct_problem_find(dot + 1);

    if (problem < 0) {
        acct_report(load, at, "unknown problem \"%s\"; %s",
                    acct_shown(dot + 1, load->tmp),
                    acct_suggest(dot + 1, acct_problem_names(load),
                                 load->tmp));
    }
    else if (draft != NULL) {
        (void)acct_check_problem_key(load, at, draft, key, dot);
    }
    else if (load->fields_known
             && !is_field(load, key, (apr_size_t)(dot - key))) {
        acct_report(load, at, "no route has a field \"%s\"; write the name "
                    "of one, or \"%s\" for any field",
                    acct_shown(apr_pstrmemdup(load->tmp, key,
                               (apr_size_t)(dot - key)), load->tmp),
                    dot + 1);
    }
    return acct_values_of_problem(problem);
}

/* @return what a message of this name may hold */
static uint64_t check_message_key(acct_load_t *load, const acct_path_t *at,
                                  const acct_draft_t *draft, const char *key)
{
    const char *dot = strrchr(key, '.');
    int problem = acct_problem_find(key);
    int outcome = acct_outcome_find(key);

    if (problem >= 0) {
        return acct_values_of_problem(problem);
    }
    if (outcome >= 0) {
        (void)acct_check_outcome_key(load, at, draft,
                                     (acct_outcome_e)outcome);
        return acct_values_known(NULL, (acct_outcome_e)outcome)
               & MESSAGE_VALUES;
    }
    if (dot != NULL) {
        return check_field_message(load, at, draft, key, dot);
    }
    acct_report(load, at, "nothing is called \"%s\"; write an outcome "
                "(\"not_found\"), a problem (\"required\") or a problem of "
                "a field (\"email.required\")", acct_shown(key, load->tmp));
    return ~UINT64_C(0);
}

static void check_message_values(acct_load_t *load, const acct_path_t *at,
                                 const acct_template_t *text,
                                 uint64_t known)
{
    const char *names[ACCT_VALUE__COUNT + 1];
    int i, count = 0;

    for (i = 0; i < ACCT_VALUE__SETS; i++) {
        if ((known & ACCT_VALUE_BIT(i)) != 0) {
            names[count++] = acct_value_name((acct_value_e)i);
        }
    }
    names[count] = NULL;
    for (i = 0; text != NULL && i < text->nplaces; i++) {
        if ((known & ACCT_VALUE_BIT(text->places[i].value)) == 0) {
            const char *name = acct_value_name(text->places[i].value);

            acct_report(load, at, "\"{%s}\" is not known in this message; "
                        "%s", name, acct_suggest(name, names, load->tmp));
        }
    }
}

int acct_read_messages(acct_load_t *load, const acct_path_t *at,
                        const json_t *messages, const acct_draft_t *draft,
                        apr_array_header_t *list)
{
    json_t *object = (json_t *)messages;    /* only read */
    void *member;

    if (!acct_check_type(load, at, messages, JSON_OBJECT)) {
        return 0;
    }
    for (member = json_object_iter(object); member != NULL;
         member = json_object_iter_next(object, member)) {
        const json_t *value = json_object_iter_value(member);
        acct_message_t message;
        acct_place_baton_t baton;
        uint64_t known;

        message.key = apr_pstrdup(load->tmp, json_object_iter_key(member));
        message.at = acct_place_member(load, at, message.key);
        message.text = NULL;
        baton.load = load;
        baton.at = message.at;
        known = check_message_key(load, &message.at, draft, message.key);
        if (acct_check_type(load, &message.at, value, JSON_STRING)) {
            message.text = acct_template_text(json_string_value(value),
                                              acct_place_report, &baton,
                                              load->pool);
            check_message_values(load, &message.at, message.text, known);
        }
        APR_ARRAY_PUSH(list, acct_message_t) = message;
    }
    return 1;
}

/* ------------------------------------------------ how a problem is told */

/* The problem that a name stands for; -1 after reporting. */
static int read_problem(acct_load_t *load, const acct_path_t *at,
                        const char *code)
{
    int problem = acct_problem_find(code);

    if (problem < 0) {
        acct_report(load, at, "unknown problem \"%s\"; %s",
                    acct_shown(code, load->tmp),
                    acct_suggest(code, acct_problem_names(load), load->tmp));
    }
    return problem;
}

/* A name under which a problem is told. @return NULL after reporting */
static const char *read_name(acct_load_t *load, const acct_path_t *at,
                             const json_t *value)
{
    if (!acct_check_type(load, at, value, JSON_STRING)) {
        return NULL;
    }
    if (*json_string_value(value) == '\0') {
        acct_report(load, at, "has no name; write the one under which the "
                    "problem is told");
        return NULL;
    }
    return apr_pstrdup(load->pool, json_string_value(value));
}

static void read_reports(acct_load_t *load, const acct_path_t *at,
                         const json_t *report, acct_field_t *field)
{
    json_t *object = (json_t *)report;      /* only read */
    const char **names = apr_pcalloc(load->pool, ACCT_PROBLEM__COUNT
                                                 * sizeof(*names));
    void *member;

    for (member = json_object_iter(object); member != NULL;
         member = json_object_iter_next(object, member)) {
        const char *code = json_object_iter_key(member);
        acct_path_t place = acct_place_member(load, at, code);
        int problem = read_problem(load, &place, code);

        if (problem >= 0) {
            names[problem] = read_name(load, &place,
                                       json_object_iter_value(member));
        }
    }
    field->report = names;
}

static void read_report(acct_load_t *load, const acct_path_t *at,
                        const json_t *value, acct_field_t *field)
{
    acct_path_t place = acct_place_member(load, at, "report");
    const json_t *report = json_object_get(value, "report");
    const char *name;

    if (report == NULL) {
        return;
    }
    if (json_is_object(report)) {
        read_reports(load, &place, report, field);
    }
    else if (!json_is_string(report)) {
        acct_report(load, &place, "is neither a text nor an object; write "
                    "the name under which the problems of the field are "
                    "told, or an object of problems and such names");
    }
    else if ((name = read_name(load, &place, report)) != NULL) {
        field->key = name;
    }
}

/* Which problem is told as which. */
static void read_tell(acct_load_t *load, const acct_path_t *at,
                      const json_t *tell, acct_field_t *field)
{
    json_t *object = (json_t *)tell;        /* only read */
    unsigned char *as = apr_palloc(load->pool, ACCT_PROBLEM__COUNT);
    void *member;
    int i;

    for (i = 0; i < ACCT_PROBLEM__COUNT; i++) {
        as[i] = (unsigned char)i;
    }
    for (member = json_object_iter(object); member != NULL;
         member = json_object_iter_next(object, member)) {
        const char *code = json_object_iter_key(member);
        const json_t *value = json_object_iter_value(member);
        acct_path_t place = acct_place_member(load, at, code);
        int from = read_problem(load, &place, code);
        int to = acct_check_type(load, &place, value, JSON_STRING)
            ? read_problem(load, &place, json_string_value(value)) : -1;

        if (from >= 0 && to >= 0) {
            as[from] = (unsigned char)to;
        }
    }
    field->told_as = as;
}

void acct_read_telling(acct_load_t *load, const acct_path_t *at,
                       const json_t *value, acct_field_t *field)
{
    acct_path_t place = acct_place_member(load, at, "tell");
    const json_t *tell = json_object_get(value, "tell");

    read_report(load, at, value, field);
    if (tell != NULL && acct_check_type(load, &place, tell, JSON_OBJECT)) {
        read_tell(load, &place, tell, field);
    }
}

/* Both ends can come of the field, and one that is told as another is not
 * what a third is told as. */
static void check_tell(acct_load_t *load, const acct_path_t *at,
                       const acct_route_t *route, const acct_field_t *field)
{
    int i;

    for (i = 0; field->told_as != NULL && i < ACCT_PROBLEM__COUNT; i++) {
        const char *code = acct_problem_name((acct_problem_e)i);
        acct_path_t place = acct_place_member(load, at, code);
        int as = field->told_as[i];

        if (as == i) {
            continue;
        }
        if (!acct_field_may_have(route, field, (acct_problem_e)i)) {
            acct_report(load, &place, "\"%s\" cannot come of the field "
                        "\"%s\" here; remove this member", code,
                        field->name);
        }
        else if (!acct_field_can(route, field, (acct_problem_e)as)) {
            acct_report(load, &place, "\"%s\" is not told of the field "
                        "\"%s\" here; write a problem that is",
                        acct_problem_name((acct_problem_e)as), field->name);
        }
    }
}

static void check_report(acct_load_t *load, const acct_path_t *at,
                         const acct_route_t *route,
                         const acct_field_t *field)
{
    int i;

    for (i = 0; field->report != NULL && i < ACCT_PROBLEM__COUNT; i++) {
        const char *code = acct_problem_name((acct_problem_e)i);
        acct_path_t place = acct_place_member(load, at, code);

        if (field->report[i] != NULL
            && !acct_field_can(route, field, (acct_problem_e)i)) {
            acct_report(load, &place, "\"%s\" cannot come of the field "
                        "\"%s\" here; remove this member", code,
                        field->name);
        }
    }
}

void acct_check_telling(acct_load_t *load, const acct_path_t *at,
                        const acct_route_t *route)
{
    int i;

    for (i = 0; i < route->fields.count; i++) {
        const acct_field_t *field = &route->fields.field[i];
        acct_path_t own = acct_place_member(load, at, field->name);
        acct_path_t place = acct_place_member(load, &own, "report");

        check_report(load, &place, route, field);
        place = acct_place_member(load, &own, "tell");
        check_tell(load, &place, route, field);
    }
}
