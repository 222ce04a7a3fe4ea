/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The value of an Authorization header, against another reading of the same
 * grammar.
 */
#include "fuzz.h"

#include <apr_strings.h>

#include "form/basic.h"
#include "password/password.h"
#include "text/identifier.h"
#include "token/token.h"

static acct_token_check_t check;

static void begin(apr_pool_t *pool)
{
    static const unsigned char key[ACCT_KEY_BYTES] = "0123456789";

    (void)pool;
    HOLDS(acct_token_check_derive(&check, key, sizeof(key),
                                  "0123456789abcdef") == APR_SUCCESS);
}

static int is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* By the definition: blanks, "Token" in any case, a blank or the end, words.
 * One word of visible ASCII is a token. */
static acct_outcome_e expected(const char *header, const char **word,
                               size_t *length)
{
    static const char scheme[] = "token";
    int words = 0;
    int is_bad = 0;

    while (is_blank(*header)) {
        header++;
    }
    for (size_t i = 0; i < 5; i++, header++) {
        if ((*header | 0x20) != scheme[i]) {
            return ACCT_NOT_AUTHENTICATED;
        }
    }
    if (*header != '\0' && !is_blank(*header)) {
        return ACCT_NOT_AUTHENTICATED;
    }
    for (*length = 0; *header != '\0'; header++) {
        if (is_blank(*header)) {
            continue;
        }
        if (is_blank(header[-1])) {
            words++;
            *word = header;
        }
        if (words == 1) {
            is_bad |= *header < 0x21 || *header > 0x7e;
            ++*length;
        }
    }
    return words == 0 ? ACCT_TOKEN_ABSENT : words > 1 ? ACCT_TOKEN_SPACES
        : is_bad ? ACCT_TOKEN_CHARACTERS : ACCT_OK;
}

static void try_header(const char *header, apr_pool_t *pool)
{
    const char *at = acct_token_after_scheme(header, "Token");
    const char *token = NULL, *word = NULL, *again;
    acct_outcome_e outcome = acct_token_parse(at, &token, pool);
    size_t length = 0;

    HOLDS(at == NULL || (at >= header && at <= header + strlen(header)));
    HOLDS(outcome == expected(header, &word, &length));
    HOLDS((outcome == ACCT_OK) == (token != NULL));
    if (outcome != ACCT_OK) {
        return;
    }
    HOLDS(strlen(token) == length && memcmp(token, word, length) == 0);
    HOLDS(acct_token_parse(token, &again, pool) == ACCT_OK
          && strcmp(again, token) == 0);
    HOLDS(acct_token_after_scheme(token, "Token") == NULL
          || strcasecmp(token, "Token") == 0);
}

/* As credentials of HTTP Basic: what is read of them, put together again, is
 * what was in them. */
static void try_basic(const char *header, apr_pool_t *pool)
{
    const char *at = acct_token_after_scheme(header, ACCT_BASIC_SCHEME);
    const char *name, *password;
    acct_form_t form;

    if (acct_basic_look(at) != ACCT_OK) {
        HOLDS(at == NULL || *at == '\0' || strpbrk(at, " \t") != NULL);
        at = header;
    }
    acct_basic_read(at, &form, pool);
    name = form.value[ACCT_ROLE_IDENTIFIER];
    password = form.value[ACCT_ROLE_PASSWORD];
    HOLDS((name == NULL) == (password == NULL));
    if (name == NULL) {
        return;
    }
    HOLDS(*name != '\0' && strchr(name, ':') == NULL
          && acct_utf8_length(name) > 0
          && acct_utf8_length(name) <= ACCT_EMAIL_MAX);
    HOLDS(*password != '\0' && strlen(password) <= ACCT_PASSWORD_MAX
          && acct_utf8_length(password) > 0);
    HOLDS((strlen(name) + strlen(password) + 1 + 2) / 3 * 4
          == strcspn(at, " \t"));
    acct_form_wipe(&form);
    HOLDS(form.value[ACCT_ROLE_PASSWORD] == NULL);
}

/* The check of a token is right of one that was minted, and of none that
 * differs from it in one digit. */
static void try_check(const char *text, size_t length, apr_pool_t *pool)
{
    char hex[ACCT_DIGEST_HEX + 1];
    const char *minted;
    char *other;
    int checked, holds;
    size_t at = length > 0 ? (unsigned char)text[0] % 40 : 0;

    holds = acct_token_check_holds(&check, acct_fuzz_string(text, length,
                                                            pool));
    HOLDS(holds == 0 || length >= ACCT_CHECK_RANDOM_MIN * 2
                                  + ACCT_CHECK_DIGITS);
    HOLDS(acct_token_check_mint(&check, 20, &minted, &checked, pool)
          == APR_SUCCESS && checked && strlen(minted) == 40);
    HOLDS(acct_token_check_holds(&check, minted));
    other = apr_pstrdup(pool, minted);
    other[at] = other[at] == '0' ? '1' : '0';
    HOLDS(at < 32 || !acct_token_check_holds(&check, other));
    HOLDS(acct_token_digest(other, hex) == APR_SUCCESS
          && strspn(hex, "0123456789abcdef") == ACCT_DIGEST_HEX
          && acct_token_digest_equal(hex, hex)
          && !acct_token_digest_equal(hex, other));
}

static void one(const char *text, size_t length, apr_pool_t *pool)
{
    try_header(acct_fuzz_string(text, length, pool), pool);
    try_basic(acct_fuzz_string(text, length, pool), pool);
    try_check(text, length, pool);
}

const acct_fuzz_target_t acct_fuzz_target = {
    "authorization", begin, one, 1024, 4
};
