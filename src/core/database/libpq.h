/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What libpq is asked that apr_dbd does not hand on. Nothing here is linked
 * to it: apr_dbd's driver brings it into the process.
 */
#ifndef ACCT_PGSQL_LIBPQ_H
#define ACCT_PGSQL_LIBPQ_H

#include <apr_pools.h>
#include <apr_tables.h>

/* Functions of libpq's, as libpq-fe.h has them; conn is a PGconn. */
typedef struct acct_libpq_t {
    int (*status)(const void *conn);
    int (*socket)(const void *conn);
    int (*server_version)(const void *conn);
    int (*lib_version)(void);
    int (*set_error_verbosity)(void *conn, int verbosity);
    const char *(*parameter_status)(const void *conn, const char *name);
} acct_libpq_t;

/** Find them, once apr_dbd's driver is loaded. Any thread.
 *  @return 0 when they are not there */
int acct_libpq_find(acct_libpq_t *libpq);

/**
 * The options of a connection string that libpq has: an array of
 * acct_pg_name_t (database/params.h), in @a pool; NULL where there is no libpq
 * to ask, or it does not answer. Connection strings are read before apr
 * loads its driver, so this loads libpq by itself, and leaves it there.
 */
apr_array_header_t *acct_libpq_names(apr_pool_t *pool);

#endif
