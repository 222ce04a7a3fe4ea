/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The logs themselves: each is opened once for all virtual hosts that name it,
 * by the parent, as root, at the start and at each reload (a file that was
 * renamed is made anew).
 */
#ifndef ACCT_AUDIT_LOG_H
#define ACCT_AUDIT_LOG_H

#include <httpd.h>

#include "config/config.h"

/* An open log. In pconf. */
typedef struct acct_audit_log_t {
    int fd;                     /* file, pipe, or socket of syslog; -1: it
                                 * could not be opened */
    int number;                 /* of this configuration's, from 0 */
} acct_audit_log_t;

/** Open the logs of all servers. One that cannot be opened is reported in the
 *  error log and stops nothing: its lines are lost, and counted. Parent. */
void acct_audit_open(server_rec *main_server, apr_pool_t *pconf);

/**
 * Write a line.
 * @param torn see acct_audit_append(); NULL: there is no shared memory
 * @return why it is lost, or APR_SUCCESS
 * Any thread, any process.
 */
apr_status_t acct_audit_write(const acct_audit_conf_t *audit,
                              const char *line, apr_size_t length,
                              _Atomic(int) *torn);

/* audit/keys.c */

/** Hook post_config. */
void acct_audit_keys_hooks(void);

#endif
