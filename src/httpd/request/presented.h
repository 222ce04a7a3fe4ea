/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Authorization header that a client presented.
 *
 * What a guard has judged is taken from the request at once, with every
 * copy that other modules made of it in the environment (SetEnvIf,
 * RewriteRule's [E=]): whatever happens next, a handler, an ErrorDocument,
 * another module, sees nothing of it. It is remembered with the client's
 * request, where the guards of sub-requests and internal redirects find
 * it. An Authorization header that the operator sets for a backend
 * afterwards is another header and stays.
 */
#ifndef ACCT_PRESENTED_H
#define ACCT_PRESENTED_H

#include <httpd.h>

/**
 * The value of Authorization that the client of a request presented, still
 * there or taken; NULL when there is none. The header is remembered from
 * the first call on. Secret; lives as long as the client's request.
 */
const char *acct_presented(request_rec *r);

/** As acct_presented(), NULL when it is of another scheme than the one of
 *  the request's location, and so not for its guard. */
const char *acct_presented_here(request_rec *r);

/**
 * The credentials of HTTP Basic, for a route of an API that takes them; taken
 * from the request at once, as acct_presented_take() does.
 * @return where they begin; NULL: none were presented, or another scheme's
 */
const char *acct_presented_basic(request_rec *r);

/**
 * The second factor that stands in a header beside them, in r->pool; taken
 * from the request likewise.
 * @param header its name; NULL: the route takes none
 * @return NULL: there is none
 */
char *acct_presented_code(request_rec *r, const char *header);

/** Take what was presented from a request: the header, unless another module
 *  has set another since, and all copies in the environment. */
void acct_presented_take(request_rec *r);

/** Put the header back for a handler that shall see it (the location's
 *  AcctAuthForwardToken), unless another module has set another since. */
void acct_presented_give_back(request_rec *r);

/** Hooks post_read_request, protocol_switch. */
void acct_presented_hooks(void);

#endif
