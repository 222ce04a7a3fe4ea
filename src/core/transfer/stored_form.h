/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stored password of another system as it is kept here: as it is, but for
 * what has no prefix of its own, or one too many.
 */
#ifndef ACCT_TRANSFER_STORED_FORM_H
#define ACCT_TRANSFER_STORED_FORM_H

#include <apr_pools.h>

typedef enum {
    ACCT_STORED_GOOD,
    ACCT_STORED_WEAK,           /* fast to guess, whatever the password */
    ACCT_STORED_UNUSABLE,       /* says that no password matches */
    ACCT_STORED_UNSOUND,        /* asks for more work than is done for one, or
                                 * is not whole: kept, and never verified */
    ACCT_STORED_UNSUPPORTED     /* of no known form: it may be the password */
} acct_stored_form_e;

/** @param kept what is stored here, in @a pool or constant; "!" for what is
 *  empty, or unsupported */
acct_stored_form_e acct_stored_form(const char *stored, const char **kept,
                                    apr_pool_t *pool);

/** The kind of a hash that is stored here, a word: "argon2id",
 *  "pbkdf2_sha256", "bcrypt"; "unusable" where nothing matches. */
const char *acct_stored_kind(const char *stored, apr_pool_t *pool);

#endif
