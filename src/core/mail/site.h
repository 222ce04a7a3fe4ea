/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is configured of a virtual host's mails. Made while the configuration
 * is read (or by the command, of what httpd tells it); constant afterwards,
 * safe from any thread.
 */
#ifndef ACCT_SITE_H
#define ACCT_SITE_H

#include <apr_hash.h>

#include "mail/mime_message.h"
#include "mail/smtp.h"
#include "mail/templates.h"

/* Who takes mails. */
typedef enum {
    ACCT_TRANSPORT_OFF,         /* none is ordered */
    ACCT_TRANSPORT_SENDMAIL,    /* a program, by the server */
    ACCT_TRANSPORT_SMTP,        /* a mail server, by acctauth-smtp */
    ACCT_TRANSPORT_SPOOL        /* they stay in the database until the
                                 * operator's command fetches them */
} acct_mail_transport_e;

/* The most mails that are handed over. */
typedef struct acct_mail_limits_t {
    int address_hour;           /* to one address, in an hour */
    int address_day;
    int server_hour;            /* of all that share a database */
} acct_mail_limits_t;

#define ACCT_MAIL_LIMITS_DEFAULT { 3, 10, 1000 }

/* How many rows there can be: then no more is ordered. */
#define ACCT_MAIL_ROWS_MAX 10000

typedef struct acct_mail_site_t {
    const char *name;           /* ServerName: what its rows are known by */
    acct_mail_transport_e transport;
    const char *program;        /* absolute path; NULL with SPOOL: the
                                 * usual one */
    const acct_smtp_t *smtp;    /* what the program is told; NULL: nothing */
    acct_mail_from_t from;
    const char *link_base;      /* ends in '/' */
    const char *site_name;      /* {site.name} */
    const acct_mail_templates_t *templates;
    acct_mail_limits_t limits;
    apr_hash_t *dialects;       /* const acct_dialect_t * by name; a row's may
                                 * be gone since */
} acct_mail_site_t;

/**
 * Read the site's templates, and check them: the module's, and over them those
 * of a folder.
 * @param site     its dialects are there; its templates are set
 * @param language of which each kind has one, or NULL: English
 * @param folder   the operator's, or NULL
 * @param errors   a sentence is added for each mistake, as
 *                 acct_mail_templates_read() does
 */
void acct_mail_site_read(acct_mail_site_t *site, const char *language,
                         const char *folder, apr_array_header_t *errors,
                         apr_pool_t *pool);

#endif
