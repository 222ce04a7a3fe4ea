/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that an operator names, to be read: plain files, not a FIFO or a
 * device, on which opening or reading would wait for a writer.
 */
#ifndef ACCT_PLAIN_FILE_H
#define ACCT_PLAIN_FILE_H

#include <apr_file_io.h>
#include <apr_pools.h>

/**
 * Open a file to read it. Never waits: a symbolic link is followed, what it
 * leads to must be a plain file.
 * @param flags  APR_FOPEN_BUFFERED or 0
 * @param file   closed with @a pool, or before by apr_file_close()
 * @return the errno of what is in the way; APR_EINVAL: it is something else
 *         than a plain file
 */
apr_status_t acct_plain_file_open(apr_file_t **file, const char *path,
                                  apr_int32_t flags, apr_pool_t *pool);

#endif
