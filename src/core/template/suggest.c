/* SPDX-License-Identifier: Apache-2.0 */
#include "template/suggest.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

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
const char *acct_without_controls(const char *text, apr_pool_t *pool)
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
    return acct_without_controls(copy, pool);
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

static const char *one_of(const char *const *names, apr_pool_t *pool)
{
    static const char begin[] = "write one of ";
    apr_size_t length = sizeof(begin);
    char *made, *to;
    int i;

    for (i = 0; names[i] != NULL; i++) {
        length += strlen(names[i]) + 2;
    }
    made = apr_palloc(pool, length);
    to = apr_cpystrn(made, begin, length);
    for (i = 0; names[i] != NULL; i++) {
        to = apr_cpystrn(to, i > 0 ? ", " : "",
                         length - (apr_size_t)(to - made));
        to = apr_cpystrn(to, names[i], length - (apr_size_t)(to - made));
    }
    return made;
}

const char *acct_suggest(const char *word, const char *const *names,
                         apr_pool_t *pool)
{
    const char *nearest = NULL;
    int best = 0, i, d;

    for (i = 0; names[i] != NULL; i++) {
        d = distance(word, names[i]);
        if (nearest == NULL || d < best) {
            nearest = names[i];
            best = d;
        }
    }
    if (nearest != NULL && best <= 1 + (int)strlen(nearest) / 4
        && best < (int)strlen(nearest)) {
        return apr_psprintf(pool, "did you mean \"%s\"?", nearest);
    }
    return nearest != NULL ? one_of(names, pool) : "none can stand here";
}
