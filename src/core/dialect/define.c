/* SPDX-License-Identifier: Apache-2.0 */
/* "define": parts of bodies that have a name; see dialect/draft.h. */
#include <string.h>
#include <apr_strings.h>
#include "dialect/draft.h"

#define OPEN "{define."
#define PARTS_MAX 10000         /* that a body is put together of */

/* A member of "define". */
typedef struct define_t {
    const char *name;
    const json_t *part;         /* of a source: lives as long */
    acct_path_t at;
    int is_used;                /* by a body */
} define_t;

/* ---------------------------------------------------------------- reading */

static define_t *find(const acct_load_t *load, const char *name)
{
    int i;

    for (i = 0; i < load->defines->nelts; i++) {
        define_t *define = &APR_ARRAY_IDX(load->defines, i, define_t);

        if (strcmp(define->name, name) == 0) {
            return define;
        }
    }
    return NULL;
}

static int is_name(const char *name)
{
    return *name != '\0'
        && name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
                       "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")] == '\0';
}

/* What no nearer file has said already. */
static void read_defines(acct_load_t *load, const acct_source_t *source)
{
    acct_path_t top = { source->file, "" };
    acct_path_t at = acct_place_member(load, &top, "define");
    json_t *object = json_object_get(source->root, "define");
    void *member;

    if (object == NULL || !acct_check_type(load, &at, object, JSON_OBJECT)) {
        return;
    }
    for (member = json_object_iter(object); member != NULL;
         member = json_object_iter_next(object, member)) {
        define_t define = {
            json_object_iter_key(member), json_object_iter_value(member),
            acct_place_member(load, &at, json_object_iter_key(member)), 0
        };
        acct_path_t place = define.at;

        if (!is_name(define.name)) {
            acct_report(load, &place, "\"%s\" is no name; write letters, "
                        "digits, \"-\" and \"_\"",
                        acct_shown(define.name, load->tmp));
        }
        else if (json_is_null(define.part)) {
            acct_report(load, &place, "is null; write what it stands for, or "
                        "remove it");
        }
        else if (find(load, define.name) == NULL) {
            APR_ARRAY_PUSH(load->defines, define_t) = define;
        }
    }
}

void acct_read_defines(acct_load_t *load)
{
    int i;

    load->defines = apr_array_make(load->tmp, 4, sizeof(define_t));
    for (i = 0; i < load->sources->nelts; i++) {
        read_defines(load, &APR_ARRAY_IDX(load->sources, i, acct_source_t));
    }
}

/* --------------------------------------------------------------- expanding */

/* One body while it is put together. */
typedef struct expansion_t {
    acct_load_t *load;
    int parts;
    int failed;
} expansion_t;

static json_t *fail(expansion_t *e, const acct_path_t *at, const char *what)
{
    if (!e->failed) {
        acct_report(e->load, at, "%s", what);
    }
    e->failed = 1;
    return json_null();
}

static json_t *expand(expansion_t *e, const acct_path_t *at,
                      const json_t *value, int depth);

/* What is defined under the name in "{define.NAME}". */
static json_t *expand_name(expansion_t *e, const acct_path_t *at,
                           const char *text, int depth)
{
    apr_pool_t *tmp = e->load->tmp;
    const char *name = apr_pstrmemdup(tmp, text + sizeof(OPEN) - 1,
                                      strlen(text) - sizeof(OPEN));
    define_t *define = find(e->load, name);
    const char **names;
    int i;

    if (define != NULL) {
        define->is_used = 1;
        return expand(e, at, define->part, depth + 1);
    }
    names = apr_pcalloc(tmp, ((apr_size_t)e->load->defines->nelts + 1)
                             * sizeof(*names));
    for (i = 0; i < e->load->defines->nelts; i++) {
        names[i] = APR_ARRAY_IDX(e->load->defines, i, define_t).name;
    }
    return fail(e, at, apr_psprintf(tmp, "nothing is defined as \"%s\"; %s",
                                    acct_shown(name, tmp), i > 0
                                    ? acct_suggest(name, names, tmp)
                                    : "add \"define\" to the file"));
}

static json_t *expand_text(expansion_t *e, const acct_path_t *at,
                           const json_t *value, int depth)
{
    const char *text = json_string_value(value);
    const char *open = strstr(text, OPEN);

    if (open == NULL) {
        return json_deep_copy(value);
    }
    if (open == text && strchr(text, '}') == text + strlen(text) - 1) {
        return expand_name(e, at, text, depth);
    }
    if (open > text && open[-1] == '{') {
        return json_deep_copy(value);       /* a doubled brace */
    }
    return fail(e, at, "what is defined cannot stand inside of text; write "
                "\"{define.NAME}\" alone, with no text around it");
}

static json_t *expand_object(expansion_t *e, const acct_path_t *at,
                             const json_t *value, int depth)
{
    json_t *object = (json_t *)value;       /* only read */
    json_t *made = json_object();
    void *member;

    for (member = json_object_iter(object); member != NULL;
         member = json_object_iter_next(object, member)) {
        const char *name = json_object_iter_key(member);
        acct_path_t place = acct_place_member(e->load, at, name);

        (void)json_object_set_new(made, name,
                                  expand(e, &place,
                                         json_object_iter_value(member),
                                         depth + 1));
    }
    return made;
}

static json_t *expand_array(expansion_t *e, const acct_path_t *at,
                            const json_t *value, int depth)
{
    json_t *made = json_array();
    apr_size_t i;

    for (i = 0; i < json_array_size(value); i++) {
        acct_path_t place = acct_place_item(e->load, at, i);

        (void)json_array_append_new(made, expand(e, &place,
                                                 json_array_get(value, i),
                                                 depth + 1));
    }
    return made;
}

static json_t *expand(expansion_t *e, const acct_path_t *at,
                      const json_t *value, int depth)
{
    if (e->failed) {
        return json_null();
    }
    if (depth > ACCT_TEMPLATE_DEPTH || ++e->parts > PARTS_MAX) {
        return fail(e, at, "what is defined stands inside of itself, or the "
                    "body comes to be too large; take it apart");
    }
    if (json_is_string(value)) {
        return expand_text(e, at, value, depth);
    }
    if (json_is_object(value)) {
        return expand_object(e, at, value, depth);
    }
    return json_is_array(value) ? expand_array(e, at, value, depth)
                                : json_deep_copy(value);
}

static int has_name(const json_t *value)
{
    json_t *object = (json_t *)value;       /* only read */
    void *member;
    apr_size_t i;

    if (json_is_string(value)) {
        return strstr(json_string_value(value), OPEN) != NULL;
    }
    for (i = 0; json_is_array(value) && i < json_array_size(value); i++) {
        if (has_name(json_array_get(value, i))) {
            return 1;
        }
    }
    for (member = json_object_iter(object); member != NULL;
         member = json_object_iter_next(object, member)) {
        if (has_name(json_object_iter_value(member))) {
            return 1;
        }
    }
    return 0;
}

static apr_status_t free_json(void *value)
{
    json_decref(value);
    return APR_SUCCESS;
}

const json_t *acct_expand(acct_load_t *load, const acct_path_t *at,
                          const json_t *body)
{
    expansion_t expansion = { load, 0, 0 };
    json_t *made;

    if (load->defines == NULL || !has_name(body)) {
        return body;
    }
    made = expand(&expansion, at, body, 0);
    apr_pool_cleanup_register(load->tmp, made, free_json,
                              apr_pool_cleanup_null);
    return expansion.failed ? NULL : made;
}

/* What a body shows is checked where it is shown; what none shows, here, so
 * that a mistake in it does not wait for the first that does. */
static void check_unused(acct_load_t *load, const define_t *define)
{
    acct_place_baton_t baton = { load, define->at };
    const json_t *body = acct_expand(load, &baton.at, define->part);

    if (body != NULL) {
        (void)acct_template_json(body, acct_place_report, &baton, load->tmp);
    }
}

void acct_check_defines(acct_load_t *load)
{
    int i;

    for (i = 0; i < load->defines->nelts; i++) {
        const define_t *define = &APR_ARRAY_IDX(load->defines, i, define_t);

        if (!define->is_used) {
            check_unused(load, define);
        }
    }
}
