/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table link: what was mailed so that something can be done once by it. Of
 * its secret only the SHA-256 is stored. See store/store.h for what holds for
 * all functions.
 */
#ifndef ACCT_STORE_LINKS_H
#define ACCT_STORE_LINKS_H

#include "store/store.h"

/* Before the address of a link that an operator handed over otherwise than by
 * mail: that it is used proves no address. No key of an address has it. */
#define ACCT_LINK_HANDED " "

typedef struct acct_link_t {
    const char *digest;         /* 64 hex digits */
    apr_int64_t account_id;
    const char *purpose;        /* what it is for; a word of the caller's */
    const char *address_key;    /* that it was mailed to; with
                                 * ACCT_LINK_HANDED before it: that the
                                 * account had, if any */
    apr_time_t created_at;
    apr_time_t expires_at;
} acct_link_t;

/** Insert a link. In a transaction that has the account locked; that an
 *  account has one of a purpose is the caller's doing
 *  (acct_store_link_delete()).
 *  @return APR_EEXIST when there is one of this digest */
apr_status_t acct_store_link_insert(acct_db_t *db, const acct_link_t *link,
                                    apr_pool_t *pool);

/** A link of a purpose that lives at @a now. APR_NOTFOUND: there is none. */
apr_status_t acct_store_link_find(acct_db_t *db, const char *digest,
                                  const char *purpose, apr_time_t now,
                                  acct_link_t *link, apr_pool_t *pool);

/** Use it up. Of any number that try at once, on any number of servers, one
 *  has APR_SUCCESS and the others have APR_NOTFOUND. */
apr_status_t acct_store_link_use(acct_db_t *db, const char *digest,
                                 const char *purpose, apr_time_t now,
                                 apr_pool_t *pool);

/** Delete those of an account, of one purpose or of all (NULL).
 *  @param changed how many; may be NULL */
apr_status_t acct_store_link_delete(acct_db_t *db, apr_int64_t account,
                                    const char *purpose, int *changed,
                                    apr_pool_t *pool);

/** Delete those that expired before @a before, at most @a limit. */
apr_status_t acct_store_link_purge(acct_db_t *db, apr_time_t before,
                                   int limit, int *changed,
                                   apr_pool_t *pool);

#endif
