/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The room of a child's connections to databases. It may use memory and every
 * room of src/core. In this header: a pool of connections, and what a request
 * must pass before it gets one.
 *
 * One pool for each distinct database of the configuration, whichever
 * virtual hosts use it. The struct is made by the parent in pconf; the
 * connections are opened in the child, when they are first needed, and
 * are never carried over a fork.
 *
 * The files:
 *   pool.c            units of work: whether one may begin, the writers' gate,
 *                     the signals that end a child, doubts about a database
 *   list.c            the connections: opened, handed out, closed
 *   stock.c           which request gets one, which waits, which is refused
 *   queue.c           threads that wait, in their order
 *   breaker.c         requests that are refused after another has failed
 *   watch.c           a thread that ends waits for a server
 *   pool_open.c       opening one: the right schema, the right database
 *   creation.c        which making of a database the server goes by
 *   file_guard.c      a file is closed while other users can get at it
 *   trusted.c         the users that a server trusts with its files
 *   gate.c            how many threads of all children do something at once
 *   gate_table.c      the threads that wait for it, and whose turn it is
 *   gate_memory.c     the memory that gates lie in
 */
#ifndef ACCT_POOL_H
#define ACCT_POOL_H

#include <apr_pools.h>
#include <string.h>

#include "account/account.h"
#include "connections/creation.h"
#include "connections/file_guard.h"
#include "connections/gate.h"
#include "token/crowd.h"

typedef struct acct_pool_t acct_pool_t;

/* What a database says of itself; NULL: it does not. */
typedef struct acct_pool_facts_t {
    const char *created_at;
    const char *key_id;         /* of the key its tokens are sealed under */
    const char *exposure;       /* what makes it unsafe to use and what to
                                 * say to the server, in sentences; NULL:
                                 * nothing */
} acct_pool_facts_t;

/* What each connection must find: another database by the same name is no
 * database of ours. */
typedef struct acct_pool_expected_t {
    acct_creation_t creation;
    const char *key_id;         /* of the key its tokens are sealed under;
                                 * NULL: of any */
    const char *key_file;       /* that key's, for messages */
} acct_pool_expected_t;

/** How many connections a child has at most, where AcctAuthDatabaseConnections
 *  does not say. On a server each is a process there; sqlite runs one
 *  statement at a time in a process whatever their number, and the others are
 *  for those that wait for a lock. */
#define ACCT_POOL_CONNECTIONS 16

/** How long a request waits for a connection to a file, microseconds. On a
 *  server it is what its unit of work may take. */
#define ACCT_POOL_WAIT apr_time_from_msec(1500)

/**
 * The pool of a database; @a pconf owns it. Parent.
 * @param writers  the gate in front of writing to it, with one slot
 * @param expected what each connection must find there
 */
acct_pool_t *acct_pool_make(const acct_db_config_t *config,
                            acct_gate_t *writers,
                            const acct_pool_expected_t *expected,
                            apr_pool_t *pconf);

/** Where the children agree on which database it is; see creation.h.
 *  Parent, before it forks. */
void acct_pool_agree_in(acct_pool_t *pool, acct_cache_t *cache, int place);

/** No connection to a file is handed out while others can get at it. The
 *  strings and lists live as long as the pool. Parent.
 *  @param owner the user whose the file should be, for messages */
void acct_pool_guard(acct_pool_t *pool, const acct_trusted_t *trusted,
                     const char *owner);

/** No connection is handed out before the next reload. Parent.
 *  @param why what requests find out instead; lives as long as the pool */
void acct_pool_close(acct_pool_t *pool, const char *why);

/** How many connections a child may have to a database server. Where virtual
 *  hosts that share the pool say different numbers the smallest is taken.
 *  Parent. */
void acct_pool_limit(acct_pool_t *pool, int connections);

/** Get ready for requests. Once in each child, before its threads.
 *  @param threads how many may ask at once
 *  @param crowd   the child's; lives as long */
apr_status_t acct_pool_child_init(acct_pool_t *pool, int threads,
                                  acct_crowd_t *crowd, apr_pool_t *pchild);

/** How long a request may spend with a database server in all. */
#define ACCT_POOL_WITHIN apr_time_from_msec(1800)

/** A crowd waits only as long as the server answers some request: at most for
 *  such a silence. */
#define ACCT_POOL_SILENCE apr_time_from_msec(300)

/** The error of a request that finds no connection in time though the database
 *  may be well: there is more to do than there are connections. */
#define ACCT_POOL_IN_USE "all connections to the database are in use"
#define ACCT_POOL_NO_TIME \
    "no time is left to open a connection to the database"
#define ACCT_POOL_WRITERS "other requests keep writing to the database"

static inline int acct_pool_is_crowded(const char *error)
{
    return strcmp(error, ACCT_POOL_IN_USE) == 0
        || strcmp(error, ACCT_POOL_NO_TIME) == 0
        || strcmp(error, ACCT_POOL_WRITERS) == 0;
}

/** Whether it is news that there is no connection: what another thread has
 *  found, and logged, may have ended by now. */
static inline int acct_pool_is_news(apr_status_t status, const char *error)
{
    return !APR_STATUS_IS_EAGAIN(status) && !acct_pool_is_crowded(error);
}

/** How many of a child's threads may wait for a database server that says
 *  nothing: a quarter, or one, is left for the rest of the site. */
static inline int acct_pool_threads(int threads)
{
    return threads - (threads < 8 ? 1 : threads / 4);
}

/** Whether it is a file, which does not fall silent: threads that wait for it
 *  are no part of a crowd. */
int acct_pool_is_file(const acct_pool_t *pool);

/**
 * Take a connection whose schema is the right one and whose file is still
 * the one that is there by that name. On prefork the thread is not ended by
 * a signal until it has put the connection back; so it has one at a time.
 * @param within on a server, for how long from now its answers are waited
 *               for (at least a fifth of a second); then they fail
 * @param error on failure, what happened, in @a p
 * @return APR_TIMEUP when all are in use; APR_EAGAIN when none was tried,
 *         since it failed a moment ago for the reason in @a error; or why none
 *         could be opened
 */
apr_status_t acct_pool_acquire_within(acct_pool_t *pool, acct_unit_e unit,
                                      apr_interval_time_t within,
                                      acct_db_t **db, const char **error,
                                      apr_pool_t *p);

/** The same with all the time that a request has. */
apr_status_t acct_pool_acquire(acct_pool_t *pool, acct_unit_e unit,
                               acct_db_t **db, const char **error,
                               apr_pool_t *p);

/**
 * Look whether a connection still reads the database that it was opened for.
 * Where it does not, no child uses again what it has open: what is opened
 * instead tells the same.
 * @param error what is wrong and what mends it, in @a p
 * @return APR_EMISMATCH when it is another
 */
apr_status_t acct_pool_look_again(acct_pool_t *pool, acct_db_t *db,
                                  const char **error, apr_pool_t *p);

/** Whether what a connection in use has shown is still to be believed: no
 *  other has broken since it was taken, or read another database. */
int acct_pool_trusts(acct_pool_t *pool, const acct_db_t *db);

/** Put it back, or close it when it is broken. */
void acct_pool_release(acct_pool_t *pool, acct_unit_e unit, acct_db_t *db);

/** Nothing is followed here for now: close the connection that was kept for
 *  it (ACCT_UNIT_FOLLOW). Cheap where there is none. */
void acct_pool_unfollow(acct_pool_t *pool);

/** Whether there may be something for acct_pool_close_idle() to do. Takes no
 *  lock. */
int acct_pool_has_spare(const acct_pool_t *pool);

/** Close what has long been idle; one at a time. The child's upkeep calls
 *  it. */
void acct_pool_close_idle(acct_pool_t *pool);

/**
 * Open a database once, look at its schema, close it again. In a process
 * that is no child of httpd's (process/probe.h).
 * @param facts what it says of itself, in @a p
 * @param error what is wrong and which command mends it, in @a p
 */
apr_status_t acct_pool_check_database(const acct_db_config_t *config,
                                      acct_pool_facts_t *facts,
                                      const char **error, apr_pool_t *p);

#endif
