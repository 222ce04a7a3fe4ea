/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the configuration hands to applications, by path, as far as it can
 * be seen: ProxyPass, and patterns of ProxyPassMatch and RewriteRule that
 * are about everything. Only while the configuration is checked.
 */
#ifndef ACCT_CONFIG_PROXIED_H
#define ACCT_CONFIG_PROXIED_H

#include <httpd.h>
#include <http_config.h>

#include "config/tree_sections.h"

typedef struct acct_proxied_t {
    const char *path;
    int is_excluded;            /* ProxyPass path ! */
    const ap_directive_t *node;
    const ap_directive_t *host; /* <VirtualHost>, or NULL */
} acct_proxied_t;

/** All of it. @return acct_proxied_t */
apr_array_header_t *acct_config_proxied(apr_pool_t *pool);

/** The first of it that is more than a location and what is below it, and
 *  has that within; or NULL. Nothing where the location is excluded. */
const acct_proxied_t *acct_config_proxied_around(
    const apr_array_header_t *proxied, const acct_said_t *location);

#endif
