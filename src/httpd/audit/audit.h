/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The room of the audit log: an event (core/base/event.h) and where it
 * happened become a line of the log of the virtual host. It may use config,
 * connections, memory and every room of src/core.
 *
 * The files:
 *   audit.c           of a request or a server: which events are written
 *   log.c             logs are opened by the parent and written to
 *   lost.c            lines that could not be written, counted and reported
 *   keys.c            the event of a reload that changes keys
 * log.h and lost.h are what these share.
 *
 * A caller asks acct_audit_wants() first, so that no line is made where no
 * log wants it.
 */
#ifndef ACCT_AUDIT_H
#define ACCT_AUDIT_H

#include <httpd.h>

#include "base/audit_line.h"
#include "base/event.h"
#include "config/config.h"

/** Whether the log of a server has such an event. Any thread. */
static inline int acct_audit_wants(const server_rec *s, acct_event_e kind,
                                   acct_outcome_e outcome)
{
    const acct_audit_conf_t *audit = acct_server_conf(s)->audit;

    return audit != NULL
        && ((outcome == ACCT_OK ? audit->done : audit->refused)
            & (apr_uint64_t)1 << kind) != 0;
}

/**
 * Tell of something that a request did, if its server's log wants to know.
 * @param place with what the caller knows of dialect, route, path and status;
 *              the rest is the request's: NULL or 0
 * Never fails and never waits: what cannot be written is counted.
 * The request's thread.
 */
void acct_audit_request(request_rec *r, const acct_event_t *event,
                        const acct_audit_place_t *place);

/** Tell of something that no request did. Any thread; the parent, when its
 *  logs are open. */
void acct_audit_server(server_rec *s, const acct_event_t *event);

/** How many lines were lost since httpd was started, of all servers' logs.
 *  Any thread of a child. */
apr_uint64_t acct_audit_lost_lines(const server_rec *s);

/** Hooks open_logs, post_config, drop_privileges, child_init. */
void acct_audit_hooks(void);

#endif
