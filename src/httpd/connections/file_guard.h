/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A database that is a file is closed to its users while others could get
 * at it (base/file_safety.h), from the moment that shows until it is right
 * again.
 *
 * The file itself is looked at for each unit of work, with one system call;
 * its journals and the folders on the way once a second in each child.
 */
#ifndef ACCT_FILE_GUARD_H
#define ACCT_FILE_GUARD_H

#include <apr_pools.h>
#include <apr_thread_mutex.h>

#include "base/file_safety.h"

/* In pconf, in a pool of connections (connections/pool.h). */
typedef struct acct_file_guard_t {
    const char *path;
    const acct_trusted_t *trusted;  /* NULL: nothing is looked at */
    const char *owner;              /* the user whose it should be, for
                                     * messages */
    /* child only */
    apr_thread_mutex_t *lock;       /* for what follows */
    apr_interval_time_t look_at;    /* ticks */
    int is_unsafe;
    acct_unsafe_t found;
} acct_file_guard_t;

/** Get ready for requests. Once in each child, before its threads. */
apr_status_t acct_file_guard_child_init(acct_file_guard_t *guard,
                                        apr_pool_t *pchild);

/** Whether the database may be used now. Any thread of a child.
 *  @param others what the children last said of the database: 1, that it
 *             can be used; 0, that it cannot; -1: not known. Where this one
 *             saw something else it looks anew
 *  @param why when not: what is wrong and what ends it, in @a p */
int acct_file_guard_is_open(acct_file_guard_t *guard, int others,
                            const char **why, apr_pool_t *p);

#endif
