/* SPDX-License-Identifier: Apache-2.0 */
#include "form/basic.h"

#include <apr_strings.h>
#include <openssl/crypto.h>
#include <string.h>

#include "base/base64.h"
#include "password/password.h"
#include "text/identifier.h"

#define BLANKS " \t"

/* Of an identifier in UTF-8, a colon and a password. */
#define MOST (4 * ACCT_EMAIL_MAX + 1 + ACCT_PASSWORD_MAX)

acct_outcome_e acct_basic_look(const char *at)
{
    if (at == NULL) {
        return ACCT_NOT_AUTHENTICATED;
    }
    if (*at == '\0') {
        return ACCT_BASIC_ABSENT;
    }
    at += strcspn(at, BLANKS);
    return at[strspn(at, BLANKS)] == '\0' ? ACCT_OK : ACCT_BASIC_SPACES;
}

/* @param text of @a length bytes, which may hold NULs */
static void take(const char *text, size_t length, acct_form_t *form,
                 apr_pool_t *pool)
{
    const char *colon = strchr(text, ':');
    const char *name;

    if (strlen(text) != length || acct_utf8_length(text) < 0
        || colon == NULL || colon[1] == '\0'
        || strlen(colon + 1) > ACCT_PASSWORD_MAX) {
        return;
    }
    name = apr_pstrmemdup(pool, text, (apr_size_t)(colon - text));
    if (*name == '\0' || acct_utf8_length(name) > ACCT_EMAIL_MAX) {
        return;
    }
    form->value[ACCT_ROLE_IDENTIFIER] = name;
    form->value[ACCT_ROLE_PASSWORD] = apr_pstrdup(pool, colon + 1);
}

void acct_basic_read(const char *at, acct_form_t *form, apr_pool_t *pool)
{
    unsigned char bytes[MOST + 1];
    size_t length;
    const char *word = apr_pstrmemdup(pool, at, strcspn(at, BLANKS));

    memset(form, 0, sizeof(*form));
    if (acct_base64_text(word, bytes, MOST, &length)) {
        bytes[length] = '\0';
        take((const char *)bytes, length, form, pool);
    }
    OPENSSL_cleanse(bytes, sizeof(bytes));
    OPENSSL_cleanse((char *)word, strlen(word));
}
