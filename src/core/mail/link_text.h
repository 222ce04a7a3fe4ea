/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The secret of a link that is mailed. (The account's id beside it is
 * base/uid.h's.)
 *
 * It looks like what Django makes ("base36-hex"), since the routers
 * of front ends that were written for it take nothing else:
 * [0-9A-Za-z]{1,13}-[0-9A-Za-z]{1,32}. The part before the hyphen is the time
 * it was made at and says nothing to anybody; the other is 128 random bits.
 * Of letters and digits alone, so no mail reader or template changes it.
 *
 * No state; safe from any thread.
 */
#ifndef ACCT_LINK_TEXT_H
#define ACCT_LINK_TEXT_H

#include <apr_pools.h>
#include <apr_time.h>

#include "token/token.h"

/**
 * Make the secret of a link.
 * @param now    what its first part says
 * @param text   in @a pool: for the mail alone, never stored nor logged
 * @param digest what is stored: SHA-256 of the text in hex
 * @return APR_EGENERAL when OpenSSL could not; there is no secret then
 */
apr_status_t acct_link_text_make(const char **text,
                                 char digest[ACCT_DIGEST_HEX + 1],
                                 apr_time_t now, apr_pool_t *pool);

/** The digest that a presented text would be stored under.
 *  @return APR_EINVAL when it is not of the form, so that nothing need be
 *          looked up; APR_EGENERAL */
apr_status_t acct_link_text_digest(const char *text,
                                   char digest[ACCT_DIGEST_HEX + 1]);

#endif
