/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes a JSON text as what it is: a value is replaced, removed, renamed,
 * doubled or wrapped, so that most of what comes of it is JSON still. What is
 * none is left to libFuzzer.
 */
#ifndef ACCT_FUZZ_JSON_MUTATOR_H
#define ACCT_FUZZ_JSON_MUTATOR_H

#include "fuzz.h"

#include <jansson.h>

typedef struct acct_mutation_t {
    uint64_t random;
    const char *const *words;
    size_t nwords;
} acct_mutation_t;

static inline size_t acct_mutation_pick(acct_mutation_t *m, size_t count)
{
    m->random = m->random * UINT64_C(6364136223846793005)
        + UINT64_C(1442695040888963407);
    return (size_t)(m->random >> 33) % count;
}

static inline const char *acct_mutation_word(acct_mutation_t *m)
{
    return m->words[acct_mutation_pick(m, m->nwords)];
}

/* What is put in is a copy: a value within itself has no end. */
static inline json_t *acct_mutation_value(acct_mutation_t *m, json_t *old)
{
    switch (acct_mutation_pick(m, 12)) {
    case 0:
        return json_null();
    case 1:
        return json_true();
    case 2:
        return json_integer((json_int_t)acct_mutation_pick(m, 700) - 50);
    case 3:
        return json_real(1.5);
    case 4:
        return json_object();
    case 5:
        return json_pack("[o]", json_deep_copy(old));
    case 6:
        return json_pack("{s:o}", acct_mutation_word(m),
                         json_deep_copy(old));
    default:
        return json_string(acct_mutation_word(m));
    }
}

static inline void acct_mutate_object(acct_mutation_t *m, json_t *object)
{
    size_t at = acct_mutation_pick(m, json_object_size(object) + 1);
    const char *name = NULL;
    void *iter;
    json_t *value = NULL;

    for (iter = json_object_iter(object); iter != NULL;
         iter = json_object_iter_next(object, iter)) {
        name = json_object_iter_key(iter);
        value = json_object_iter_value(iter);
        if (at-- == 0) {
            break;
        }
    }
    if (iter == NULL) {
        json_object_set_new(object, acct_mutation_word(m),
                            json_string(acct_mutation_word(m)));
        return;
    }
    if ((json_is_object(value) || json_is_array(value))
        && acct_mutation_pick(m, 4) != 0) {
        if (json_is_object(value)) {
            acct_mutate_object(m, value);
        }
        else {
            json_array_append_new(value, acct_mutation_value(m, value));
        }
        return;
    }
    switch (acct_mutation_pick(m, 5)) {
    case 0:
        json_object_del(object, name);
        break;
    case 1:
        json_object_set_new(object, acct_mutation_word(m),
                            json_deep_copy(value));
        break;
    default:
        json_object_set_new(object, name, acct_mutation_value(m, value));
        break;
    }
}

/* One step of array items towards an object to change. */
static inline json_t *acct_mutation_within(acct_mutation_t *m, json_t *json)
{
    while (json_is_array(json) && json_array_size(json) > 0) {
        json = json_array_get(json, acct_mutation_pick(
                                        m, json_array_size(json)));
    }
    return json;
}

/* Objects inside of arrays inside of objects: routes. */
static inline void acct_mutate_tree(acct_mutation_t *m, json_t *root)
{
    json_t *at = root;

    while (json_is_object(at) && acct_mutation_pick(m, 3) != 0) {
        size_t place = acct_mutation_pick(m, json_object_size(at) + 1);
        void *iter = json_object_iter(at);
        json_t *below;

        while (iter != NULL && place-- > 0) {
            iter = json_object_iter_next(at, iter);
        }
        below = iter != NULL
            ? acct_mutation_within(m, json_object_iter_value(iter)) : NULL;
        if (!json_is_object(below)) {
            break;
        }
        at = below;
    }
    if (json_is_object(at)) {
        acct_mutate_object(m, at);
    }
}

static inline size_t acct_json_mutate(uint8_t *data, size_t size, size_t most,
                                      unsigned int seed,
                                      const char *const *words, size_t count)
{
    acct_mutation_t m = { seed * UINT64_C(0x9e3779b97f4a7c15) + 1, words,
                          count };
    json_t *root = json_loadb((const char *)data, size, JSON_ALLOW_NUL, NULL);
    char *text;
    size_t length;

    if (!json_is_object(root)) {
        json_decref(root);
        return LLVMFuzzerMutate(data, size, most);
    }
    for (size_t i = acct_mutation_pick(&m, 3) + 1; i > 0; i--) {
        acct_mutate_tree(&m, root);
    }
    text = json_dumps(root, JSON_COMPACT | JSON_ENSURE_ASCII);
    json_decref(root);
    length = text != NULL ? strlen(text) : 0;
    if (length == 0 || length > most) {
        free(text);
        return LLVMFuzzerMutate(data, size, most);
    }
    memcpy(data, text, length);
    free(text);
    return length;
}

#endif
