/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A subject and a text to a message (RFC 5322, MIME of RFC 2045 to 2047).
 *
 * What goes into a header is never cleaned: a value with a control character
 * is refused, since a line end in it would be a header of somebody's choice,
 * and in an address a command of SMTP. Bodies are base64, so nothing on the
 * way breaks their lines, changes their bytes or finds a line of one dot.
 *
 * No state; safe from any thread. Texts are UTF-8, results in the pool.
 */
#ifndef ACCT_MESSAGE_H
#define ACCT_MESSAGE_H

#include <apr_pools.h>
#include <apr_time.h>

/* From whom mails are. */
typedef struct acct_mail_from_t {
    const char *name;           /* before the address, or NULL */
    const char *address;        /* as acct_mail_address() has it */
} acct_mail_from_t;

typedef struct acct_mail_message_t {
    const acct_mail_from_t *from;
    const char *to;             /* an address as an account has it; judged
                                 * here again */
    const char *host;           /* this server's name, for the Message-ID; one
                                 * that is none, or NULL: the domain of the
                                 * sender's address is taken */
    const char *language;       /* a language tag (RFC 5646), or NULL */
    const char *subject;
    const char *text;
    const char *html;           /* the same as HTML, or NULL */
    apr_time_t date;
} acct_mail_message_t;

/**
 * An address as it is sent to: checked by the grammar of addresses
 * (text/identifier.h), its domain as A-labels, an IPv6 address with its tag
 * (RFC 5321, 4.1.3).
 * @return APR_EINVAL when it is none that can be sent to; nothing of it is to
 *         be shown then
 */
apr_status_t acct_mail_address(const char *text, const char **address,
                               apr_pool_t *pool);

/**
 * Read "accounts@example.com" or "Example <accounts@example.com>"; quotation
 * marks round the name are taken away.
 * @param error out, on APR_EINVAL: what is wrong, what to write
 */
apr_status_t acct_mail_from_parse(acct_mail_from_t *from, const char *text,
                                  const char **error, apr_pool_t *pool);

/** Whether a text may stand in a header: UTF-8 without control characters
 *  (C0, DEL, C1). */
int acct_mail_is_header_text(const char *text);

/**
 * Make a message. Its lines end in LF, none is longer than 78 characters but
 * by a long address.
 * @param bytes out: the message, NUL-terminated
 * @param error out, on APR_EINVAL: which value is wrong, and how; shows
 *              nothing of it
 * @return APR_EINVAL, APR_EGENERAL (no random numbers)
 */
apr_status_t acct_mail_message(const acct_mail_message_t *message,
                               const char **bytes, const char **error,
                               apr_pool_t *pool);

#endif
