/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a dialect says of the mails that its routes order: "mails" and "link"
 * of a file. Constant; safe from any thread.
 */
#ifndef ACCT_DIALECT_MAILS_H
#define ACCT_DIALECT_MAILS_H

#include <apr_time.h>

#include "base/mail_text.h"
#include "base/uid.h"

/* One kind of mail. */
typedef struct acct_dialect_mail_t {
    const acct_mail_text_t *subject;    /* NULL: the template's */
    const acct_mail_text_t *link;   /* what follows AcctAuthMailLinkBase; NULL:
                                     * the usual */
    const char *name;           /* of its template; NULL: the kind's */
    apr_interval_time_t lifetime;   /* of its link; 0: the usual one */
    int is_plain;               /* without the template's HTML */
    int says_html;              /* whether it is, was said */
    int is_named;               /* it stands in "mails": what tells of a
                                 * change is mailed then alone */
} acct_dialect_mail_t;

typedef struct acct_dialect_mails_t {
    acct_dialect_mail_t kind[ACCT_MAIL__COUNT];
    acct_uid_e uid;             /* how links spell an account's id */
} acct_dialect_mails_t;

/* How long links live where nothing else is said: one that opens an account
 * for an hour, one that proves an address until the weekend is over. */
#define ACCT_LINK_LIFETIME_RESET apr_time_from_sec(3600)
#define ACCT_LINK_LIFETIME_VERIFY apr_time_from_sec(3 * 86400)

/** The lifetime of the link in a mail.
 *  @param mails of its dialect, or NULL */
apr_interval_time_t acct_link_lifetime(const acct_dialect_mails_t *mails,
                                       acct_mail_kind_e kind);

#endif
