/* SPDX-License-Identifier: Apache-2.0 */
#include "password/password.h"

#include <string.h>

#include <apr_strings.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "password/argon2.h"
#include "password/stored_format.h"
#include "password/scan.h"

#define SALT_BYTES 16           /* of new hashes; RFC 9106, 3.1 */
#define HASH_BYTES 32
#define NEW_PREFIX "$argon2id$"
#define NUMBER_MAX 99999999     /* of an operator's; the bounds are less */

/* ---------------------------------------------------- what can be verified */

acct_password_verdict_e acct_password_verify(const char *stored,
                                             const char *password,
                                             apr_pool_t *pool)
{
    acct_stored_t found;

    if (stored == NULL) {
        return ACCT_PASSWORD_UNUSABLE;
    }
    if (password == NULL || strnlen(password, ACCT_PASSWORD_NORMAL_MAX + 1)
                            > ACCT_PASSWORD_NORMAL_MAX) {
        return ACCT_PASSWORD_MISMATCH;
    }
    return !acct_format_find(stored, &found, pool) ? ACCT_PASSWORD_UNUSABLE
        : found.format->verify(&found, password, pool);
}

static int is_ascii(const char *text)
{
    while (*text != '\0' && (*text & 0x80) == 0) {
        text++;
    }
    return *text == '\0';
}

int acct_password_reads(const char *stored, const char *password,
                        apr_pool_t *pool)
{
    acct_reads_t reads = { 0, 0 };
    acct_stored_t found;

    if (acct_format_find(stored, &found, pool)
        && found.format->reads != NULL) {
        reads = found.format->reads(&found);
    }
    if (reads.bytes != 0 && strlen(password) > reads.bytes) {
        return 0;
    }
    return !reads.seven_bits || is_ascii(password);
}

const char *acct_password_dummy_like(const char *stored, apr_pool_t *pool)
{
    acct_stored_t found;

    return acct_format_find(stored, &found, pool)
        ? found.format->blank(&found, pool) : NULL;
}

/* -------------------------------------------------------------- new hashes */

static void prepare(acct_argon2_t *made, const acct_password_params_t *params)
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
    acct_argon2_t made;
    apr_status_t status = APR_SUCCESS;
    const char *normal;
    int code;

    if (!acct_argon2_in_bounds(params)
        || strnlen(password, ACCT_PASSWORD_MAX + 1) > ACCT_PASSWORD_MAX) {
        return APR_EINVAL;
    }
    prepare(&made, params);
    if (RAND_bytes(made.salt, SALT_BYTES) != 1) {
        return APR_EGENERAL;
    }
    normal = acct_password_normal(password, pool);
    code = acct_argon2_run(Argon2_id, &made, normal, made.hash);
    acct_password_wipe_normal(password, normal);
    if (code == ARGON2_OK) {
        *hash = acct_argon2_phc(NEW_PREFIX, &made, pool);
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
    acct_argon2_t is;
    int same;

    if (stored == NULL
        || strncmp(stored, NEW_PREFIX, sizeof(NEW_PREFIX) - 1) != 0
        || !acct_argon2_parse(stored + sizeof(NEW_PREFIX) - 1, &is)) {
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
    acct_argon2_t made;

    if (!acct_argon2_in_bounds(params)) {
        return APR_EINVAL;
    }
    prepare(&made, params);     /* as acct_password_dummy_like() */
    *hash = acct_argon2_phc(NEW_PREFIX, &made, pool);
    return APR_SUCCESS;
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
    return acct_scan_number(&at, NUMBER_MAX, fields[which]) && *at == '\0';
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
    if (!acct_argon2_in_bounds(&read)) {
        *error = apr_psprintf(pool, "argon2id m=%u t=%u p=%u is out of "
                              "bounds; " USAGE, read.memory_kib, read.passes,
                              read.lanes);
        return APR_EINVAL;
    }
    *params = read;
    return APR_SUCCESS;
}
