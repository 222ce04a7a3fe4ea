/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One digest of a salt and the password: Django's, with the salt in front and
 * hexadecimal digits; those of LDAP servers and htpasswd, with the salt behind
 * and base64. Fast, and so weak. See password/stored_format.h.
 */
#include <string.h>

#include <apr_strings.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "password/stored_format.h"
#include "password/scan.h"

#define LDAP_SALT_MAX 64
#define BLANK_SALT 8            /* bytes */

typedef struct with_t {
    const EVP_MD *(*digest)(void);
    size_t length;              /* of the digest */
    int is_salted;              /* LDAP's */
} with_t;

/* Taken apart. Secret; wipe it. */
typedef struct digest_t {
    acct_scan_bytes_t front;
    acct_scan_bytes_t hash;     /* and for LDAP the salt behind it */
    const unsigned char *behind;
    size_t behind_length;
} digest_t;

static int django(const acct_stored_t *stored, digest_t *out)
{
    const with_t *with = stored->format->with;
    const char *at = stored->rest;

    out->behind = NULL;
    out->behind_length = 0;
    return acct_scan_text(&at, 0, &out->front)
        && acct_scan_hex(at, &out->hash)
        && out->hash.length == with->length;
}

static int ldap(const acct_stored_t *stored, digest_t *out)
{
    const with_t *with = stored->format->with;

    out->front.length = 0;
    if (!acct_scan_base64(stored->rest, &out->hash)
        || out->hash.length < with->length) {
        return 0;
    }
    out->behind = out->hash.at + with->length;
    out->behind_length = out->hash.length - with->length;
    return out->behind_length <= LDAP_SALT_MAX
        && (out->behind_length > 0) == with->is_salted;
}

static int digest(const digest_t *of, const EVP_MD *with,
                  const char *password, unsigned char *made)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int is_made = context != NULL
        && EVP_DigestInit_ex(context, with, NULL) == 1
        && EVP_DigestUpdate(context, of->front.at, of->front.length) == 1
        && EVP_DigestUpdate(context, password, strlen(password)) == 1
        && (of->behind_length == 0
            || EVP_DigestUpdate(context, of->behind, of->behind_length) == 1)
        && EVP_DigestFinal_ex(context, made, NULL) == 1;

    EVP_MD_CTX_free(context);
    return is_made;
}

static acct_password_verdict_e compare(const acct_stored_t *stored,
                                       digest_t *of, const char *password)
{
    const with_t *with = stored->format->with;
    unsigned char made[EVP_MAX_MD_SIZE];
    acct_password_verdict_e verdict
        = digest(of, with->digest(), password, made)
          ? acct_format_same(made, of->hash.at, with->length)
          : acct_format_refused();

    OPENSSL_cleanse(made, sizeof(made));
    OPENSSL_cleanse(of, sizeof(*of));
    return verdict;
}

static acct_password_verdict_e verify_django(const acct_stored_t *stored,
                                             const char *password,
                                             apr_pool_t *pool)
{
    digest_t of;

    (void)pool;
    return django(stored, &of) ? compare(stored, &of, password)
                               : ACCT_PASSWORD_UNUSABLE;
}

static acct_password_verdict_e verify_ldap(const acct_stored_t *stored,
                                           const char *password,
                                           apr_pool_t *pool)
{
    digest_t of;

    (void)pool;
    return ldap(stored, &of) ? compare(stored, &of, password)
                             : ACCT_PASSWORD_UNUSABLE;
}

static const char *blank_django(const acct_stored_t *stored,
                                apr_pool_t *pool)
{
    const with_t *with = stored->format->with;
    digest_t of;
    int is_sound = django(stored, &of);

    OPENSSL_cleanse(&of, sizeof(of));
    return !is_sound ? NULL
        : apr_pstrcat(pool, stored->format->prefix, "$",
                      acct_format_repeat('0', 2 * with->length, pool), NULL);
}

static const char *blank_ldap(const acct_stored_t *stored, apr_pool_t *pool)
{
    static const unsigned char zeros[EVP_MAX_MD_SIZE + BLANK_SALT];
    const with_t *with = stored->format->with;
    size_t length = with->length + (with->is_salted ? BLANK_SALT : 0);
    digest_t of;
    int is_sound = ldap(stored, &of);
    char *text = apr_palloc(pool, (length + 2) / 3 * 4 + 1);

    OPENSSL_cleanse(&of, sizeof(of));
    EVP_EncodeBlock((unsigned char *)text, zeros, (int)length);
    return !is_sound ? NULL
        : apr_pstrcat(pool, stored->format->prefix, text, NULL);
}

static const with_t md5 = { EVP_md5, 16, 0 };
static const with_t sha1 = { EVP_sha1, 20, 0 };
static const with_t salted_md5 = { EVP_md5, 16, 1 };
static const with_t salted_sha1 = { EVP_sha1, 20, 1 };
static const with_t salted_sha256 = { EVP_sha256, 32, 1 };
static const with_t salted_sha512 = { EVP_sha512, 64, 1 };

#define DJANGO(prefix, kind, with) \
    { prefix, kind, verify_django, blank_django, NULL, &with, 1 }
#define LDAP(prefix, kind, with) \
    { prefix, kind, verify_ldap, blank_ldap, NULL, &with, 1 }

const acct_format_t acct_digest_formats[] = {
    DJANGO("md5$", "md5", md5),
    DJANGO("sha1$", "sha1", sha1),
    LDAP("{MD5}", "md5", md5),
    LDAP("{SMD5}", "smd5", salted_md5),
    LDAP("{SHA}", "sha", sha1),
    LDAP("{SSHA}", "ssha", salted_sha1),
    LDAP("{SSHA256}", "ssha256", salted_sha256),
    LDAP("{SSHA512}", "ssha512", salted_sha512),
    { NULL, NULL, NULL, NULL, NULL, NULL, 0 }
};
