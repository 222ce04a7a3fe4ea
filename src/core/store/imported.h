/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of the accounts and tokens that came from another system
 * (transfer/transfer.h), as far as servers have to do with it.
 */
#ifndef ACCT_IMPORTED_H
#define ACCT_IMPORTED_H

#include "store/store.h"

/**
 * What a source key becomes when its account is deleted: a hash of it under
 * the database's own key, so that the account is known again when the same
 * import runs once more, and nothing of its name is left.
 * @param key  the row "import_key" of meta
 * @param name of the import
 */
apr_status_t acct_imported_erased_key(const char *key, const char *name,
                                      const char *source_key,
                                      const char **erased, apr_pool_t *pool);

/** In the transaction that deletes an account. */
apr_status_t acct_imported_erase(acct_db_t *db, apr_int64_t account,
                                 apr_pool_t *pool);

#endif
