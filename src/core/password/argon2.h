/* SPDX-License-Identifier: Apache-2.0 */
/*
 * argon2 (RFC 9106) and its PHC strings: what is stored is taken apart and
 * bounded before any work is done for it. password/stored_format.h names its
 * rows.
 * No state; safe from any thread.
 */
#ifndef ACCT_ARGON2_H
#define ACCT_ARGON2_H

#include <argon2.h>
#include <apr_pools.h>
#include "password/password.h"

#define ACCT_ARGON2_PART_MAX 64     /* bytes of a salt, and of a hash */

/* A hash, taken apart. Secret; wipe it. */
typedef struct acct_argon2_t {
    unsigned int version;
    acct_password_params_t params;
    unsigned char salt[ACCT_ARGON2_PART_MAX];
    size_t salt_length;
    unsigned char hash[ACCT_ARGON2_PART_MAX];
    size_t hash_length;
} acct_argon2_t;

/** Whether so much work may be done for a hash. */
int acct_argon2_in_bounds(const acct_password_params_t *params);

/** Take apart what stands behind "$argon2id$", "$argon2i$" or "$argon2d$":
 *  [v=V$]m=M,t=T,p=P$SALT$HASH. 0 when it is not that, or out of bounds. */
int acct_argon2_parse(const char *at, acct_argon2_t *out);

/** Hash @a password with salt and parameters: hash_length bytes into
 *  @a out, in the calling thread. @return ARGON2_OK or libargon2's error */
int acct_argon2_run(argon2_type type, acct_argon2_t *with,
                    const char *password, unsigned char *out);

/** As a PHC string that begins with @a prefix. */
const char *acct_argon2_phc(const char *prefix, const acct_argon2_t *from,
                            apr_pool_t *pool);

#endif
