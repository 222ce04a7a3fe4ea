/* SPDX-License-Identifier: Apache-2.0 */
#include "text/password.h"

#include <string.h>
#include <sys/mman.h>

#include <argon2.h>
#include <apr_strings.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#define MEMORY_KIB_MAX 1048576  /* a stored hash that asks for more is a
                                 * trap, not a hash */
#define PASSES_MAX 10
#define LANES_MAX 16
#define SALT_BYTES 16           /* of new hashes; RFC 9106, 3.1 */
#define HASH_BYTES 32
#define PART_MIN_SALT 8         /* of stored ones */
#define PART_MIN_HASH 16
#define PART_MAX 64
#define HUGE_PAGE ((size_t)2 * 1024 * 1024)
#define NEW_PREFIX "$argon2id$"

/* A stored argon2 hash, taken apart. */
typedef struct argon2_hash_t {
    unsigned int version;
    acct_password_params_t params;
    unsigned char salt[PART_MAX];
    size_t salt_length;
    unsigned char hash[PART_MAX];
    size_t hash_length;
} argon2_hash_t;

static int params_in_bounds(const acct_password_params_t *params)
{
    return params->lanes >= 1 && params->lanes <= LANES_MAX
           && params->passes >= 1 && params->passes <= PASSES_MAX
           && params->memory_kib >= 8 * params->lanes
           && params->memory_kib <= MEMORY_KIB_MAX;
}

/* A decimal number without leading zeros, and *at moved behind it. */
static int take_number(const char **at, unsigned int *number)
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

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Base64 without padding, as PHC strings have it, in its one right form. */
static int take_base64(const char **at, unsigned char *bytes, size_t room,
                       size_t *length)
{
    const char *p = *at;
    unsigned int bits = 0;
    int have = 0, value;
    size_t done = 0;

    for (; (value = base64_value(*p)) >= 0; p++) {
        bits = (bits << 6 | (unsigned int)value) & 0xffff;
        have += 6;
        if (have >= 8) {
            if (done == room) {
                return 0;
            }
            have -= 8;
            bytes[done++] = (unsigned char)(bits >> have & 0xff);
        }
    }
    if (have >= 6 || (bits & ((1U << have) - 1)) != 0) {
        return 0;
    }
    *at = p;
    *length = done;
    return 1;
}

/* [v=V$]m=M,t=T,p=P$SALT$HASH: what stands behind the kind. */
static int parse_argon2(const char *at, argon2_hash_t *out)
{
    out->version = ARGON2_VERSION_10;   /* which had no "v=" */
    if (take_word(&at, "v=")
        && (!take_number(&at, &out->version) || !take_word(&at, "$"))) {
        return 0;
    }
    return (out->version == ARGON2_VERSION_10
            || out->version == ARGON2_VERSION_13)
           && take_word(&at, "m=")
           && take_number(&at, &out->params.memory_kib)
           && take_word(&at, ",t=") && take_number(&at, &out->params.passes)
           && take_word(&at, ",p=") && take_number(&at, &out->params.lanes)
           && take_word(&at, "$")
           && take_base64(&at, out->salt, PART_MAX, &out->salt_length)
           && take_word(&at, "$")
           && take_base64(&at, out->hash, PART_MAX, &out->hash_length)
           && *at == '\0'
           && out->salt_length >= PART_MIN_SALT
           && out->hash_length >= PART_MIN_HASH
           && params_in_bounds(&out->params);
}

/* ------------------------------------------------------------------ argon2 */

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
static int run_argon2(argon2_type type, argon2_hash_t *with,
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
    argon2_hash_t stored;
    unsigned char out[PART_MAX];
    acct_password_verdict_e verdict;

    if (!parse_argon2(rest, &stored)) {
        return ACCT_PASSWORD_UNUSABLE;
    }
    switch (run_argon2(type, &stored, password, out)) {
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

static acct_password_verdict_e verify_argon2id(const char *rest,
                                               const char *password,
                                               apr_pool_t *pool)
{
    (void)pool;
    return verify_argon2(Argon2_id, rest, password);
}

static acct_password_verdict_e verify_argon2i(const char *rest,
                                              const char *password,
                                              apr_pool_t *pool)
{
    (void)pool;
    return verify_argon2(Argon2_i, rest, password);
}

/* Base64 without padding of up to PART_MAX bytes. */
static const char *to_base64(const unsigned char *bytes, size_t length,
                             apr_pool_t *pool)
{
    char *text = apr_palloc(pool, (length + 2) / 3 * 4 + 1);

    EVP_EncodeBlock((unsigned char *)text, bytes, (int)length);
    text[strcspn(text, "=")] = '\0';
    return text;
}

static const char *to_phc(const char *prefix, const argon2_hash_t *from,
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
static const char *blank_argon2(const char *prefix, const char *rest,
                                apr_pool_t *pool)
{
    argon2_hash_t stored;
    int is_sound = parse_argon2(rest, &stored);

    OPENSSL_cleanse(stored.salt, sizeof(stored.salt));
    OPENSSL_cleanse(stored.hash, sizeof(stored.hash));
    return is_sound ? to_phc(prefix, &stored, pool) : NULL;
}

/* ---------------------------------------------------- what can be verified */

typedef struct format_t {
    const char *prefix;
    acct_password_verdict_e (*verify)(const char *rest, const char *password,
                                      apr_pool_t *pool);
    /* one that costs the same and that nobody has; NULL: no sound one */
    const char *(*blank)(const char *prefix, const char *rest,
                         apr_pool_t *pool);
} format_t;

static const format_t formats[] = {
    { NEW_PREFIX, verify_argon2id, blank_argon2 },
    { "$argon2i$", verify_argon2i, blank_argon2 }
};

/* NULL where it is of none. */
static const format_t *format_of(const char *stored)
{
    size_t i;

    for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (strncmp(stored, formats[i].prefix, strlen(formats[i].prefix))
            == 0) {
            return &formats[i];
        }
    }
    return NULL;
}

acct_password_verdict_e acct_password_verify(const char *stored,
                                             const char *password,
                                             apr_pool_t *pool)
{
    const format_t *format = stored != NULL ? format_of(stored) : NULL;

    if (stored == NULL) {
        return ACCT_PASSWORD_UNUSABLE;
    }
    if (password == NULL || strnlen(password, ACCT_PASSWORD_NORMAL_MAX + 1)
                            > ACCT_PASSWORD_NORMAL_MAX) {
        return ACCT_PASSWORD_MISMATCH;
    }
    return format == NULL ? ACCT_PASSWORD_UNUSABLE
        : format->verify(stored + strlen(format->prefix), password, pool);
}

/* -------------------------------------------------------------- new hashes */

static void prepare(argon2_hash_t *made, const acct_password_params_t *params)
{
    memset(made, 0, sizeof(*made));
    made->version = ARGON2_VERSION_13;
    made->params = *params;
    made->salt_length = SALT_BYTES;
    made->hash_length = HASH_BYTES;
}

apr_status_t acct_password_hash(const acct_password_params_t *params,
                                const char *password, const char **hash,
                                apr_pool_t *pool)
{
    argon2_hash_t made;
    apr_status_t status = APR_SUCCESS;
    const char *normal;
    int code;

    if (!params_in_bounds(params)
        || strnlen(password, ACCT_PASSWORD_MAX + 1) > ACCT_PASSWORD_MAX) {
        return APR_EINVAL;
    }
    prepare(&made, params);
    if (RAND_bytes(made.salt, SALT_BYTES) != 1) {
        return APR_EGENERAL;
    }
    normal = acct_password_normal(password, pool);
    code = run_argon2(Argon2_id, &made, normal, made.hash);
    acct_password_wipe_normal(password, normal);
    if (code == ARGON2_OK) {
        *hash = to_phc(NEW_PREFIX, &made, pool);
    }
    else {
        status = code == ARGON2_MEMORY_ALLOCATION_ERROR ? APR_ENOMEM
                                                        : APR_EGENERAL;
    }
    OPENSSL_cleanse(&made, sizeof(made));
    return status;
}

int acct_password_needs_rehash(const acct_password_params_t *params,
                               const char *stored)
{
    argon2_hash_t is;
    int same;

    if (stored == NULL
        || strncmp(stored, NEW_PREFIX, sizeof(NEW_PREFIX) - 1) != 0
        || !parse_argon2(stored + sizeof(NEW_PREFIX) - 1, &is)) {
        return 1;
    }
    same = is.version == ARGON2_VERSION_13
           && is.params.memory_kib == params->memory_kib
           && is.params.passes == params->passes
           && is.params.lanes == params->lanes
           && is.salt_length == SALT_BYTES && is.hash_length == HASH_BYTES;
    OPENSSL_cleanse(&is, sizeof(is));
    return !same;
}

apr_status_t acct_password_dummy(const acct_password_params_t *params,
                                 const char **hash, apr_pool_t *pool)
{
    argon2_hash_t made;

    if (!params_in_bounds(params)) {
        return APR_EINVAL;
    }
    prepare(&made, params);     /* as blank_argon2() */
    *hash = to_phc(NEW_PREFIX, &made, pool);
    return APR_SUCCESS;
}

const char *acct_password_dummy_like(const char *stored, apr_pool_t *pool)
{
    const format_t *format = format_of(stored);

    return format == NULL ? NULL
        : format->blank(format->prefix, stored + strlen(format->prefix),
                        pool);
}

#define USAGE "write it as: argon2id m=19456 t=2 p=1 (m in KiB, from 8 for " \
              "each p to 1048576; t from 1 to 10; p from 1 to 16)"

/* "m=19456" into the field it names; 0 when it is no such thing. */
static int parse_param(const char *word, acct_password_params_t *params,
                       unsigned int *seen)
{
    static const char names[] = "mtp";
    unsigned int *fields[3];
    const char *name = strchr(names, *word), *at = word + 2;
    size_t which;

    fields[0] = &params->memory_kib;
    fields[1] = &params->passes;
    fields[2] = &params->lanes;
    if (*word == '\0' || name == NULL || word[1] != '=') {
        return 0;
    }
    which = (size_t)(name - names);
    if ((*seen & 1U << which) != 0) {
        return 0;
    }
    *seen |= 1U << which;
    return take_number(&at, fields[which]) && *at == '\0';
}

apr_status_t acct_password_params_parse(const char *const *words,
                                        acct_password_params_t *params,
                                        apr_pool_t *pool,
                                        const char **error)
{
    acct_password_params_t read = ACCT_PASSWORD_DEFAULT;
    unsigned int seen = 0;

    if (words[0] == NULL || strcmp(words[0], "argon2id") != 0) {
        *error = apr_psprintf(pool, "'%s' is no kind of password hash that "
                              "can be made; " USAGE,
                              words[0] != NULL ? words[0] : "");
        return APR_EINVAL;
    }
    for (words++; *words != NULL; words++) {
        if (!parse_param(*words, &read, &seen)) {
            *error = apr_psprintf(pool, "'%s' is not one of m=, t=, p= with "
                                  "a number, or is there twice; " USAGE,
                                  *words);
            return APR_EINVAL;
        }
    }
    if (!params_in_bounds(&read)) {
        *error = apr_psprintf(pool, "argon2id m=%u t=%u p=%u is out of "
                              "bounds; " USAGE, read.memory_kib, read.passes,
                              read.lanes);
        return APR_EINVAL;
    }
    *params = read;
    return APR_SUCCESS;
}
