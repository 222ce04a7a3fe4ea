/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kinds and costs of the stored hashes, and which of them a name that no
 * account has is given: chosen by a keyed hash of the name, in the proportion
 * in which accounts have them. So neither a change of parameters nor hashes
 * made elsewhere show by time which accounts exist.
 *
 * A name's kind stays while the proportions do, and when they change, of
 * about as many names as the change is worth: none goes to a kind that has
 * become less, and none leaves one that has become more. So it is with
 * accounts, whose hashes are replaced when they sign in.
 *
 * No state beside the mix; it is written by one thread and then only read.
 */
#ifndef ACCT_PASSWORD_MIX_H
#define ACCT_PASSWORD_MIX_H

#include <apr_pools.h>
#include <apr_errno.h>

#define ACCT_MIX_KEY_BYTES 32

typedef struct acct_password_mix_t acct_password_mix_t;

/** An empty one. @param pool has it, and its dummies */
acct_password_mix_t *acct_password_mix_make(apr_pool_t *pool);

/** Count a stored hash; what cannot be verified is no kind.
 *  @param scratch for what is only needed meanwhile */
void acct_password_mix_count(acct_password_mix_t *mix, const char *stored,
                             apr_pool_t *scratch);

/** Call when all are counted. */
void acct_password_mix_settle(acct_password_mix_t *mix);

/**
 * A dummy (acct_password_dummy_like()) for a name.
 * @param key  secret, the same wherever the same names are asked about
 * @param name its canonical form: all spellings of a name have one kind
 * @param dummy out: NULL where nothing was counted; lives as long as the mix
 * @param pool  for what is only needed meanwhile
 * @return APR_SUCCESS, or APR_EGENERAL when it cannot be hashed
 */
apr_status_t acct_password_mix_choose(
    const acct_password_mix_t *mix,
    const unsigned char key[ACCT_MIX_KEY_BYTES], const char *name,
    const char **dummy, apr_pool_t *pool);

#endif
