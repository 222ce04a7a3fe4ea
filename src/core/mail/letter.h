/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A row of the table mail becomes a letter: the account is looked up, the link
 * is made, and the texts are filled in.
 */
#ifndef ACCT_LETTER_H
#define ACCT_LETTER_H

#include "database/database.h"
#include "mail/site.h"
#include "tables/mails.h"

/* What can be made of a row. */
typedef enum {
    ACCT_LETTER_READY,
    ACCT_LETTER_UNWANTED,       /* no such account, or what the mail is about
                                 * is so no more, or the address has had its
                                 * share: nothing is told of it */
    ACCT_LETTER_FULL,           /* the server has sent its share for now */
    ACCT_LETTER_BAD             /* no letter can be made of it */
} acct_letter_e;

typedef struct acct_letter_t {
    acct_letter_e what;
    const char *why;            /* BAD: what is wrong; shows no address */
    acct_mail_kind_e kind;
    apr_int64_t account_id;     /* 0: there is none */
    const char *address;        /* as acct_mail_address() has it; NULL: it was
                                 * not known so far */
    const char *message;
    const char *count_key;      /* of the address, in the table mail_count */
} acct_letter_t;

/* The key of all servers of a database in the table mail_count. */
#define ACCT_LETTER_SERVER_KEY "server"

/**
 * Make the letter. In a transaction, which locks the account and puts the link
 * where an earlier one of its purpose was; nothing is handed over yet.
 * @param letter out
 * @return a failure of the database; then nothing is known
 */
apr_status_t acct_letter_make(acct_db_t *db, const acct_mail_t *row,
                              const acct_mail_site_t *site, apr_time_t now,
                              acct_letter_t *letter, apr_pool_t *pool);

/**
 * The link alone, for an operator to hand on. In a transaction, as
 * acct_letter_make(); for who has no address too, where it needs none.
 * @param row    account_id and dialect count
 * @param letter out: kind and what; ACCT_LETTER_UNWANTED where the state of
 *               the account is none for it
 * @param link   out, with ACCT_LETTER_READY: the whole link. Secret
 * @return APR_NOTFOUND: the account is gone
 */
apr_status_t acct_letter_link(acct_db_t *db, const acct_mail_t *row,
                              const acct_mail_site_t *site,
                              acct_mail_kind_e kind, acct_letter_t *letter,
                              const char **link, apr_pool_t *pool);

#endif
