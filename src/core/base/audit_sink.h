/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where lines of an audit log go: a file or pipe, or the system's log. No
 * caller ever waits here for a disk's space, a program or a daemon: what is
 * not taken at once is lost, and the caller told so.
 */
#ifndef ACCT_AUDIT_SINK_H
#define ACCT_AUDIT_SINK_H

#include <apr_errno.h>
#include <stddef.h>

/**
 * Append a line to a file (O_APPEND) or a pipe (O_NONBLOCK), by one write(2).
 * @param torn shared by all that append to it, 0 at first: a full disk may
 *             take a part of a line; the next line that goes in begins with a
 *             line feed, so that only the torn one is damaged. NULL: there is
 *             one line only
 * @return APR_SUCCESS, or why the line is lost
 * Any thread, any process.
 */
apr_status_t acct_audit_append(int fd, const char *line, size_t length,
                               _Atomic(int) *torn);

/** The code of a facility ("authpriv", "local0"), or -1. */
int acct_syslog_facility(const char *name);

/** All names of facilities, with ", " between. */
const char *acct_syslog_facilities(void);

/** A socket for acct_syslog_send(), which is not connected, so it outlives a
 *  restart of the daemon. @return -1: there is none (errno) */
int acct_syslog_open(void);

/**
 * Send a line to the system's log (/dev/log) at the level info, as RFC 3164
 * has it; a line feed at its end is left out.
 * @param ident "acctauth": what the log shows as the program
 * @return APR_SUCCESS, or why the line is lost
 * Any thread.
 */
apr_status_t acct_syslog_send(int fd, int facility, const char *ident,
                              const char *line, size_t length);

#endif
