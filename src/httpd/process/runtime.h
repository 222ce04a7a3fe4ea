/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a running server has of its own: for each virtual host with a
 * database its connections and its part of the account service, and for
 * all of them the gate in front of the hasher.
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
