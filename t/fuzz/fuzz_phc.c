/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stored password hash on the first line; words of AcctAuthPasswordHash on
 * the second.
 */
#include "fuzz.h"

#include <apr_strings.h>

#include "password/argon2.h"
#include "password/password.h"
#include "password/password_mix.h"

static const char *const prefixes[] = { "$argon2id$", "$argon2i$" };

/* What can be read is written as it was, but for a version that was left
 * out; and both are one. */
static void check_round(const char *prefix, const char *stored,
                        apr_pool_t *pool)
{
    const char *rest = stored + strlen(prefix), *written;
    acct_argon2_t read, again;

    memset(&read, 0, sizeof(read));
    memset(&again, 0, sizeof(again));
    if (!acct_argon2_parse(rest, &read)) {
        HOLDS(acct_password_dummy_like(stored, pool) == NULL);
        HOLDS(acct_password_verify(stored, "x", pool)
              == ACCT_PASSWORD_UNUSABLE);
        return;
    }
    HOLDS(acct_argon2_in_bounds(&read.params));
    HOLDS(read.salt_length <= ACCT_ARGON2_PART_MAX
          && read.hash_length <= ACCT_ARGON2_PART_MAX);
    written = acct_argon2_phc(prefix, &read, pool);
    HOLDS(strcmp(written, stored) == 0 || strncmp(rest, "v=", 2) != 0);
    HOLDS(acct_argon2_parse(written + strlen(prefix), &again)
          && again.version == read.version
          && memcmp(&again.params, &read.params, sizeof(read.params)) == 0
          && again.salt_length == read.salt_length
          && again.hash_length == read.hash_length
          && memcmp(again.salt, read.salt, read.salt_length) == 0
          && memcmp(again.hash, read.hash, read.hash_length) == 0);
}

/* A dummy costs the same, is its own dummy, and says nothing of the hash. */
static void check_dummy(const char *stored, apr_pool_t *pool)
{
    const char *dummy = acct_password_dummy_like(stored, pool);
    const char *again;

    if (dummy == NULL) {
        return;
    }
    again = acct_password_dummy_like(dummy, pool);
    HOLDS(again != NULL && strcmp(again, dummy) == 0);
    HOLDS(strstr(strrchr(dummy, '$'), "AAAA") != NULL);
}

/* Where it costs next to nothing. */
static void check_verify(const char *prefix, const char *stored,
                         apr_pool_t *pool)
{
    acct_argon2_t read;
    acct_password_verdict_e verdict;

    if (!acct_argon2_parse(stored + strlen(prefix), &read)
        || read.params.memory_kib > 32 || read.params.passes > 1) {
        return;
    }
    verdict = acct_password_verify(stored, "tower bridge", pool);
    HOLDS(verdict == ACCT_PASSWORD_MATCH
          || verdict == ACCT_PASSWORD_MISMATCH);
    HOLDS(acct_password_verify(acct_password_dummy_like(stored, pool),
                               "tower bridge", pool)
          == ACCT_PASSWORD_MISMATCH);
}

static void check_params(const char *line, apr_pool_t *pool)
{
    static const acct_password_params_t unread = { 1, 2, 3 };
    acct_password_params_t params = unread;
    const char *words[16] = { NULL };
    const char *error = NULL, *hash;
    char *state = NULL;
    int count = 0;

    for (char *word = apr_strtok(apr_pstrdup(pool, line), " ", &state);
         word != NULL && count < 15; word = apr_strtok(NULL, " ", &state)) {
        words[count++] = word;
    }
    if (acct_password_params_parse(words, &params, pool, &error)
        != APR_SUCCESS) {
        HOLDS(error != NULL
              && memcmp(&params, &unread, sizeof(params)) == 0);
        return;
    }
    HOLDS(acct_argon2_in_bounds(&params));
    HOLDS(acct_password_dummy(&params, &hash, pool) == APR_SUCCESS
          && !acct_password_needs_rehash(&params, hash));
}

static void one(const char *text, size_t length, apr_pool_t *pool)
{
    const char *stored = acct_fuzz_line(&text, &length, pool);
    const char *words = acct_fuzz_line(&text, &length, pool);
    acct_password_params_t now = ACCT_PASSWORD_DEFAULT;
    int is_known = 0;

    if (stored == NULL) {
        return;
    }
    for (int i = 0; i < 2; i++) {
        if (strncmp(stored, prefixes[i], strlen(prefixes[i])) == 0) {
            is_known = 1;
            check_round(prefixes[i], stored, pool);
            check_dummy(stored, pool);
            check_verify(prefixes[i], stored, pool);
        }
    }
    HOLDS(is_known || acct_password_needs_rehash(&now, stored));
    check_params(words != NULL ? words : "", pool);
}

const acct_fuzz_target_t acct_fuzz_target = {
    "phc", NULL, one, 8192, 16
};
