/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions about directives of other modules, answered from httpd's own
 * tree of the configuration as it was read. Only while the configuration
 * is checked.
 */
#ifndef ACCT_CONFIG_TREE_H
#define ACCT_CONFIG_TREE_H

#include <httpd.h>

#include "config/config.h"

/** Where "AuthType Token" stands in the configuration of @a server (not of
 *  the others), or NULL. */
const acct_place_t *acct_config_tree_token_auth(server_rec *main_server,
                                                server_rec *server,
                                                apr_pool_t *pool);

/** Where an AcctAuthProtect (other than Off) stands in one section with an
 *  AuthType other than Token or None, or NULL. */
const acct_place_t *acct_config_tree_fight(apr_pool_t *pool);

/** What httpd serves (DocumentRoot or target of an Alias of any server)
 *  that is, or has below it, @a real, a path without links; or NULL. */
const char *acct_config_tree_served(server_rec *main_server,
                                    const char *real, apr_pool_t *pool);

#endif
