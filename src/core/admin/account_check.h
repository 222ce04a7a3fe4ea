/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is wrong with what an operator says of an account, as a sentence for
 * the operator; and what the files of this room share. Strings live in the
 * pool passed; any thread.
 */
#ifndef ACCT_ADMIN_ACCOUNT_CHECK_H
#define ACCT_ADMIN_ACCOUNT_CHECK_H

#include <apr_pools.h>
#include "base/service.h"
#include "store/store.h"

/** Of an account that is to be made: NULL when nothing is wrong. Fills in the
 *  canonical forms. */
const char *acct_account_check(acct_account_t *account, apr_pool_t *pool);

/** The parts of it: the username, the address (each is there), the first and
 *  last name. */
const char *acct_account_check_username(acct_account_t *account,
                                        apr_pool_t *pool);
const char *acct_account_check_email(acct_account_t *account,
                                     apr_pool_t *pool);
const char *acct_account_check_names(acct_account_t *account,
                                     apr_pool_t *pool);

/** Of a password for it. */
const char *acct_account_check_password(const acct_service_t *service,
                                        const acct_account_t *account,
                                        const char *password,
                                        apr_pool_t *pool);

/** Raise the event of what was done, or may have been: by @a status its
 *  outcome, and nothing where it was not. */
void acct_admin_tell(const acct_service_t *service, acct_event_t *event,
                     apr_status_t status);

#endif
