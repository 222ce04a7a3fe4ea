/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A username, and any text that is folded or composed: names of people,
 * words of a block list, passwords.
 */
#include "fuzz.h"

#include <apr_strings.h>

#include "password/password.h"
#include "text/identifier.h"

static void check_fold(const char *text, apr_pool_t *pool)
{
    const char *folded, *again;
    char *composed, *twice;

    if (acct_fold(text, &folded, pool) == APR_SUCCESS) {
        HOLDS(acct_fuzz_is_utf8(folded));
        /* compatibility forms are up to 18 signs of one (U+FDFA) */
        HOLDS(strlen(folded) <= 18 * strlen(text));
        if (acct_utf8_length(folded) <= ACCT_FOLD_MAX) {
            HOLDS(acct_fold(folded, &again, pool) == APR_SUCCESS
                  && strcmp(again, folded) == 0);
        }
    }
    if (acct_compose(text, &composed, pool) == APR_SUCCESS) {
        HOLDS(strlen(composed) <= 3 * strlen(text));
        HOLDS(acct_compose(composed, &twice, pool) == APR_SUCCESS
              && strcmp(twice, composed) == 0);
    }
}

static void check_name(const char *text, apr_pool_t *pool)
{
    const char *name, *key, *again;

    HOLDS((acct_username_normalize(text, &name, pool) == APR_SUCCESS)
          == acct_fuzz_is_utf8(acct_trim(text, pool)));
    if (!acct_fuzz_is_utf8(acct_trim(text, pool))) {
        HOLDS(!acct_username_valid(text, pool));
        return;
    }
    HOLDS(acct_username_key(text, &key, pool) == APR_SUCCESS);
    HOLDS(acct_username_key(name, &again, pool) == APR_SUCCESS
          && strcmp(again, key) == 0);
    if (!acct_username_valid(name, pool)) {
        return;
    }
    /* what can be an account's: a name, its key, and the key's */
    HOLDS(strpbrk(name, " \t\r\n\"\\/:,<>%&'") == NULL);
    HOLDS(acct_username_normalize(name, &again, pool) == APR_SUCCESS
          && strcmp(again, name) == 0);
    HOLDS(acct_username_key(key, &again, pool) == APR_SUCCESS
          && strcmp(again, key) == 0);
    HOLDS(*key != '\0' && strlen(key) <= 18 * strlen(name) + 16);
}

static void check_password(const char *text, apr_pool_t *pool)
{
    static const char *const own[] = { "ann", "ann@example.org", "", NULL };
    acct_password_rules_t rules = { 8, NULL, 1, 1 };
    const char *normal;
    int like = 0;

    if (strlen(text) > ACCT_PASSWORD_MAX) {
        return;
    }
    normal = acct_password_normal(text, pool);
    HOLDS(strlen(normal) <= ACCT_PASSWORD_NORMAL_MAX);
    HOLDS(acct_password_normal(normal, pool) == normal);
    /* U+0344 is two signs in that form */
    if (acct_fuzz_is_utf8(normal) && acct_utf8_length(normal) < 8) {
        HOLDS((acct_password_judge(&rules, text, own, &like, pool)
               & ACCT_PROBLEM_BIT(ACCT_PROBLEM_TOO_SHORT)) != 0);
    }
    else {
        HOLDS((acct_password_judge(&rules, text, own, &like, pool)
               & ACCT_PROBLEM_BIT(ACCT_PROBLEM_TOO_SHORT)) == 0
              || !acct_fuzz_is_utf8(normal));
    }
    HOLDS(like >= 0 && like < 3);
    acct_password_wipe_normal(text, normal);
}

static void one(const char *text, size_t length, apr_pool_t *pool)
{
    const char *string = acct_fuzz_string(text, length, pool);

    check_fold(string, pool);
    check_name(string, pool);
    check_password(string, pool);
}

const acct_fuzz_target_t acct_fuzz_target = {
    "username", NULL, one, 32768, 2000
};
