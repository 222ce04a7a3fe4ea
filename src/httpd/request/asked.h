/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which module refused a request. httpd hands on a status and not which module
 * returned it, so the request keeps which of them is being asked
 * (acct_asked_e): hooks that decline stand around those of httpd's access
 * control and at both ends of the phases that any module may take part in.
 */
#ifndef ACCT_ASKED_H
#define ACCT_ASKED_H

#include <httpd.h>

#include "request/request.h"

/** What was asked last; ACCT_ASKED_HTTPD for a request that no hook has
 *  seen. */
static inline acct_asked_e acct_asked(const request_rec *r)
{
    const acct_request_t *mine = acct_request_if_any(r);

    return mine != NULL ? mine->asked : ACCT_ASKED_HTTPD;
}

/**
 * Whether the Require that refused a request belongs to the guard of its
 * location: its answer depends on the account, or on there being none; or it
 * stands in a section of the path. Not one of the file system that refuses
 * every client ("Require all denied" of <Directory />): that says nothing of
 * permissions. Require is asked once more for it, silently. Only where
 * acct_asked() is ACCT_ASKED_REQUIRE. The request's thread.
 */
int acct_asked_for_guard(request_rec *r);

/** Whether our hooks that let a request in have to decline: Require is only
 *  asked once more. */
static inline int acct_is_rehearsal(const request_rec *r)
{
    const acct_request_t *mine = acct_request_if_any(r);

    return mine != NULL && mine->rehearsed;
}

/** The hooks, of all phases in which a request can be refused. */
void acct_asked_hooks(void);

#endif
