/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <string.h>
#include <apr_strings.h>
#include "dialect/draft.h"

#define ERRORS_MAX 100          /* more is not read */

void acct_report(acct_load_t *load, const acct_path_t *at,
                 const char *format, ...)
{
    const char *text, *line;
    va_list args;
    int i;

    va_start(args, format);
    text = apr_pvsprintf(load->tmp, format, args);
    va_end(args);
    line = apr_pstrcat(load->tmp, at->file, ": ", at->path,
                       at->path[0] != '\0' ? ": " : "", text, NULL);
    line = acct_without_controls(line, load->pool);
    for (i = 0; i < load->errors->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(load->errors, i, const char *), line)
            == 0) {
            return;
        }
    }
    if (i < ERRORS_MAX) {
        APR_ARRAY_PUSH(load->errors, const char *) = line;
    }
    else if (i == ERRORS_MAX) {
        APR_ARRAY_PUSH(load->errors, const char *) =
            apr_psprintf(load->pool, "%s: there is more; mend these first",
                         at->file);
    }
}

acct_path_t acct_place_member(acct_load_t *load, const acct_path_t *at,
                               const char *name)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    acct_path_t place = { at->file, NULL };

    if (*name != '\0' && name[strspn(name, plain)] == '\0') {
        place.path = apr_pstrcat(load->tmp, at->path,
                                 at->path[0] != '\0' ? "." : "", name, NULL);
    }
    else {
        place.path = apr_pstrcat(load->tmp, at->path, "[\"",
                                 acct_shown(name, load->tmp), "\"]", NULL);
    }
    return place;
}

acct_path_t acct_place_item(acct_load_t *load, const acct_path_t *at,
                             apr_size_t index)
{
    acct_path_t place = { at->file, NULL };

    place.path = apr_psprintf(load->tmp, "%s[%" APR_SIZE_T_FMT "]",
                              at->path, index);
    return place;
}

const char *acct_listed(acct_load_t *load, const char *list,
                        const char *name)
{
    return apr_pstrcat(load->tmp, list != NULL ? list : "",
                       list != NULL ? ", \"" : "\"", name, "\"", NULL);
}

void acct_check_members(acct_load_t *load, const acct_path_t *at,
                        const json_t *object, const char *const *names)
{
    json_t *members = (json_t *)object;     /* only read */
    void *member;

    for (member = json_object_iter(members); member != NULL;
         member = json_object_iter_next(members, member)) {
        const char *name = json_object_iter_key(member);
        const char *const *known = names;
        acct_path_t place;

        while (*known != NULL && strcmp(*known, name) != 0) {
            known++;
        }
        if (*known == NULL) {
            place = acct_place_member(load, at, name);
            acct_report(load, &place, "unknown member \"%s\"; %s",
                        acct_shown(name, load->tmp),
                        acct_suggest(name, names, load->tmp));
        }
    }
}

static const char *type_name(json_type type)
{
    switch (type) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "a list";
    case JSON_STRING:
        return "a text";
    case JSON_INTEGER:
        return "a whole number";
    case JSON_REAL:
        return "a number with a fraction";
    case JSON_TRUE:
        return "true";
    case JSON_FALSE:
        return "false";
    default:
        return "null";
    }
}

int acct_check_type(acct_load_t *load, const acct_path_t *at,
                    const json_t *value, json_type type)
{
    static const char *const shape[] = {
        [JSON_OBJECT] = "{ ... }", [JSON_ARRAY] = "[ ... ]",
        [JSON_STRING] = "\"...\"", [JSON_INTEGER] = "digits"
    };

    if (json_typeof(value) == type) {
        return 1;
    }
    acct_report(load, at, "is %s and must be %s; write %s",
                type_name(json_typeof(value)), type_name(type), shape[type]);
    return 0;
}

const char *acct_text_member(acct_load_t *load, const acct_path_t *at,
                             const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    acct_path_t place = acct_place_member(load, at, name);

    if (value == NULL || !acct_check_type(load, &place, value, JSON_STRING)) {
        return NULL;
    }
    return json_string_value(value);
}

int acct_boolean_member(acct_load_t *load, const acct_path_t *at,
                        const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    acct_path_t place = acct_place_member(load, at, name);

    if (value == NULL) {
        return -1;
    }
    if (!json_is_boolean(value)) {
        acct_report(load, &place, ACCT_MUST_BE_BOOLEAN);
        return -1;
    }
    return json_is_true(value);
}

void acct_place_report(void *baton, const char *path, const char *what)
{
    const acct_place_baton_t *place = baton;
    acct_path_t at = place->at;

    at.path = apr_pstrcat(place->load->tmp, at.path, path, NULL);
    acct_report(place->load, &at, "%s", what);
}

const char *const *acct_op_names(acct_load_t *load)
{
    const acct_operations_t *all = load->operations;
    const char **names = apr_pcalloc(load->tmp, ((apr_size_t)all->count + 1)
                                                * sizeof(*names));
    int i;

    for (i = 0; i < all->count; i++) {
        names[i] = all->row[i]->name;
    }
    return names;
}

const char *const *acct_outcome_names(acct_load_t *load)
{
    const char **names = apr_pcalloc(load->tmp, (ACCT_OUTCOME__COUNT + 1)
                                                * sizeof(*names));
    int i;

    for (i = 0; i < ACCT_OUTCOME__COUNT; i++) {
        names[i] = acct_outcome_name((acct_outcome_e)i);
    }
    return names;
}

const char *const *acct_problem_names(acct_load_t *load)
{
    const char **names = apr_pcalloc(load->tmp, (ACCT_PROBLEM__COUNT + 1)
                                                * sizeof(*names));
    int i;

    for (i = 0; i < ACCT_PROBLEM__COUNT; i++) {
        names[i] = acct_problem_name((acct_problem_e)i);
    }
    return names;
}
