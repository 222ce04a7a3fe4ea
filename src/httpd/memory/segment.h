/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The room of memory that the processes have in common in which this server
 * answers requests, and no other process. It may use every room of src/core.
 *
 * The files:
 *   segment.c         such memory
 *   shared.c          a segment for the identity cache, kept over restarts
 *   tries.c           a segment for the counters of tries, the same
 *
 * What httpd's parent has mapped is inherited by whatever is forked from it,
 * also by the daemons of other modules (mod_wsgi, mod_cgid, mod_fcgid), some
 * of which run foreign code as another user. So the parent has nothing of a
 * segment but its first page, which holds nothing and is not inherited
 * (madvise(2), MADV_DONTFORK). A child of the MPM attaches the segment by its
 * number while it still is the user that made it (hook drop_privileges), and
 * of that too keeps the first page alone: some daemons run this hook as well.
 * A process that has the page can open all of it (mremap(2)); a child does so
 * in child_init, which only the MPM's children run.
 *
 * System V shared memory (POSIX.1 XSI) of mode 0600, marked to be removed
 * as soon as it is made: it has no name in the file system, is not bounded
 * by one, takes memory as it is used, and is gone with the last process
 * that has a page of it, however that ended.
 *
 * Where the system is not Linux it is memory that is inherited by whatever
 * is forked.
 */
#ifndef ACCT_SEGMENT_H
#define ACCT_SEGMENT_H

#include <apr_pools.h>

typedef struct acct_segment_t acct_segment_t;

/**
 * Make a segment, all zeros; it is closed.
 * @param bytes what is to be had of it
 * @param pool  of the segment, which is not let go of with it: of the
 *              process, or say acct_segment_release() before it goes
 * Parent.
 */
apr_status_t acct_segment_make(acct_segment_t **segment, apr_size_t bytes,
                               apr_pool_t *pool);

/** Get a hold of a segment that the parent made, as the user that made it.
 *  Once in each child; where the child is the parent nothing is done. */
apr_status_t acct_segment_enter(acct_segment_t *segment);

/**
 * Have all of it in this process.
 * @param start page-aligned; it is as long as was asked for
 * @return APR_EINVAL when this process has no hold of it, or what the
 *         system said
 * A process forked from a child inherits it; one forked from the parent does
 * not.
 */
apr_status_t acct_segment_open(acct_segment_t *segment, void **start);

/** Have nothing of it but the hold. */
void acct_segment_close(acct_segment_t *segment);

/** Let go of it for good. */
void acct_segment_release(acct_segment_t *segment);

/** No thread of this process can read or write the first @a bytes of an open
 *  segment any more, until it is opened anew. */
void acct_segment_shut(acct_segment_t *segment, apr_size_t bytes);

/** The size of a page of memory. */
apr_size_t acct_segment_page(void);

#endif
