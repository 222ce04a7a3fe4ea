/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program of the system is started by a process with many threads; see
 * mail/sendmail.h for how, and why so.
 */
#ifndef ACCT_PROGRAM_H
#define ACCT_PROGRAM_H

#include <sys/types.h>

#include <apr_pools.h>

/* The descriptor that a program reads its settings on, where it has any. */
#define ACCT_PROGRAM_SETTINGS 3

typedef struct acct_program_t {
    const char *const *words;   /* its absolute path and its arguments; the
                                 * last is NULL */
    /* descriptors above ACCT_PROGRAM_SETTINGS, which the caller closes */
    int in;                     /* its standard input */
    int err;                    /* its standard error */
    int settings;               /* -1: none */
} acct_program_t;

/** Start it. Safe from any thread.
 *  @param pid out: the caller's to wait for; leads a process group
 *  @return 0 or an errno */
int acct_program_start(pid_t *pid, const acct_program_t *program,
                       apr_pool_t *pool);

#endif
