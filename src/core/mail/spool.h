/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of the table mail are sent: each is taken for a while, so that no
 * other server sends it too, made a letter (mail/letter.h), handed over, and
 * deleted; or tried again, with waits of 1, 2, 4, 8 ... minutes.
 *
 * No connection is held and no transaction open while a letter is handed over,
 * however long that takes. A worker that ends meanwhile leaves the row claimed
 * for two minutes; then another takes it, and the mail may come twice. What
 * cannot be known is sent again rather than lost.
 *
 * In one thread at a time; any number of servers at once.
 */
#ifndef ACCT_SPOOL_H
#define ACCT_SPOOL_H

#include "base/service.h"
#include "mail/mail.h"
#include "mail/site.h"
#include "tables/mails.h"

#define ACCT_SPOOL_TRIES 10

/* One that sends. */
typedef struct acct_spool_t {
    const acct_service_t *service;  /* its connections */
    const char *server;         /* a name that no other one has now */
    const acct_mail_site_t *const *sites;   /* whose mails it sends */
    int nsites;

    /** Whether no further mail is begun; NULL: all are. */
    int (*is_ending)(void *baton);
    /** A mail was not taken for good, or too often.
     *  @param domain of its address
     *  @param tries  how often it was tried */
    void (*given_up)(void *baton, const acct_mail_t *mail,
                     const char *domain, int tries, const char *why);
    void *baton;
} acct_spool_t;

/* What came of a round. */
typedef struct acct_spool_counts_t {
    int sent;
    int later;
    int given_up;
    int unwanted;               /* nobody was to be mailed */
    int is_full;                /* so many were sent this hour that no more
                                 * are */
    const char *last_error;     /* of one that is tried later, or NULL */
} acct_spool_counts_t;

/**
 * Send what is due, a few at most.
 * @param counts added to
 * @param more   out: there may be others that are due
 * @return a failure of the database, which the service has told
 */
apr_status_t acct_spool_round(const acct_spool_t *spool,
                              acct_spool_counts_t *counts, int *more,
                              apr_pool_t *pool);

/** Hand a letter over by a site's transport, now and in this thread.
 *  @param is_ending as of acct_sendmail_t, with @a baton; or NULL */
acct_mail_fate_e acct_spool_hand_over(const acct_mail_site_t *site,
                                      const char *address,
                                      const char *message,
                                      int (*is_ending)(void *baton),
                                      void *baton, const char **why,
                                      apr_pool_t *pool);

/** The wait before the next try. @param tries so far, 1 or more */
apr_interval_time_t acct_spool_wait(int tries);

#endif
