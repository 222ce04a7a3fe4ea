/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Databases are looked over before the server starts or reloads, as the user
 * that httpd's children run as, all at once and in a bounded time: each
 * server's in a process of its own, all files in one. So the parent reports
 * what the children would meet (the owner, the disk, the server's rules for
 * that user), is not kept waiting by a name server or a database that does not
 * answer, and keeps nothing of it in its memory.
 */
#ifndef ACCT_PROBE_H
#define ACCT_PROBE_H

#include "connections/pool.h"

/* A database, and what comes of it. */
typedef struct acct_probe_t {
    const acct_db_config_t *config;
    apr_status_t status;
    acct_pool_facts_t facts;    /* where it can be used */
    const char *error;          /* else: what is wrong, which command mends
                                 * it */
} acct_probe_t;

/**
 * Look databases over. Parent.
 * @param probes  acct_probe_t *; config is set, the rest is filled in
 * @param within  microseconds for all together; a status for which
 *                APR_STATUS_IS_TIMEUP() is true for those that take longer
 * @param as_user as the children's user; else as the user that runs the parent
 * @param pconf   for what is found
 */
void acct_probe(apr_array_header_t *probes, int as_user,
                apr_interval_time_t within, apr_pool_t *pconf);

#endif
