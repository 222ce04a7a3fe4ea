/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The room of passwords, and in this header hashing them and verifying stored
 * hashes, which describe themselves. Which code verifies a stored hash is
 * decided by its prefix in one table. The room may use text and base.
 *
 * The files:
 *   password.c        hashing and verifying, by the stored format
 *   foreign_form.c    what a stored text of another system is
 *   stored_format.c   the table of formats, of a family each:
 *   argon2.c          argon2 (RFC 9106) and its PHC strings
 *   pbkdf2.c          PBKDF2: Django, passlib, Werkzeug
 *   scrypt.c          scrypt: the same
 *   crypt.c           crypt(3)
 *   bcrypt.c          bcrypt as others have it, also over a digest
 *   digest.c          one digest: Django, LDAP
 *   apr1.c            htpasswd's
 *   phpass.c          WordPress's, phpBB's
 *   scan.c            the fields of a stored text, each spelled right
 *   password_mix.c    which kind of hash a name that no account has is given
 *   password_rules.c  the rules for new passwords
 *   password_normal.c the form of a password that new hashes are made of
 *
 * Hashing and verifying burn a core for tens of milliseconds and take m KiB
 * straight from the system, given back at once; the caller limits how many
 * run at the same time. They start no threads, whatever p is. No state;
 * safe from any thread.
 */
#ifndef ACCT_PASSWORD_H
#define ACCT_PASSWORD_H

#include <apr_pools.h>
#include <apr_errno.h>
#include <apr_hash.h>
#include "base/outcome.h"

#define ACCT_PASSWORD_MAX 1024  /* bytes as sent; longer is refused unhashed */
#define ACCT_PASSWORD_NORMAL_MAX (3 * ACCT_PASSWORD_MAX)    /* NFC makes up to
                                 * three bytes of one */

/**
 * The form that new hashes are made of: NFC, as RFC 8265 (4.2.2,
 * OpaqueString) has it, so that two keyboards that spell a letter
 * differently mean one password. What is not UTF-8 stays as it is.
 * @param password up to ACCT_PASSWORD_MAX bytes
 * @return @a password itself where it has that form, else a copy in
 *         @a pool, to be wiped with acct_password_wipe_normal()
 */
const char *acct_password_normal(const char *password, apr_pool_t *pool);
void acct_password_wipe_normal(const char *password, const char *normal);

/* How new passwords are hashed: argon2id (RFC 9106). */
typedef struct acct_password_params_t {
    unsigned int memory_kib;    /* m: 8*p to 1048576 */
    unsigned int passes;        /* t: 1 to 10 */
    unsigned int lanes;         /* p: 1 to 16 */
} acct_password_params_t;

/* OWASP's first choice: m=19456 (19 MiB), t=2, p=1. */
#define ACCT_PASSWORD_DEFAULT { 19456, 2, 1 }

/**
 * Read "argon2id", "m=19456", "t=2", "p=1" as an operator writes them: the
 * kind first; of the rest, in any order, what is left out is the default.
 * @param words   NULL-terminated
 * @param error   on failure what is wrong and what to write, in @a pool
 */
apr_status_t acct_password_params_parse(const char *const *words,
                                        acct_password_params_t *params,
                                        apr_pool_t *pool,
                                        const char **error);

/**
 * Hash a password's normal form (acct_password_normal()).
 * @param hash a PHC string, in @a pool
 * @return APR_EINVAL (longer than ACCT_PASSWORD_MAX, parameters out of
 *         bounds), APR_ENOMEM, APR_EGENERAL (random generator, library)
 */
apr_status_t acct_password_hash(const acct_password_params_t *params,
                                const char *password, const char **hash,
                                apr_pool_t *pool);

typedef enum {
    ACCT_PASSWORD_MATCH,
    ACCT_PASSWORD_MISMATCH,
    ACCT_PASSWORD_UNUSABLE,     /* no format this version verifies, or
                                 * parameters out of bounds: never a
                                 * match; no work was done */
    ACCT_PASSWORD_FAILED        /* out of memory: cannot know now */
} acct_password_verdict_e;

/** Verify a password, exactly as it is given, against a stored hash (any
 *  string, NULL too). One longer than ACCT_PASSWORD_NORMAL_MAX is a
 *  mismatch without work. docs/passwords.md has the formats and bounds. */
acct_password_verdict_e acct_password_verify(const char *stored,
                                             const char *password,
                                             apr_pool_t *pool);

/**
 * Whether a stored hash depends on all of a password. Bcrypt reads 72 bytes
 * and DES eight, of which it drops a bit each: such a match says nothing of
 * the rest, and a hash of the whole would make a slip of the fingers there
 * the password.
 */
int acct_password_reads(const char *stored, const char *password,
                        apr_pool_t *pool);

typedef enum {
    ACCT_PASSWORD_FORM_USABLE,      /* can be verified */
    ACCT_PASSWORD_FORM_LOCKED,      /* says itself that no password matches:
                                     * it begins with '!' or '*', or is
                                     * empty */
    ACCT_PASSWORD_FORM_UNSOUND,     /* of a known kind, but asks for more work
                                     * than is done for one, or is not spelled
                                     * as that kind is: never verified */
    ACCT_PASSWORD_FORM_UNKNOWN      /* of none: it may be a password itself */
} acct_password_form_e;

/* What a stored text of another system is. */
typedef struct acct_password_form_t {
    acct_password_form_e verdict;
    const char *kind;           /* "pbkdf2_sha256", "bcrypt"; NULL for
                                 * what is locked or unknown */
    const char *kept;           /* what is to be stored for it: the text,
                                 * with a prefix where it had none, or without
                                 * Django's of a PHC string; "!" where it is
                                 * empty or of no known kind */
    int is_weak;                /* fast to guess, or reads little */
    size_t reads;               /* bytes of a password that count; 0: all */
} acct_password_form_t;

/**
 * For an importer. No work is done, whatever the text asks for.
 * @param stored any string, NULL too; secret
 * @param form   its texts are constant, in @a pool, or @a stored itself
 */
void acct_password_form(const char *stored, acct_password_form_t *form,
                        apr_pool_t *pool);

/** Whether a stored hash is not what @a params would make today. */
int acct_password_needs_rehash(const acct_password_params_t *params,
                               const char *stored);

/**
 * A hash of the given kind that no password matches, to spend the same
 * work on names that do not exist. In @a pool. Made without hashing.
 */
apr_status_t acct_password_dummy(const acct_password_params_t *params,
                                 const char **hash, apr_pool_t *pool);

/**
 * The same, of the kind and cost of a stored hash: those that take the same
 * work have the same dummy, and nothing of their salt or hash is in it.
 * @return NULL for what cannot be verified
 */
const char *acct_password_dummy_like(const char *stored, apr_pool_t *pool);

/*
 * Rules a site may turn on for new passwords (NIST SP 800-63B, 5.1.1.2;
 * OWASP ASVS 6.2). All zero: no rules.
 *
 * not_similar compares folded texts (acct_fold()). What the password is
 * compared with: each of the account's own values as a whole; the words in
 * it (what stands between ASCII blanks and signs); of an email address the
 * whole and the words before the '@'. The password is too similar when it
 * equals one of these, or when one contains the other and the contained
 * one has four characters or more.
 */
typedef struct acct_password_rules_t {
    int min_length;             /* code points; 0 is off */
    apr_hash_t *block_list;     /* folded words, or NULL */
    int not_similar;            /* to username, email, names */
    int not_numeric;            /* not of digits alone, of any script */
} acct_password_rules_t;

/**
 * Read a block list: one password a line, UTF-8, '#' starts no comment;
 * empty lines are nothing. Compared without case (acct_fold()).
 * @param list  in @a pool
 * @param error on failure what is wrong and what to do, in @a pool
 */
apr_status_t acct_password_block_list_read(const char *path,
                                           apr_hash_t **list,
                                           apr_pool_t *pool,
                                           const char **error);

/**
 * Judge a new password by every rule.
 * @param own NULL-terminated: what the account is called, in the order in
 *        which one is named (entries may be ""); NULL: likeness is not looked
 *        at
 * @param like which of @a own it is too similar to, the first; untouched
 *        where it is not; may be NULL
 * @return the set (ACCT_PROBLEM_BIT) of TOO_SHORT, TOO_COMMON, TOO_SIMILAR,
 *         TOO_NUMERIC; 0: it passes
 */
uint32_t acct_password_judge(const acct_password_rules_t *rules,
                             const char *password, const char *const *own,
                             int *like, apr_pool_t *pool);

#endif
