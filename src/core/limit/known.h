/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Networks that an account was signed in to from, rightly, within thirty
 * days. Tries from there are counted by themselves, so that those who guess at
 * an account from elsewhere delay each other and not its owner at home.
 *
 * Of a network only a keyed hash is stored, one for the account. In units of
 * work of the caller's; in its thread.
 */
#ifndef ACCT_LIMIT_KNOWN_H
#define ACCT_LIMIT_KNOWN_H

#include "database/database.h"
#include "limit/limit.h"

/* The most of an account; the one that was used last stays. */
#define ACCT_KNOWN_MOST 20

/* What is found of a client's network. */
typedef struct acct_known_t {
    int is_known;
    int is_due;                 /* it is to be noted after a right sign-in */
} acct_known_t;

/**
 * Look whether the client's network is known. Costs one look-up, whether or
 * not there is an account.
 * @param account 0: there is none
 */
apr_status_t acct_known_find(const acct_attempt_t *attempt, acct_db_t *db,
                             apr_int64_t account, acct_known_t *known,
                             apr_pool_t *pool);

/** Note it for an account, in the transaction that signs in; nothing where it
 *  is not due. */
apr_status_t acct_known_note(const acct_attempt_t *attempt, acct_db_t *db,
                             apr_int64_t account, const acct_known_t *known,
                             apr_pool_t *pool);

#endif
