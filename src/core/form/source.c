/* SPDX-License-Identifier: Apache-2.0 */
#include "form/source.h"

#include <apr_strings.h>
#include <string.h>

#include "form/json.h"
#include "form/pairs.h"

static acct_raw_t raw_json(const json_t *json, apr_pool_t *pool)
{
    acct_raw_t raw = { ACCT_RAW_TEXT, NULL, 0, NULL };

    switch (json_typeof(json)) {
    case JSON_NULL:
        raw.kind = ACCT_RAW_NULL;
        break;
    case JSON_STRING:
        raw.text = json_string_value(json);
        raw.length = json_string_length(json);
        break;
    case JSON_INTEGER:
        raw.made = apr_psprintf(pool, "%" APR_INT64_T_FMT,
                                (apr_int64_t)json_integer_value(json));
        break;
    case JSON_REAL:
        raw.made = acct_json_real_text(json_real_value(json), pool);
        break;
    default:
        raw.kind = ACCT_RAW_OTHER;
        break;
    }
    if (raw.made != NULL) {
        raw.text = raw.made;
        raw.length = strlen(raw.made);
    }
    return raw;
}

/* The object that a member "object.object.member" is in, its own name left
 * in *name; or what stands in the place of one. */
static const json_t *walk(const json_t *object, const char **name,
                          apr_pool_t *pool)
{
    const char *dot;

    while (json_is_object(object) && (dot = strchr(*name, '.')) != NULL) {
        object = json_object_get(object, apr_pstrmemdup(
            pool, *name, (apr_size_t)(dot - *name)));
        *name = dot + 1;
    }
    return object;
}

static acct_raw_t find_json(const acct_form_source_t *source,
                            const char *name, int is_nested,
                            apr_pool_t *pool)
{
    acct_raw_t raw = { ACCT_RAW_ABSENT, NULL, 0, NULL };
    const json_t *json = source->object;

    if (is_nested) {
        json = walk(json, &name, pool);
    }
    if (json != NULL && !json_is_object(json)) {
        raw.kind = json_is_null(json) ? ACCT_RAW_NULL : ACCT_RAW_OTHER;
        return raw;
    }
    json = json != NULL ? json_object_get(json, name) : NULL;
    return json != NULL ? raw_json(json, pool) : raw;
}

static acct_raw_t find_pair(const acct_form_source_t *source, const char *name)
{
    acct_raw_t raw = { ACCT_RAW_ABSENT, NULL, 0, NULL };
    int i;

    for (i = 0; source->pairs != NULL && i < source->pairs->nelts; i++) {
        const acct_pair_t *pair = &APR_ARRAY_IDX(source->pairs, i,
                                                 acct_pair_t);

        if (strcmp(pair->name, name) == 0) {
            raw.kind = pair->is_file ? ACCT_RAW_OTHER : ACCT_RAW_TEXT;
            raw.text = pair->value;
            raw.length = pair->length;
            break;
        }
    }
    return raw;
}

static acct_raw_t find(const acct_form_source_t *source, const char *name,
                       int is_nested, apr_pool_t *pool)
{
    return source->object != NULL ? find_json(source, name, is_nested, pool)
                                  : find_pair(source, name);
}

acct_raw_t acct_source_find(const acct_form_source_t *source,
                            const acct_field_t *field, apr_pool_t *pool)
{
    acct_raw_t raw = find(source, field->name, field->is_nested, pool);
    const char *const *alias = field->aliases;

    while (raw.kind == ACCT_RAW_ABSENT && alias != NULL && *alias != NULL) {
        raw = find(source, *alias++, field->is_nested, pool);
    }
    return raw;
}
