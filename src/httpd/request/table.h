/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Striking entries from an apr_table_t in time and memory that grow with
 * the table alone: apr_table_unset() walks the whole of it for each name.
 */
#ifndef ACCT_TABLE_H
#define ACCT_TABLE_H

#include <apr_tables.h>

/** Whether an entry is to go. Asked once of each, in order. */
typedef int (acct_table_unwanted_fn)(void *ctx, const char *name,
                                     const char *value);

/**
 * Strike all entries that are unwanted; the others keep their order.
 * @param pool for a copy of the entries while the table is written anew;
 *             nothing is taken from it when none is unwanted
 * @return how many were struck
 */
int acct_table_strike(apr_table_t *table, acct_table_unwanted_fn *unwanted,
                      void *ctx, apr_pool_t *pool);

#endif
