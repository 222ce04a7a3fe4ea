/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The runs of imports: one at a time for a database, and what each came to.
 */
#ifndef ACCT_TRANSFER_RUNS_H
#define ACCT_TRANSFER_RUNS_H

#include "database/database.h"
#include "transfer/transfer.h"

typedef struct acct_import_run_t {
    apr_int64_t id;
    const char *name;
    apr_time_t started_at;
    apr_time_t ended_at;        /* 0: it has not, or was killed */
    const char *state;          /* "running", "stopped", "done" */
    const char *counts;         /* JSON */
} acct_import_run_t;

/** Be the only one that imports into a database, until this process, or the
 *  connection, ends. @param is_mine 0: another does */
apr_status_t acct_import_lock(acct_db_t *db, const acct_db_config_t *config,
                              int *is_mine, apr_pool_t *pool);

/** A run begins; one that was cut off counts as stopped from now on. */
apr_status_t acct_import_run_begin(acct_db_t *db, const char *name,
                                   apr_pool_t *pool);

/** It ends. @param counts JSON */
apr_status_t acct_import_run_end(acct_db_t *db, const char *name, int is_done,
                                 const char *counts, apr_pool_t *pool);

/** Runs, the oldest first. @param name "": of all imports
 *  @param list array of acct_import_run_t */
apr_status_t acct_import_run_list(acct_db_t *db, const char *name,
                                  apr_array_header_t **list,
                                  apr_pool_t *pool);

/** Forget what came by an import: what is run again under its name makes all
 *  of it anew. @param rows how many accounts and tokens were known */
apr_status_t acct_import_forget(acct_db_t *db, const char *name, int *rows,
                                apr_pool_t *pool);

#endif
