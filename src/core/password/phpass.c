/* SPDX-License-Identifier: Apache-2.0 */
/*
 * phpass's portable hashes, of WordPress ("$P$") and phpBB ("$H$"): the
 * logarithm of the rounds, eight characters of salt, 22 of the last MD5. See
 * password/stored_format.h.
 */
#include <string.h>

#include <apr_strings.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "password/stored_format.h"
#include "password/scan.h"

#define LOG2_MIN 7
#define LOG2_MAX 20
#define SALT 8
#define HASH 22
#define MD5 16                  /* bytes */

/* The logarithm of the rounds; 0 where it is not spelled right. */
static int log2_rounds(const char *rest)
{
    int log2 = acct_scan_crypt64(*rest);

    return log2 >= LOG2_MIN && log2 <= LOG2_MAX
        && strlen(rest) == 1 + SALT + HASH
        && memchr(rest + 1, '$', SALT) == NULL
        && acct_scan_crypt64_span(rest + 1 + SALT, HASH) == HASH ? log2 : 0;
}

/* Three bytes are four digits, the lowest bits first. */
static void encode(const unsigned char *bytes, char *text)
{
    static const char digits[] = "./0123456789"
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    unsigned int held = 0;
    int bits = 0;

    for (int i = 0; i < MD5; i++) {
        held |= (unsigned int)bytes[i] << bits;
        for (bits += 8; bits >= 6; bits -= 6) {
            *text++ = digits[held & 63];
            held >>= 6;
        }
        if (i % 3 == 2 || i == MD5 - 1) {
            if (bits > 0) {
                *text++ = digits[held & 63];
            }
            held = 0;
            bits = 0;
        }
    }
    *text = '\0';
}

/* One round: the digest of @a front and the password. */
static int turn(EVP_MD_CTX *context, const void *front, size_t length,
                const char *password, unsigned char *made)
{
    return EVP_DigestInit_ex(context, EVP_md5(), NULL) == 1
        && EVP_DigestUpdate(context, front, length) == 1
        && EVP_DigestUpdate(context, password, strlen(password)) == 1
        && EVP_DigestFinal_ex(context, made, NULL) == 1;
}

static int run(const char *rest, const char *password, unsigned char *made)
{
    unsigned int rounds = 1U << log2_rounds(rest);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int is_made = context != NULL
        && turn(context, rest + 1, SALT, password, made);

    while (is_made && rounds-- > 0) {
        is_made = turn(context, made, MD5, password, made);
    }
    EVP_MD_CTX_free(context);
    return is_made;
}

static acct_password_verdict_e verify(const acct_stored_t *stored,
                                      const char *password, apr_pool_t *pool)
{
    unsigned char made[EVP_MAX_MD_SIZE];
    char text[HASH + 1];
    acct_password_verdict_e verdict;

    (void)pool;
    if (log2_rounds(stored->rest) == 0) {
        return ACCT_PASSWORD_UNUSABLE;
    }
    if (!run(stored->rest, password, made)) {
        return acct_format_refused();
    }
    encode(made, text);
    verdict = acct_format_same(text, stored->rest + 1 + SALT, HASH);
    OPENSSL_cleanse(made, sizeof(made));
    OPENSSL_cleanse(text, sizeof(text));
    return verdict;
}

static const char *blank(const acct_stored_t *stored, apr_pool_t *pool)
{
    return log2_rounds(stored->rest) == 0 ? NULL
        : apr_psprintf(pool, "$P$%c%s", *stored->rest,
                       acct_format_repeat('.', SALT + HASH, pool));
}

const acct_format_t acct_phpass_formats[] = {
    { "$P$", "phpass", verify, blank, NULL, NULL, 1 },
    { "$H$", "phpass", verify, blank, NULL, NULL, 1 },
    { NULL, NULL, NULL, NULL, NULL, NULL, 0 }
};
