/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An account's id as it is spelled in links and in bodies. It is no secret:
 * anybody can read the number from it.
 *
 * No state; safe from any thread.
 */
#ifndef ACCT_UID_H
#define ACCT_UID_H

#include <apr_pools.h>

/* How an account's id is written. */
typedef enum {
    ACCT_UID_BASE64URL,         /* of its decimal digits, without padding
                                 * (RFC 4648, 5): "MTI" is 12 */
    ACCT_UID_BASE36,            /* "c" is 12 */
    ACCT_UID_DECIMAL,
    ACCT_UID__COUNT
} acct_uid_e;

/** "base64url", "base36", "decimal". */
const char *acct_uid_name(acct_uid_e spelling);

/** The spelling called @a name, or -1. */
int acct_uid_find(const char *name);

/** An id, 1 or more, as text in @a pool. */
const char *acct_uid_write(acct_uid_e spelling, apr_int64_t id,
                           apr_pool_t *pool);

/**
 * Read an id back, in the one form that acct_uid_write() gives it, but for
 * capital letters in base 36.
 * @return the id; 0: the text is none, or of no account that can be
 */
apr_int64_t acct_uid_read(acct_uid_e spelling, const char *text);

#endif
