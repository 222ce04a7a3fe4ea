/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mails that operations order: a row in the transaction of what they are
 * about, and nothing else (mail/order.h). In the request's thread.
 */
#ifndef ACCT_MAIL_REQUEST_H
#define ACCT_MAIL_REQUEST_H

#include "account/account.h"
#include "base/mail_text.h"

/** Whether a mail of this kind is ordered where there is occasion: the site
 *  mails and the dialect has the kind. */
int acct_mail_is_wanted(const acct_call_t *call, acct_mail_kind_e kind);

/**
 * Tell an account by mail of what is done in the caller's transaction, where
 * its site mails and the dialect has mails of this kind; else nothing. A full
 * spool keeps no operation from being done.
 * @param account     with its address; without one nothing is mailed
 * @param address     instead of the account's; NULL: that one
 * @param address_key of it
 */
apr_status_t acct_mail_notice(const acct_call_t *call, acct_db_t *db,
                              acct_mail_kind_e kind,
                              const acct_account_t *account,
                              const char *address, const char *address_key,
                              apr_pool_t *pool);

#endif
