/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <apr_strings.h>
#include <apr_tables.h>
#include "template/suggest.h"
#include "template/template.h"

/* ------------------------------------------------------------- parsing */

typedef struct parser_t {
    apr_array_header_t *pieces;     /* acct_piece_t */
    apr_array_header_t *places;     /* acct_use_t */
    apr_array_header_t *bytes;      /* char: not yet a piece */
    int json;
    acct_value_e list;              /* whose item is parsed;
                                     * ACCT_VALUE__COUNT: none's */
    uint64_t uses;
    acct_template_report_fn report;
    void *baton;
    int failed;
    apr_pool_t *pool;
} parser_t;

static void wrong(parser_t *p, const char *path, const char *what)
{
    p->failed = 1;
    p->report(p->baton, path, what);
}

static void add_bytes(parser_t *p, const char *bytes, apr_size_t length)
{
    apr_size_t i;

    for (i = 0; i < length; i++) {
        APR_ARRAY_PUSH(p->bytes, char) = bytes[i];
    }
}

/* One character of a string, escaped where it stands in JSON. */
static void add_character(parser_t *p, char c)
{
    char escaped[ACCT_JSON_ESCAPE_MAX];

    if (p->json && (unsigned char)c < 0x80) {
        add_bytes(p, escaped, acct_json_escape(c, escaped));
    }
    else {
        add_bytes(p, &c, 1);
    }
}

static void flush(parser_t *p)
{
    acct_piece_t *piece;

    if (p->bytes->nelts > 0) {
        piece = apr_array_push(p->pieces);
        memset(piece, 0, sizeof(*piece));
        piece->bytes = apr_pstrmemdup(p->pool, p->bytes->elts,
                                      (apr_size_t)p->bytes->nelts);
        piece->length = (apr_size_t)p->bytes->nelts;
        p->bytes->nelts = 0;
    }
}

static char *trimmed(parser_t *p, const char *s, apr_size_t length)
{
    while (length > 0 && *s == ' ') {
        s++;
        length--;
    }
    while (length > 0 && s[length - 1] == ' ') {
        length--;
    }
    return apr_pstrmemdup(p->pool, s, length);
}

static int find_value(parser_t *p, const char *name, const char *path)
{
    int i;

    for (i = 0; i < ACCT_VALUE__COUNT; i++) {
        if (acct_value_kind((acct_value_e)i) != ACCT_KIND_LIST
            && strcmp(acct_value_name((acct_value_e)i), name) == 0) {
            return i;
        }
    }
    wrong(p, path, apr_psprintf(p->pool, "unknown placeholder \"{%s}\"; %s",
                                acct_shown(name, p->pool),
                                acct_suggest(name, acct_value_names(p->pool),
                                             p->pool)));
    return -1;
}

/* A value that the template shows; one that the item itself has is known
 * wherever the list is. */
static void use_value(parser_t *p, acct_value_e value, const char *path)
{
    acct_use_t *use;

    if (p->list != ACCT_VALUE__COUNT && acct_value_list(value) == p->list) {
        return;
    }
    if (value >= ACCT_VALUE__SETS) {
        wrong(p, path, apr_psprintf(p->pool, "\"{%s}\" is of the items of a "
              "list; write it in the \"body\" of {%s, \"body\": ...}",
              acct_value_name(value),
              acct_value_shown(acct_value_list(value), p->pool)));
        return;
    }
    use = apr_array_push(p->places);
    use->value = value;
    use->path = path;
    p->uses |= ACCT_VALUE_BIT(value);
}

/* The names in a placeholder, parted by "??". */
static void parse_names(parser_t *p, const char *names, acct_piece_t *piece,
                        const char *path)
{
    apr_array_header_t *list = apr_array_make(p->pool, 2,
                                              sizeof(acct_value_e));
    const char *next, *end;
    int value;

    for (next = names; next != NULL; next = end ? end + 2 : NULL) {
        end = strstr(next, "??");
        value = find_value(p, trimmed(p, next, end ? (apr_size_t)(end - next)
                                                   : strlen(next)), path);
        if (value < 0) {
            continue;
        }
        APR_ARRAY_PUSH(list, acct_value_e) = (acct_value_e)value;
        use_value(p, (acct_value_e)value, path);
        if ((end != NULL || list->nelts > 1)
            && acct_value_kind((acct_value_e)value) != ACCT_KIND_TEXT) {
            wrong(p, path, apr_psprintf(p->pool, "\"{%s}\" is no text; \"??\""
                  " chooses between texts only",
                  acct_value_name((acct_value_e)value)));
        }
    }
    piece->values = (const acct_value_e *)list->elts;
    piece->nvalues = list->nelts;
}

/* What stands behind "|". */
static void parse_format(parser_t *p, acct_piece_t *piece, const char *text,
                         const char *path)
{
    const char *error = piece->nvalues > 1
        ? "\"??\" takes no format; remove what begins with \"|\""
        : acct_format_read(piece->values[0], text, &piece->format, p->pool);

    if (error != NULL) {
        wrong(p, path, error);
    }
    piece->pattern = text;
}

/* An object or an array, in JSON. */
static int is_compound(acct_value_e value)
{
    acct_kind_e kind = acct_value_kind(value);

    return kind == ACCT_KIND_OBJECT || kind == ACCT_KIND_TEXTS;
}

/* What stands between "{" and "}". */
static void parse_placeholder(parser_t *p, const char *inner,
                              apr_size_t length, int whole,
                              const char *path)
{
    const char *content = apr_pstrmemdup(p->pool, inner, length);
    const char *bar = strchr(content, '|');
    acct_piece_t piece;

    memset(&piece, 0, sizeof(piece));
    piece.whole = whole;
    parse_names(p, bar ? apr_pstrmemdup(p->pool, content,
                                        (apr_size_t)(bar - content))
                       : content, &piece, path);
    if (piece.nvalues == 0) {
        return;
    }
    if (!whole && is_compound(piece.values[0])) {
        const char *name = acct_value_shown(piece.values[0], p->pool);

        wrong(p, path, apr_psprintf(p->pool, "%s is no text and cannot stand "
              "inside of one; write %s alone, with no text around it", name,
              name));
    }
    if (bar != NULL) {
        parse_format(p, &piece, bar + 1, path);
    }
    flush(p);
    APR_ARRAY_PUSH(p->pieces, acct_piece_t) = piece;
}

static void parse_string(parser_t *p, const char *text, const char *path)
{
    const char *s = text, *end;
    int whole = p->json && s[0] == '{' && s[1] != '{'
                && (end = strchr(s, '}')) != NULL && end[1] == '\0';

    if (p->json && !whole) {
        add_bytes(p, "\"", 1);
    }
    while (*s != '\0') {
        if ((*s == '{' || *s == '}') && s[1] == *s) {
            add_character(p, *s);
            s += 2;
        }
        else if (*s == '{') {
            end = s + strcspn(s + 1, "{}") + 1;
            if (*end != '}') {
                wrong(p, path, "\"{\" is not closed; write \"}\" behind the "
                      "placeholder's name, or \"{{\" for a brace");
                return;
            }
            parse_placeholder(p, s + 1, (apr_size_t)(end - s - 1), whole,
                              path);
            s = end + 1;
        }
        else if (*s == '}') {
            wrong(p, path, "\"}\" closes nothing; write \"}}\" for a brace");
            return;
        }
        else {
            add_character(p, *s++);
        }
    }
    if (p->json && !whole) {
        add_bytes(p, "\"", 1);
    }
}

/* A member's name in a JSON path. */
static const char *member_path(parser_t *p, const char *path,
                               const char *name)
{
    if (*name != '\0' && name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
                                     "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "0123456789_-")] == '\0') {
        return apr_pstrcat(p->pool, path, ".", name, NULL);
    }
    return apr_pstrcat(p->pool, path, "[\"", acct_shown(name, p->pool),
                       "\"]", NULL);
}

static void parse_json(parser_t *p, const json_t *value, const char *path,
                       int depth);

static void parse_object(parser_t *p, const json_t *value, const char *path,
                         int depth)
{
    json_t *object = (json_t *)value;   /* only read */
    const char *name, *below;
    void *member;
    int first = 1;

    add_bytes(p, "{", 1);
    for (member = json_object_iter(object); member != NULL;
         member = json_object_iter_next(object, member)) {
        name = json_object_iter_key(member);
        below = member_path(p, path, name);
        if (strpbrk(name, "{}") != NULL) {
            wrong(p, below, "a member's name is not filled in; write it "
                  "without braces");
        }
        if (!first) {
            add_bytes(p, ",", 1);
        }
        first = 0;
        add_bytes(p, "\"", 1);
        for (; *name != '\0'; name++) {
            add_character(p, *name);
        }
        add_bytes(p, "\":", 2);
        parse_json(p, json_object_iter_value(member), below, depth);
    }
    add_bytes(p, "}", 1);
}

/* Whether an object stands for a list: it names one, or has what one
 * has. */
static int is_each(const json_t *object)
{
    const char *list = json_string_value(json_object_get(object, "each"));

    return list != NULL && (json_object_get(object, "body") != NULL
                            || acct_list_find(list) != ACCT_VALUE__COUNT);
}

static void begin(parser_t *p, int json, acct_template_report_fn report,
                  void *baton, apr_pool_t *pool);
static const acct_template_t *finish(parser_t *p);

/* What is wrong with an object that stands for a list; NULL: nothing. */
static const char *wrong_each(const parser_t *p, const json_t *object)
{
    const char *name = json_string_value(json_object_get(object, "each"));

    if (acct_list_find(name) == ACCT_VALUE__COUNT) {
        return apr_psprintf(p->pool, "there is no list \"%s\"; %s",
                            acct_shown(name, p->pool),
                            acct_suggest(name, acct_list_names(p->pool),
                                         p->pool));
    }
    if (p->list != ACCT_VALUE__COUNT) {
        return "a list stands inside of the item of another; write the two "
               "side by side";
    }
    return json_object_size(object) != 2
        || json_object_get(object, "body") == NULL
        ? "a list has two members, \"each\" and \"body\", what is sent for "
          "each item" : NULL;
}

/* {"each": "tokens", "body": …}: its items are a template of their own. */
static void parse_each(parser_t *p, const json_t *object, const char *path,
                       int depth)
{
    const char *name = json_string_value(json_object_get(object, "each"));
    const char *error = wrong_each(p, object);
    acct_value_e *list = apr_palloc(p->pool, sizeof(*list));
    acct_piece_t piece = { .values = list, .nvalues = 1, .whole = 1 };
    parser_t item;

    if (error != NULL) {
        wrong(p, path, error);
        return;
    }
    *list = acct_list_find(name);
    use_value(p, *list, path);
    begin(&item, 1, p->report, p->baton, p->pool);
    item.list = *list;
    item.places = p->places;
    parse_json(&item, json_object_get(object, "body"),
               member_path(p, path, "body"), depth);
    p->failed |= item.failed;
    p->uses |= item.uses;
    flush(p);
    piece.each = finish(&item);
    APR_ARRAY_PUSH(p->pieces, acct_piece_t) = piece;
}

static void parse_scalar(parser_t *p, const json_t *value, const char *path)
{
    /* 15 digits: what a decimal number keeps through a double. */
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT
                                   | JSON_REAL_PRECISION(15));

    if (text == NULL) {
        wrong(p, path, "out of memory");
        return;
    }
    add_bytes(p, text, strlen(text));
    free(text);
}

static void parse_json(parser_t *p, const json_t *value, const char *path,
                       int depth)
{
    apr_size_t i;

    if (depth >= ACCT_TEMPLATE_DEPTH) {
        wrong(p, path, apr_psprintf(p->pool, "nested too deep; %d levels are"
              " allowed", ACCT_TEMPLATE_DEPTH));
    }
    else if (json_is_string(value)) {
        parse_string(p, json_string_value(value), path);
    }
    else if (json_is_object(value) && is_each(value)) {
        parse_each(p, value, path, depth + 1);
    }
    else if (json_is_object(value)) {
        parse_object(p, value, path, depth + 1);
    }
    else if (json_is_array(value)) {
        add_bytes(p, "[", 1);
        for (i = 0; i < json_array_size(value); i++) {
            if (i > 0) {
                add_bytes(p, ",", 1);
            }
            parse_json(p, json_array_get(value, i),
                       apr_psprintf(p->pool, "%s[%" APR_SIZE_T_FMT "]", path,
                                    i), depth + 1);
        }
        add_bytes(p, "]", 1);
    }
    else {
        parse_scalar(p, value, path);
    }
}

static void begin(parser_t *p, int json, acct_template_report_fn report,
                  void *baton, apr_pool_t *pool)
{
    memset(p, 0, sizeof(*p));
    p->pieces = apr_array_make(pool, 4, sizeof(acct_piece_t));
    p->places = apr_array_make(pool, 4, sizeof(acct_use_t));
    p->bytes = apr_array_make(pool, 64, sizeof(char));
    p->json = json;
    p->list = ACCT_VALUE__COUNT;
    p->report = report;
    p->baton = baton;
    p->pool = pool;
}

static const acct_template_t *finish(parser_t *p)
{
    acct_template_t *template;

    flush(p);
    if (p->failed) {
        return NULL;
    }
    template = apr_pcalloc(p->pool, sizeof(*template));
    template->pieces = (const acct_piece_t *)p->pieces->elts;
    template->npieces = p->pieces->nelts;
    template->places = (const acct_use_t *)p->places->elts;
    template->nplaces = p->places->nelts;
    template->uses = p->uses;
    template->json = p->json;
    return template;
}

const acct_template_t *acct_template_text(const char *text,
                                          acct_template_report_fn report,
                                          void *baton, apr_pool_t *pool)
{
    parser_t parser;

    begin(&parser, 0, report, baton, pool);
    parse_string(&parser, text, "");
    return finish(&parser);
}

const acct_template_t *acct_template_json(const json_t *value,
                                          acct_template_report_fn report,
                                          void *baton, apr_pool_t *pool)
{
    parser_t parser;

    begin(&parser, 1, report, baton, pool);
    parse_json(&parser, value, "", 0);
    return finish(&parser);
}
