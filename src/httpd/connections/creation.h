/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which making of a database the server goes by: another one that comes in
 * its place, by the same name, is not its accounts' database, whatever it
 * says.
 *
 * The parent says which when it could read the database (at a start or a
 * reload) or knows from before. Where it could not, the first child that
 * opens the database finds out, for all of them: so a server that was
 * started while its database was away needs no reload when it is back, and
 * no child takes another database than the others.
 */
#ifndef ACCT_CREATION_H
#define ACCT_CREATION_H

#include <stdatomic.h>
#include <stdint.h>

#include "cache/cache.h"

/* In pconf, in a pool of connections (connections/pool.h). */
typedef struct acct_creation_t {
    const char *known;          /* created_at; NULL: the parent does not
                                 * know */
    acct_cache_t *cache;        /* where the children agree; NULL: each goes
                                 * by what it found itself */
    int place;                  /* acct_cache_feed() */
    _Atomic(uint64_t) bound;    /* this child's; 0: not yet */
} acct_creation_t;

/** Whether a database that says it was made at @a created_at (NULL: it does
 *  not say) is the one. Where that is not known yet it is from now on. Any
 *  thread of a child. */
int acct_creation_is(acct_creation_t *creation, const char *created_at);

#endif
