/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The settings of the program that hands mails to a mail server by SMTP
 * (src/smtp), which is called like sendmail and reads them on a descriptor, so
 * that neither its arguments nor its environment show a password.
 *
 * No state; safe from any thread.
 */
#ifndef ACCT_SMTP_H
#define ACCT_SMTP_H

#include <apr_pools.h>

typedef struct acct_smtp_t {
    const char *url;            /* "smtp://mail.example.com:587" or smtps */
    int is_local;               /* its host is this machine */
    int is_plain;               /* without TLS, where the URL is smtp */
    const char *ca;             /* file of the authorities that its
                                 * certificate may be of; NULL: the system's */
    const char *user;           /* NULL: it does not sign in */
    const char *password;       /* secret */
    const char *away;           /* why the two cannot be had now, though they
                                 * are asked for; NULL: they can */
} acct_smtp_t;

/** Whether a word is an address of the form that acct_smtp_parse() reads,
 *  right or wrong. */
int acct_smtp_is_url(const char *text);

/**
 * Read smtp://HOST, smtp://HOST:PORT or the same with smtps. Without TLS is
 * what goes to this machine; nothing else is.
 * @param smtp  out: all of it
 * @param error out, on APR_EINVAL: what is wrong, what to write
 */
apr_status_t acct_smtp_parse(acct_smtp_t *smtp, const char *text,
                             const char **error, apr_pool_t *pool);

/**
 * Read user and password from a file: its first line and its second one. What
 * is wrong with it is in @a smtp->away, too; a command that ends it with it.
 */
apr_status_t acct_smtp_read_password(acct_smtp_t *smtp, const char *path,
                                     apr_pool_t *pool);

/** The settings as the program reads them. Secret. */
const char *acct_smtp_settings(const acct_smtp_t *smtp, apr_pool_t *pool);

/** Take them apart, in the program. @param text is cut up
 *  @return APR_EINVAL when they are not what acct_smtp_settings() writes */
apr_status_t acct_smtp_settings_read(acct_smtp_t *smtp, char *text);

#endif
