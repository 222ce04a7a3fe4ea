/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scrypt (RFC 7914) as Django, passlib and Werkzeug store it; see
 * password/stored_format.h. That of crypt(3), "$7$", is password/crypt.c's.
 */
#include "password/scrypt.h"

#include <string.h>

#include <apr_strings.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "password/stored_format.h"
#include "password/scan.h"

#define MEMORY_MAX (256U * 1024 * 1024)
#define BLOCKS_MAX (32U * 1024 * 1024)  /* bytes of p blocks */
#define WORK_MAX (1U << 24)             /* N * r * p */
#define P_MAX 16
#define SALT_MIN 1
#define HASH_MIN 16
#define HASH_MAX 64
#define BLANK_SALT "AAAAAAAAAAAAAAAAAAAAAA"     /* 16 bytes of zero */

/* Taken apart. Secret; wipe it. */
typedef struct scrypt_t {
    unsigned int log2_n;
    unsigned int r;
    unsigned int p;
    acct_scan_bytes_t salt;
    acct_scan_bytes_t hash;
} scrypt_t;

int acct_scrypt_in_bounds(unsigned int log2_n, unsigned int r,
                          unsigned int p)
{
    apr_uint64_t n;

    if (log2_n < 1 || log2_n > 21 || r < 1 || r > WORK_MAX || p < 1
        || p > P_MAX) {
        return 0;
    }
    n = (apr_uint64_t)1 << log2_n;
    return 128 * n * r <= MEMORY_MAX && (apr_uint64_t)128 * r * p
                                        <= BLOCKS_MAX
        && n * r * p <= WORK_MAX
        /* of the algorithm: N is less than 2^(128 * r / 8) */
        && (r > 1 || log2_n < 16);
}

/* A power of two. */
static int scan_n(const char **at, unsigned int *log2_n, const char *word)
{
    unsigned int n;

    if (!acct_scan_number_word(at, 1U << 21, &n, word) || n == 0
        || (n & (n - 1)) != 0) {
        return 0;
    }
    for (*log2_n = 0; n > 1; n /= 2) {
        ++*log2_n;
    }
    return 1;
}

/* N$SALT$r$p$HASH */
static int django(const char *at, scrypt_t *out)
{
    return scan_n(&at, &out->log2_n, "$")
        && acct_scan_text(&at, SALT_MIN, &out->salt)
        && acct_scan_number_word(&at, WORK_MAX, &out->r, "$")
        && acct_scan_number_word(&at, P_MAX, &out->p, "$")
        && acct_scan_base64(at, &out->hash);
}

/* ln=LOG2(N),r=R,p=P$SALT$HASH */
static int passlib(const char *at, scrypt_t *out)
{
    return acct_scan_word(&at, "ln=")
        && acct_scan_number_word(&at, 64, &out->log2_n, ",r=")
        && acct_scan_number_word(&at, WORK_MAX, &out->r, ",p=")
        && acct_scan_number_word(&at, P_MAX, &out->p, "$")
        && acct_scan_base64_bare(&at, '$', &out->salt)
        && acct_scan_base64_bare(&at, '\0', &out->hash);
}

/* N:r:p$SALT$HASH */
static int werkzeug(const char *at, scrypt_t *out)
{
    return scan_n(&at, &out->log2_n, ":")
        && acct_scan_number_word(&at, WORK_MAX, &out->r, ":")
        && acct_scan_number_word(&at, P_MAX, &out->p, "$")
        && acct_scan_text(&at, SALT_MIN, &out->salt)
        && acct_scan_hex(at, &out->hash);
}

typedef struct with_t {
    int (*parts)(const char *at, scrypt_t *out);
} with_t;

static int parse(const acct_stored_t *stored, scrypt_t *out)
{
    const with_t *with = stored->format->with;

    return with->parts(stored->rest, out)
        && acct_scrypt_in_bounds(out->log2_n, out->r, out->p)
        && out->salt.length >= SALT_MIN
        && out->hash.length >= HASH_MIN && out->hash.length <= HASH_MAX;
}

static acct_password_verdict_e verify(const acct_stored_t *stored,
                                      const char *password, apr_pool_t *pool)
{
    unsigned char made[HASH_MAX];
    acct_password_verdict_e verdict = ACCT_PASSWORD_UNUSABLE;
    scrypt_t of;

    (void)pool;
    if (!parse(stored, &of)) {
        goto leave;
    }
    /* twice what the bounds allow: the library counts some more with it */
    verdict = EVP_PBE_scrypt(password, strlen(password), of.salt.at,
                             of.salt.length, (apr_uint64_t)1 << of.log2_n,
                             of.r, of.p, 2 * (apr_uint64_t)MEMORY_MAX, made,
                             of.hash.length) == 1
              ? acct_format_same(made, of.hash.at, of.hash.length)
              : acct_format_refused();
    OPENSSL_cleanse(made, sizeof(made));
leave:
    OPENSSL_cleanse(&of, sizeof(of));
    return verdict;
}

static const char *blank(const acct_stored_t *stored, apr_pool_t *pool)
{
    scrypt_t of;
    int is_sound = parse(stored, &of);
    const char *text = !is_sound ? NULL
        : apr_psprintf(pool, "$scrypt$ln=%u,r=%u,p=%u$" BLANK_SALT "$%s",
                       of.log2_n, of.r, of.p,
                       acct_format_repeat('A', (of.hash.length * 4 + 2) / 3,
                                          pool));

    OPENSSL_cleanse(&of, sizeof(of));
    return text;
}

static const with_t of_django = { django };
static const with_t of_passlib = { passlib };
static const with_t of_werkzeug = { werkzeug };

const acct_format_t acct_scrypt_formats[] = {
    { "scrypt$", "scrypt", verify, blank, NULL, &of_django, 0 },
    { "$scrypt$", "scrypt", verify, blank, NULL, &of_passlib, 0 },
    { "scrypt:", "scrypt", verify, blank, NULL, &of_werkzeug, 0 },
    { NULL, NULL, NULL, NULL, NULL, NULL, 0 }
};
