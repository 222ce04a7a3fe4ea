/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/language.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

int acct_language_is_tag(const char *text)
{
    apr_size_t letters = strspn(text, "abcdefghijklmnopqrstuvwxyz");
    apr_size_t length = strlen(text);

    return letters >= 2 && letters <= 8 && length <= ACCT_LANGUAGE_MAX
        && (text[letters] == '\0' || text[letters] == '-')
        && text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-")]
           == '\0'
        && text[length - 1] != '-' && strstr(text, "--") == NULL;
}

/* A language that there is: the tag, or what is left of it without its
 * last parts (RFC 4647, 3.4). NULL: none. @a tag is changed. */
static const char *look_up(apr_hash_t *languages, char *tag)
{
    char *hyphen;

    for (;;) {
        const char *found = apr_hash_get(languages, tag, APR_HASH_KEY_STRING);

        hyphen = strrchr(tag, '-');
        if (found != NULL || hyphen == NULL) {
            return found;
        }
        *hyphen = '\0';
    }
}

/* The weight of a range, in thousandths (RFC 9110, 12.4.2); 1000 where none
 * is given or it cannot be read. */
static int weight_of(const char *parameters)
{
    const char *q = strchr(parameters, '=');
    int weight, digit = 100;

    if (q == NULL || (q[1] != '0' && q[1] != '1')) {
        return 1000;
    }
    weight = q[1] == '1' ? 1000 : 0;
    if (weight == 0 && q[2] == '.') {
        for (q += 3; digit > 0 && apr_isdigit(*q); q++, digit /= 10) {
            weight += (*q - '0') * digit;
        }
    }
    return weight;
}

/* One range of the list, of @a length bytes. @return its weight where it
 * names a language that is there */
static int judge_range(const char *range, apr_size_t length,
                       apr_hash_t *languages, const char *otherwise,
                       const char **language)
{
    char tag[ACCT_LANGUAGE_MAX + 1];
    char rest[32];
    apr_size_t n = strcspn(range, ";, \t");

    *language = NULL;
    if (n == 0 || n > ACCT_LANGUAGE_MAX) {
        return 0;
    }
    for (apr_size_t i = 0; i < n; i++) {
        tag[i] = (char)apr_tolower(range[i]);
    }
    tag[n] = '\0';
    apr_cpystrn(rest, range + n, length - n + 1 < sizeof(rest)
                                 ? length - n + 1 : sizeof(rest));
    *language = strcmp(tag, "*") == 0 ? otherwise : look_up(languages, tag);
    return *language != NULL ? weight_of(rest) : 0;
}

const char *acct_language_choose(const char *accept, apr_hash_t *languages,
                                 const char *otherwise)
{
    const char *best = otherwise, *language = NULL;
    const char *end;
    int weight, most = 0;

    if (accept == NULL) {
        return best;
    }
    end = accept + strnlen(accept, ACCT_ACCEPT_LANGUAGE_MAX);
    while (accept < end) {
        apr_size_t length;

        accept += strspn(accept, " \t,");
        length = strcspn(accept, ",");
        if (accept + length > end || length == 0) {
            break;
        }
        weight = judge_range(accept, length, languages, otherwise,
                             &language);
        if (weight > most) {
            most = weight;
            best = language;
        }
        accept += length;
    }
    return best;
}
