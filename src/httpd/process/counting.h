/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The limits of virtual hosts (limit/limit.h), and the memory in which the
 * children count tries together (memory/tries.h).
 */
#ifndef ACCT_COUNTING_H
#define ACCT_COUNTING_H

#include "config/config.h"
#include "process/services.h"

/** Have the memory. Where it cannot be had the log says so, and each child
 *  counts for itself. Parent. */
void acct_counting_open(acct_estate_t *estate, const acct_server_conf_t *conf,
                        server_rec *s, apr_pool_t *pconf);

/** The limits of a virtual host, as configured. Parent. */
void acct_counting_set(acct_runtime_t *runtime,
                       const acct_server_conf_t *conf, apr_pool_t *pconf);

/** A child begins to count: in the memory of all, or in its own. */
void acct_counting_child_init(acct_estate_t *estate, server_rec *main_server,
                              apr_pool_t *pchild);

#endif
