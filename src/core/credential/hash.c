/* SPDX-License-Identifier: Apache-2.0 */
/* Hashing and verifying, inside the gate; see credential/issue.h. */
#include "credential/issue.h"

void acct_do_hash(void *baton)
{
    acct_hash_t *hash = baton;

    hash->status = acct_password_hash(hash->service->params,
                                      hash->password, &hash->hash,
                                      hash->pool);
}

/* What matched. */
typedef struct match_t {
    int is_as_sent;             /* not the normal form */
    int is_whole;               /* the hash depends on all of it */
} match_t;

/* A hash is of the normal form, or of what was sent: where it was made
 * elsewhere, or before there was that form. */
static acct_password_verdict_e verify(const acct_hash_t *hash,
                                      const char *stored, match_t *match)
{
    const char *normal = acct_password_normal(hash->password, hash->pool);
    const char *tried = normal;
    acct_password_verdict_e verdict;

    verdict = acct_password_verify(stored, tried, hash->pool);
    if (verdict == ACCT_PASSWORD_MISMATCH && normal != hash->password) {
        tried = hash->password;
        verdict = acct_password_verify(stored, tried, hash->pool);
    }
    match->is_as_sent = tried != normal;
    match->is_whole = verdict == ACCT_PASSWORD_MATCH
        && acct_password_reads(stored, tried, hash->pool);
    acct_password_wipe_normal(hash->password, normal);
    return verdict;
}

/* What a hash does not read of a password may be a slip of the fingers, which
 * no other hash may make part of it. */
static int is_to_be_replaced(const acct_hash_t *hash, const match_t *match)
{
    return match->is_whole
        && (match->is_as_sent
            || acct_password_needs_rehash(hash->service->params,
                                          hash->stored));
}

void acct_do_compare(void *baton)
{
    acct_hash_t *hash = baton;
    match_t match;

    hash->verdict = verify(hash, hash->stored, &match);
}

void acct_do_verify(void *baton)
{
    acct_hash_t *hash = baton;
    acct_password_verdict_e dummy;
    match_t match = { 0, 0 };

    hash->verdict = ACCT_PASSWORD_UNUSABLE;
    if (hash->stored != NULL) {
        hash->verdict = verify(hash, hash->stored, &match);
    }
    if (hash->verdict == ACCT_PASSWORD_UNUSABLE) {
        /* No such account, or one whose hash cannot be verified: spend
         * the same work, as often, and never match. */
        dummy = verify(hash, hash->dummy, &match);
        hash->verdict = dummy == ACCT_PASSWORD_FAILED
            ? ACCT_PASSWORD_FAILED : ACCT_PASSWORD_MISMATCH;
    }
    if (hash->verdict == ACCT_PASSWORD_MATCH && hash->never_matches) {
        hash->verdict = ACCT_PASSWORD_MISMATCH;
    }
    if (hash->verdict == ACCT_PASSWORD_MATCH
        && is_to_be_replaced(hash, &match)) {
        /* A better hash is welcome, not needed: failing leaves the old. */
        acct_do_hash(hash);
        if (hash->status != APR_SUCCESS) {
            hash->hash = NULL;
        }
    }
}

const char *acct_call_hash(const acct_call_t *call, int is_known)
{
    acct_hash_t hash = {
        .service = call->service, .pool = call->pool,
        .password = call->form->value[ACCT_ROLE_PASSWORD]
    };

    if (acct_gate_run(call->service, is_known, acct_do_hash, &hash)
        != APR_SUCCESS || hash.status != APR_SUCCESS) {
        acct_unavailable(call->result, ACCT_RETRY_GATE);
        return NULL;
    }
    return hash.hash;
}
