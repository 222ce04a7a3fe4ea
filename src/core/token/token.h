/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The room of tokens, and in this header what needs nothing but their text:
 * the grammar of the Authorization header (RFC 9110, 11.6.2), minting,
 * digests, and sealing of those that must be handed out again. The room may
 * use the rooms below (cache … base).
 *
 * No state; safe from any thread.
 *
 * The files:
 *   token.c           header, minting, digests, key files
 *   seal.c            sealing
 *   totp.c            one-time codes of a second factor, recovery codes
 *   check.c           the check inside a token's digits
 *   check_row.c       whether all tokens of a database have it
 *   identity.c        whose a token is: memo, cache, notes of its use
 *   lookup.c          the database is asked, for several requests at once
 *   foreign.c         tokens that another system made
 *   crowd.h           how many threads are busy with database servers
 */
#ifndef ACCT_TOKEN_H
#define ACCT_TOKEN_H

#include <apr_pools.h>
#include <apr_errno.h>
#include "base/outcome.h"
#include "token/check.h"

#define ACCT_DIGEST_HEX 64      /* hex digits of a digest */
#define ACCT_TOKEN_ID_HEX 32    /* hex digits of a public token id */
#define ACCT_KEY_BYTES 32       /* AES-256 */
#define ACCT_KEY_ID_HEX 16      /* hex digits of a key's id */

/* The key that reusable tokens are sealed under. */
typedef struct acct_key_t {
    unsigned char bytes[ACCT_KEY_BYTES];
    char id[ACCT_KEY_ID_HEX + 1];   /* first bytes of a SHA-256 over a
                                     * fixed word and the key: tells keys
                                     * apart, says nothing of them */
    acct_token_check_t check;       /* of the tokens that are minted */
} acct_key_t;

/**
 * Where the credentials of an Authorization header begin.
 * @param header the field's value, NULL when there was none
 * @param scheme the word to expect, compared without case
 * @return in @a header; NULL when it is none of that scheme
 * Blanks (SP, HTAB) before and behind the scheme are tolerated.
 */
const char *acct_token_after_scheme(const char *header, const char *scheme);

/**
 * Read the token that is an Authorization header's credentials.
 * @param at     where they begin, as acct_token_after_scheme() says. Two lines
 *        arrive merged with a comma, which makes several words or a token that
 *        no account has.
 * @param token  on ACCT_OK the token's text: @a at, or in @a pool where
 *        blanks follow it
 * @return ACCT_OK, ACCT_NOT_AUTHENTICATED (@a at is NULL),
 *         ACCT_TOKEN_ABSENT, ACCT_TOKEN_SPACES or ACCT_TOKEN_CHARACTERS
 * Blanks behind the token are tolerated. The words are counted first, then
 * their characters are looked at.
 */
acct_outcome_e acct_token_parse(const char *at, const char **token,
                                apr_pool_t *pool);

/**
 * Mint a token: @a bytes (16 to 64) random bytes from RAND_priv_bytes as
 * lower-case hex. @param text in @a pool
 * @return APR_EGENERAL when the generator failed, APR_EINVAL for another
 *         number of bytes; then there is no token
 */
apr_status_t acct_token_mint(int bytes, const char **text,
                             apr_pool_t *pool);

/** A public token id: 16 random bytes as hex; same errors. */
apr_status_t acct_token_mint_id(const char **id, apr_pool_t *pool);

/* OpenSSL's SHA-256, its EVP_MD. */
typedef struct evp_md_st acct_sha256_t;

/**
 * Fetch SHA-256 from OpenSSL once. Its version 3 else does so for each
 * digest, which costs more than the digest.
 * @param algorithm lives as long as @a pool, for any thread
 * @return APR_EGENERAL when OpenSSL has none
 */
apr_status_t acct_token_fetch_sha256(const acct_sha256_t **algorithm,
                                     apr_pool_t *pool);

/** SHA-256 of the token's text, 32 bytes. @param algorithm as fetched, or
 *  NULL: fetch it now. */
apr_status_t acct_token_digest_by(const acct_sha256_t *algorithm,
                                  const char *text,
                                  unsigned char digest[32]);

/** The same, fetching it now. */
apr_status_t acct_token_digest_bytes(const char *text,
                                     unsigned char digest[32]);

/** 32 bytes as 64 lower-case hex digits and a NUL. */
void acct_token_digest_hex(const unsigned char digest[32],
                           char hex[ACCT_DIGEST_HEX + 1]);

/** SHA-256 of the token's text as 64 lower-case hex digits and a NUL. */
apr_status_t acct_token_digest(const char *text,
                               char hex[ACCT_DIGEST_HEX + 1]);

/** Compare two digests in constant time; 1 when equal. */
int acct_token_digest_equal(const char *a, const char *b);

/**
 * Read a key file: 32 random bytes as 64 hex digits and a line end, or 32
 * raw bytes. The file must be regular, and no one but its owner may read
 * or write it.
 * @param key   in @a pool, wiped when the pool goes
 * @param error on failure, what is wrong and what to do, in @a pool
 */
apr_status_t acct_key_read(const char *path, const acct_key_t **key,
                           apr_pool_t *pool, const char **error);

/**
 * Make a key and write it into a file, as 64 hex digits and a line end; on
 * the disk when this returns.
 * @param fd    of an empty file that its owner alone can use. Where this
 *              fails it may hold half a key: remove it
 * @param path  what to call the file in @a error
 * @param key   in @a pool, wiped when the pool goes
 * @param error on failure, what is wrong, in @a pool
 */
apr_status_t acct_key_write(int fd, const char *path, const acct_key_t **key,
                            apr_pool_t *pool, const char **error);

/**
 * Seal a token's text for an account: AES-256-GCM with a random nonce; the
 * account id and the key id are authenticated data. The result is text:
 * "1:KEYID:BASE64", the nonce, the ciphertext and the tag in base64.
 * @param text 1 to 1024 bytes; else APR_EINVAL
 * @return APR_EGENERAL when OpenSSL failed
 */
apr_status_t acct_token_seal(const acct_key_t *key, apr_int64_t account,
                             const char *text, const char **sealed,
                             apr_pool_t *pool);

/**
 * Open a sealed token.
 * @return APR_EMISMATCH when it was sealed under another key;
 *         APR_EGENERAL when it is not authentic (another account's row,
 *         damage) or not in a form this version knows
 */
apr_status_t acct_token_unseal(const acct_key_t *key, apr_int64_t account,
                               const char *sealed, const char **text,
                               apr_pool_t *pool);

#endif
