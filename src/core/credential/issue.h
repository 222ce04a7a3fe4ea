/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a token is issued, and how a password is hashed inside the gate.
 */
#ifndef ACCT_ISSUE_H
#define ACCT_ISSUE_H

#include "credential/credential.h"
#include "limit/known.h"
#include "password/password.h"

/* credential/issue.c */

/* What a login or registration writes, and what comes of it. */
typedef struct acct_issue_t {
    const acct_call_t *call;
    const acct_attempt_t *attempt;
    const acct_known_t *known;  /* the client's network, to the account */
    acct_account_t *account;
    apr_int64_t id;             /* login: whose */
    const char *verified;       /* login: the stored hash that matched */
    const char *rehashed;       /* login: a better one, or NULL */
    int used_recovery_code;     /* out, login: in place of a one-time code */
    const char *text;           /* out: the token */
    acct_token_t token;         /* out */
    int minted;                 /* out: it is a new one */
    int dropped;                /* out: older tokens that were ended */
} acct_issue_t;

/** Whether a token has expired, by this machine's clock. */
int acct_token_has_expired(const acct_token_t *token);

/* The dialect refuses the account another token. */
#define ACCT_TOKENS_ENOUGH (APR_OS_START_USERERR + 3)

/** Whether the dialect lets the account have another token; in the caller's
 *  transaction, with the account locked. Counted are those that live and are
 *  not reusable, of whatever dialect. @return ACCT_TOKENS_ENOUGH: it does
 *  not */
apr_status_t acct_check_limit(const acct_issue_t *issue, acct_db_t *db,
                              apr_pool_t *pool);

/** Give the account issue->account its token, in the caller's transaction: the
 *  reusable one, or one that is made. A reusable one that has expired is
 *  ended, and counted in issue->dropped.
 *  @return ACCT_CHECK_STANDS when the check of tokens (token/check_row.h)
 *          stands in the way: roll back, acct_end_check(), again */
apr_status_t acct_issue_token(acct_issue_t *issue, acct_db_t *db,
                              apr_pool_t *pool);

/** End the oldest tokens where the account would have too many; in the
 *  caller's transaction, with the account locked. Counts them in
 *  issue->dropped. */
apr_status_t acct_make_room(acct_issue_t *issue, acct_db_t *db,
                            apr_pool_t *pool);

/** A token was to go in that servers would refuse unseen: have them look
 *  tokens up from now on. @return 0 when that cannot be done */
int acct_end_check(const acct_service_t *service, apr_pool_t *pool);

/** The account and the token that was issued into the call's result, and what
 *  became of tokens to the audit log; after the commit. */
void acct_tell_token(const acct_issue_t *issue);

/* credential/hash.c */

/* What is hashed or verified, and what comes of it. */

typedef struct acct_hash_t {
    const acct_service_t *service;
    const char *password;
    const char *stored;         /* verify: NULL for an unknown name */
    const char *dummy;          /* verify: in its place; acct_dummy_for() */
    int never_matches;          /* verify: what is right is told as wrong is,
                                 * for the same work */
    acct_password_verdict_e verdict;
    const char *hash;           /* out: a new hash, or NULL */
    apr_status_t status;
    apr_pool_t *pool;
} acct_hash_t;

/** Hash hash->password, or verify it against hash->stored; for
 *  acct_gate_run(), with an acct_hash_t. Where a better hash than the
 *  stored one is to be had, verifying makes it. */
void acct_do_hash(void *baton);
void acct_do_verify(void *baton);

/** Only compare hash->password with hash->stored: no dummy, no better
 *  hash. */
void acct_do_compare(void *baton);

/** Hash the new password of a call's form, inside the gate.
 *  @param is_known as acct_gate_run() has it
 *  @return NULL: the call has its outcome */
const char *acct_call_hash(const acct_call_t *call, int is_known);

#endif
