/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is counted, by keyed hashes: a reader of the counters or of the tables
 * learns neither what was typed as a name (which may have been a password)
 * nor a client's address. HMAC-SHA256 (RFC 2104) under a key that all servers
 * of a database have.
 *
 * Any thread.
 */
#ifndef ACCT_LIMIT_SUBJECT_H
#define ACCT_LIMIT_SUBJECT_H

#include <apr_errno.h>
#include <apr_pools.h>
#include <stddef.h>

#include "limit/counters.h"

#define ACCT_LIMIT_KEY_BYTES 32

typedef struct acct_limit_key_t {
    unsigned char bytes[ACCT_LIMIT_KEY_BYTES];
} acct_limit_key_t;

/** The key that is made of a secret. @return what OpenSSL said, as below */
apr_status_t acct_limit_key_make(acct_limit_key_t *key, const void *secret,
                                 size_t length);

/** The hash of something under the key. */
apr_status_t acct_limit_hash(const acct_limit_key_t *key, const void *bytes,
                             size_t length,
                             unsigned char digest[ACCT_LIMIT_KEY_BYTES]);

/** A network's bucket of a budget. @param database for lists */
apr_status_t acct_subject_of_network(const acct_limit_key_t *key,
                                     uint32_t database, acct_budget_e budget,
                                     const acct_network_t *network,
                                     acct_subject_t *subject);

/**
 * A name's series.
 * @param name    in canonical form
 * @param network NULL, or that of the tries that are counted apart
 * @param subject .account stays what it is
 */
apr_status_t acct_subject_of_name(const acct_limit_key_t *key,
                                  uint32_t database, const char *name,
                                  const acct_network_t *network,
                                  acct_subject_t *subject, apr_pool_t *pool);

#endif
