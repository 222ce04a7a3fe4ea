/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table known_network: from which networks an account was signed in to.
 * See store/store.h for what holds for all functions.
 */
#ifndef ACCT_STORE_KNOWN_NETWORKS_H
#define ACCT_STORE_KNOWN_NETWORKS_H

#include "store/store.h"

#define ACCT_KNOWN_NETWORK_HEX 32

/** When it was, last; APR_NOTFOUND when it never was, or is forgotten.
 *  @param network ACCT_KNOWN_NETWORK_HEX hex digits */
apr_status_t acct_store_known_network_find(acct_db_t *db,
                                           apr_int64_t account,
                                           const char *network,
                                           apr_time_t *seen_at,
                                           apr_pool_t *pool);

/** Write that it was at @a seen_at, and keep the account's newest @a keep
 *  alone. In a transaction that has the account locked. */
apr_status_t acct_store_known_network_set(acct_db_t *db, apr_int64_t account,
                                          const char *network,
                                          apr_time_t seen_at, int keep,
                                          apr_pool_t *pool);

/** Delete those of before @a before, at most @a limit. */
apr_status_t acct_store_known_network_purge(acct_db_t *db, apr_time_t before,
                                            int limit, int *changed,
                                            apr_pool_t *pool);

#endif
