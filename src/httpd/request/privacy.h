/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which caches may keep an answer. What depended on a token leaves the server
 * with "Cache-Control: private" and "Vary: Authorization", and what an
 * endpoint or a refusal says with "no-store", whatever the handler,
 * mod_expires or mod_headers put there (RFC 9111, 5.2.2; RFC 9213): a site's
 * rule for its pictures must not hand one user's page to another.
 */
#ifndef ACCT_PRIVACY_H
#define ACCT_PRIVACY_H

#include <httpd.h>

/**
 * Say that the answer to a request depends on the token, or on there being
 * none. Before the handler runs. The request's thread.
 */
void acct_privacy_depends(request_rec *r);

/**
 * The same of a page, for a part of it, when the page's handler is at work
 * already. Only where nothing was sent yet does a client see it; httpd's
 * own cache does in any case, since it looks at r->no_cache at the end.
 */
void acct_privacy_depends_now(request_rec *page);

/**
 * Say that no cache and no browser may keep the answer to a request: a
 * refusal, or what is below a mount. Holds for an ErrorDocument that answers
 * in its place. The request's thread.
 */
void acct_privacy_no_store(request_rec *r);

/** The same, when httpd has put its filters together already: for a
 *  handler. */
void acct_privacy_no_store_now(request_rec *r);

/** Hooks post_config, insert_filter, insert_error_filter, and the
 *  filters. */
void acct_privacy_hooks(void);

#endif
