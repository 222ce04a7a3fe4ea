/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A message to a program of the system that is called like sendmail, which all
 * mail servers bring along: PROGRAM -i -f FROM -- ADDRESS, the message on its
 * standard input.
 *
 * No shell reads any of it. The sender of the envelope is given (-f), since
 * else it would be the user that httpd runs as: SPF fails by that and bounces
 * reach nobody. The address stands behind "--", so none is taken for an
 * option, and -t is not given, so the message's headers name no recipient.
 *
 * The program is started by posix_spawn(), from a process with many threads:
 * its child shares the memory until it runs the program and does nothing in
 * between but what it is told here, where a fork() would run APR's cleanups
 * and the fork handlers of every library in a copy whose locks other threads
 * held. It has no other descriptors than its three (and a fourth with its
 * settings, where it has any), PATH as its whole environment, no signal
 * blocked or ignored, and a process group of its own, all of which is killed
 * when its time is over. It is waited for by its pid,
 * never by a handler of SIGCHLD, which would be httpd's.
 *
 * Safe from any thread.
 */
#ifndef ACCT_SENDMAIL_H
#define ACCT_SENDMAIL_H

#include <apr_pools.h>
#include <apr_time.h>

#include "mail/mail.h"

#define ACCT_SENDMAIL_DEFAULT "/usr/sbin/sendmail"
#define ACCT_SENDMAIL_PATIENCE apr_time_from_sec(10)

typedef struct acct_sendmail_t {
    const char *program;        /* absolute path */
    const char *from;           /* the envelope's, as acct_mail_address() */
    const char *address;        /* the same of the recipient */
    const char *message;        /* lines that end in LF, NUL-terminated */
    const char *settings;       /* what it can read on descriptor 3, at most
                                 * 4096 bytes and perhaps secret; NULL: it has
                                 * none */
    apr_interval_time_t patience;   /* for all of it */
    int (*is_ending)(void *baton);  /* whether the process ends, so that there
                                     * is a second left at most; or NULL */
    void *baton;
} acct_sendmail_t;

/**
 * Hand a message over and wait for what becomes of it, at most for the
 * patience given.
 * @param why out: where it was not taken a few words for the log, without the
 *            address; in @a pool
 */
acct_mail_fate_e acct_sendmail(const acct_sendmail_t *mail, const char **why,
                               apr_pool_t *pool);

#endif
