/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The second factor of an account: what a request sends of it, and its one
 * use in the transaction that lets the client in or changes something.
 *
 * A one-time code is accepted once: the step of time that it is of becomes the
 * account's last one, in one statement that does so only where that is behind
 * (RFC 6238, 5.2). A recovery code is deleted by its use. So of any number of
 * requests that try the same at once, on whatever servers, one succeeds. OWASP
 * ASVS 6.5.1.
 *
 * In the request's thread.
 */
#ifndef ACCT_SECOND_FACTOR_H
#define ACCT_SECOND_FACTOR_H

#include "credential/credential.h"
#include "token/totp.h"

/* What was sent is not the account's second factor. */
#define ACCT_FACTOR_WRONG (APR_OS_START_USERERR + 4)

/** Whether a call's route takes one at all. */
int acct_factor_is_taken(const acct_call_t *call);

/** What the call sends as one, a secret; NULL: nothing. */
const char *acct_factor_sent(const acct_call_t *call);

/**
 * Accept what the call sends for an account that has a second factor, in the
 * caller's transaction, with the account locked.
 * @param is_recovery out: it is a recovery code, which is used up
 * @return ACCT_FACTOR_WRONG; APR_ENOENT: the secret cannot be opened without
 *         the key file, and the log says so
 */
apr_status_t acct_factor_accept(const acct_call_t *call, acct_db_t *db,
                                apr_int64_t account, int *is_recovery,
                                apr_pool_t *pool);

/**
 * The same with the secret that is yet to be confirmed, which a one-time code
 * of it does.
 * @return APR_NOTFOUND: there is no such secret
 */
apr_status_t acct_factor_confirm(const acct_call_t *call, acct_db_t *db,
                                 apr_int64_t account, apr_pool_t *pool);

/**
 * Give an account recovery codes in place of those that it has, in the
 * caller's transaction.
 * @param codes out: their texts, secrets, in @a pool; ends with NULL
 */
apr_status_t acct_factor_make_codes(acct_db_t *db, apr_int64_t account,
                                    const char *const **codes,
                                    apr_pool_t *pool);

/** Tell the call that its second factor is wrong: as a problem of the field,
 *  or, where it came in a header, that one is required. */
void acct_factor_refuse(const acct_call_t *call);

/** Tell the logs that a recovery code was used; after the commit. */
void acct_factor_tell_recovery(const acct_call_t *call, apr_int64_t account);

/** The log's line where the server goes without its key file.
 *  @return APR_ENOENT */
apr_status_t acct_factor_without_key(const acct_service_t *service,
                                     apr_pool_t *pool);

#endif
