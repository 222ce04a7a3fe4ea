/* SPDX-License-Identifier: Apache-2.0 */
#include "password/argon2.h"

#include <string.h>
#include <sys/mman.h>

#include <apr_strings.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/base64.h"

#define MEMORY_KIB_MAX 1048576  /* a stored hash that asks for more is a
                                 * trap, not a hash */
#define PASSES_MAX 10
#define LANES_MAX 16
#define SALT_MIN 8              /* bytes, of stored ones */
#define HASH_MIN 16
#define HUGE_PAGE ((size_t)2 * 1024 * 1024)

/* ---- PHC strings ---- */

int acct_argon2_in_bounds(const acct_password_params_t *params)
{
    return params->lanes >= 1 && params->lanes <= LANES_MAX
           && params->passes >= 1 && params->passes <= PASSES_MAX
           && params->memory_kib >= 8 * params->lanes
           && params->memory_kib <= MEMORY_KIB_MAX;
}

/* A decimal number without leading zeros, and *at moved behind it. */
int acct_argon2_number(const char **at, unsigned int *number)
{
    const char *p = *at;
    unsigned int value = 0;

    if (*p < '0' || *p > '9' || (*p == '0' && p[1] >= '0' && p[1] <= '9')) {
        return 0;
    }
    for (; *p >= '0' && *p <= '9'; p++) {
        value = value * 10 + (unsigned int)(*p - '0');
        if (value > MEMORY_KIB_MAX) {       /* the largest bound there is */
            return 0;
        }
    }
    *at = p;
    *number = value;
    return 1;
}

static int take_word(const char **at, const char *word)
{
    size_t length = strlen(word);

    if (strncmp(*at, word, length) != 0) {
        return 0;
    }
    *at += length;
    return 1;
}

/* [v=V$]m=M,t=T,p=P$SALT$HASH: what stands behind the kind. */
int acct_argon2_parse(const char *at, acct_argon2_t *out)
{
    out->version = ARGON2_VERSION_10;   /* which had no "v=" */
    if (take_word(&at, "v=")
        && (!acct_argon2_number(&at, &out->version) || !take_word(&at, "$"))) {
        return 0;
    }
    return (out->version == ARGON2_VERSION_10
            || out->version == ARGON2_VERSION_13)
           && take_word(&at, "m=")
           && acct_argon2_number(&at, &out->params.memory_kib)
           && take_word(&at, ",t=")
           && acct_argon2_number(&at, &out->params.passes)
           && take_word(&at, ",p=")
           && acct_argon2_number(&at, &out->params.lanes)
           && take_word(&at, "$")
           && acct_base64_digits(&at, out->salt, sizeof(out->salt),
                                 &out->salt_length)
           && take_word(&at, "$")
           && acct_base64_digits(&at, out->hash, sizeof(out->hash),
                                 &out->hash_length)
           && *at == '\0'
           && out->salt_length >= SALT_MIN
           && out->hash_length >= HASH_MIN
           && acct_argon2_in_bounds(&out->params);
}

/* ---- the work ---- */

/* Linux aligns what it maps to huge pages when it is a number of them. */
static size_t mapped_size(size_t size)
{
    return size < HUGE_PAGE ? size
        : (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
}

/*
 * Memory from the system and back to it. From malloc, each thread's arena
 * would keep its own m KiB after the first hash. Huge pages save a third
 * of the time where the system grants them; where not, nothing is lost.
 */
static int take_memory(uint8_t **memory, size_t wanted)
{
    size_t size = mapped_size(wanted);
    void *block = mmap(NULL, size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (block == MAP_FAILED) {
        *memory = NULL;
        return ARGON2_MEMORY_ALLOCATION_ERROR;
    }
#ifdef MADV_HUGEPAGE
    (void)madvise(block, size, MADV_HUGEPAGE);
#endif
#ifdef MADV_DONTDUMP
    (void)madvise(block, size, MADV_DONTDUMP);
#endif
    *memory = block;
    return ARGON2_OK;
}

static void give_memory(uint8_t *memory, size_t size)
{
    if (memory != NULL) {
        munmap(memory, mapped_size(size));
    }
}

/* The work itself: hash_length bytes into out. ARGON2_OK or its error. */
int acct_argon2_run(argon2_type type, acct_argon2_t *with,
                      const char *password, unsigned char *out)
{
    argon2_context context;

    memset(&context, 0, sizeof(context));
    context.out = out;
    context.outlen = (uint32_t)with->hash_length;
    context.pwd = (uint8_t *)password;  /* only read: no FLAG_CLEAR_... */
    context.pwdlen = (uint32_t)strlen(password);
    context.salt = with->salt;
    context.saltlen = (uint32_t)with->salt_length;
    context.t_cost = with->params.passes;
    context.m_cost = with->params.memory_kib;
    context.lanes = with->params.lanes;
    context.threads = 1;        /* the lanes in turn: same result, and a
                                 * row cannot make the server start more */
    context.version = with->version;
    context.allocate_cbk = take_memory;
    context.free_cbk = give_memory;
    context.flags = ARGON2_DEFAULT_FLAGS;
    return argon2_ctx(&context, type);
}

static acct_password_verdict_e verify_argon2(argon2_type type,
                                             const char *rest,
                                             const char *password)
{
    acct_argon2_t stored;
    unsigned char out[ACCT_ARGON2_PART_MAX];
    acct_password_verdict_e verdict;

    if (!acct_argon2_parse(rest, &stored)) {
        return ACCT_PASSWORD_UNUSABLE;
    }
    switch (acct_argon2_run(type, &stored, password, out)) {
    case ARGON2_OK:
        verdict = CRYPTO_memcmp(out, stored.hash, stored.hash_length) == 0
                  ? ACCT_PASSWORD_MATCH : ACCT_PASSWORD_MISMATCH;
        break;
    default:
        /* Everything it could refuse was checked before: this is memory. */
        verdict = ACCT_PASSWORD_FAILED;
        break;
    }
    OPENSSL_cleanse(out, sizeof(out));
    OPENSSL_cleanse(&stored, sizeof(stored));
    return verdict;
}

acct_password_verdict_e acct_argon2id_verify(const char *rest,
                                               const char *password,
                                               apr_pool_t *pool)
{
    (void)pool;
    return verify_argon2(Argon2_id, rest, password);
}

acct_password_verdict_e acct_argon2i_verify(const char *rest,
                                              const char *password,
                                              apr_pool_t *pool)
{
    (void)pool;
    return verify_argon2(Argon2_i, rest, password);
}

/* Base64 without padding of up to ACCT_ARGON2_PART_MAX bytes. */
static const char *to_base64(const unsigned char *bytes, size_t length,
                             apr_pool_t *pool)
{
    char *text = apr_palloc(pool, (length + 2) / 3 * 4 + 1);

    EVP_EncodeBlock((unsigned char *)text, bytes, (int)length);
    text[strcspn(text, "=")] = '\0';
    return text;
}

const char *acct_argon2_phc(const char *prefix, const acct_argon2_t *from,
                          apr_pool_t *pool)
{
    return apr_psprintf(pool, "%sv=%u$m=%u,t=%u,p=%u$%s$%s", prefix,
                        from->version, from->params.memory_kib,
                        from->params.passes, from->params.lanes,
                        to_base64(from->salt, from->salt_length, pool),
                        to_base64(from->hash, from->hash_length, pool));
}

/* Salt and hash all zero. A password that hashes to it would have to be
 * found first, and would open nothing: there is no account. */
const char *acct_argon2_blank(const char *prefix, const char *rest,
                                apr_pool_t *pool)
{
    acct_argon2_t stored;
    int is_sound = acct_argon2_parse(rest, &stored);

    OPENSSL_cleanse(stored.salt, sizeof(stored.salt));
    OPENSSL_cleanse(stored.hash, sizeof(stored.hash));
    return is_sound ? acct_argon2_phc(prefix, &stored, pool) : NULL;
}
