/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table name_hold: names that an account gave up, which no other one can
 * have before a time. acct_store_account_insert() and the functions that set a
 * name or an address keep to it. See store/store.h for what holds for all
 * functions.
 */
#ifndef ACCT_STORE_NAME_HOLDS_H
#define ACCT_STORE_NAME_HOLDS_H

#include "store/store.h"

typedef struct acct_name_hold_t {
    const char *name_key;
    apr_int64_t account_id;     /* that gave it up */
    apr_time_t until;
} acct_name_hold_t;

/** Hold a name, in the transaction in which @a account gives it up; an
 *  earlier hold of the same is no more. */
apr_status_t acct_store_name_hold_set(acct_db_t *db, const char *name_key,
                                      apr_int64_t account, apr_time_t until,
                                      apr_pool_t *pool);

/** The hold that is in the way of an account at @a now, of a name and an
 *  address (either may be NULL). APR_NOTFOUND: none is.
 *  @param account whose own holds do not count; 0: all do */
apr_status_t acct_store_name_hold_find(acct_db_t *db, const char *name_key,
                                       const char *address_key,
                                       apr_int64_t account, apr_time_t now,
                                       acct_name_hold_t *hold,
                                       apr_pool_t *pool);

/** Free a name. @param changed whether it was held */
apr_status_t acct_store_name_hold_delete(acct_db_t *db, const char *name_key,
                                         int *changed, apr_pool_t *pool);

/** Delete those that ended before @a before, at most @a limit. */
apr_status_t acct_store_name_hold_purge(acct_db_t *db, apr_time_t before,
                                        int limit, int *changed,
                                        apr_pool_t *pool);

#endif
