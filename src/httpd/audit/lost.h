/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines that an audit log did not take: a full disk, a program that does not
 * read or is gone, no daemon. The error log says so once a minute, and how
 * many there were; mod_status shows all since httpd was started. The count is
 * in memory that all children share (memory/segment.h) and outlives reloads.
 */
#ifndef ACCT_AUDIT_LOST_H
#define ACCT_AUDIT_LOST_H

#include <httpd.h>

#include "config/config.h"

/** Count a line that is lost, and tell.
 *  @param r NULL: no request's */
void acct_audit_lost(server_rec *s, request_rec *r, apr_status_t why);

/** The mark of a log that its last line was torn (core/base/audit_sink.h);
 *  NULL where there is no shared memory. */
_Atomic(int) *acct_audit_torn(const server_rec *s);

/** Hooks post_config, drop_privileges, child_init. */
void acct_audit_lost_hooks(void);

#endif
