/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The room of mails: what is sent to the address of an account. A request
 * inserts a row and answers; what makes a mail of the row runs later and
 * somewhere else (a thread of the server, or the operator's command), so that
 * no request waits for a mail and none can be told by its time from another.
 * The room may use dialect and the rooms below it.
 *
 * The files, in the way of a mail:
 *   order.c           a mail is ordered: a row
 *   spool.c           rows are taken, sent, and tried again
 *   letter.c          a row becomes a letter: the account, a link, the texts
 *   link_text.c       the secret of a link
 *   site.c            what a virtual host's mails are made with
 *   templates.c       files that mails are made of, by kind and language
 *   template_check.c  what is wrong with them all together
 *   language.c        which language a client asks for
 *   mime_message.c    subject and bodies to a message (RFC 5322)
 *   sendmail.c        the message to a program of the system
 *   program.c         that program is started
 *   smtp.c            the settings of the one that speaks SMTP
 *
 * Kinds of mails and their placeholders are in base/mail_text.h, since a
 * dialect names them too.
 */
#ifndef ACCT_MAIL_H
#define ACCT_MAIL_H

/* What became of a mail that was handed over. */
typedef enum {
    ACCT_MAIL_SENT,             /* it is another's to deliver now */
    ACCT_MAIL_LATER,            /* it was not taken, or nobody knows; it may
                                 * be taken when it is tried again */
    ACCT_MAIL_NEVER             /* it will not be taken however often it is
                                 * tried */
} acct_mail_fate_e;

#endif
