/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The language of a mail: which of those that there are a client asks for.
 *
 * No state; safe from any thread.
 */
#ifndef ACCT_LANGUAGE_H
#define ACCT_LANGUAGE_H

#include <apr_hash.h>

#define ACCT_LANGUAGE_MAX 35    /* bytes of a tag (RFC 5646, 4.4.1) */

/* The longest Accept-Language that is read, in bytes; more of it says
 * nothing. */
#define ACCT_ACCEPT_LANGUAGE_MAX 512

/** Whether a text is a language tag in lower case: "en", "pt-br". */
int acct_language_is_tag(const char *text);

/**
 * Choose one.
 * @param accept    value of Accept-Language (RFC 9110, 12.5.4), or NULL
 * @param languages those that there are: const char *, each by itself
 * @param otherwise where none of them is asked for
 * @return a value of @a languages, or @a otherwise: a client's own text goes
 *         nowhere
 */
const char *acct_language_choose(const char *accept, apr_hash_t *languages,
                                 const char *otherwise);

#endif
