/* SPDX-License-Identifier: Apache-2.0 */
#include "token/totp.h"

#include <string.h>

#include <apr_strings.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#define WINDOW 1                /* steps on each side of now */
#define SEALED_PREFIX "totp:"   /* no token begins so */
#define SECRET_TEXT 32          /* letters and digits of base32 */

static const char base32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/* --------------------------------------------------------------- secrets */

apr_status_t acct_totp_secret_make(acct_totp_secret_t *secret)
{
    return RAND_priv_bytes(secret->bytes, sizeof(secret->bytes)) == 1
        ? APR_SUCCESS : APR_EGENERAL;
}

/* Twenty bytes are 32 times five bits, without a rest. */
const char *acct_totp_secret_text(const acct_totp_secret_t *secret,
                                  apr_pool_t *pool)
{
    char *text = apr_palloc(pool, SECRET_TEXT + 1);

    for (int i = 0; i < SECRET_TEXT; i++) {
        int bit = i * 5, byte = bit / 8, shift = 11 - bit % 8;
        unsigned int pair = (unsigned int)secret->bytes[byte] << 8;

        if (byte + 1 < ACCT_TOTP_SECRET_BYTES) {
            pair |= secret->bytes[byte + 1];
        }
        text[i] = base32[pair >> shift & 31];
    }
    text[SECRET_TEXT] = '\0';
    return text;
}

static int read_secret(acct_totp_secret_t *secret, const char *text)
{
    unsigned int bits = 0;
    int count = 0, byte = 0;

    if (strlen(text) != SECRET_TEXT) {
        return 0;
    }
    for (; *text != '\0'; text++) {
        const char *at = strchr(base32, *text);

        if (at == NULL) {
            return 0;
        }
        bits = (bits << 5 | (unsigned int)(at - base32)) & 0xfff;
        count += 5;
        if (count >= 8) {
            count -= 8;
            secret->bytes[byte++] = (unsigned char)(bits >> count);
        }
    }
    return 1;
}

/* Percent-encoded (RFC 3986): a name may hold anything. But for colons, which
 * applications take for the end of the site's. */
static const char *encoded(const char *text, apr_pool_t *pool)
{
    static const char hex[] = "0123456789ABCDEF";
    char *copy = apr_palloc(pool, 3 * strlen(text) + 1);
    char *to = copy;

    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == ':') {         /* parts the two names, however encoded */
            continue;
        }
        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')
            || (c >= 'a' && c <= 'z') || strchr("-._~", c) != NULL) {
            *to++ = (char)c;
            continue;
        }
        *to++ = '%';
        *to++ = hex[c >> 4];
        *to++ = hex[c & 15];
    }
    *to = '\0';
    return copy;
}

const char *acct_totp_uri(const acct_totp_secret_t *secret, const char *site,
                          const char *name, apr_pool_t *pool)
{
    const char *issuer = encoded(site, pool);

    return apr_pstrcat(pool, "otpauth://totp/", issuer, ":",
                       encoded(name, pool), "?secret=",
                       acct_totp_secret_text(secret, pool), "&issuer=",
                       issuer, NULL);
}

apr_status_t acct_totp_seal(const acct_key_t *key, apr_int64_t account,
                            const acct_totp_secret_t *secret,
                            const char **sealed, apr_pool_t *pool)
{
    char *text = apr_pstrcat(pool, SEALED_PREFIX,
                             acct_totp_secret_text(secret, pool), NULL);
    apr_status_t status = acct_token_seal(key, account, text, sealed, pool);

    OPENSSL_cleanse(text, strlen(text));
    return status;
}

apr_status_t acct_totp_unseal(const acct_key_t *key, apr_int64_t account,
                              const char *sealed, acct_totp_secret_t *secret,
                              apr_pool_t *pool)
{
    const char *text;
    apr_status_t status = acct_token_unseal(key, account, sealed, &text,
                                            pool);

    if (status != APR_SUCCESS) {
        return status;
    }
    if (strncmp(text, SEALED_PREFIX, sizeof(SEALED_PREFIX) - 1) != 0
        || !read_secret(secret, text + sizeof(SEALED_PREFIX) - 1)) {
        status = APR_EGENERAL;
    }
    OPENSSL_cleanse((char *)text, strlen(text));
    return status;
}

/* ----------------------------------------------------------------- codes */

apr_int64_t acct_totp_step(apr_time_t when)
{
    return when / ACCT_TOTP_STEP;
}

/* RFC 4226, 5.3: four bytes from where the last half-byte says. */
apr_status_t acct_totp_code(const acct_totp_secret_t *secret,
                            apr_int64_t step,
                            char code[ACCT_TOTP_DIGITS + 1])
{
    unsigned char counter[8], mac[EVP_MAX_MD_SIZE];
    unsigned int length = 0, at, number;

    for (int i = 0; i < 8; i++) {
        counter[i] = (unsigned char)((apr_uint64_t)step >> (56 - 8 * i));
    }
    if (HMAC(EVP_sha1(), secret->bytes, sizeof(secret->bytes), counter,
             sizeof(counter), mac, &length) == NULL || length != 20) {
        return APR_EGENERAL;
    }
    at = mac[19] & 15;
    number = ((unsigned int)(mac[at] & 0x7f) << 24)
        | ((unsigned int)mac[at + 1] << 16)
        | ((unsigned int)mac[at + 2] << 8) | mac[at + 3];
    apr_snprintf(code, ACCT_TOTP_DIGITS + 1, "%06u", number % 1000000);
    OPENSSL_cleanse(mac, sizeof(mac));
    return APR_SUCCESS;
}

/* The digits without the blanks. @return whether it has the form of a code */
static int take_digits(const char *text, char digits[ACCT_TOTP_DIGITS + 1])
{
    int count = 0;

    for (; *text != '\0'; text++) {
        if (*text == ' ') {
            continue;
        }
        if (*text < '0' || *text > '9' || count == ACCT_TOTP_DIGITS) {
            return 0;
        }
        digits[count++] = *text;
    }
    digits[count] = '\0';
    return count == ACCT_TOTP_DIGITS;
}

int acct_totp_is_code(const char *text)
{
    char digits[ACCT_TOTP_DIGITS + 1];

    return take_digits(text, digits);
}

/* Each step of the window is looked at, whichever matches: how long it takes
 * tells nothing. */
apr_status_t acct_totp_verify(const acct_totp_secret_t *secret,
                              const char *text, apr_time_t now,
                              apr_int64_t behind, apr_int64_t *step)
{
    char sent[ACCT_TOTP_DIGITS + 1], code[ACCT_TOTP_DIGITS + 1];
    apr_int64_t found = -1, at = acct_totp_step(now) - WINDOW;

    if (!take_digits(text, sent)) {
        return APR_NOTFOUND;
    }
    for (int i = 0; i <= 2 * WINDOW; i++, at++) {
        if (acct_totp_code(secret, at, code) != APR_SUCCESS) {
            return APR_EGENERAL;
        }
        if (CRYPTO_memcmp(code, sent, ACCT_TOTP_DIGITS) == 0 && at > behind
            && found < 0) {
            found = at;
        }
    }
    OPENSSL_cleanse(code, sizeof(code));
    if (found < 0) {
        return APR_NOTFOUND;
    }
    *step = found;
    return APR_SUCCESS;
}

/* -------------------------------------------------------- recovery codes */

/* Letters and digits but i, l, o and u (Crockford's base 32). */
static const char letters[] = "0123456789abcdefghjkmnpqrstvwxyz";

#define RECOVERY_LETTERS 16     /* of 5 bits each */

apr_status_t acct_recovery_code_make(const char **text,
                                     char digest[ACCT_DIGEST_HEX + 1],
                                     apr_pool_t *pool)
{
    unsigned char random[RECOVERY_LETTERS];
    char plain[RECOVERY_LETTERS + 1];
    char *shown = apr_palloc(pool, ACCT_RECOVERY_CODE_TEXT + 1);
    char *to = shown;
    apr_status_t status;

    if (RAND_priv_bytes(random, sizeof(random)) != 1) {
        return APR_EGENERAL;
    }
    for (int i = 0; i < RECOVERY_LETTERS; i++) {
        plain[i] = letters[random[i] & 31];
        if (i > 0 && i % 4 == 0) {
            *to++ = '-';
        }
        *to++ = plain[i];
    }
    plain[RECOVERY_LETTERS] = *to = '\0';
    *text = shown;
    status = acct_token_digest(plain, digest);
    OPENSSL_cleanse(random, sizeof(random));
    OPENSSL_cleanse(plain, sizeof(plain));
    return status;
}

apr_status_t acct_recovery_code_digest(const char *text,
                                       char digest[ACCT_DIGEST_HEX + 1])
{
    char plain[RECOVERY_LETTERS + 1];
    int count = 0;

    for (; *text != '\0'; text++) {
        char c = *text >= 'A' && *text <= 'Z' ? (char)(*text + 32) : *text;

        if (c == '-' || c == ' ') {
            continue;
        }
        if (strchr(letters, c) == NULL || count == RECOVERY_LETTERS) {
            return APR_EINVAL;
        }
        plain[count++] = c;
    }
    plain[count] = '\0';
    return count == RECOVERY_LETTERS ? acct_token_digest(plain, digest)
                                     : APR_EINVAL;
}
