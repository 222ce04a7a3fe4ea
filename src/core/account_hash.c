/* SPDX-License-Identifier: Apache-2.0 */
/* Hashing and verifying, inside the gate; see account_private.h. */
#include "account_private.h"

void acct_do_hash(void *baton)
{
    acct_hash_t *hash = baton;

    hash->status = acct_password_hash(&hash->service->params,
                                      hash->password, &hash->hash,
                                      hash->pool);
}

void acct_do_verify(void *baton)
{
    acct_hash_t *hash = baton;
    acct_password_verdict_e dummy;

    hash->verdict = ACCT_PASSWORD_UNUSABLE;
    if (hash->stored != NULL) {
        hash->verdict = acct_password_verify(hash->stored, hash->password,
                                             hash->pool);
    }
    if (hash->verdict == ACCT_PASSWORD_UNUSABLE) {
        /* No such account, or one whose hash cannot be verified: spend
         * the same work and never match. */
        dummy = acct_password_verify(hash->service->dummy, hash->password,
                                     hash->pool);
        hash->verdict = dummy == ACCT_PASSWORD_FAILED
            ? ACCT_PASSWORD_FAILED : ACCT_PASSWORD_MISMATCH;
    }
    if (hash->verdict == ACCT_PASSWORD_MATCH
        && acct_password_needs_rehash(&hash->service->params,
                                      hash->stored)) {
        /* A better hash is welcome, not needed: failing leaves the old. */
        acct_do_hash(hash);
        if (hash->status != APR_SUCCESS) {
            hash->hash = NULL;
        }
    }
}
