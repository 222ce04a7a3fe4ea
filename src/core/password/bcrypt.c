/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bcrypt with a prefix of Django's, and bcrypt over a digest of the password,
 * which so is read whole: Django's and passlib's bcrypt_sha256, and
 * WordPress's since 6.8. See password/stored_format.h.
 */
#include <string.h>

#include <apr_strings.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/hex.h"
#include "password/crypt.h"
#include "password/scan.h"

#define SALT 22                 /* characters of bcrypt's */

/* The password that bcrypt is given. */
typedef struct digested_t {
    unsigned char digest[EVP_MAX_MD_SIZE];
    char text[2 * EVP_MAX_MD_SIZE + 1];
} digested_t;

static int hmac(const EVP_MD *with, const char *key, size_t key_length,
                const char *password, digested_t *out)
{
    unsigned int length = 0;

    if (HMAC(with, key, (int)key_length, (const unsigned char *)password,
             strlen(password), out->digest, &length) == NULL) {
        return 0;
    }
    EVP_EncodeBlock((unsigned char *)out->text, out->digest, (int)length);
    return 1;
}

static int sha256(const char *password, digested_t *out)
{
    return EVP_Digest(password, strlen(password), out->digest, NULL,
                      EVP_sha256(), NULL);
}

/* The last step of all, when what was digested is in place. */
static acct_password_verdict_e finish(int is_digested, const char *hash,
                                      digested_t *digested, apr_pool_t *pool)
{
    acct_password_verdict_e verdict = is_digested
        ? acct_crypt_verify(hash, digested->text, pool)
        : acct_format_refused();

    OPENSSL_cleanse(digested, sizeof(*digested));
    return verdict;
}

static const char *blank_of(const char *hash, apr_pool_t *pool)
{
    return hash != NULL && acct_crypt_is_bcrypt(hash)
        ? acct_crypt_blank(hash, pool) : NULL;
}

/* -------------------------------------------------------------- Django */

static const char *blank_rest(const acct_stored_t *stored, apr_pool_t *pool)
{
    return blank_of(stored->rest, pool);
}

static acct_password_verdict_e verify_django(const acct_stored_t *stored,
                                             const char *password,
                                             apr_pool_t *pool)
{
    return blank_rest(stored, pool) == NULL ? ACCT_PASSWORD_UNUSABLE
        : acct_crypt_verify(stored->rest, password, pool);
}

static acct_reads_t reads_django(const acct_stored_t *stored)
{
    return acct_crypt_reads(stored->rest);
}

/* Over the digest's digits. */
static acct_password_verdict_e verify_django_sha256(
    const acct_stored_t *stored, const char *password, apr_pool_t *pool)
{
    digested_t digested;
    int is_digested;

    if (blank_rest(stored, pool) == NULL) {
        return ACCT_PASSWORD_UNUSABLE;
    }
    is_digested = sha256(password, &digested);
    if (is_digested) {
        acct_hex_write(digested.text, digested.digest, 32);
    }
    return finish(is_digested, stored->rest, &digested, pool);
}

/* ------------------------------------------------------------- passlib */

/*
 * TYPE,COST$SALT$HASH of its first version, and v=2,t=TYPE,r=COST$SALT$HASH:
 * what crypt has as $TYPE$COST$SALTHASH. NULL where it is neither.
 */
static const char *passlib_hash(const acct_stored_t *stored, int *version,
                                apr_pool_t *pool)
{
    const char *at = stored->rest, *type, *hash;
    unsigned int cost;

    *version = acct_scan_word(&at, "v=2,t=") ? 2 : 1;
    type = at;
    if ((!acct_scan_word(&at, "2b") && !acct_scan_word(&at, "2a"))
        || !acct_scan_word(&at, *version == 2 ? ",r=" : ",")
        || !acct_scan_number_word(&at, 99, &cost, "$")
        || strlen(at) != SALT + 1 + 31 || at[SALT] != '$') {
        return NULL;
    }
    hash = apr_psprintf(pool, "$%.2s$%02u$%.*s%s", type, cost, SALT, at,
                        at + SALT + 1);
    return acct_crypt_blank(hash, pool) != NULL ? hash : NULL;
}

/* Over the digest in base64: with the salt as a key since version 2. */
static acct_password_verdict_e verify_passlib(const acct_stored_t *stored,
                                              const char *password,
                                              apr_pool_t *pool)
{
    digested_t digested;
    int version, is_digested;
    const char *hash = passlib_hash(stored, &version, pool);

    if (hash == NULL) {
        return ACCT_PASSWORD_UNUSABLE;
    }
    if (version == 2) {
        is_digested = hmac(EVP_sha256(), strrchr(hash, '$') + 1, SALT,
                           password, &digested);
    }
    else {
        is_digested = sha256(password, &digested);
        if (is_digested) {
            EVP_EncodeBlock((unsigned char *)digested.text, digested.digest,
                            32);
        }
    }
    return finish(is_digested, hash, &digested, pool);
}

static const char *blank_passlib(const acct_stored_t *stored,
                                 apr_pool_t *pool)
{
    int version;

    return blank_of(passlib_hash(stored, &version, pool), pool);
}

/* ----------------------------------------------------------- WordPress */

/* "$wp$2y$10$…": what crypt takes begins at the second '$'. */
static const char *wordpress_hash(const acct_stored_t *stored)
{
    return stored->rest - 1;
}

static const char *blank_wordpress(const acct_stored_t *stored,
                                   apr_pool_t *pool)
{
    return blank_of(wordpress_hash(stored), pool);
}

static acct_password_verdict_e verify_wordpress(const acct_stored_t *stored,
                                                const char *password,
                                                apr_pool_t *pool)
{
    static const char key[] = "wp-sha384";
    digested_t digested;
    int is_digested;

    if (blank_wordpress(stored, pool) == NULL) {
        return ACCT_PASSWORD_UNUSABLE;
    }
    is_digested = hmac(EVP_sha384(), key, sizeof(key) - 1, password,
                       &digested);
    return finish(is_digested, wordpress_hash(stored), &digested, pool);
}

const acct_format_t acct_bcrypt_formats[] = {
    { "bcrypt$", "bcrypt", verify_django, blank_rest, reads_django, NULL, 0 },
    { "bcrypt_sha256$", "bcrypt_sha256", verify_django_sha256, blank_rest,
      NULL, NULL, 0 },
    { "$bcrypt-sha256$", "bcrypt_sha256", verify_passlib, blank_passlib,
      NULL, NULL, 0 },
    { "$wp$", "wordpress", verify_wordpress, blank_wordpress, NULL, NULL, 0 },
    { NULL, NULL, NULL, NULL, NULL, NULL, 0 }
};
