/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time-based one-time passwords (RFC 6238 over RFC 4226) as authenticator
 * applications make them: HMAC-SHA-1, six digits, steps of 30 seconds. And the
 * codes that do in their place when the application is lost.
 *
 * A code is accepted of the step now, the one before and the one behind, since
 * clocks differ, and never twice: that is the caller's doing, by the step
 * (tables/second_factors.h).
 *
 * No state; safe from any thread.
 */
#ifndef ACCT_TOTP_H
#define ACCT_TOTP_H

#include <apr_pools.h>
#include <apr_time.h>

#include "token/token.h"

#define ACCT_TOTP_SECRET_BYTES 20   /* as many as the HMAC has (RFC 4226, 4) */
#define ACCT_TOTP_DIGITS 6
#define ACCT_TOTP_STEP apr_time_from_sec(30)
#define ACCT_RECOVERY_CODES 10
#define ACCT_RECOVERY_CODE_TEXT 19  /* "abcd-efgh-jkmn-pqrs" */

/* A secret that the account and its owner's application share. Wipe it. */
typedef struct acct_totp_secret_t {
    unsigned char bytes[ACCT_TOTP_SECRET_BYTES];
} acct_totp_secret_t;

/** Make a secret by RAND_priv_bytes. @return APR_EGENERAL: it failed, there is
 *  none */
apr_status_t acct_totp_secret_make(acct_totp_secret_t *secret);

/** The secret as people type it in: base32 (RFC 4648, 6), 32 letters and
 *  digits in @a pool; a secret. */
const char *acct_totp_secret_text(const acct_totp_secret_t *secret,
                                  apr_pool_t *pool);

/**
 * The address that an application reads from a picture: "otpauth://totp/…";
 * a secret.
 * @param site whose account it is, UTF-8
 * @param name the account's
 */
const char *acct_totp_uri(const acct_totp_secret_t *secret, const char *site,
                          const char *name, apr_pool_t *pool);

/** Seal a secret for an account, as a token is sealed (acct_token_seal()); no
 *  sealed token opens as a secret, nor the other way round. */
apr_status_t acct_totp_seal(const acct_key_t *key, apr_int64_t account,
                            const acct_totp_secret_t *secret,
                            const char **sealed, apr_pool_t *pool);

/** Open it, as acct_token_unseal(). */
apr_status_t acct_totp_unseal(const acct_key_t *key, apr_int64_t account,
                              const char *sealed, acct_totp_secret_t *secret,
                              apr_pool_t *pool);

/** The step that a time is in. */
apr_int64_t acct_totp_step(apr_time_t when);

/** The code of a step. @return APR_EGENERAL when OpenSSL failed */
apr_status_t acct_totp_code(const acct_totp_secret_t *secret,
                            apr_int64_t step,
                            char code[ACCT_TOTP_DIGITS + 1]);

/**
 * Whether a code is one of about now. Compared in constant time; blanks in it
 * do not count.
 * @param text   as it was sent
 * @param behind a step whose code was accepted: that and those before it do
 *               not do
 * @param step   out: which it is of
 * @return APR_SUCCESS, APR_NOTFOUND (it is not), APR_EGENERAL
 */
apr_status_t acct_totp_verify(const acct_totp_secret_t *secret,
                              const char *text, apr_time_t now,
                              apr_int64_t behind, apr_int64_t *step);

/** Whether a text has the form of a code: six digits, and blanks. */
int acct_totp_is_code(const char *text);

/**
 * Make a recovery code: 80 random bits in letters and digits that are not
 * mistaken for one another, in groups of four.
 * @param text   in @a pool, shown once; a secret
 * @param digest what is stored
 */
apr_status_t acct_recovery_code_make(const char **text,
                                     char digest[ACCT_DIGEST_HEX + 1],
                                     apr_pool_t *pool);

/** The digest of one that was sent: without regard to case, hyphens and
 *  blanks. @return APR_EINVAL: it has not the form of one */
apr_status_t acct_recovery_code_digest(const char *text,
                                       char digest[ACCT_DIGEST_HEX + 1]);

#endif
