/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a database that is a file cannot be used, in words: sqlite's own
 * ("disk I/O error", "unable to open database file") name no cause.
 *
 * What is found is what this process's user meets now. No state; safe from
 * any thread.
 */
#ifndef ACCT_FILE_TROUBLE_H
#define ACCT_FILE_TROUBLE_H

#include <apr_errno.h>
#include <apr_pools.h>

/** Whether sqlite's words are those that may have a cause outside of the
 *  database: only then is it worth looking. */
int acct_file_trouble_is_likely(const char *said);

/**
 * Look for what keeps a file from being read and written, and others from
 * being made beside it. Makes a file of no name in its folder for that, and
 * never opens the file itself: closing it would take the locks away that
 * this process's connections hold.
 * @return in words, in @a pool; NULL when nothing is in the way
 */
const char *acct_file_trouble(const char *path, apr_pool_t *pool);

/** An errno in words: "no space left on the device". */
const char *acct_file_trouble_words(int error, apr_pool_t *pool);

#endif
