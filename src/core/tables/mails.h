/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables mail and mail_count: what is to be mailed, and how much was. See
 * store/store.h for what holds for all functions.
 */
#ifndef ACCT_STORE_MAILS_H
#define ACCT_STORE_MAILS_H

#include <apr_tables.h>

#include "store/store.h"

typedef struct acct_mail_t {
    apr_int64_t id;
    const char *kind;           /* what it is about */
    const char *site;           /* ServerName of the virtual host whose
                                 * directives count */
    const char *dialect;        /* "" where none is */
    const char *language;       /* "" where it is not known */
    apr_int64_t account_id;     /* 0: looked up by the address */
    const char *address;        /* "" where it is the account's */
    const char *address_key;
    apr_time_t created_at;
    apr_time_t next_at;         /* when it is tried next */
    apr_time_t expires_at;      /* when it is given up */
    int tries;                  /* so far */
    const char *claimed_by;     /* the server that is at it; "": none */
    apr_time_t claimed_at;      /* 0: none is */
    const char *last_error;     /* "" where it was not tried */
} acct_mail_t;

/**
 * Insert a mail; what its id, tries, claim and error say is not looked at.
 * @param most how many rows there may be
 * @return APR_ENOSPC: there are so many (nothing inserted)
 */
apr_status_t acct_store_mail_insert(acct_db_t *db, const acct_mail_t *mail,
                                    int most, apr_pool_t *pool);

/** Delete those whose time was over before @a before and that nobody is at
 *  since: of a virtual host that is configured no more. At most @a limit. */
apr_status_t acct_store_mail_purge(acct_db_t *db, apr_time_t before,
                                   int limit, int *changed,
                                   apr_pool_t *pool);

/* Which mails are taken, and by whom. */
typedef struct acct_mail_claim_t {
    const char *sites;          /* of these virtual hosts: each between two
                                 * line feeds, "\nSITE\nSITE\n" */
    const char *server;         /* a name for the caller, not "" */
    apr_time_t now;             /* the time of the claim: to be another one
                                 * each time */
    apr_time_t stale;           /* claims of before are no more: their server
                                 * ended */
    int limit;
} acct_mail_claim_t;

/**
 * Take mails that are due for a server, those that are due the longest first.
 * No other server gets one of them before the time of the claim is stale.
 * Waits for no other transaction. In a transaction of its own.
 * @param list   array of acct_mail_t
 */
apr_status_t acct_store_mail_claim(acct_db_t *db,
                                   const acct_mail_claim_t *claim,
                                   apr_array_header_t **list,
                                   apr_pool_t *pool);

/** Whether acct_store_mail_claim() would take any; writes nothing. */
apr_status_t acct_store_mail_due(acct_db_t *db,
                                 const acct_mail_claim_t *claim, int *is_due,
                                 apr_pool_t *pool);

/** Delete one that was handed over or is given up. APR_NOTFOUND: the claim
 *  is another's by now. @param mail id, claimed_by and claimed_at count */
apr_status_t acct_store_mail_delete(acct_db_t *db, const acct_mail_t *mail,
                                    apr_pool_t *pool);

/**
 * Give one back, to be tried at @a next_at. APR_NOTFOUND: the claim is
 * another's by now.
 * @param tried whether that was a try
 * @param error what came of it, "" for nothing
 */
apr_status_t acct_store_mail_put_back(acct_db_t *db, const acct_mail_t *mail,
                                      apr_time_t next_at, int tried,
                                      const char *error, apr_pool_t *pool);

/** Those with ids above @a after, in order, at most @a limit. Array of
 *  acct_mail_t. */
apr_status_t acct_store_mail_list(acct_db_t *db, apr_int64_t after,
                                  int limit, apr_array_header_t **list,
                                  apr_pool_t *pool);

typedef struct acct_mails_waiting_t {
    int count;
    apr_time_t next_at;         /* the earliest; 0 without any */
    apr_time_t oldest;          /* created_at; 0 without any */
} acct_mails_waiting_t;

/** How many there are, being tried or not. Looks at all of them. */
apr_status_t acct_store_mail_waiting(acct_db_t *db,
                                     acct_mails_waiting_t *waiting,
                                     apr_pool_t *pool);

/** The hour of a time, as the table mail_count has it. */
#define ACCT_MAIL_HOUR(time) ((time) / (APR_USEC_PER_SEC * 3600))

/** Count @a n mails more for a key, in an hour. */
apr_status_t acct_store_mail_count_add(acct_db_t *db, const char *key,
                                       apr_int64_t hour, int n,
                                       apr_pool_t *pool);

/** How many were counted for a key since the beginning of an hour. */
apr_status_t acct_store_mail_count_sum(acct_db_t *db, const char *key,
                                       apr_int64_t hour, apr_int64_t *sum,
                                       apr_pool_t *pool);

/** Delete counts of the hours before @a hour, at most @a limit. */
apr_status_t acct_store_mail_count_purge(acct_db_t *db, apr_int64_t hour,
                                         int limit, int *changed,
                                         apr_pool_t *pool);

#endif
