/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sealed token as the database gives it back: the first line is one,
 * whatever it holds; the second is a token's text that is sealed, the third
 * says by bytes (place, change) how what was sealed is changed.
 */
#include "fuzz.h"

#include <apr_strings.h>

#include "token/token.h"

#define ACCOUNT 7

static acct_key_t key;
static acct_key_t other;        /* with another id */
static acct_key_t unused;       /* with key's id; nothing is sealed under it:
                                 * libFuzzer learns texts that are compared,
                                 * and would bring us our own */

static void begin(apr_pool_t *pool)
{
    (void)pool;
    memset(key.bytes, 1, sizeof(key.bytes));
    memcpy(key.id, "0123456789abcdef", ACCT_KEY_ID_HEX + 1);
    memset(other.bytes, 2, sizeof(other.bytes));
    memcpy(other.id, "fedcba9876543210", ACCT_KEY_ID_HEX + 1);
    unused = key;
    unused.bytes[0] ^= 1;
}

/* Not made under the key, so it does not open. */
static void check_foreign(const acct_key_t *with, const char *sealed,
                          apr_pool_t *pool)
{
    const char *text = NULL;
    apr_status_t status = acct_token_unseal(with, ACCOUNT, sealed, &text,
                                            pool);

    HOLDS(status == APR_EGENERAL || status == APR_EMISMATCH);
    HOLDS(text == NULL);
}

static void check_changed(const char *sealed, const char *changes,
                          apr_pool_t *pool)
{
    char *changed = apr_pstrdup(pool, sealed);
    size_t length = strlen(sealed), at = 0;

    for (; changes[0] != '\0' && changes[1] != '\0'; changes += 2) {
        at = (at + (unsigned char)changes[0]) % length;
        changed[at] = changes[1];
    }
    if (strcmp(changed, sealed) != 0) {
        check_foreign(&key, changed, pool);
    }
    check_foreign(&key, apr_pstrmemdup(pool, sealed, length - 1 - at % length),
                  pool);
    check_foreign(&key, apr_pstrcat(pool, sealed, "=", NULL), pool);
}

static void check_own(const char *text, const char *changes,
                      apr_pool_t *pool)
{
    const char *sealed = NULL, *opened = NULL;

    if (acct_token_seal(&key, ACCOUNT, text, &sealed, pool)
        != APR_SUCCESS) {
        HOLDS(strlen(text) == 0 || strlen(text) > 1024);
        return;
    }
    HOLDS(acct_token_unseal(&key, ACCOUNT, sealed, &opened, pool)
          == APR_SUCCESS && strcmp(opened, text) == 0);
    HOLDS(acct_token_unseal(&key, ACCOUNT + 1, sealed, &opened, pool)
          == APR_EGENERAL);
    HOLDS(acct_token_unseal(&other, ACCOUNT, sealed, &opened, pool)
          == APR_EMISMATCH);
    check_changed(sealed, changes, pool);
}

static void one(const char *text, size_t length, apr_pool_t *pool)
{
    const char *sealed = acct_fuzz_line(&text, &length, pool);
    const char *token = acct_fuzz_line(&text, &length, pool);

    if (sealed != NULL) {
        check_foreign(&unused, sealed, pool);
    }
    if (token != NULL) {
        check_own(token, acct_fuzz_string(text, length, pool), pool);
    }
}

const acct_fuzz_target_t acct_fuzz_target = {
    "sealed", begin, one, 32768, 16
};
