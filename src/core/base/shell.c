/* SPDX-License-Identifier: Apache-2.0 */
#include "base/shell.h"

#include <apr_lib.h>
#include <string.h>

static int is_plain(const char *text)
{
    const char *at;

    for (at = text; *at != '\0'; at++) {
        if (!apr_isalnum(*at) && strchr("/._,:@%+=-", *at) == NULL) {
            return 0;
        }
    }
    return text[0] != '\0';
}

const char *acct_shell_word(const char *text, apr_pool_t *pool)
{
    char *word;
    char *to;

    if (is_plain(text)) {
        return text;
    }
    word = to = apr_palloc(pool, 4 * strlen(text) + 3);
    *to++ = '\'';
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            memcpy(to, "'\\''", 4);
            to += 4;
        }
        else {
            *to++ = *text;
        }
    }
    *to++ = '\'';
    *to = '\0';
    return word;
}
