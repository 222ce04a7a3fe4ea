/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which guards hold for a request.
 *
 * Everywhere but at an API's routes these are httpd's merged settings. A
 * route hands out the tokens that a guard asks for, so one that asks for
 * them above the place where the API is mounted is left out for it; a
 * guard of the API's own location, or of one below, is meant for it and
 * holds, wherever in the file it stands.
 */
#ifndef ACCT_ACCESS_H
#define ACCT_ACCESS_H

#include <httpd.h>

#include "config/config.h"

/* Inline for requests whose location has no API: each asks for all of this. */

/** What acct_access_protect() is where an API is mounted at or above the
 *  location. */
acct_protect_e acct_access_protect_near_api(const request_rec *r);

/** AcctAuthProtect for a request: of the server's files and .htaccess the
 *  one that asks for more. */
static inline acct_protect_e acct_access_protect(const request_rec *r)
{
    const acct_dir_conf_t *conf = acct_dir_conf(r);

    if (conf->api != NULL) {
        return acct_access_protect_near_api(r);
    }
    return conf->htaccess > conf->protect ? conf->htaccess : conf->protect;
}

/** What acct_access_is_exempt() is where an API is mounted at or above the
 *  location. */
int acct_access_is_exempt_near_api(const request_rec *r);

/** Whether "AuthType Token" above an API is left out for a request: it is
 *  for a route, and no section at or below the mount authenticates or
 *  requires a user. */
static inline int acct_access_is_exempt(const request_rec *r)
{
    return acct_dir_conf(r)->api != NULL
        && acct_access_is_exempt_near_api(r);
}

/** Whether any section has a Require for a request. */
int acct_access_has_require(const request_rec *r);

/** Whether any section says anything about access. */
int acct_access_says_anything(const request_rec *r);

/** Whether a section has a Require that wants a user, and it is not left
 *  out for an API's route. */
int acct_access_asked_for_user(const request_rec *r);

/** Whether the last word on it is "all granted" of a section further up,
 *  or of one whose place is not known (.htaccess): httpd takes the last
 *  section's Require alone. Not so where a section further down says it,
 *  which is how a part of a tree is opened on purpose. */
int acct_access_is_granted_over(const request_rec *r);

#endif
