/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <string.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include "dialect/draft.h"

#define ERRORS_MAX 100          /* more is not read */
#define SHOWN_MAX 60            /* bytes of foreign text in a line */
#define WORD_MAX 40             /* longest word a suggestion is made for */

/* Whether a control character is there: C0, DEL, or C1 in UTF-8. */
static int is_control(const char *c)
{
    unsigned char first = (unsigned char)c[0];
    unsigned char second = (unsigned char)(first == 0xc2 ? c[1] : 0);

    return first < 0x20 || first == 0x7f || (second >= 0x80 && second < 0xa0);
}

/* Control characters as \u001b, as one writes them in JSON: what is shown
 * on a terminal or in a log must not act there. */
static const char *escape(const char *text, apr_pool_t *pool)
{
    char *made = apr_palloc(pool, 6 * strlen(text) + 1);
    char *to = made;

    while (*text != '\0') {
        if (!is_control(text)) {
            *to++ = *text++;
            continue;
        }
        text += (unsigned char)*text == 0xc2;
        to += apr_snprintf(to, 7, "\\u%04x", (unsigned int)(unsigned char)
                           *text++);
    }
    *to = '\0';
    return made;
}

const char *acct_shown(const char *text, apr_pool_t *pool)
{
    apr_size_t length = strlen(text);
    const char *copy = text;

    if (length > SHOWN_MAX) {
        length = SHOWN_MAX;
        while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80) {
            length--;           /* not inside of a character */
        }
        copy = apr_pstrcat(pool, apr_pstrmemdup(pool, text, length), "...",
                           NULL);
    }
    return escape(copy, pool);
}

static int least(int a, int b, int c)
{
    int m = a < b ? a : b;

    return m < c ? m : c;
}

static int same(char a, char b)
{
    return apr_tolower(a) == apr_tolower(b);
}

/* How many single letters two words differ by (Levenshtein), whatever
 * their case; a swap of neighbours counts as one. */
static int distance(const char *a, const char *b)
{
    int rows[3][WORD_MAX + 1];
    int la = (int)strlen(a), lb = (int)strlen(b);
    int i, j;

    if (la > WORD_MAX || lb > WORD_MAX) {
        return WORD_MAX;
    }
    for (j = 0; j <= lb; j++) {
        rows[0][j] = j;
    }
    for (i = 1; i <= la; i++) {
        int *now = rows[i % 3], *last = rows[(i + 2) % 3];
        int *before = rows[(i + 1) % 3];

        now[0] = i;
        for (j = 1; j <= lb; j++) {
            now[j] = least(last[j] + 1, now[j - 1] + 1,
                           last[j - 1] + !same(a[i - 1], b[j - 1]));
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2])
                && same(a[i - 2], b[j - 1]) && before[j - 2] + 1 < now[j]) {
                now[j] = before[j - 2] + 1;
            }
        }
    }
    return rows[la % 3][lb];
}

const char *acct_suggest(const char *word, const char *const *names,
                         apr_pool_t *pool)
{
    const char *nearest = NULL, *list = "write one of ";
    int best = 0, i, d;

    for (i = 0; names[i] != NULL; i++) {
        d = distance(word, names[i]);
        if (nearest == NULL || d < best) {
            nearest = names[i];
            best = d;
        }
        list = apr_pstrcat(pool, list, i > 0 ? ", " : "", names[i], NULL);
    }
    if (nearest != NULL && best <= 1 + (int)strlen(nearest) / 4
        && best < (int)strlen(nearest)) {
        return apr_psprintf(pool, "did you mean \"%s\"?", nearest);
    }
    return nearest != NULL ? list : "none can stand here";
}

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
    line = escape(line, load->pool);
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

const char *const *acct_role_names(acct_load_t *load)
{
    const char **names = apr_pcalloc(load->tmp, (ACCT_ROLE__COUNT + 1)
                                                * sizeof(*names));
    int i;

    for (i = 0; i < ACCT_ROLE__COUNT; i++) {
        names[i] = acct_role_name((acct_role_e)i);
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
