/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether the user that httpd's children run as gets at a database that is
 * a file: to itself and its journals, to its folder (sqlite makes files
 * there), and through all folders above it; and the command that lets them.
 */
#ifndef ACCT_FILE_ACCESS_H
#define ACCT_FILE_ACCESS_H

#include <apr_pools.h>

/** What keeps the children from using the file @a path, which is there, and
 *  the commands that end it, in @a p; NULL when owners and modes let them.
 *  Parent. */
const char *acct_file_access_complaint(const char *path, apr_pool_t *p);

#endif
