/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/link_text.h"

#include <string.h>

#include <apr_strings.h>

#include "base/uid.h"

#define RANDOM_BYTES 16
#define STAMP_MAX 13            /* of what stands before the hyphen */

apr_status_t acct_link_text_make(const char **text,
                                 char digest[ACCT_DIGEST_HEX + 1],
                                 apr_time_t now, apr_pool_t *pool)
{
    const char *secret;
    apr_status_t status = acct_token_mint(RANDOM_BYTES, &secret, pool);

    if (status != APR_SUCCESS) {
        return status;
    }
    *text = apr_pstrcat(pool, acct_uid_write(ACCT_UID_BASE36,
                                             apr_time_sec(now), pool),
                        "-", secret, NULL);
    return acct_token_digest(*text, digest);
}

static int is_link_text(const char *text)
{
    apr_size_t stamp = strspn(text, "0123456789abcdefghijklmnopqrstuvwxyz");

    return stamp >= 1 && stamp <= STAMP_MAX && text[stamp] == '-'
        && strspn(text + stamp + 1, "0123456789abcdef") == 2 * RANDOM_BYTES
        && text[stamp + 1 + 2 * RANDOM_BYTES] == '\0';
}

apr_status_t acct_link_text_digest(const char *text,
                                   char digest[ACCT_DIGEST_HEX + 1])
{
    return is_link_text(text) ? acct_token_digest(text, digest) : APR_EINVAL;
}
