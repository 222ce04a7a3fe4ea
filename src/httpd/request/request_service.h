/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The account service for one request: what the core asks for meanwhile
 * (base/service.h) it gets from the request's server, in the time that the
 * request has, and what it tells goes to the request's log.
 */
#ifndef ACCT_REQUEST_SERVICE_H
#define ACCT_REQUEST_SERVICE_H

#include <httpd.h>

#include "base/service.h"

struct acct_client_t;
struct acct_route_t;
struct acct_runtime_t;

/* The server's service, with a context that knows the request: this struct
 * itself, so it stays where it is. On the stack or in the request's
 * pool. */
typedef struct acct_request_service_t {
    acct_service_t service;
    request_rec *r;
    struct acct_runtime_t *runtime;
    const struct acct_route_t *route;   /* of an endpoint, for the audit log;
                                         * or NULL */
    int slot;                   /* of the gate, while in it */
    apr_interval_time_t since;  /* ticks: it asked for the connection */
} acct_request_service_t;

/**
 * Make the service of a request's server. Allocates nothing.
 * @return 0 when that server has no database, or this child could not get
 *         ready for it
 * The request's thread.
 */
int acct_request_service(acct_request_service_t *self, request_rec *r);

/**
 * The same for an operation, which asks whose request it is, what language
 * its client reads and what the site is called.
 * @param client filled in; lives as long as @a self
 */
int acct_request_service_for(acct_request_service_t *self, request_rec *r,
                             const struct acct_route_t *route,
                             struct acct_client_t *client);

/** Hook post_config: give the service of each virtual host the functions by
 *  which it asks its surroundings. The context they want is set for each
 *  request. */
void acct_request_service_hooks(void);

#endif
