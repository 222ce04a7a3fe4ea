/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When tokens were last used: from the notes in the identity cache to the
 * database, many in one transaction, so that no request writes for it.
 */
#ifndef ACCT_LAST_USED_H
#define ACCT_LAST_USED_H

#include <apr_pools.h>
#include "cache/cache.h"
#include "store/store.h"

/* How many are written at most in one transaction. Tokens that live by
 * being used come first. */
#define ACCT_LAST_USED_MOST 2000

/* Where the next collection begins; zeros at first. Its collector's own. */
typedef struct acct_last_used_t {
    size_t from;                /* slot */
} acct_last_used_t;

/* Notes that were collected for a database. */
typedef struct acct_notes_t {
    uint64_t database;          /* in: the one they are to be of */
    acct_cache_note_t *note;
    int count;
} acct_notes_t;

/**
 * Collect what databases do not know yet, of all of them at once.
 * @param notes one for each database, @a count of them; what is collected
 *              is in @a pool
 * Where a database has more than is written at once the next collection
 * goes on there.
 */
void acct_last_used_collect(acct_last_used_t *last_used,
                            const acct_cache_t *cache, acct_notes_t *notes,
                            int count, apr_pool_t *pool);

/**
 * Write notes in one transaction. Those that are in the database then are
 * struck out, unless their tokens were used since; when it fails all stay,
 * for the next time.
 */
apr_status_t acct_last_used_write(const acct_notes_t *notes,
                                  acct_cache_t *cache, acct_db_t *db,
                                  apr_pool_t *pool);

#endif
