/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The identity of a presented token, and how it is kept in the identity cache.
 */
#ifndef ACCT_TOKEN_IDENTITY_H
#define ACCT_TOKEN_IDENTITY_H

#include <apr_pools.h>
#include "base/service.h"
#include "cache/cache.h"
#include "store/store.h"
#include "token/token.h"

/* As far as a protected request needs to know (see
 * acct_store_token_find). In the request's pool. */
typedef struct acct_identity_t {
    acct_account_t account;
    acct_token_t token;
    int is_noted;               /* token.last_used is a note the database
                                 * has not */
} acct_identity_t;

/**
 * Whether a text is known to be no account's token without a look-up: this
 * server's key did not make it, and the database holds none that it did not
 * make. 0 where that is not known now.
 */
int acct_identity_is_garbage(const acct_service_t *service,
                             const char *token);
#define ACCT_MEMO_AGE apr_time_from_sec(1)
#define ACCT_MEMO_TEXT 64       /* bytes; longer tokens are not kept */

/* What the cache said last of the token that a connection's requests
 * present, so that the next one need not be digested, looked up and
 * authenticated again. It is as good as the slot: believed while the feed
 * is fresh, the account's epoch the same and the token not expired, and
 * for ACCT_MEMO_AGE only, after which the slot is asked again. Nothing in
 * an identity points into it. Used by one thread at a time. */
typedef struct acct_memo_t {
    size_t length;              /* of the text; 0: empty */
    char text[ACCT_MEMO_TEXT];  /* the token; secret */
    uint64_t database;
    apr_interval_time_t tick;   /* when the slot was read */
    acct_cached_t found;
    char token_id[ACCT_TOKEN_ID_HEX + 1];   /* found's, in digits */
} acct_memo_t;

/** Recall by the service's memo, if it has one.
 *  @param text the token, or whatever else stands in a token's place: when
 *         it is not the memo's it is not looked at further
 *  @return 1 when the memo is of this token and may be believed now */
int acct_memo_recall(const acct_service_t *service, const char *text,
                     acct_identity_t *identity, apr_pool_t *pool);

/**
 * Recall whose token this is without asking the database, and note it in
 * the service's memo if it has one.
 * @param text   the token
 * @param digest its 32 bytes
 * @return 1 when it is known and may be believed now; 0: ask
 */
int acct_identity_recall(const acct_service_t *service, const char *text,
                         const unsigned char *digest,
                         acct_identity_t *identity, apr_pool_t *pool);

/* What the cache knows of a token that has expired by its row. */
typedef enum {
    ACCT_USE_UNKNOWN,           /* nothing: it has expired */
    ACCT_USE_NOTED,             /* a use that lets it live still; the
                                 * identity has its times now */
    ACCT_USE_WRITTEN            /* a use that was written meanwhile: ask the
                                 * database once more */
} acct_use_e;

/**
 * Look for a use of a sliding token that is not in its row yet.
 * @param identity as the database has just said
 */
acct_use_e acct_identity_find_use(const acct_service_t *service,
                                  const unsigned char *digest,
                                  acct_identity_t *identity);

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
