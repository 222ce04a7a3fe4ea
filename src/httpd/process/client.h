/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose request it is, for limits: the network of the client's address, as
 * httpd or mod_remoteip has it (r->useragent_addr).
 */
#ifndef ACCT_CLIENT_H
#define ACCT_CLIENT_H

#include <httpd.h>

#include "limit/limit.h"

/**
 * The client of a request. It has no budgets when AcctAuthLimitTrusted names
 * its address. It has no network at all when its address seems to be that of a
 * proxy: a private one, in a request with X-Forwarded-For or Forwarded, that
 * mod_remoteip did not replace; else the whole site would be one client. The
 * log says so once an hour.
 * The request's thread.
 */
acct_client_t acct_client_of(request_rec *r);

/** Whether one more line of an audit log may say that a client's request was
 *  refused: a flood of them gets ten lines a minute for each network. */
int acct_client_may_tell(request_rec *r);

#endif
