/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The error log's lines that requests cause, at warn and above: each kind
 * once a minute on the whole server (core/cache/repeat.h), with how many more
 * there were.
 */
#ifndef ACCT_REPEAT_LOG_H
#define ACCT_REPEAT_LOG_H

#include <httpd.h>
#include <apr_errno.h>

/**
 * Write a line, or count it.
 * @param level  APLOG_WARNING or worse; others need no limit
 * @param status of what failed, or 0
 * @param id     the line's ("ACCT0202: authn_hash_gate_full")
 * @param about  what the line is about, by name, so that its lines are a kind
 *               of their own: a virtual host, a database; or NULL
 * @param text   what is said
 * @param telling whether other words are another kind: only where they do
 *               not come from a client
 * The request's thread; no lock. Allocates nothing when it only counts.
 */
void acct_repeat_log(request_rec *r, int level, apr_status_t status,
                     const char *id, const char *about, const char *text,
                     int telling);

/** Hooks post_config, drop_privileges, child_init: the memory that children
 *  share (memory/segment.h). It outlives reloads; where it cannot be had each
 *  child counts for itself. */
void acct_repeat_log_hooks(void);

#endif
