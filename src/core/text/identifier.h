/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The room of names, and in this header usernames and email addresses:
 * canonical form and grammar. The grammar is Django's
 * (UnicodeUsernameValidator, EmailValidator), which the clients of these APIs
 * expect. The room may use base alone.
 *
 * No state; safe from any thread. Strings are UTF-8, results in the pool.
 *
 * The files:
 *   identifier.c      folding, composing, usernames
 *   email.c           addresses
 *   domain.c          the domain of an address: what it names (UTS 46)
 *   http_token.c      a word of HTTP (RFC 9110)
 */
#ifndef ACCT_IDENTIFIER_H
#define ACCT_IDENTIFIER_H

#include <apr_pools.h>
#include <apr_errno.h>

#define ACCT_USERNAME_MAX 150   /* code points */
#define ACCT_NAME_MAX 150
#define ACCT_EMAIL_MAX 254
#define ACCT_FOLD_MAX 512       /* code points; a longer text is left as it is:
                                 * it can be no account's name, and the time
                                 * for sorting its marks is quadratic */

/** Code points in a UTF-8 string; -1 when it is not UTF-8. */
int acct_utf8_length(const char *text);

/** Whether a text can be shown in a list or a mail as one line that reads as
 *  it is written: UTF-8 without control characters, line ends and what turns
 *  the direction of writing. */
int acct_text_printable(const char *text);

/** Whether a text is of decimal digits alone, of any script (Unicode's
 *  category Nd), one at least. */
int acct_text_is_numeric(const char *text);

/** Whether a text is of blanks alone, as acct_trim() takes them away, or
 *  empty. */
int acct_text_is_blank(const char *text);

/** The text without blanks at both ends (what Python's str.strip() takes
 *  away: Unicode white space). May be the text itself or its tail; never
 *  NULL ("" for NULL). */
const char *acct_trim(const char *text, apr_pool_t *pool);

/**
 * Text for comparing without case: NFKC (Unicode TR 15) and full case
 * folding (the Unicode standard, 3.13), applied until nothing changes. Copies
 * made on the way are wiped, so that passwords can be folded; the result
 * is the caller's to wipe.
 * @return APR_EINVAL when it is not UTF-8
 */
apr_status_t acct_fold(const char *text, const char **folded,
                       apr_pool_t *pool);

/**
 * NFC (Unicode TR 15): what is the same to a reader, and stays as it is
 * otherwise. For texts of bounded length: sorting marks is quadratic.
 * Copies made on the way are wiped; the result is the caller's to wipe.
 * @return APR_EINVAL when it is not UTF-8
 */
apr_status_t acct_compose(const char *text, char **composed,
                          apr_pool_t *pool);

/**
 * A username as it is stored: trimmed, NFKC (Unicode TR 15).
 * @return APR_EINVAL when it is not UTF-8
 */
apr_status_t acct_username_normalize(const char *text, const char **name,
                                     apr_pool_t *pool);

/** Whether a normalised username has the grammar: 1 or more letters and
 *  digits of any script, and @ . + - _ ; and is a fixed point of
 *  normalisation, and its key one of normalisation and key. Marks that
 *  combine with nothing, blanks and what is invisible are refused. */
int acct_username_valid(const char *name, apr_pool_t *pool);

/**
 * The form a username is unique and looked up by: trimmed and folded
 * (acct_fold()); where it holds an '@', as the address it may be
 * (acct_address_key()), for one may not be another's address in any
 * spelling. Any text has one, so a login looks up whatever it was given.
 * @return APR_EINVAL when it is not UTF-8, APR_ENOMEM
 */
apr_status_t acct_username_key(const char *name, const char **key,
                               apr_pool_t *pool);

/** Whether a trimmed address is one that Django's EmailValidator takes;
 *  text/email.c lists the few differences. Up to 320 code points: the column's
 *  ACCT_EMAIL_MAX is another problem and the caller's. */
int acct_email_valid(const char *email, apr_pool_t *pool);

/** A valid address with the letters of ASCII in lower case, those of its
 *  domain or of the @a whole. */
const char *acct_email_lower(const char *email, int whole, apr_pool_t *pool);

/** The form an address is unique and looked up by: trimmed, the local part
 *  folded (acct_fold()), the domain by what it names (acct_domain_key()).
 *  The key of a username that is spelled like it.
 *  @return APR_EINVAL when it is not UTF-8, APR_ENOMEM */
apr_status_t acct_email_key(const char *email, const char **key,
                            apr_pool_t *pool);

/** The same of a text with an '@', trimmed and NFKC already. */
apr_status_t acct_address_key(const char *text, const char **key,
                              apr_pool_t *pool);

#endif
