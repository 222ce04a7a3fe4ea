/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The room of the thread that sends mails: the rows of the table mail, of all
 * virtual hosts whose AcctAuthMail is sendmail or smtp://. It may use process
 * and the rooms that process may.
 *
 * It is a thread of mod_watchdog's in one child, apart from those of the
 * upkeep: a program that hangs keeps mails waiting and nothing else. Twice a
 * second it looks whether any is due, so a mail is on its way within a second
 * of the commit that ordered it. Other servers of the same database do the
 * same; each row is taken by one (mail/spool.h).
 *
 * The files:
 *   worker.c          the thread, and what its child's end does to it
 *   sending.c         what it does for one database, and what the log says
 *   post_status.c     what server-status tells of it
 */
#ifndef ACCT_POST_H
#define ACCT_POST_H

#include <httpd.h>
#include <stdatomic.h>

#include "mail/spool.h"
#include "process/services.h"

/* Counts that all children see; server-status shows them. In shared memory.
 * Each is by itself: no order with anything else is needed. */
typedef struct acct_post_counts_t {
    _Atomic(apr_int64_t) sent;      /* since the server was started or
                                     * reloaded */
    _Atomic(apr_int64_t) later;     /* tries that were put off */
    _Atomic(apr_int64_t) given_up;
    _Atomic(apr_int64_t) waiting;   /* rows, a few seconds ago */
    _Atomic(apr_int64_t) oldest;    /* apr_time_t of its order; 0: none */
} acct_post_counts_t;

/* The mails of one database. In pconf; constant once the children run, but for
 * what a line says. */
typedef struct acct_post_t {
    acct_database_t *database;
    const acct_db_config_t *config;
    server_rec *server;             /* a virtual host of it, for the log */
    apr_array_header_t *sites;      /* const acct_mail_site_t * */
    acct_post_counts_t *counts;
    const _Atomic(int) *ended;      /* not 0 once the child ends */
    /* the sending thread's */
    acct_service_t service;
    acct_spool_t spool;
    int is_refused;                 /* the last ones were not taken */
    apr_interval_time_t full_at;    /* ticks: when the log was told that the
                                     * server has sent its share; 0: never */
    apr_interval_time_t counted_at; /* ticks */
    struct acct_post_t *next;
} acct_post_t;

/** Every server's, or NULL; in the order of the virtual hosts. */
const acct_post_t *acct_post_all(void);

/** The module's hooks for all of it. */
void acct_post_hooks(void);

/* post/sending.c */

/** Get ready in a child, before its threads. */
void acct_post_prepare(acct_post_t *post, apr_pool_t *pchild);

/** Send what is due of one database. In the sending thread, with its lock. */
void acct_post_send(acct_post_t *post, apr_pool_t *pool);

/* post/post_status.c */

void acct_post_status_hooks(void);

#endif
