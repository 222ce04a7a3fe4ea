/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operations that act for the account of a presented token: the account as it
 * is now, the password asked once more where the route asks for it (OWASP ASVS
 * 7.5.1), the count of what is tried, and the same account locked in the
 * transaction that changes it.
 *
 * In the request's thread, which may wait for the gate and the database.
 */
#ifndef ACCT_REAUTHENTICATION_H
#define ACCT_REAUTHENTICATION_H

#include "credential/attempt.h"
#include "limit/known.h"

/* The caller's, on its stack. */
typedef struct acct_reauthentication_t {
    const acct_call_t *call;
    acct_account_t account;     /* out: as it was read, in the call's pool */
    const char *verified;       /* out: its hash that the current password
                                 * matched; NULL: none was asked for, or it
                                 * was wrong */
    acct_attempt_t attempt;
    acct_known_t known;         /* the client's network, to the account */
    int is_counted;             /* a try is, and is not over yet */
} acct_reauthentication_t;

/**
 * Read the account of the call's token, and compare the current password where
 * the route has a field for it and it was sent. A wrong one is a problem of
 * that field, and is counted as a wrong password at sign-in is. A right one is
 * given back only when the second factor is right too, where one is sent: then
 * the try goes on until acct_reauthentication_settle().
 * @return 0: the call's result has its outcome (the account is gone or
 *         blocked, too many tries, it cannot be known)
 */
int acct_reauthenticate(acct_reauthentication_t *act,
                        const acct_call_t *call);

/**
 * Count a try of the second factor, unless it is one with the password's.
 * Followed by acct_reauthentication_settle() either way.
 * @return 0: the call's result has its outcome
 */
int acct_reauthentication_try(acct_reauthentication_t *act);

/** The try is over, if there was one. @param is_failure 0: it is given
 *  back */
void acct_reauthentication_settle(acct_reauthentication_t *act,
                                  int is_failure);

/**
 * In the transaction that changes the account: lock it, and see whether the
 * request may still act for it.
 * @param account out: as it is now
 * @return APR_NOTFOUND when the account is gone or blocked, or the token was
 *         ended meanwhile; APR_EAGAIN when the password that was verified is
 *         its password no more
 */
apr_status_t acct_reauthentication_lock(const acct_reauthentication_t *act,
                                        acct_db_t *db,
                                        acct_account_t *account,
                                        apr_pool_t *pool);

/**
 * What came of that transaction, which revokes what is believed of the
 * account's tokens: that, and the call's result, which is ACCT_OK with
 * @a account, ACCT_INVALID_TOKEN, or ACCT_UNAVAILABLE.
 */
void acct_reauthentication_end(const acct_reauthentication_t *act,
                               const acct_account_t *account,
                               apr_status_t status);

#endif
