/* SPDX-License-Identifier: Apache-2.0 */
/*
 * htpasswd's "$apr1$": a thousand rounds of MD5, by APR-util, which has its
 * own; see password/stored_format.h. apr_password_validate() is not asked: it
 * would do any work that a stored text asks for.
 */
#include <string.h>

#include <apr_md5.h>
#include <apr_strings.h>
#include <openssl/crypto.h>

#include "password/stored_format.h"
#include "password/scan.h"

#define PREFIX "$apr1$"
#define SALT_MAX 8
#define HASH 22                 /* digits */
#define MADE 120                /* what apr_md5_encode() is given elsewhere */

/* How long the salt is; 0 where it is not spelled right. */
static size_t salt_length(const char *rest)
{
    size_t length = acct_scan_crypt64_span(rest, SALT_MAX);

    return rest[length] == '$' && strlen(rest) == length + 1 + HASH
        && acct_scan_crypt64_span(rest + length + 1, HASH) == HASH
        ? length : 0;
}

static acct_password_verdict_e verify(const acct_stored_t *stored,
                                      const char *password, apr_pool_t *pool)
{
    acct_password_verdict_e verdict = ACCT_PASSWORD_MISMATCH;
    char made[MADE];

    (void)pool;
    if (salt_length(stored->rest) == 0
        || apr_md5_encode(password, stored->text, made, sizeof(made))
           != APR_SUCCESS) {
        return ACCT_PASSWORD_UNUSABLE;
    }
    if (strlen(made) == strlen(stored->text)) {
        verdict = acct_format_same(made, stored->text, strlen(made));
    }
    OPENSSL_cleanse(made, sizeof(made));
    return verdict;
}

static const char *blank(const acct_stored_t *stored, apr_pool_t *pool)
{
    size_t length = salt_length(stored->rest);

    return length == 0 ? NULL
        : apr_pstrcat(pool, PREFIX, acct_format_repeat('.', length, pool),
                      "$", acct_format_repeat('.', HASH, pool), NULL);
}

const acct_format_t acct_apr1_formats[] = {
    { PREFIX, "apr1", verify, blank, NULL, NULL, 1 },
    { NULL, NULL, NULL, NULL, NULL, NULL, 0 }
};
