/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making the stored keys of names and addresses anew, for a version that
 * makes other keys than the one that stored them. What were two keys may
 * be one now: then several accounts claim it, and only the oldest of them
 * can have it.
 *
 * For the command, on a connection of its own without other statements.
 */
#ifndef ACCT_STORE_REKEY_H
#define ACCT_STORE_REKEY_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>
#include "database/database.h"

/* A name or an address of an account. */
typedef struct acct_claim_t {
    apr_int64_t account;
    apr_time_t created_at;      /* the account's */
    int is_address;             /* 0: its username */
    const char *text;           /* as it was given */
    const char *key;            /* the one that it should have */
    int is_lost;                /* an older account claims the same */
} acct_claim_t;

/* A key that more than one account claims. */
typedef struct acct_clash_t {
    const char *key;
    apr_array_header_t *claims; /* of acct_claim_t *, those of the oldest
                                 * account first */
} acct_clash_t;

typedef struct acct_rekey_t {
    apr_array_header_t *changes;    /* of acct_claim_t *: those whose key is
                                     * another than the one they have */
    apr_array_header_t *clashes;    /* of acct_clash_t * */
} acct_rekey_t;

/**
 * Read all accounts and find out what is to be done; writes nothing. Keeps
 * in memory what changes, not what is read.
 * @param rekey out, in @a pool
 * @return APR_SUCCESS, or what the database or the memory failed with
 */
apr_status_t acct_store_rekey_plan(acct_db_t *db, acct_rekey_t *rekey,
                                   apr_pool_t *pool);

/**
 * Write the new keys; in the transaction that the plan was made in, in which
 * no other session writes. An account that loses an address is without one,
 * and one that has nothing else is called "#ID" then. One that loses its name
 * goes on to show it and is found as "#ID": no name holds a '#'.
 */
apr_status_t acct_store_rekey_apply(acct_db_t *db,
                                    const acct_rekey_t *rekey,
                                    apr_pool_t *pool);

#endif
