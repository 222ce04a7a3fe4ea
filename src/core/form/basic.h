/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Name and password of HTTP Basic (RFC 7617), in UTF-8, as the fields of a
 * sign-in. In two steps, since a client that may not try now is refused in
 * between. Safe from any thread.
 */
#ifndef ACCT_BASIC_H
#define ACCT_BASIC_H

#include "form/form.h"

#define ACCT_BASIC_SCHEME "Basic"

/**
 * Count the words of the credentials; nothing is decoded.
 * @param at where they begin, as acct_token_after_scheme() says; NULL: there
 *           are none
 * @return ACCT_OK for one, ACCT_NOT_AUTHENTICATED, ACCT_BASIC_ABSENT,
 *         ACCT_BASIC_SPACES
 */
acct_outcome_e acct_basic_look(const char *at);

/**
 * Decode them. What is before the first colon is the identifier, the rest is
 * the password, both exactly.
 * @param at   what acct_basic_look() said ACCT_OK to
 * @param form out: without both values where this is not base64 of UTF-8
 *             with a colon, or where a value is empty, holds a NUL or is
 *             longer than a field could be: nobody's credentials. Wipe it
 *             with acct_form_wipe()
 */
void acct_basic_read(const char *at, acct_form_t *form, apr_pool_t *pool);

#endif
