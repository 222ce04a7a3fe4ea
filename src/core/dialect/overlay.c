/* SPDX-License-Identifier: Apache-2.0 */
/* A route over its dialect over what that extends over the module's own
 * answers: which response and message holds; see dialect/draft.h. */
#include <string.h>
#include <apr_strings.h>
#include "dialect/overlay.h"

const acct_entry_t *acct_overlay_entry(const apr_array_header_t *list,
                                      const char *key, int *turn)
{
    int i;

    for (i = 0; list != NULL && i < list->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(list, i, acct_entry_t).key, key) == 0) {
            if (turn != NULL) {
                *turn = i;
            }
            return &APR_ARRAY_IDX(list, i, acct_entry_t);
        }
    }
    return NULL;
}

/* The response under a key: the route's, else the dialect's. */
const acct_entry_t *acct_overlay_find(const acct_load_t *load,
                                      const acct_draft_t *draft,
                                      const char *key)
{
    const acct_entry_t *entry = draft != NULL
        ? acct_overlay_entry(draft->entries, key, NULL) : NULL;

    return entry != NULL ? entry
                         : acct_overlay_entry(load->entries, key, NULL);
}

/* The response to an outcome; the module's own where the outcome is newer
 * than the file. */
const acct_entry_t *acct_overlay_answer(acct_load_t *load,
                                     const acct_draft_t *draft,
                                     acct_outcome_e outcome)
{
    const acct_entry_t *entry = acct_overlay_find(load, draft,
                                           acct_outcome_name(outcome));

    return entry != NULL ? entry : acct_builtin_entry(load, outcome);
}

/* The response that another shares by its key. */
static const acct_entry_t *shared_by(acct_load_t *load,
                                     const acct_draft_t *draft,
                                     const acct_entry_t *entry)
{
    const acct_entry_t *next = acct_overlay_find(load, draft, entry->same_as);

    return next == NULL && entry->is_builtin
        ? acct_builtin_shared(load, entry->same_as) : next;
}

static const acct_message_t *in_messages(const apr_array_header_t *list,
                                         const char *key)
{
    int i;

    for (i = 0; i < list->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(list, i, acct_message_t).key, key) == 0) {
            return &APR_ARRAY_IDX(list, i, acct_message_t);
        }
    }
    return NULL;
}

static const acct_message_t *outcome_message(acct_load_t *load,
                                             const acct_draft_t *draft,
                                             acct_outcome_e outcome)
{
    const char *key = acct_outcome_name(outcome);
    const acct_message_t *message = NULL;

    if (outcome == ACCT_INVALID) {
        return NULL;            /* the name is a problem's */
    }
    if (draft != NULL) {
        message = in_messages(draft->messages, key);
    }
    if (message == NULL) {
        message = in_messages(load->messages, key);
    }
    return message != NULL ? message
                           : acct_builtin_outcome_message(load, outcome);
}

const char *const *acct_problem_keys(acct_load_t *load,
                                     const acct_field_t *field,
                                     const char *code)
{
    const char **keys = apr_pcalloc(load->tmp, 3 * sizeof(*keys));
    const char *last = acct_field_last_name(field);

    keys[0] = apr_pstrcat(load->tmp, field->name, ".", code, NULL);
    if (last != field->name) {
        keys[1] = apr_pstrcat(load->tmp, last, ".", code, NULL);
    }
    return keys;
}

static const acct_message_t *by_any(const apr_array_header_t *list,
                                    const char *const *keys)
{
    const acct_message_t *message = NULL;

    for (; message == NULL && *keys != NULL; keys++) {
        message = in_messages(list, *keys);
    }
    return message;
}

const acct_message_t *acct_overlay_problem(acct_load_t *load,
                                           const acct_draft_t *draft,
                                           const acct_field_t *field,
                                           acct_problem_e problem)
{
    const char *code = acct_problem_name(problem);
    const char *const *keys = acct_problem_keys(load, field, code);
    const apr_array_header_t *lists[2];
    const acct_message_t *message = NULL;
    int i;

    lists[0] = draft->messages;
    lists[1] = load->messages;
    for (i = 0; i < 2 && message == NULL; i++) {
        message = by_any(lists[i], keys);
        if (message == NULL) {
            message = in_messages(lists[i], code);
        }
    }
    return message != NULL ? message
                           : acct_builtin_problem_message(load, problem);
}

/* Every key that could be meant, for suggestions. */
static const char *const *keys_of(acct_load_t *load,
                                  const acct_draft_t *draft)
{
    apr_array_header_t *keys = apr_array_make(load->tmp, 32,
                                              sizeof(const char *));
    int i;

    for (i = 0; draft != NULL && i < draft->entries->nelts; i++) {
        APR_ARRAY_PUSH(keys, const char *) =
            APR_ARRAY_IDX(draft->entries, i, acct_entry_t).key;
    }
    for (i = 0; i < load->entries->nelts; i++) {
        APR_ARRAY_PUSH(keys, const char *) =
            APR_ARRAY_IDX(load->entries, i, acct_entry_t).key;
    }
    APR_ARRAY_PUSH(keys, const char *) = NULL;
    return (const char *const *)keys->elts;
}

/* Follow "answer as under that key". A name is looked up anew in the
 * route first, so that what a route says of "wrong_credentials" holds for
 * a "blocked" that shares it: an answer that is to look the same cannot
 * come to look different by being written in one place only. */
const acct_entry_t *acct_overlay_resolve(acct_load_t *load,
                                   const acct_draft_t *draft,
                                   const acct_entry_t *entry)
{
    const acct_entry_t *next;
    int steps;

    for (steps = 0; entry->same_as != NULL; steps++) {
        next = shared_by(load, draft, entry);
        if (next == NULL) {
            acct_report(load, &entry->at, "there is no response \"%s\" to "
                        "share; %s", acct_shown(entry->same_as, load->tmp),
                        acct_suggest(entry->same_as, keys_of(load, draft),
                                     load->tmp));
            return NULL;
        }
        if (steps > load->entries->nelts
                    + (draft != NULL ? draft->entries->nelts : 0)) {
            acct_report(load, &entry->at, "\"%s\" and \"%s\" share one "
                        "another in a circle; give one of them a response "
                        "of its own", entry->key, next->key);
            return NULL;
        }
        entry = next;
    }
    return entry->response != NULL ? entry : NULL;
}

/* The message of an outcome; of one that shares a response and has none of
 * its own, the shared one's. @a entry was resolved, so there is no circle. */
const acct_message_t *acct_overlay_message(acct_load_t *load,
                                            const acct_draft_t *draft,
                                            const acct_entry_t *entry,
                                            acct_outcome_e outcome)
{
    const acct_message_t *message = outcome_message(load, draft, outcome);
    int shared;

    while (message == NULL && entry != NULL && entry->same_as != NULL) {
        const acct_entry_t *next = shared_by(load, draft, entry);

        shared = acct_outcome_find(entry->same_as);
        if (shared >= 0) {
            message = outcome_message(load, draft, (acct_outcome_e)shared);
        }
        if (message == NULL && next != NULL && next->is_builtin) {
            message = acct_builtin_shared_message(load, entry->same_as);
        }
        entry = next;
    }
    return message;
}
