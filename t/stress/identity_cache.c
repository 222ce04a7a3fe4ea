/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The identity cache under load, watched by an oracle.
 *
 *   identity_cache threads [OPERATIONS]   four threads of one process
 *   identity_cache kill [KILLS]           four processes over one mapping,
 *                                         killed with SIGKILL as they write
 *
 * The oracle is a pretended database: a version per account. A worker that
 * revokes raises the version (the commit), then the cache's epoch, then the
 * account's floor. A worker that stores takes a ticket, reads the version
 * (the SELECT) and writes it into the cached text. So a worker that reads the
 * floor and then finds a slot must find no version below that floor: it was
 * revoked, and its revoker had returned, before the search began. And the
 * slot is whole: each byte follows from token and version, but for the notes
 * of use that are made, collected and struck out meanwhile.
 *
 * Three ways: threads, where no claim ever expires; "overrun", the same
 * with clocks so far apart that writers take each other's slots while they
 * write; and processes that are killed.
 *
 * The files:
 *   shared.c   what all workers share: counts, clock, memory; the report
 *   oracle.c   what is done to the cache, and what must hold of it
 *   threads.c  threads
 *   kill.c     processes that are killed
 *   stops.c    stops between the cache's loads and stores
 *
 * Exit status 0: all held, and enough happened for that to mean anything.
 */
#include "stress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "";
    uint64_t number = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;

    if (strcmp(mode, "threads") == 0) {
        number = number > 0 ? number : 1000000;
        return run_threads("threads", number, SECOND / 2)
            | run_threads("overrun", number, 8 * SECOND);
    }
    if (strcmp(mode, "kill") == 0) {
        return run_kill(number > 0 ? number : 1000);
    }
    fprintf(stderr, "usage: %s threads [OPERATIONS] | kill [KILLS]\n",
            argv[0]);
    return 2;
}
