/* SPDX-License-Identifier: Apache-2.0 */
#include "password/stored_format.h"

#include <string.h>

#include <apr_strings.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

#include "password/scan.h"

static const acct_format_t *const families[] = {
    acct_argon2_formats, acct_pbkdf2_formats, acct_scrypt_formats,
    acct_bcrypt_formats, acct_crypt_formats, acct_digest_formats,
    acct_apr1_formats, acct_phpass_formats
};

/* No prefix begins with another, so that their order says nothing. */
static const acct_format_t *row_of(const char *text)
{
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        for (const acct_format_t *row = families[i]; row->prefix != NULL;
             row++) {
            if (strncmp(text, row->prefix, strlen(row->prefix)) == 0) {
                return row;
            }
        }
    }
    return NULL;
}

static int is_md5(const char *text)
{
    return strlen(text) == 32 && strspn(text, "0123456789abcdef") == 32;
}

/* Thirteen letters may be a password that somebody stored as it is: of those
 * the last digit, which holds four bits of the 64, refuses three in four. */
static int is_des(const char *text)
{
    size_t length = strlen(text), blank = *text == '_';

    return length == (blank ? 20 : 13)
        && acct_scan_crypt64_span(text + blank, length) == length - blank
        && acct_scan_crypt64(text[length - 1]) % 4 == 0;
}

static const char *with_prefix(const char *text, apr_pool_t *pool)
{
    return is_md5(text) ? apr_pstrcat(pool, "md5$$", text, NULL)
        : is_des(text) ? apr_pstrcat(pool, "crypt$$", text, NULL) : text;
}

int acct_format_find(const char *stored, acct_stored_t *found,
                     apr_pool_t *pool)
{
    found->text = with_prefix(stored, pool);
    found->format = row_of(found->text);
    if (found->format == NULL) {
        return 0;
    }
    found->rest = found->text + strlen(found->format->prefix);
    return 1;
}

acct_password_verdict_e acct_format_refused(void)
{
    int reason = ERR_GET_REASON(ERR_peek_last_error());

    ERR_clear_error();
    return reason == ERR_R_MALLOC_FAILURE ? ACCT_PASSWORD_FAILED
                                          : ACCT_PASSWORD_UNUSABLE;
}

acct_password_verdict_e acct_format_same(const void *one, const void *other,
                                         size_t length)
{
    return CRYPTO_memcmp(one, other, length) == 0 ? ACCT_PASSWORD_MATCH
                                                  : ACCT_PASSWORD_MISMATCH;
}

char *acct_format_repeat(char c, size_t length, apr_pool_t *pool)
{
    char *text = apr_palloc(pool, length + 1);

    memset(text, c, length);
    text[length] = '\0';
    return text;
}
