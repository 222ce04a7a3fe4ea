/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The check inside a token: its last 8 hex digits are a keyed function of the
 * others, so that a server with the key sees without asking the database that
 * it never minted a token. Without the key nothing is to be seen: the digits
 * look as random as the others.
 *
 * The function is SipHash-2-4 (Aumasson, Bernstein 2012) over the digits
 * as text, its low 32 bits; its key is derived from the key file's
 * (HKDF-SHA256, RFC 5869).
 *
 * Whether a token that fails may be refused is another question: see
 * token/check_row.h.
 *
 * No state; safe from any thread.
 */
#ifndef ACCT_TOKEN_CHECK_H
#define ACCT_TOKEN_CHECK_H

#include <apr_errno.h>
#include <apr_pools.h>
#include <stdint.h>

#define ACCT_CHECK_DIGITS 8         /* 32 bits */
#define ACCT_CHECK_KEY_BYTES 16     /* SipHash's */

/* The fewest and most random bytes of a token, apart from its check: 128
 * bits are what a token may never have less of. */
#define ACCT_CHECK_RANDOM_MIN 16
#define ACCT_CHECK_TOKEN_MAX 128    /* hex digits of the longest token */

typedef struct acct_token_check_t {
    unsigned char key[ACCT_CHECK_KEY_BYTES];    /* secret */
    uint64_t id;                /* of the key file's key; 0: there is no
                                 * check */
} acct_token_check_t;

/**
 * Derive the check of a key.
 * @param key    the key file's @a length bytes
 * @param key_id its id, 16 hex digits
 * @return APR_EGENERAL when OpenSSL failed: then there is no check
 */
apr_status_t acct_token_check_derive(acct_token_check_t *check,
                                     const unsigned char *key,
                                     size_t length, const char *key_id);

/** A key's id, 16 lower-case hex digits, as a number; 0 when it is none. */
uint64_t acct_token_check_id(const char *key_id);

/**
 * Mint a token with a check; without one where there is no check (NULL, or
 * its id 0) or the token is too short for it.
 * @param bytes   of the token's whole length, 16 to 64
 * @param checked whether it has one
 * @return as acct_token_mint()
 */
apr_status_t acct_token_check_mint(const acct_token_check_t *check,
                                   int bytes, const char **text,
                                   int *checked, apr_pool_t *pool);

/** Whether a token's check is right: a token that acct_token_check_mint()
 *  said is checked always passes, one of another origin passes in one case
 *  of 2^32. Any text may be asked. */
int acct_token_check_holds(const acct_token_check_t *check,
                           const char *text);

#endif
