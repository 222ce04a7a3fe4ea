/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who presents a token, and how that is kept in the identity cache.
 */
#ifndef ACCT_IDENTITY_CORE_H
#define ACCT_IDENTITY_CORE_H

#include <apr_pools.h>
#include "service.h"
#include "store.h"

/* As far as a protected request needs to know (see
 * acct_store_token_find). In the request's pool. */
typedef struct acct_identity_t {
    acct_account_t account;
    acct_token_t token;
} acct_identity_t;

/** A token's public id as text, from the 16 bytes that a slot holds. */
const char *acct_identity_token_id(const unsigned char id[16],
                                   apr_pool_t *pool);

/**
 * Whether a text is known to be nobody's token without a look anywhere:
 * this server's key did not make it, and the database holds none that it
 * did not make. 0 where that is not known now.
 */
int acct_identity_is_garbage(const acct_service_t *service,
                             const char *token);

/**
 * Recall whose token this is without asking the database.
 * @param digest 32 bytes
 * @return 1 when it is known and may be believed now; 0: ask
 */
int acct_identity_recall(const acct_service_t *service,
                         const unsigned char *digest,
                         acct_identity_t *identity, apr_pool_t *pool);

/**
 * Remember what the database has just said, and that the token is used.
 * The use alone where no token is looked up in the cache.
 * @param ticket as taken before it was asked (acct_cache_ticket)
 * @param identity its token's times become those of this use
 */
void acct_identity_remember(const acct_service_t *service,
                            const unsigned char *digest, uint64_t ticket,
                            acct_identity_t *identity);

#endif
