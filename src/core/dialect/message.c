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
                        | ACCT_VALUE_BIT(ACCT_VALUE_RETRY_AFTER))

uint64_t acct_values_of_problem(int problem)
{
    switch (problem) {
    case ACCT_PROBLEM_TOO_LONG:
    case ACCT_PROBLEM_TOO_SHORT:
        return ACCT_VALUE_BIT(ACCT_VALUE_LIMIT);
    case ACCT_PROBLEM_TOO_SIMILAR:
        return ACCT_VALUE_BIT(ACCT_VALUE_ATTRIBUTE);
    default:
        return 0;
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
