/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mutexes in memory that processes share, which a process that is killed does
 * not keep: the next thread that locks one gets EOWNERDEAD, and calls
 * pthread_mutex_consistent() once it has seen to what the mutex guards (POSIX
 * robust mutexes).
 */
#ifndef ACCT_SHARED_MUTEX_H
#define ACCT_SHARED_MUTEX_H

#include <apr_errno.h>
#include <pthread.h>

/** Make one, before another process has the memory. @return what the system
 *  said */
apr_status_t acct_shared_mutex_make(pthread_mutex_t *mutex);

#endif
