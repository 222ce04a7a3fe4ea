/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connections of a child to one database, of either driver, behind
 * connections/pool.h: how many there are, which is used next, which thread
 * waits for one and which request is refused, when one is closed.
 *
 * Not an apr_reslist: that opens connections with its lock held, so a database
 * that takes long to answer would also stop the threads that have a connection
 * and want to put it back; and what is put back there goes to whichever thread
 * comes first, which may be one that has not waited at all.
 *
 * Invariants, whenever the lock is free:
 * - idle connections, those in use, and those being opened have a place each,
 *   and there are no more places than there may be. The own one (below) has
 *   none.
 * - While a thread waits no connection is idle.
 * - No connection is opened or closed with the lock held.
 */
#ifndef ACCT_LIST_H
#define ACCT_LIST_H

#include "connections/pool.h"

typedef struct acct_list_t acct_list_t;

/* All but most must live as long as the list. */
typedef struct acct_list_settings_t {
    const acct_db_config_t *config;
    acct_pool_expected_t *expected;
    acct_crowd_t *crowd;        /* where threads are counted that wait for a
                                 * server's connection or have one */
    int threads;                /* how many may ask at once */
    int most;                   /* of a server: how many connections there may
                                 * be; 0: the usual number. Never more than
                                 * three quarters of the threads, and three for
                                 * a single thread */
} acct_list_settings_t;

/** Made in the child, before its threads; @a pchild owns it. */
apr_status_t acct_list_make(acct_list_t **list,
                            const acct_list_settings_t *settings,
                            apr_pool_t *pchild);

/* Which connection. */
typedef enum acct_list_which_e {
    ACCT_LIST_ANY,
    ACCT_LIST_OWN       /* One beside the others, which is kept for the feed's
                         * thread: it finds the one that it had before, unless
                         * that has broken, or others have since. One thread at
                         * a time; acct_list_drop_own() too. */
} acct_list_which_e;

/**
 * As acct_pool_acquire_within(), whose errors these are.
 * @return APR_EAGAIN: the database was not asked, and *error is what another
 *         request found
 */
apr_status_t acct_list_take(acct_list_t *list, acct_list_which_e which,
                            apr_interval_time_t within, acct_db_t **db,
                            const char **error, apr_pool_t *p);

/** Put it back, or close it when it is of no more use. */
void acct_list_put(acct_list_t *list, acct_list_which_e which,
                   acct_db_t *db);

/** Nothing that is open may be used again. Any thread. */
void acct_list_suspect(acct_list_t *list);

/** Whether a connection in use may be used again, were it put back now. */
int acct_list_trusts(acct_list_t *list, const acct_db_t *db);

/** The own one is not needed any more: close it, if there is one. Cheap. */
void acct_list_drop_own(acct_list_t *list);

/** Whether there may be something for acct_list_close_idle() to do. Takes no
 *  lock. Any thread. */
int acct_list_has_spare(const acct_list_t *list);

/** Close one connection that was not needed for a minute, if there is one
 *  beside the last. */
void acct_list_close_idle(acct_list_t *list);

#endif
