/* SPDX-License-Identifier: Apache-2.0 */
#include "password/argon2.h"

#include <string.h>
#include <sys/mman.h>

#include <apr_strings.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/base64.h"
#include "password/stored_format.h"
#include "password/scan.h"

#define MEMORY_KIB_MAX 1048576  /* a stored hash that asks for more is a
                                 * trap, not a hash */
#define DJANGO_KIB_MAX 262144   /* of one that was made elsewhere: what a
                                 * sign-in takes is the operator's to say */
#define NUMBER_MAX MEMORY_KIB_MAX   /* the largest bound there is */
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

/* [v=V$]m=M,t=T,p=P$SALT$HASH: what stands behind the kind. */
int acct_argon2_parse(const char *at, acct_argon2_t *out)
{
    out->version = ARGON2_VERSION_10;   /* which had no "v=" */
    if (acct_scan_word(&at, "v=")
        && !acct_scan_number_word(&at, NUMBER_MAX, &out->version, "$")) {
        return 0;
    }
    return (out->version == ARGON2_VERSION_10
            || out->version == ARGON2_VERSION_13)
           && acct_scan_word(&at, "m=")
           && acct_scan_number_word(&at, NUMBER_MAX,
                                    &out->params.memory_kib, ",t=")
           && acct_scan_number_word(&at, NUMBER_MAX, &out->params.passes,
                                    ",p=")
           && acct_scan_number_word(&at, NUMBER_MAX, &out->params.lanes, "$")
           && acct_base64_digits(&at, out->salt, sizeof(out->salt),
                                 &out->salt_length)
           && acct_scan_word(&at, "$")
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

/* What a row has of its own. */
typedef struct with_t {
    argon2_type type;
    const char *prefix;         /* of the PHC string */
    unsigned int memory_max;    /* KiB */
} with_t;

static int parse_row(const acct_stored_t *stored, acct_argon2_t *out)
{
    const with_t *with = stored->format->with;

    return acct_argon2_parse(stored->rest, out)
        && out->params.memory_kib <= with->memory_max;
}

static acct_password_verdict_e verify(const acct_stored_t *stored,
                                      const char *password, apr_pool_t *pool)
{
    const with_t *with = stored->format->with;
    unsigned char out[ACCT_ARGON2_PART_MAX];
    acct_password_verdict_e verdict = ACCT_PASSWORD_UNUSABLE;
    acct_argon2_t of;

    (void)pool;
    if (parse_row(stored, &of)) {
        /* Everything it could refuse was checked: the rest is memory. */
        verdict = acct_argon2_run(with->type, &of, password, out)
                  == ARGON2_OK
                  ? acct_format_same(out, of.hash, of.hash_length)
                  : ACCT_PASSWORD_FAILED;
        OPENSSL_cleanse(out, sizeof(out));
    }
    OPENSSL_cleanse(&of, sizeof(of));
    return verdict;
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
static const char *blank(const acct_stored_t *stored, apr_pool_t *pool)
{
    const with_t *with = stored->format->with;
    acct_argon2_t of;
    int is_sound = parse_row(stored, &of);

    OPENSSL_cleanse(of.salt, sizeof(of.salt));
    OPENSSL_cleanse(of.hash, sizeof(of.hash));
    return is_sound ? acct_argon2_phc(with->prefix, &of, pool) : NULL;
}

static const with_t of_id = { Argon2_id, "$argon2id$", MEMORY_KIB_MAX };
static const with_t of_i = { Argon2_i, "$argon2i$", MEMORY_KIB_MAX };
static const with_t of_d = { Argon2_d, "$argon2d$", MEMORY_KIB_MAX };
static const with_t django_id = { Argon2_id, "$argon2id$", DJANGO_KIB_MAX };
static const with_t django_i = { Argon2_i, "$argon2i$", DJANGO_KIB_MAX };
static const with_t django_d = { Argon2_d, "$argon2d$", DJANGO_KIB_MAX };

const acct_format_t acct_argon2_formats[] = {
    { "$argon2id$", "argon2id", verify, blank, NULL, &of_id, 0 },
    { "$argon2i$", "argon2i", verify, blank, NULL, &of_i, 0 },
    { "$argon2d$", "argon2d", verify, blank, NULL, &of_d, 0 },
    { "argon2$argon2id$", "argon2id", verify, blank, NULL, &django_id, 0 },
    { "argon2$argon2i$", "argon2i", verify, blank, NULL, &django_i, 0 },
    { "argon2$argon2d$", "argon2d", verify, blank, NULL, &django_d, 0 },
    { NULL, NULL, NULL, NULL, NULL, NULL, 0 }
};
