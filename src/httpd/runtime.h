/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a running server has of its own: for each virtual host with a
 * database its connections and its part of the account service, and for
 * all of them the gate in front of the hasher.
 */
#ifndef ACCT_RUNTIME_H
#define ACCT_RUNTIME_H

#include <httpd.h>

#include "../core/account.h"

typedef struct acct_runtime_t acct_runtime_t;

/* A service for one request: the server's, with a context that knows the
 * request. On the stack or in the request's pool. */
typedef struct acct_request_service_t {
    acct_service_t service;
    request_rec *r;
    acct_runtime_t *runtime;
    int slot;                   /* of the gate, while in it */
    apr_interval_time_t since;  /* ticks: it asked for the connection */
} acct_request_service_t;

/**
 * Make the service of a request's server.
 * @return 0 when that server has no database
 */
int acct_request_service(acct_request_service_t *self, request_rec *r);

/** What a server has of the account service; NULL when it has no database.
 *  Without a context: only what it knows may be asked. */
const acct_service_t *acct_runtime_service(const server_rec *server);

/** Hooks post_config and child_init. */
void acct_runtime_hooks(void);

/**
 * Make the runtimes of all servers; called once their settings are final.
 */
apr_status_t acct_runtime_make(apr_pool_t *pconf, server_rec *main_server);

#endif
