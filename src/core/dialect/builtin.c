/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base.json of this version, compiled in: what a file that is older than an
 * outcome or a problem is taken to say of it, so that a site's own folder
 * of dialects outlives an upgrade of the module.
 */
#include <string.h>
#include <apr_strings.h>
#include "dialect/draft.h"

/* Relative to the top of the source, where the compiler runs. */
__asm__(".pushsection .rodata\n"
        ".globl acct_builtin_base\n"
        ".hidden acct_builtin_base\n"
        "acct_builtin_base:\n"
        ".incbin \"conf/dialects/base.json\"\n"
        ".byte 0\n"
        ".popsection\n");

extern const char acct_builtin_base[] __attribute__((visibility("hidden")));

typedef struct acct_builtin_t {
    apr_array_header_t *entries;    /* acct_entry_t */
    apr_array_header_t *messages;   /* acct_message_t */
} acct_builtin_t;

/* Read when the first is asked for, which few files ever do. */
static const acct_builtin_t *builtin_of(acct_load_t *load)
{
    static const acct_path_t top = { "base.json (of the module)", "" };
    acct_builtin_t *builtin;
    acct_path_t at;
    json_t *root;

    if (load->builtin != NULL) {
        return load->builtin;
    }
    builtin = apr_palloc(load->tmp, sizeof(*builtin));
    builtin->entries = apr_array_make(load->tmp, 32, sizeof(acct_entry_t));
    builtin->messages = apr_array_make(load->tmp, 32,
                                       sizeof(acct_message_t));
    load->builtin = builtin;
    root = acct_parse_source(load, &top, acct_builtin_base,
                             strlen(acct_builtin_base));
    if (root != NULL) {
        /* It names fields that are those of other files' routes. */
        load->fields_known = 0;
        at = acct_place_member(load, &top, "messages");
        (void)acct_read_messages(load, &at,
                                 json_object_get(root, "messages"), NULL,
                                 builtin->messages);
        at = acct_place_member(load, &top, "responses");
        (void)acct_read_responses(load, &at,
                                  json_object_get(root, "responses"), NULL,
                                  builtin->entries);
    }
    return builtin;
}

const acct_entry_t *acct_builtin_shared(acct_load_t *load, const char *key)
{
    const apr_array_header_t *entries = builtin_of(load)->entries;
    int i;

    for (i = 0; i < entries->nelts; i++) {
        acct_entry_t *entry = &APR_ARRAY_IDX(entries, i, acct_entry_t);

        if (strcmp(entry->key, key) == 0) {
            entry->is_builtin = 1;
            return entry;
        }
    }
    return NULL;
}

static const acct_message_t *find_message(acct_load_t *load, const char *key)
{
    const apr_array_header_t *messages = builtin_of(load)->messages;
    int i;

    for (i = 0; i < messages->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(messages, i, acct_message_t).key, key)
            == 0) {
            return &APR_ARRAY_IDX(messages, i, acct_message_t);
        }
    }
    return NULL;
}

const acct_message_t *acct_builtin_shared_message(acct_load_t *load,
                                                  const char *key)
{
    return find_message(load, key);
}

static void note(acct_load_t *load, const char *key)
{
    const char *quoted = apr_pstrcat(load->tmp, "\"", key, "\"", NULL);

    if (load->newer == NULL || strstr(load->newer, quoted) == NULL) {
        load->newer = acct_listed(load, load->newer, key);
    }
}

const acct_entry_t *acct_builtin_entry(acct_load_t *load,
                                       acct_outcome_e outcome)
{
    const acct_entry_t *entry;

    if (acct_outcome_since(outcome) <= 1) {
        return NULL;
    }
    entry = acct_builtin_shared(load, acct_outcome_name(outcome));
    if (entry != NULL) {
        note(load, entry->key);
    }
    return entry;
}

const acct_message_t *acct_builtin_outcome_message(acct_load_t *load,
                                                   acct_outcome_e outcome)
{
    return acct_outcome_since(outcome) > 1
        ? find_message(load, acct_outcome_name(outcome)) : NULL;
}

const acct_message_t *acct_builtin_problem_message(acct_load_t *load,
                                                   acct_problem_e problem)
{
    const acct_message_t *message = NULL;

    if (acct_problem_since(problem) > 1) {
        message = find_message(load, acct_problem_name(problem));
    }
    if (message != NULL) {
        note(load, message->key);
    }
    return message;
}

void acct_builtin_warn(acct_load_t *load)
{
    if (load->newer == NULL) {
        return;
    }
    APR_ARRAY_PUSH(load->dialect->warnings, const char *) =
        apr_psprintf(load->pool, "%s: says nothing of %s, which came with a "
                     "later version of the module; the module's own words "
                     "are used; copy them from the base.json of this "
                     "version, or write others", load->dialect->file,
                     load->newer);
}
