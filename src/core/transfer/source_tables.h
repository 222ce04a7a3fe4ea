/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables of a SQLite file that is only read: not even its journal is changed.
 * One read transaction from open to close, so that what is read fits
 * together while others write.
 */
#ifndef ACCT_TRANSFER_SOURCE_TABLES_H
#define ACCT_TRANSFER_SOURCE_TABLES_H

#include <apr_pools.h>
#include <apr_errno.h>

typedef struct acct_tables_t acct_tables_t;

/** @param pool closes it when it goes
 *  @param error what is wrong, in @a pool */
apr_status_t acct_tables_open(acct_tables_t **tables, const char *path,
                              apr_pool_t *pool, const char **error);

/** Whether there is such a table, with such a column (NULL: any). */
int acct_tables_has(acct_tables_t *tables, const char *table,
                    const char *column);

/** A row: the cells in the order that was asked for, NULL for NULL and for a
 *  column that the table has not. They live until this returns. */
typedef apr_status_t acct_tables_row_fn(void *baton,
                                        const char *const *cell);

/** Show all rows of a table, which has to be there.
 *  @param columns NULL-terminated, at most 24 */
apr_status_t acct_tables_each(acct_tables_t *tables, const char *table,
                              const char *const *columns,
                              acct_tables_row_fn *show, void *baton,
                              const char **error);

#endif
