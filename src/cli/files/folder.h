/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The folder that a file of the command's is in, and which users can change
 * the way there. Root must know: in a folder of another user a name may stand
 * for another file at any moment. This room uses APR alone.
 *   folder.c    a folder by its descriptor
 *   new_file.c  a file that comes to be whole or not at all
 */
#ifndef ACCT_CLI_FOLDER_H
#define ACCT_CLI_FOLDER_H

#include <apr_errno.h>
#include <apr_pools.h>
#include <sys/stat.h>

typedef struct acct_folder_t {
    int fd;                     /* of the folder, for openat() and its kin */
    const char *name;           /* of the file in it */
    struct stat info;           /* of the folder, as it was opened */
    const char *open_to_others; /* the first folder on the way (or this one)
                                 * where others than root can put another
                                 * thing in the place of what is there; NULL:
                                 * there is none */
    int foreign_link;           /* whether a symbolic link in such a folder
                                 * was followed */
} acct_folder_t;

/**
 * Go to the folder of a file, link by link, each from a descriptor of the
 * folder before, so that what is said of the way holds for the folder that
 * was reached.
 * @param path   absolute; the file itself need not be there. Where it is a
 *               symbolic link and @a follow is set, the folder and the name
 *               are those it leads to
 * @param folder closed with @a pool, and so has to live as long
 * @return the errno of what is in the way, as a status
 */
apr_status_t acct_folder_open(acct_folder_t *folder, const char *path,
                              int follow, apr_pool_t *pool);

#endif
