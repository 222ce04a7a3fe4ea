/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that is made whole under another name and then linked to its own,
 * which fails where something is there already: nothing is overwritten, and no
 * process sees half of it. All of it by descriptors, so that it holds in a
 * folder where another user swaps names, too.
 */
#ifndef ACCT_CLI_NEW_FILE_H
#define ACCT_CLI_NEW_FILE_H

#include "files/folder.h"

typedef struct acct_new_file_t {
    const char *path;           /* absolute */
    acct_folder_t folder;
    const char *temporary;      /* its other name, in the folder */
    const char *temporary_path; /* the same with the folder's path */
    int fd;                     /* to write; -1: not made */
    int is_linked;
} acct_new_file_t;

/**
 * Make it, empty, under its other name.
 * @param path absolute
 * @return APR_EEXIST where something has the name already (a symbolic link
 *         to nothing counts)
 */
apr_status_t acct_new_file_make(acct_new_file_t *file, const char *path,
                                apr_pool_t *pool);

/** Whether its other name still stands for what was made. */
int acct_new_file_is_ours(const acct_new_file_t *file);

/** Give it its name. @return APR_EEXIST; APR_EMISMATCH when another file was
 *  put in its place (nothing is left linked) */
apr_status_t acct_new_file_publish(acct_new_file_t *file);

/**
 * Remove its other name, what sqlite left beside that, and with @a all its
 * own name as well. What is not there cannot be removed, so failures mean
 * nothing here.
 */
void acct_new_file_clean_up(acct_new_file_t *file, int all);

#endif
