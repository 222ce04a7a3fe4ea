/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hashes of crypt(3), by the system's libcrypt, which takes up to 64 MiB for
 * yescrypt from the system and gives it back. Safe from any thread.
 */
#ifndef ACCT_PASSWORD_CRYPT_H
#define ACCT_PASSWORD_CRYPT_H

#include <apr_pools.h>
#include "password/stored_format.h"

/** Verify against a hash as crypt(3) makes it ("$2b$12$…").
 *  ACCT_PASSWORD_UNUSABLE without work where it is of no known method, out of
 *  bounds or not whole; ACCT_PASSWORD_FAILED without memory. */
acct_password_verdict_e acct_crypt_verify(const char *hash,
                                          const char *password,
                                          apr_pool_t *pool);

/** One that costs the same, as it can be stored; NULL where it would be
 *  unusable. */
const char *acct_crypt_blank(const char *hash, apr_pool_t *pool);

/** How much of a password a hash depends on. */
acct_reads_t acct_crypt_reads(const char *hash);

/** Whether it is a hash of bcrypt. */
int acct_crypt_is_bcrypt(const char *hash);

#endif
