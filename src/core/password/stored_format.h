/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The formats of stored hashes, for password/password.c: a row each, in a
 * file for each family, found by what a stored text begins with. A row's
 * functions take the text apart and bound what it asks for before they do any
 * work. No state; safe from any thread.
 */
#ifndef ACCT_PASSWORD_FORMAT_H
#define ACCT_PASSWORD_FORMAT_H

#include <apr_pools.h>
#include "password/password.h"

typedef struct acct_format_t acct_format_t;

/* A stored text and its row. */
typedef struct acct_stored_t {
    const acct_format_t *format;
    const char *text;           /* with a prefix in any case */
    const char *rest;           /* what stands behind the prefix */
} acct_stored_t;

/* How much of a password a hash depends on. */
typedef struct acct_reads_t {
    size_t bytes;               /* 0: all of them */
    int seven_bits;             /* the eighth of each byte is not read */
} acct_reads_t;

struct acct_format_t {
    const char *prefix;         /* NULL ends a table */
    const char *kind;           /* a word for operators */
    /* ACCT_PASSWORD_UNUSABLE, without work, for what cannot be taken apart
     * or asks for too much */
    acct_password_verdict_e (*verify)(const acct_stored_t *stored,
                                      const char *password,
                                      apr_pool_t *pool);
    /* one that costs the same and that no account has; NULL where it would be
     * unusable */
    const char *(*blank)(const acct_stored_t *stored, apr_pool_t *pool);
    /* NULL: all of a password is read */
    acct_reads_t (*reads)(const acct_stored_t *stored);
    const void *with;           /* the family's own */
    int is_weak;                /* fast to guess, or one that reads little */
};

/* The families. */
extern const acct_format_t acct_argon2_formats[];
extern const acct_format_t acct_pbkdf2_formats[];
extern const acct_format_t acct_scrypt_formats[];
extern const acct_format_t acct_bcrypt_formats[];
extern const acct_format_t acct_crypt_formats[];
extern const acct_format_t acct_digest_formats[];
extern const acct_format_t acct_apr1_formats[];
extern const acct_format_t acct_phpass_formats[];

/**
 * The row of a stored text. What has no prefix of its own is given one: 32
 * hexadecimal digits, and the 13 or 20 characters of DES.
 * @param pool has the text where it is not the same
 * @return 0 where it is of no known form
 */
int acct_format_find(const char *stored, acct_stored_t *found,
                     apr_pool_t *pool);

/** What OpenSSL's refusal is worth: ACCT_PASSWORD_FAILED without memory,
 *  else ACCT_PASSWORD_UNUSABLE (a provider that has not got it, as in FIPS
 *  mode). Empties the thread's queue of errors. */
acct_password_verdict_e acct_format_refused(void);

/** ACCT_PASSWORD_MATCH where both are the same, in constant time. */
acct_password_verdict_e acct_format_same(const void *one, const void *other,
                                         size_t length);

/** A text of @a length times @a c. */
char *acct_format_repeat(char c, size_t length, apr_pool_t *pool);

#endif
