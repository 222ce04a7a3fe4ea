/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linked into everything that `make coverage` builds. gcov writes its counts
 * when a process ends by exit(). This writes them too where a process of ours
 * ends in another way: by _exit(), as the forked workers of src/httpd do, or
 * by abort(), as a pool without memory does.
 *
 * The linker is told to --wrap the two functions, so that src knows nothing
 * of it. A process that is ended by SIGKILL tells nothing.
 */
#include <gcov.h>
#include <stdlib.h>
#include <unistd.h>

void __real__exit(int status) __attribute__((noreturn));
void __real_abort(void) __attribute__((noreturn));
void __wrap__exit(int status) __attribute__((noreturn));
void __wrap_abort(void) __attribute__((noreturn));

void __wrap__exit(int status)
{
    __gcov_dump();
    __real__exit(status);
}

void __wrap_abort(void)
{
    __gcov_dump();
    __real_abort();
}
