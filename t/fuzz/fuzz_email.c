/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An address.
 */
#include "fuzz.h"

#include <apr_strings.h>

#include "text/identifier.h"

/* What an address's key is must be one itself: it is what is looked for. */
static void check_key(const char *email, apr_pool_t *pool)
{
    const char *key, *again, *name;

    if (acct_email_key(email, &key, pool) != APR_SUCCESS) {
        HOLDS(!acct_fuzz_is_utf8(email));
        return;
    }
    HOLDS(acct_fuzz_is_utf8(key));
    /* compatibility forms are up to 18 signs of one (U+FDFA) */
    HOLDS(strlen(key) <= 18 * strlen(email) + 16);
    HOLDS(acct_username_key(email, &name, pool) == APR_SUCCESS
          && strcmp(name, key) == 0);
    if (acct_email_valid(acct_trim(email, pool), pool)) {
        HOLDS(acct_email_key(key, &again, pool) == APR_SUCCESS
              && strcmp(again, key) == 0);
        HOLDS(strrchr(key, '@') != NULL && strrchr(key, '@')[1] != '\0');
    }
}

static const char *in_capitals(const char *text, apr_pool_t *pool)
{
    char *copy = apr_pstrdup(pool, text);

    for (char *at = copy; *at != '\0'; at++) {
        if (*at >= 'a' && *at <= 'z') {
            *at = (char)(*at - 'a' + 'A');
        }
    }
    return copy;
}

static void check_valid(const char *email, apr_pool_t *pool)
{
    const char *key, *capital, *at = strrchr(email, '@');

    HOLDS(at != NULL && at > email && at[1] != '\0');
    HOLDS(acct_utf8_length(email) <= 320 && !acct_fuzz_has_control(email));
    for (const char *c = email; c < at; c++) {
        HOLDS((unsigned char)*c < 0x80);
    }
    HOLDS(acct_email_key(email, &key, pool) == APR_SUCCESS);
    /* one mailbox to most servers, and one account */
    HOLDS(acct_email_key(in_capitals(email, pool), &capital, pool)
          == APR_SUCCESS && strcmp(capital, key) == 0);
}

static void one(const char *text, size_t length, apr_pool_t *pool)
{
    const char *email = acct_fuzz_string(text, length, pool);
    const char *trimmed = acct_trim(email, pool);

    HOLDS(strcmp(acct_trim(trimmed, pool), trimmed) == 0);
    if (acct_email_valid(email, pool)) {
        HOLDS(strcmp(trimmed, email) == 0);
        check_valid(email, pool);
    }
    check_key(email, pool);
}

const acct_fuzz_target_t acct_fuzz_target = {
    "email", NULL, one, 32768, 2000
};
