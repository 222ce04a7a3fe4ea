/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The domain of an address, NFKC, as its key is made of it.
 */
#include "fuzz.h"

#include <apr_strings.h>

#include "text/domain.h"
#include "text/identifier.h"

static int has_upper(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text >= 'A' && *text <= 'Z') {
            return 1;
        }
    }
    return 0;
}

static void one(const char *text, size_t length, apr_pool_t *pool)
{
    const char *string = acct_fuzz_string(text, length, pool);
    const char *domain, *key, *again, *folded;

    if (acct_username_normalize(string, &domain, pool) != APR_SUCCESS) {
        HOLDS(acct_domain_key(string, &key, pool) == APR_EINVAL
              || acct_fuzz_is_utf8(acct_trim(string, pool)));
        return;
    }
    HOLDS(acct_domain_key(domain, &key, pool) == APR_SUCCESS);
    HOLDS(acct_fuzz_is_utf8(key));
    if (acct_utf8_length(domain) > ACCT_FOLD_MAX) {
        return;
    }
    HOLDS(!has_upper(key));
    /* Of what an address can have; a text that no account can have is only
     * looked for, and has a key by which nothing is found. */
    if (acct_email_valid(apr_pstrcat(pool, "a@", domain, NULL), pool)) {
        HOLDS(acct_domain_key(key, &again, pool) == APR_SUCCESS
              && strcmp(again, key) == 0);
    }
    HOLDS(acct_domain_fold(domain, &folded, pool) == APR_SUCCESS
          && strstr(folded, "\xe3\x80\x82") == NULL);
}

const acct_fuzz_target_t acct_fuzz_target = {
    "domain", NULL, one, 32768, 2000
};
