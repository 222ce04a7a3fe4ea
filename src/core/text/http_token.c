/* SPDX-License-Identifier: Apache-2.0 */
#include "text/http_token.h"

#include <apr_lib.h>
#include <string.h>

int acct_is_http_token(const char *text, apr_size_t length)
{
    apr_size_t i;

    for (i = 0; i < length; i++) {
        if (!apr_isalnum(text[i])
            && (text[i] == '\0'
                || strchr("!#$%&'*+-.^_`|~", text[i]) == NULL)) {
            return 0;
        }
    }
    return length > 0;
}
