/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operations that act by a link that was mailed: which link a form names,
 * whose it is, and its one use in the transaction that does what it is for.
 *
 * A link is good for one purpose and for the address that it was mailed to. It
 * ends by its use, by a newer one, when its time is over, with the account or
 * a block of it, when the account has another address by then; one that sets a
 * password also by a change of the password and by a sign-in. A link that
 * activated an account tells so until the first sign-in.
 *
 * In the request's thread.
 */
#ifndef ACCT_MAILED_LINK_H
#define ACCT_MAILED_LINK_H

#include "credential/credential.h"
#include "credential/attempt.h"
#include "tables/links.h"

/* What links are for: purposes in the table, and the kinds of mails that bring
 * them (base/mail_text.h). */
#define ACCT_LINK_PASSWORD_RESET "password-reset"
#define ACCT_LINK_USERNAME_RESET "username-reset"
#define ACCT_LINK_ACTIVATION "activation"
#define ACCT_LINK_VERIFY_EMAIL "verify-email"

/* The caller's, on its stack. */
typedef struct acct_mailed_link_t {
    const acct_call_t *call;
    acct_link_t link;           /* out, in the call's pool; digest NULL: no
                                 * such link */
    acct_account_t account;     /* out: whose it is, as it was read */
    int is_wrong;               /* out: one was sent, and is not good */
    acct_attempt_t attempt;     /* a link that is wrong counts as a wrong
                                 * password of the client's network */
    int is_begun;
} acct_mailed_link_t;

/**
 * Find the link that the call's form names.
 * One that is not good is a problem of the form: ACCT_PROBLEM_UNKNOWN of the
 * uid where that is no account's, else ACCT_PROBLEM_WRONG of the token; where
 * the form has a link_key the call ends in ACCT_LINK_UNKNOWN. Which account
 * there is can be asked by its number, as it can of those whose API this is.
 * Where the form has other problems that come first, no link is looked for.
 * @param purposes that will do; ends with NULL
 * @return 0: the call's result has its outcome. Either way it is followed by
 *         acct_mailed_link_end()
 */
int acct_mailed_link_begin(acct_mailed_link_t *found,
                           const acct_call_t *call,
                           const char *const *purposes);

/** Whether it was mailed, so that its use proves the address; else an operator
 *  handed it over in another way. */
int acct_mailed_link_proves(const acct_mailed_link_t *found);

/** The call is over. */
void acct_mailed_link_end(acct_mailed_link_t *found);

/**
 * In the transaction: lock the account, and see once more whether the link is
 * good for it.
 * @param account out: as it is now
 * @return APR_NOTFOUND when it is not
 */
apr_status_t acct_mailed_link_lock(const acct_mailed_link_t *found,
                                   acct_db_t *db, acct_account_t *account,
                                   apr_pool_t *pool);

/** Use it up, after acct_mailed_link_lock(). APR_NOTFOUND: another request
 *  did. */
apr_status_t acct_mailed_link_use(const acct_mailed_link_t *found,
                                  acct_db_t *db, apr_pool_t *pool);

/**
 * What came of the transaction that acted by the link, for the call's result:
 * ACCT_OK with @a account, the problem or outcome of a link that is not good
 * (APR_NOTFOUND), or ACCT_UNAVAILABLE. What is believed of the account's
 * tokens is revoked.
 * @return 0: not ACCT_OK
 */
int acct_mailed_link_conclude(const acct_mailed_link_t *found,
                              const acct_account_t *account,
                              apr_status_t status);

#endif
