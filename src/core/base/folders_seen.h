/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folders that were found safe a moment ago (file_safety.h), so that who
 * looks at many files, one after the other, looks at what is on the way to
 * all of them once.
 *
 * A fixed table, nothing allocated. One thread uses it at a time; who finds
 * it in use goes without. Not to be in use when the process forks.
 */
#ifndef ACCT_FOLDERS_SEEN_H
#define ACCT_FOLDERS_SEEN_H

#include <apr_time.h>
#include <stdatomic.h>
#include <sys/types.h>

/** For how long a folder is not looked at again, microseconds: less than
 *  anybody sees, and enough for a round of all files. */
#define ACCT_FOLDERS_SEEN_FOR apr_time_from_msec(100)

#define ACCT_FOLDERS_SEEN 64
#define ACCT_FOLDERS_SEEN_PATH 112      /* longer ones are not kept */

/* All zeros at first. */
typedef struct acct_folders_seen_t {
    atomic_int in_use;
    apr_interval_time_t since;  /* ticks */
    struct {
        apr_interval_time_t since;      /* the table's, when it was kept */
        uid_t owner;
        int is_strict;
        char path[ACCT_FOLDERS_SEEN_PATH];
    } folder[ACCT_FOLDERS_SEEN];
} acct_folders_seen_t;

/** Begin to use it, at @a tick. @return @a seen, or NULL when it is in use,
 *  or is NULL: then there is nothing to end either. */
acct_folders_seen_t *acct_folders_seen_begin(acct_folders_seen_t *seen,
                                             apr_interval_time_t tick);

/** The end of that; NULL is fine. */
void acct_folders_seen_end(acct_folders_seen_t *seen);

/** Whether a folder was kept, for files of that owner, a moment ago.
 *  @param seen   NULL: none was
 *  @param strict whether it will do as the folder of a database */
int acct_folders_seen_has(const acct_folders_seen_t *seen, const char *path,
                          uid_t owner, int strict);

/** Keep one that is no link and was found safe; NULL: nothing is kept. */
void acct_folders_seen_keep(acct_folders_seen_t *seen, const char *path,
                            uid_t owner, int strict);

#endif
