/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The room of what a running server has of its own: made by the parent, used
 * by its children. It may use audit, config, connections, memory and every
 * room of src/core. In this header: for each virtual host with a database its
 * connections and its part of the account service, and for all of them the
 * gate in front of the hasher.
 *
 * The files:
 *   runtime.c         what the parent makes, at start and at each reload
 *   child.c           what each child begins with
 *   client.c          whose request it is, for limits
 *   counting.c        the limits of hosts, and the memory to count tries in
 *   hash_gate.c       how many passwords are hashed at once
 *   state_check.c     the state of databases and keys when the configuration
 *                     is read; it stops nothing
 *   probe.c           processes that look databases over for it
 *   file_access.c     whether the children get at a database that is a file
 *   database_facts.c  what a database said of itself last
 *   key.c             the keys' way from the parent to the children
 *   secret_watch.c    a thread of the parent that looks at files only root
 *                     may read
 *   upkeep.c          threads of the children: one reads revocations, one
 *                     writes
 *   upkeep_limits.c   what is refused now, told to others
 *   upkeep_write.c    what that writes: notes of use, the purge
 *   feed.c            reading the revocations
 *   outage.c          the log's lines when a database is lost and found
 *   repeat_log.c      the log's lines that requests cause, each kind once a
 *                     minute
 *   never_served.c    files that no handler may hand out
 *   status.c          what mod_status shows
 * services.h is what runtime.c, child.c, counting.c and the request room
 * share.
 */
#ifndef ACCT_RUNTIME_H
#define ACCT_RUNTIME_H

#include <httpd.h>

#include "base/service.h"

/* What one virtual host has (process/services.h). */
typedef struct acct_runtime_t acct_runtime_t;

/** What a server has of the account service; NULL when it has no database,
 *  or this child could not get ready for it. Constant, in pconf. Without a
 *  context: only what it knows may be asked (request/request_service.h makes
 *  one for a request). Any thread of a child. */
const acct_service_t *acct_runtime_service(const server_rec *server);

/** Hooks post_config and child_init. */
void acct_runtime_hooks(void);

#endif
