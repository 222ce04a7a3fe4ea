/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the configuration share: the setters of directives.
 * A setter returns NULL or a sentence for who wrote the directive.
 *
 * The files:
 *   config.c           settings are made and merged; the list of directives
 *   config_server.c    what is set for a server, or for all
 *   config_location.c  what is set for a location
 *   config_check.c     what only shows when everything is read
 *   config_tree.c      what stands in the tree of directives
 */
#ifndef ACCT_CONFIG_PRIVATE_H
#define ACCT_CONFIG_PRIVATE_H

#include "config.h"

/** The place of the directive that is being read. */
acct_place_t acct_place_of(const cmd_parms *cmd);

/** A whole number within bounds, digits alone; -1 when it is not. */
apr_int64_t acct_parse_number(const char *text, apr_int64_t least,
                              apr_int64_t most);

/* config_server.c */

const char *acct_set_database(cmd_parms *cmd, void *dir,
                              const char *driver, const char *params);
const char *acct_set_db_connections(cmd_parms *cmd, void *dir,
                                    const char *text);
const char *acct_set_key_file(cmd_parms *cmd, void *dir, const char *path);
const char *acct_set_dialect_dir(cmd_parms *cmd, void *dir,
                                 const char *path);
const char *acct_set_hash_concurrency(cmd_parms *cmd, void *dir,
                                      const char *text);
const char *acct_set_cache(cmd_parms *cmd, void *dir, const char *word);
const char *acct_set_revocation_bound(cmd_parms *cmd, void *dir,
                                      const char *text);
const char *acct_set_max_tokens(cmd_parms *cmd, void *dir,
                                const char *text);
const char *acct_set_password_hash(cmd_parms *cmd, void *dir, int argc,
                                   char *const argv[]);
const char *acct_set_password_rules(cmd_parms *cmd, void *dir, int argc,
                                    char *const argv[]);

/* config_location.c */

const char *acct_add_api(cmd_parms *cmd, void *dirv, const char *name);
const char *acct_set_protect(cmd_parms *cmd, void *dirv, const char *word);
const char *acct_set_scheme(cmd_parms *cmd, void *dirv, const char *word);
const char *acct_set_identity_headers(cmd_parms *cmd, void *dir, int on);
const char *acct_set_forward_token(cmd_parms *cmd, void *dir, int on);
const char *acct_set_shared_cache(cmd_parms *cmd, void *dir, int on);
const char *acct_set_require_tls(cmd_parms *cmd, void *dirv,
                                 const char *word);
const char *acct_set_max_body(cmd_parms *cmd, void *dirv,
                              const char *text);

#endif
