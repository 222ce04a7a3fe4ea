/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PBKDF2 (RFC 8018) as Django, passlib and Werkzeug store it; see
 * password/stored_format.h.
 */
#include <apr_strings.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#include "password/stored_format.h"
#include "password/scan.h"

#define ROUNDS_MAX 4000000
#define SALT_MIN 1
#define HASH_MIN 16
#define HASH_MAX 64
#define BLANK_SALT "AAAAAAAAAAAAAAAAAAAAAA"     /* 16 bytes of zero */

typedef struct with_t {
    const EVP_MD *(*digest)(void);
    const char *blank;          /* the prefix of passlib's form */
    /* what stands behind the number of rounds and the '$' */
    int (*parts)(const char *at, acct_scan_bytes_t *salt,
                 acct_scan_bytes_t *hash);
} with_t;

/* Taken apart. Secret; wipe it. */
typedef struct pbkdf2_t {
    unsigned int rounds;
    acct_scan_bytes_t salt;
    acct_scan_bytes_t hash;
} pbkdf2_t;

static int django(const char *at, acct_scan_bytes_t *salt,
                  acct_scan_bytes_t *hash)
{
    return acct_scan_text(&at, SALT_MIN, salt) && acct_scan_base64(at, hash);
}

static int passlib(const char *at, acct_scan_bytes_t *salt,
                   acct_scan_bytes_t *hash)
{
    return acct_scan_ab64(&at, '$', salt) && acct_scan_ab64(&at, '\0', hash);
}

static int werkzeug(const char *at, acct_scan_bytes_t *salt,
                    acct_scan_bytes_t *hash)
{
    return acct_scan_text(&at, SALT_MIN, salt) && acct_scan_hex(at, hash);
}

static int parse(const acct_stored_t *stored, pbkdf2_t *out)
{
    const with_t *with = stored->format->with;
    const char *at = stored->rest;

    return acct_scan_number_word(&at, ROUNDS_MAX, &out->rounds, "$")
        && out->rounds >= 1
        && with->parts(at, &out->salt, &out->hash)
        && out->salt.length >= SALT_MIN
        && out->hash.length >= HASH_MIN && out->hash.length <= HASH_MAX;
}

static acct_password_verdict_e verify(const acct_stored_t *stored,
                                      const char *password, apr_pool_t *pool)
{
    const with_t *with = stored->format->with;
    unsigned char made[HASH_MAX];
    acct_password_verdict_e verdict = ACCT_PASSWORD_UNUSABLE;
    pbkdf2_t of;

    (void)pool;
    if (!parse(stored, &of)) {
        goto leave;
    }
    verdict = PKCS5_PBKDF2_HMAC(password, (int)strlen(password), of.salt.at,
                                (int)of.salt.length, (int)of.rounds,
                                with->digest(), (int)of.hash.length, made)
              == 1 ? acct_format_same(made, of.hash.at, of.hash.length)
                   : acct_format_refused();
    OPENSSL_cleanse(made, sizeof(made));
leave:
    OPENSSL_cleanse(&of, sizeof(of));
    return verdict;
}

/* All spellings of one work have the same. */
static const char *blank(const acct_stored_t *stored, apr_pool_t *pool)
{
    const with_t *with = stored->format->with;
    pbkdf2_t of;
    const char *text = !parse(stored, &of) ? NULL
        : apr_psprintf(pool, "%s%u$" BLANK_SALT "$%s", with->blank, of.rounds,
                       acct_format_repeat('A', (of.hash.length * 4 + 2) / 3,
                                          pool));

    OPENSSL_cleanse(&of, sizeof(of));
    return text;
}

#define SHA1 EVP_sha1, "$pbkdf2$"
#define SHA256 EVP_sha256, "$pbkdf2-sha256$"
#define SHA512 EVP_sha512, "$pbkdf2-sha512$"

static const with_t django_sha1 = { SHA1, django };
static const with_t django_sha256 = { SHA256, django };
static const with_t django_sha512 = { SHA512, django };
static const with_t passlib_sha1 = { SHA1, passlib };
static const with_t passlib_sha256 = { SHA256, passlib };
static const with_t passlib_sha512 = { SHA512, passlib };
static const with_t werkzeug_sha1 = { SHA1, werkzeug };
static const with_t werkzeug_sha256 = { SHA256, werkzeug };
static const with_t werkzeug_sha512 = { SHA512, werkzeug };

#define ROW(prefix, kind, with) \
    { prefix, kind, verify, blank, NULL, &with, 0 }

const acct_format_t acct_pbkdf2_formats[] = {
    ROW("pbkdf2_sha1$", "pbkdf2_sha1", django_sha1),
    ROW("pbkdf2_sha256$", "pbkdf2_sha256", django_sha256),
    ROW("pbkdf2_sha512$", "pbkdf2_sha512", django_sha512),
    ROW("$pbkdf2$", "pbkdf2_sha1", passlib_sha1),
    ROW("$pbkdf2-sha256$", "pbkdf2_sha256", passlib_sha256),
    ROW("$pbkdf2-sha512$", "pbkdf2_sha512", passlib_sha512),
    ROW("pbkdf2:sha1:", "pbkdf2_sha1", werkzeug_sha1),
    ROW("pbkdf2:sha256:", "pbkdf2_sha256", werkzeug_sha256),
    ROW("pbkdf2:sha512:", "pbkdf2_sha512", werkzeug_sha512),
    { NULL, NULL, NULL, NULL, NULL, NULL, 0 }
};
