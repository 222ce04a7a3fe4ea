/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What surrounds the tables on a PostgreSQL, for its driver; see
 * acct_store_find_exposure() and acct_store_is_shared().
 */
#ifndef ACCT_PGSQL_EXPOSURE_H
#define ACCT_PGSQL_EXPOSURE_H

#include "store/drivers.h"

/* Tables of ours, as c. */
#define ACCT_PGSQL_TABLES \
    "FROM pg_class c WHERE c.relkind IN ('r', 'p') " \
    "AND c.relname IN (" ACCT_TABLE_NAMES ") " \
    "AND pg_table_is_visible(c.oid) "

apr_status_t acct_pgsql_find_exposure(acct_db_t *db, const char *name,
                                      const char **exposure,
                                      apr_pool_t *pool);
apr_status_t acct_pgsql_find_shared(acct_db_t *db, acct_db_t *other,
                                    int *is_shared, apr_pool_t *pool);

#endif
