/* SPDX-License-Identifier: Apache-2.0 */
#include "password/crypt.h"

#include <crypt.h>
#include <errno.h>
#include <string.h>

#include <apr_strings.h>
#include <openssl/crypto.h>

#include "password/scan.h"
#include "password/scrypt.h"

#define LONGEST 511             /* bytes; libcrypt refuses more */
#define BCRYPT_READS 72
#define DES_READS 8
#define BCRYPT_COST_MIN 4
#define BCRYPT_COST_MAX 15
#define SHA_ROUNDS_MIN 1000
#define SHA_ROUNDS_MAX 1000000
#define BSDI_ROUNDS_MAX 1048575
#define YESCRYPT_LOG2_N_MIN 8
#define YESCRYPT_WORK_MAX (1U << 20)    /* N * r: 128 MiB */

/* Where the salt is, and the hash, which goes up to the end. */
typedef struct parts_t {
    const char *salt;
    size_t salt_length;
    const char *hash;
} parts_t;

typedef struct method_t {
    const char *prefix;
    /* from behind the prefix; 0: not whole, or out of bounds */
    int (*parts)(const char *at, parts_t *out);
    acct_reads_t reads;
} method_t;

/* --------------------------------------------------------- taken apart */

static int is_hash(const char *at, size_t length, parts_t *out)
{
    out->hash = at;
    return strlen(at) == length
        && acct_scan_crypt64_span(at, length) == length;
}

/* What libcrypt takes in a salt: signs that can be seen, but for those that
 * passwd(5) has a meaning for. */
static int take_salt(const char **at, size_t most, parts_t *out)
{
    const char *p = *at;

    while (*p > ' ' && *p < 127 && strchr("$!*:;\\", *p) == NULL) {
        p++;
    }
    out->salt = *at;
    out->salt_length = (size_t)(p - *at);
    *at = p + 1;
    return *p == '$' && out->salt_length <= most;
}

static int md5_parts(const char *at, parts_t *out)
{
    return take_salt(&at, 8, out) && is_hash(at, 22, out);
}

static int sha_parts(const char *at, size_t length, parts_t *out)
{
    unsigned int rounds = SHA_ROUNDS_MIN;

    return (!acct_scan_word(&at, "rounds=")
            || acct_scan_number_word(&at, SHA_ROUNDS_MAX, &rounds, "$"))
        && rounds >= SHA_ROUNDS_MIN
        && take_salt(&at, 16, out) && is_hash(at, length, out);
}

static int sha256_parts(const char *at, parts_t *out)
{
    return sha_parts(at, 43, out);
}

static int sha512_parts(const char *at, parts_t *out)
{
    return sha_parts(at, 86, out);
}

/* Bcrypt's digits are in another order than crypt's, but are the same: the
 * last of the salt has two bits, and that of the hash four. */
static int bcrypt_parts(const char *at, parts_t *out)
{
    unsigned int cost;

    if (at[0] < '0' || at[0] > '1' || at[1] < '0' || at[1] > '9'
        || at[2] != '$') {
        return 0;
    }
    cost = 10 * (unsigned int)(at[0] - '0') + (unsigned int)(at[1] - '0');
    out->salt = at + 3;
    out->salt_length = 22;
    return cost >= BCRYPT_COST_MIN && cost <= BCRYPT_COST_MAX
        && is_hash(at + 3, 53, out)
        && strchr(".Oeu", at[3 + 21]) != NULL
        && strchr(".CGKOSWaeimquy26", at[3 + 52]) != NULL
        && is_hash(at + 3 + 22, 31, out);
}

/* "j", N and r: libcrypt's own costs 1 to 8 are j75, j85, j7T to jCT. */
static int yescrypt_parts(const char *at, parts_t *out)
{
    int n, r;

    if (at[0] != 'j' || (n = acct_scan_crypt64(at[1])) < 0
        || (r = acct_scan_crypt64(at[2])) < 0 || r >= 48 || at[3] != '$') {
        return 0;
    }
    at += 4;
    return n + 1 >= YESCRYPT_LOG2_N_MIN && n + 1 <= 20
        && (1U << (n + 1)) * (unsigned int)(r + 1) <= YESCRYPT_WORK_MAX
        && take_salt(&at, 86, out) && out->salt_length % 4 != 1
        && acct_scan_crypt64_span(out->salt, 86) == out->salt_length
        && is_hash(at, 43, out);
}

/* Digits, the lowest first. */
static int take_digits(const char **at, int count, unsigned int *number)
{
    *number = 0;
    for (int i = 0; i < count; i++) {
        int digit = acct_scan_crypt64((*at)[i]);

        if (digit < 0) {
            return 0;
        }
        *number |= (unsigned int)digit << (6 * i);
    }
    *at += count;
    return 1;
}

static int scrypt_parts(const char *at, parts_t *out)
{
    unsigned int n, r, p;

    return take_digits(&at, 1, &n) && take_digits(&at, 5, &r)
        && take_digits(&at, 5, &p) && acct_scrypt_in_bounds(n, r, p)
        && take_salt(&at, 64, out) && is_hash(at, 43, out);
}

/* 64 bits in eleven digits: the last has four. */
static int is_des_hash(const char *at, parts_t *out)
{
    return is_hash(at, 11, out) && acct_scan_crypt64(at[10]) % 4 == 0;
}

static int bsdi_parts(const char *at, parts_t *out)
{
    unsigned int rounds;

    if (!take_digits(&at, 4, &rounds)) {
        return 0;
    }
    out->salt = at;
    out->salt_length = 4;
    return rounds >= 1 && rounds <= BSDI_ROUNDS_MAX
        && is_hash(at, 15, out) && is_des_hash(at + 4, out);
}

static int des_parts(const char *at, parts_t *out)
{
    out->salt = at;
    out->salt_length = 2;
    return is_hash(at, 13, out) && is_des_hash(at + 2, out);
}

/* The last has no prefix: it takes what the others leave. */
static const method_t methods[] = {
    { "$1$", md5_parts, { 0, 0 } },
    { "$5$", sha256_parts, { 0, 0 } },
    { "$6$", sha512_parts, { 0, 0 } },
    { "$2a$", bcrypt_parts, { BCRYPT_READS, 0 } },
    { "$2b$", bcrypt_parts, { BCRYPT_READS, 0 } },
    { "$2y$", bcrypt_parts, { BCRYPT_READS, 0 } },
    { "$y$", yescrypt_parts, { 0, 0 } },
    { "$gy$", yescrypt_parts, { 0, 0 } },
    { "$7$", scrypt_parts, { 0, 0 } },
    { "_", bsdi_parts, { 0, 1 } },
    { "", des_parts, { DES_READS, 1 } }
};

static const method_t *method_of(const char *hash)
{
    const method_t *method = methods;

    while (strncmp(hash, method->prefix, strlen(method->prefix)) != 0) {
        method++;
    }
    return method;
}

static int parse(const char *hash, const method_t **method, parts_t *out)
{
    *method = method_of(hash);
    return (*method)->parts(hash + strlen((*method)->prefix), out);
}

int acct_crypt_is_bcrypt(const char *hash)
{
    return method_of(hash)->parts == bcrypt_parts;
}

acct_reads_t acct_crypt_reads(const char *hash)
{
    return method_of(hash)->reads;
}

/* ---------------------------------------------------------------- work */

/* What crypt makes of it is to be the very text that is stored. One that it
 * will not do begins with '*', or is none. */
static acct_password_verdict_e judge(const char *made, const char *hash)
{
    if (made == NULL || *made == '*') {
        return errno == ENOMEM ? ACCT_PASSWORD_FAILED
                               : ACCT_PASSWORD_UNUSABLE;
    }
    return strlen(made) == strlen(hash)
        ? acct_format_same(made, hash, strlen(hash))
        : ACCT_PASSWORD_MISMATCH;
}

acct_password_verdict_e acct_crypt_verify(const char *hash,
                                          const char *password,
                                          apr_pool_t *pool)
{
    size_t length = strlen(password);
    acct_password_verdict_e verdict;
    const method_t *method;
    struct crypt_data *data;
    parts_t parts;
    char *key;

    if (!parse(hash, &method, &parts)) {
        return ACCT_PASSWORD_UNUSABLE;
    }
    if (method->reads.bytes != 0 && length > method->reads.bytes) {
        length = method->reads.bytes;
    }
    if (length > LONGEST) {
        return ACCT_PASSWORD_MISMATCH;
    }
    key = apr_pstrmemdup(pool, password, length);
    /* 32 KiB: more than a thread's stack is to be asked for */
    data = apr_pcalloc(pool, sizeof(*data));
    errno = 0;
    verdict = judge(crypt_r(key, hash, data), hash);
    OPENSSL_cleanse(data, sizeof(*data));
    OPENSSL_cleanse(key, length);
    return verdict;
}

const char *acct_crypt_blank(const char *hash, apr_pool_t *pool)
{
    const method_t *method;
    parts_t parts;
    char *copy;

    if (!parse(hash, &method, &parts)) {
        return NULL;
    }
    copy = apr_pstrdup(pool, hash);
    memset(copy + (parts.salt - hash), '.', parts.salt_length);
    memset(copy + (parts.hash - hash), '.', strlen(parts.hash));
    if (acct_crypt_is_bcrypt(hash)) {
        copy[2] = 'b';          /* the letters cost the same */
    }
    return *copy == '$' ? copy : apr_pstrcat(pool, "crypt$$", copy, NULL);
}

/* ---------------------------------------------------------------- rows */

/* What stands behind the prefix of another system. */
static acct_password_verdict_e verify_rest(const acct_stored_t *stored,
                                           const char *password,
                                           apr_pool_t *pool)
{
    return acct_crypt_verify(stored->rest, password, pool);
}

static const char *blank_rest(const acct_stored_t *stored, apr_pool_t *pool)
{
    return acct_crypt_blank(stored->rest, pool);
}

static acct_reads_t reads_rest(const acct_stored_t *stored)
{
    return acct_crypt_reads(stored->rest);
}

static acct_password_verdict_e verify_text(const acct_stored_t *stored,
                                           const char *password,
                                           apr_pool_t *pool)
{
    return acct_crypt_verify(stored->text, password, pool);
}

static const char *blank_text(const acct_stored_t *stored, apr_pool_t *pool)
{
    return acct_crypt_blank(stored->text, pool);
}

static acct_reads_t reads_text(const acct_stored_t *stored)
{
    return acct_crypt_reads(stored->text);
}

#define TEXT(prefix, kind, is_weak) \
    { prefix, kind, verify_text, blank_text, reads_text, NULL, is_weak }
#define REST(prefix, kind, is_weak) \
    { prefix, kind, verify_rest, blank_rest, reads_rest, NULL, is_weak }

const acct_format_t acct_crypt_formats[] = {
    TEXT("$2a$", "bcrypt", 0),
    TEXT("$2b$", "bcrypt", 0),
    TEXT("$2y$", "bcrypt", 0),
    TEXT("$1$", "md5_crypt", 1),
    TEXT("$5$", "sha256_crypt", 0),
    TEXT("$6$", "sha512_crypt", 0),
    TEXT("$y$", "yescrypt", 0),
    TEXT("$gy$", "gost_yescrypt", 0),
    TEXT("$7$", "scrypt", 0),
    REST("crypt$$", "des_crypt", 1),
    REST("{CRYPT}", "crypt", 0),
    { NULL, NULL, NULL, NULL, NULL, NULL, 0 }
};
