/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the AcctAuthAPI directives to the mounts of a server (config/mount.h).
 * Only while the configuration is checked.
 */
#ifndef ACCT_CONFIG_MOUNTS_H
#define ACCT_CONFIG_MOUNTS_H

#include <httpd.h>

#include "config/config.h"
#include "config/mount.h"

/**
 * The mounts of a server, the deepest first: its own, all of one path as
 * one, and those of the main server where it has none of that path. Their
 * dialects are not loaded yet (dialects[] is all NULL, names in their
 * apis).
 * @param pool they live here
 * @return acct_mount_t *
 */
apr_array_header_t *acct_config_mounts(const server_rec *server,
                                       apr_pool_t *pool);

/** The name of dialect number @a i of a mount. */
const char *acct_config_mount_dialect(const acct_mount_t *mount, int i);

/** The first AcctAuthUnknownPath of a server in a section without
 *  AcctAuthAPI, where it says nothing; or NULL. */
const acct_place_t *acct_config_mounts_astray(const server_rec *server);

/** A route that two mounts have, one below the other, so that the outer
 *  one's is never reached: a sentence, and the outer AcctAuthAPI; or
 *  NULL. */
const char *acct_config_mounts_conflict(const apr_array_header_t *mounts,
                                        const acct_api_t **outer,
                                        apr_pool_t *pool);

#endif
