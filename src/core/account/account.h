/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The room of the operations of an account server. Policy lives here and only
 * here: what is checked in which order, what is written in one transaction,
 * what an attacker may not learn from time or answers. It may use every other
 * room of the core but that of the operator (admin).
 *
 * An operation takes connections for one unit of work at a time and holds
 * none while it hashes. It runs in the calling thread and may wait there
 * (gate, database), always bounded by the service's time-outs.
 *
 * The files:
 *   account.c         whose token it is; the current account
 *   register.c        sign up
 *   login.c, login_refusal.c    sign in, or not
 *   logout.c          sign out, here or everywhere
 *   new_password.c, username.c    another password, another username: for the
 *                     account of a token, or by a mailed link
 *   email_change.c    another address, by the password
 *   edit.c, delete.c  what else an account may do with itself
 *   activation.c      activating an account, verifying an address, by a link
 *   mail_request.c    mails that are ordered, and asking for one
 *   session_tokens.c  the account's tokens: listed, called something, ended
 *   enrolment.c       its second factor: begun, confirmed, ended
 *   export.c          all that is stored of it
 *   operations.c      the table of operations: what a dialect can name
 * What these files share is the room below (credential/credential.h).
 */
#ifndef ACCT_ACCOUNT_H
#define ACCT_ACCOUNT_H

#include "credential/credential.h"

/**
 * Whose token this is, now.
 * @return ACCT_OK only after a positive, current answer of the database;
 *         ACCT_INVALID_TOKEN (unknown, expired, revoked: the same for all
 *         three); ACCT_BLOCKED_TOKEN (a live one of an account that is not
 *         active); ACCT_UNAVAILABLE when it cannot be known
 */
acct_outcome_e acct_authenticate(const acct_service_t *service,
                                 const char *token,
                                 acct_identity_t *identity,
                                 apr_pool_t *pool);

/* The operations, for account/operations.c. ACCT_UNAVAILABLE and ACCT_ERROR
 * can come of each, ACCT_THROTTLED of those with a budget. */

/**
 * Make an account from a form, and a token where the route shows one: ACCT_OK
 * with account and token, ACCT_INVALID. The password is hashed before it is
 * known whether the name is free. Problems that need the database are looked
 * for even when the form has others, so that all are reported together.
 */
void acct_register(const acct_call_t *call);

/**
 * Sign in: find the account, verify, and in one transaction look at its
 * state again, accept its second factor, write the last login and give it a
 * token: ACCT_OK with account and token, ACCT_WRONG_CREDENTIALS; ACCT_BLOCKED,
 * ACCT_TOO_MANY_TOKENS and, of an account with a second factor,
 * ACCT_SECOND_FACTOR_REQUIRED, only after the right password, as the problem
 * of a wrong one is; ACCT_IDENTIFIER_ABSENT where the form has fields for name
 * and address, and neither was sent; an address that was sent goes before a
 * name. A form with problems stays ACCT_INVALID. One without name or password
 * is nobody's. On a route that takes no second factor the password of an
 * account that has one is never right.
 * An unknown name costs the same work as a wrong password.
 */
void acct_login(const acct_call_t *call);

/**
 * Sign out: end the presented token; under the policy reuse the account's
 * reusable token as well. Answered after the commit: ACCT_OK,
 * ACCT_INVALID_TOKEN when another request was faster. Without an identity
 * nothing is ended: ACCT_OK, and no account.
 */
void acct_logout(const acct_call_t *call);

/** Sign out everywhere: end all tokens of the account. */
void acct_logout_all(const acct_call_t *call);

/**
 * The current account: all that is known of the account of the token: ACCT_OK,
 * ACCT_INVALID_TOKEN when the account is gone by now.
 */
void acct_current(const acct_call_t *call);

/**
 * Give the token's account another password and end all its tokens but the
 * one that was presented: ACCT_OK with the account, ACCT_INVALID (also for a
 * wrong current password, where the route asks for one), ACCT_INVALID_TOKEN.
 */
void acct_password_change(const acct_call_t *call);

/**
 * The account's tokens that live, the newest first, at most 100: ACCT_OK with
 * the account, ACCT_INVALID_TOKEN when that is gone by now.
 */
void acct_tokens(const acct_call_t *call);

/**
 * Call one of the account's tokens something, the one that the path names,
 * else the one that was presented: ACCT_OK with the account and the token,
 * ACCT_TOKEN_NOT_FOUND (also for another account's), ACCT_INVALID,
 * ACCT_INVALID_TOKEN.
 */
void acct_token_rename(const acct_call_t *call);

/**
 * End one of the account's tokens, chosen as above; of the presented one it is
 * a sign-out: ACCT_OK with the account, ACCT_TOKEN_NOT_FOUND,
 * ACCT_INVALID_TOKEN.
 */
void acct_token_revoke(const acct_call_t *call);

/**
 * All that is stored of the account: ACCT_OK with the account, all its tokens
 * and the other lists, ACCT_INVALID_TOKEN when it is gone by now.
 */
void acct_export(const acct_call_t *call);

/**
 * Give the token's account another username: ACCT_OK with the account,
 * ACCT_INVALID (taken; a wrong current password), ACCT_INVALID_TOKEN. The one
 * that is given up is held for a time.
 */
void acct_username_change(const acct_call_t *call);

/**
 * Give the token's account another address: ACCT_OK with the account,
 * ACCT_INVALID (taken; a wrong current password), ACCT_INVALID_TOKEN. Where
 * the site mails, and the dialect has the mail by which an address is proved,
 * it is the pending one until then, as it is where no password was asked for
 * and the present one is verified; else it is the account's at once. The
 * address of before is told, where the dialect has that mail.
 */
void acct_email_change(const acct_call_t *call);

/**
 * Change what was sent of the names and the address of the token's account,
 * and nothing else: ACCT_OK with the account, ACCT_INVALID,
 * ACCT_INVALID_TOKEN. An address that was verified is replaced only when the
 * new one is: until then that is the pending one.
 */
void acct_edit(const acct_call_t *call);

/**
 * Order a mail with a link to an address, whether or not it is an account's:
 * ACCT_OK, ACCT_INVALID, ACCT_NOT_ENABLED where the site sends none. The third
 * is for the mail that was sent at sign-up, once more.
 */
void acct_password_reset_send(const acct_call_t *call);
void acct_username_reset_send(const acct_call_t *call);
void acct_activate_send(const acct_call_t *call);

/**
 * Act by a mailed link, once: ACCT_OK with the account, ACCT_INVALID (also for
 * a link that is not good), ACCT_LINK_UNKNOWN (the same, where the form has a
 * link_key). A reset ends all tokens and links of the account, and makes the
 * client's network one of its own. ACCT_LINK_SPENT: the account that a link
 * would activate is active.
 */
void acct_password_reset(const acct_call_t *call);
void acct_username_reset(const acct_call_t *call);
void acct_activate(const acct_call_t *call);

/** Whether a link is good, which spends nothing: ACCT_OK with the account,
 *  else as those that act by one. */
void acct_link_check(const acct_call_t *call);

/**
 * Give the token's account the secret of a second factor that is yet to be
 * confirmed, in place of another such: ACCT_OK with the account and the
 * secret, ACCT_INVALID (a wrong current password), ACCT_TOTP_ALREADY,
 * ACCT_NOT_ENABLED where there is no key file, ACCT_INVALID_TOKEN.
 */
void acct_totp_begin(const acct_call_t *call);

/**
 * Confirm it by one of its codes, which is used up by that. Makes recovery
 * codes where the route shows them: ACCT_OK with the account and those,
 * ACCT_INVALID (also for a wrong code), ACCT_TOTP_ALREADY, ACCT_TOTP_ABSENT,
 * ACCT_INVALID_TOKEN.
 */
void acct_totp_confirm(const acct_call_t *call);

/**
 * End the second factor, or make new recovery codes in place of all that are
 * left, by a code of either kind: ACCT_OK with the account (and the codes),
 * ACCT_INVALID, ACCT_TOTP_ABSENT, ACCT_INVALID_TOKEN. Tokens live on.
 */
void acct_totp_disable(const acct_call_t *call);
void acct_recovery_codes(const acct_call_t *call);

/**
 * Delete the token's account with all that is its own: ACCT_OK with the
 * account as it was, ACCT_INVALID (a wrong current password),
 * ACCT_INVALID_TOKEN.
 */
void acct_delete(const acct_call_t *call);

#endif
